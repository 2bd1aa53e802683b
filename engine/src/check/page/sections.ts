// The sections about one key on the page of a check: how it was judged, the table of its episodes, and what was not judged.

import { escapeHtml } from '../../charts/svg.js';
import { group, length, percent, since } from '../../charts/words.js';
import type { CheckedEpisode } from '../report.js';
import { type ComparedKey, howDiffering, oneSided, shown, tablesOf } from '../settings.js';
import { clockTime, dayTime, howJudged, nothingFound, withWhoFirst } from '../text.js';
import { lacking, notJudged } from '../unjudged.js';
import type { KeyView } from './key-view.js';
import { chip, cut, markup, tableOf } from './table.js';

/** Episodes that a table lists at most, and sentences of each. */
const LISTED = 200;
const SENTENCES = 5;
/** Inputs that never came that are named in one line at most. */
const NAMED = 3;
const CLOCKS = ['clock', 'UTC', 'phase'];

/** What is to be known first, and the table of the episodes of a key. */
export function summary(view: KeyView): string {
  const { episodes, remarks } = view.key;
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
      { html: sentences(one), kind: 'what' },
    ]);
  // Columns that this recording does not have are left out.
  const shown = head.map((name, c) => !CLOCKS.includes(name) || lines.some((line) => line[c] !== '–'));
  const kept = <T>(cells: readonly T[]) => cells.filter((_, c) => shown[c]);
  const rest = `<p class="note">The first ${LISTED} of ${group(episodes.length)} are listed; the JSON has all.</p>`;
  return [
    `<p class="note">${howJudged(view.key)}.</p>`,
    ...remarks.map(({ severity, text }) => `<p>${markup(chip(severity))} ${escapeHtml(cut(text))}</p>`),
    episodes.length > 0
      ? `<div class="card">${tableOf(kept(head), lines.map(kept))}${episodes.length > LISTED ? rest : ''}</div>`
      : `<p>${nothingFound(view.key)}</p>`,
  ].join('');
}

function sentences({ findings }: CheckedEpisode): string {
  const shown = findings.slice(0, SENTENCES).map((one) => `<div>${escapeHtml(cut(withWhoFirst(one)))}</div>`);
  const rest = findings.length - shown.length;
  return `${shown.join('')}${rest > 0 ? `<div class="note">and ${rest} more</div>` : ''}`;
}

/** What the colours of shades say. */
export function severities({ key, page }: KeyView): string {
  const shown = (['critical', 'warning', 'info'] as const).filter((one) => key.episodes.some(({ severity }) => severity === one));
  const marks = shown.map((severity) => `<span><i class="block ${severity}"></i>${severity} episode</span>`);
  if (page.limits.length > 0) marks.push('<span>dashed: a limit</span>');
  return marks.length === 0 ? '' : `<p class="legend">${marks.join('')}</p>`;
}

/** What could not be judged: one line, with everything folded in it. */
export function blind({ key }: KeyView): string {
  const what = notJudged(key);
  if (what === '') return '';
  const names = lacking(key.blind);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const lacks =
    names.length > 0 ? ` <span class="note">${escapeHtml(names.slice(0, NAMED).join(', '))}${more} never came</span>` : '';
  const reasons = Object.entries(key.unjudged).map(([reason, count]) => `${group(count)} with ${reason}`);
  const rows = key.blind.map(({ name, share, needs, formula, parts, models }) => {
    const inputs = needs.map(({ input, came }) => `<div>${escapeHtml(input)}: ${came ? 'came' : '<b>never came</b>'}</div>`);
    const by = parts.length > 0 ? parts : models;
    return [name, share === 0 ? 'never' : percent(share), by.join(', '), { html: inputs.join('') || '–' }, formula];
  });
  const note = 'Columns with a value in less than half of the judged rows. What looks at them could not speak, or seldom.';
  return [
    `<details class="card"><summary>Not judged: ${what}${lacks}</summary>`,
    reasons.length > 0 ? `<p>Rows: ${escapeHtml(reasons.join('; '))}.</p>` : '',
    rows.length > 0
      ? `<p class="note">${note}</p>${tableOf(['column', 'had a value', 'looked at by', 'needs', 'is made of'], rows)}`
      : '',
    '</details>',
  ].join('');
}

/** How a key was set beside that of another recording: what people set, and folded what stands apart. */
export function against({ key, page }: KeyView): string {
  const { against: comparison } = page.report;
  const compared = comparison?.keys.find((one) => one.key === key.key);
  if (!comparison || !compared) return '';
  const rows = (all: ComparedKey['differing']) => all.map(({ name, here, there }) => [name, shown(here), shown(there)]);
  const tables = tablesOf(compared).map(([title, all]) => {
    const table = tableOf(['setting', 'here', 'there'], rows(all));
    if (title === '') return `<div class="card">${table}</div>`;
    return `<details class="card"><summary>${group(all.length)} of ${escapeHtml(title)}</summary>${table}</details>`;
  });
  const rest = compared.compared > 0 ? oneSided(compared).map((text) => `<p class="note">${escapeHtml(text)}</p>`) : [];
  return [
    `<h2>Settings</h2><p class="note">${escapeHtml(howDiffering(compared, comparison.file))}.</p>`,
    ...tables,
    ...rest,
  ].join('');
}
