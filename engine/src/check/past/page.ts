// The page over all recordings: each entity, what it was like over time, and what to look at first.

import { basename } from 'node:path';
import { page } from '../../charts/page.js';
import { escapeHtml, round, svg } from '../../charts/svg.js';
import { counted, length, short } from '../../charts/words.js';
import { type Cell, chip, tableOf } from '../page/table.js';
import { date } from '../text.js';
import { type Past, type PastRecording, wornOf } from './past.js';
import { changeSentence, firstOf, pastHead, whyAlone } from './words.js';

const [WIDTH, HEIGHT, EDGE] = [220, 48, 5];

/** @param pageOf where the page of a recording is, beside this one */
export function pastHtml(pasts: readonly Past[], pageOf: (file: string) => string | undefined): string {
  const all = new Set(pasts.flatMap(({ recordings }) => recordings.map(({ file }) => file))).size;
  const first = firstOf(pasts) || `${counted(all, 'recording')}: nothing has become worse, and nothing was found twice`;
  return page(
    'all recordings: check',
    `${first}.`,
    pasts.map((past) => card(past, pageOf)),
  );
}

function card(past: Past, pageOf: (file: string) => string | undefined): string {
  const { recordings, columns, changes, recurring, called } = past;
  const rows = recordings.map((one): Cell[] => [
    { html: linked(one, pageOf(one.file)) },
    length(one.ms),
    one.again ? 'the same time again' : String(one.findings),
    ...columns.map(({ name }) => short(wornOf(one.wear, name)?.value ?? Number.NaN, 3)),
  ]);
  const heads = [
    'from',
    called || 'lasts',
    'findings',
    ...columns.map(({ name, unit }) => (unit === '1' ? name : `${name}, ${unit}`)),
  ];
  const told = [
    ...changes.map((change): Cell[] => [chip('warning'), changeSentence(change)]),
    ...recurring.map(({ name, severity, recordings: times, reason }): Cell[] => [
      chip(severity),
      `${name} in ${times} of the recordings: ${reason}`,
    ]),
  ];
  const counts = recordings.filter(({ again }) => !again);
  return [
    `<h2>${escapeHtml(pastHead(past))}</h2>`,
    told.length > 0 ? tableOf(['', 'what'], told) : '',
    past.compared || recordings.length < 2 ? '' : `<p class="note">${escapeHtml(whyAlone(past))}.</p>`,
    counts.length > 2
      ? `<div class="small card">${columns.map(({ name, unit }) => course(name, unit, counts)).join('')}</div>`
      : '',
    tableOf(heads, rows),
  ].join('\n');
}

const linked = ({ file, from }: PastRecording, href: string | undefined): string =>
  `${href === undefined ? escapeHtml(basename(file)) : `<a href="${escapeHtml(encodeURIComponent(href))}">${escapeHtml(basename(file))}</a>`} <span class="note">${escapeHtml(date(from))}</span>`;

/** One column over the recordings that have it. */
function course(name: string, unit: string, recordings: readonly PastRecording[]): string {
  const values = recordings.map(({ wear }) => wornOf(wear, name)?.value ?? Number.NaN);
  const there = values.filter((value) => !Number.isNaN(value));
  const [least, most] = [Math.min(...there), Math.max(...there)];
  if (there.length < 2 || least === most) return '';
  const x = (i: number) => round(EDGE + (i * (WIDTH - 2 * EDGE)) / (values.length - 1));
  const y = (value: number) => round(HEIGHT - EDGE - ((value - least) / (most - least)) * (HEIGHT - 2 * EDGE));
  const points = values.flatMap((value, i) => (Number.isNaN(value) ? [] : [`${x(i)},${y(value)}`]));
  const title = `${name}${unit === '1' ? '' : ` (${unit})`}: ${short(least, 3)} to ${short(most, 3)}`;
  const line = `<polyline points="${points.join(' ')}" fill="none" stroke="currentColor" stroke-width="1.5"/>`;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${svg(WIDTH, HEIGHT, line, title)}</figure>`;
}
