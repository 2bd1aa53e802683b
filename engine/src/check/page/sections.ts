// The sections about one key on the page of a check: table, timeline, map, what was blind.

import { trackMap } from '../../charts/map.js';
import { escapeHtml } from '../../charts/svg.js';
import { stripChart, traceChart } from '../../charts/trace.js';
import { group, length, percent, short, since } from '../../charts/words.js';
import { drawable, listed, wordOf } from '../columns.js';
import type { CheckedEpisode } from '../report.js';
import { clockTime, dayTime, howJudged, nothingFound } from '../text.js';
import type { KeyView } from './key-view.js';
import { captionOf, chip, cut, tableOf } from './table.js';

/** Episodes that a table lists at most, and sentences of each. */
const LISTED = 200;
const SENTENCES = 5;
const WIDE = { width: 1_100, height: 150 };
const CLOCKS = ['clock', 'UTC', 'phase'];

/** The table of the episodes of a key. */
export function summary(view: KeyView): string {
  const { unjudged, episodes } = view.key;
  const reasons = Object.entries(unjudged).map(([reason, count]) => `${group(count)} with ${reason}`);
  const not = reasons.length > 0 ? ` <span class="note">(not judged: ${escapeHtml(reasons.join('; '))})</span>` : '';
  const head = ['', 'at', ...CLOCKS.slice(0, 2), 'lasts', 'severity', 'phase', 'what'];
  const lines = episodes
    .slice(0, LISTED)
    .map((one) => [
      { html: `<a href="#${view.idOf(one)}">${one.number}</a>` },
      since(one.since),
      clockTime(one.clock),
      dayTime(one.start, view.page.report),
      length(one.end - one.start),
      chip(one.severity),
      one.phase ?? '–',
      { html: sentences(one) },
    ]);
  // Columns that this recording does not have are left out.
  const shown = head.map((name, c) => !CLOCKS.includes(name) || lines.some((line) => line[c] !== '–'));
  const kept = <T>(cells: readonly T[]) => cells.filter((_, c) => shown[c]);
  const rest = `<p class="note">The first ${LISTED} of ${group(episodes.length)} are listed; the JSON has all.</p>`;
  return [
    `<p>${howJudged(view.key)}${not}.</p>`,
    ...view.key.remarks.map(
      ({ severity, text }) => `<p><span class="chip ${severity}">${severity}</span> ${escapeHtml(cut(text))}</p>`,
    ),
    episodes.length > 0 ? tableOf(kept(head), lines.map(kept)) : `<p>${nothingFound(view.key)}</p>`,
    episodes.length > LISTED ? rest : '',
  ].join('');
}

function sentences({ findings }: CheckedEpisode): string {
  const shown = findings.slice(0, SENTENCES).map(({ reason }) => `<div>${escapeHtml(cut(reason))}</div>`);
  const rest = findings.length - shown.length;
  return `${shown.join('')}${rest > 0 ? `<div class="note">and ${rest} more</div>` : ''}`;
}

/** Where the episodes lie over the first measurement that is context, and over what was the case. */
export function timeline(view: KeyView): string {
  const { times } = view.track;
  const { columns, report } = view.page;
  const column = columns.find((one) => drawable(one) && view.has(one)) ?? columns.find((one) => view.has(one));
  if (!column) return '';
  const chart = traceChart({
    times,
    values: view.values(column.name),
    origin: report.from,
    shades: view.shades,
    name: column.name,
    size: WIDE,
  });
  const strips = columns
    .filter((one) => one.role === 'context' && listed(one) && view.has(one))
    .map((one) => {
      const named = (value: number) => wordOf(one, value) ?? short(value);
      const strip = stripChart({ times, values: view.values(one.name), wordOf: named, width: WIDE.width, name: one.name });
      return `<figcaption>${escapeHtml(one.name)}</figcaption>${strip}`;
    });
  return `<h2>Over time</h2>${severities(view)}<figure><figcaption>${captionOf(column)}</figcaption>${chart}${strips.join('')}</figure>`;
}

function severities({ key }: KeyView): string {
  const shown = (['critical', 'warning', 'info'] as const).filter((one) => key.episodes.some(({ severity }) => severity === one));
  const marks = shown.map((severity) => `<span><i class="${severity}"></i>${severity}</span>`);
  return marks.length === 0 ? '' : `<p class="legend">${marks.join('')}</p>`;
}

/** The track from above, where there is one. */
export function map(view: KeyView): string {
  const outlines = view.page.outlines.get(view.key.key) ?? [];
  const drawn = trackMap({
    times: view.track.times,
    latitude: view.values('latitude'),
    longitude: view.values('longitude'),
    outlines,
    shades: view.shades,
  });
  if (drawn === '') return '';
  const legend =
    '<p class="legend"><span><i class="inside"></i>to stay within</span><span><i class="outside"></i>to stay out of</span></p>';
  return `<h2>Map</h2>${outlines.length > 0 ? legend : ''}<figure class="map">${drawn}</figure>`;
}

/** What could not be judged by, and what it lacks. */
export function blind({ key }: KeyView): string {
  if (key.blind.length === 0) return '';
  const rows = key.blind.map(({ name, share, needs, formula, parts, models }) => {
    const inputs = needs.map(({ input, came }) => `<div>${escapeHtml(input)}: ${came ? 'came' : '<b>never came</b>'}</div>`);
    const by = parts.length > 0 ? parts : models;
    return [name, share === 0 ? 'never' : percent(share), by.join(', '), { html: inputs.join('') || '–' }, formula];
  });
  const note = 'Columns with a value in less than half of the judged rows. What looks at them could not speak, or seldom.';
  const table = tableOf(['column', 'had a value', 'looked at by', 'needs', 'is made of'], rows);
  return `<h2>What could not be judged</h2><p class="note">${note}</p>${table}`;
}
