// What speaks for an episode, on the page of a check.

import { lowerBound, upperBound } from '../../charts/numbers.js';
import { escapeHtml } from '../../charts/svg.js';
import { short, since } from '../../charts/words.js';
import { drawable, unitOf } from '../columns.js';
import { type CheckedEpisode, type Finding, toldIn } from '../report.js';
import { clockTime, dayTime, withWhoFirst } from '../text.js';
import type { KeyView } from './key-view.js';
import { chip, cut, markup, tableOf } from './table.js';

/** What is shown around an episode, ms. */
const AROUND = 30_000;
/** Charts of an episode at most. */
const CHARTS = 6;

/** What speaks for an episode: the times to look up elsewhere, what was found by which condition, and the columns that show it. */
export function evidence(view: KeyView, episode: CheckedEpisode): string {
  const { report } = view.page;
  const { number, severity, findings } = episode;
  const caused = findings.some(({ follows }) => follows !== null);
  const said = toldIn(episode).map((one) => {
    const found = 'conditions' in one ? one : undefined;
    const conditions = Object.entries(found?.conditions ?? {}).map(
      ([name, text]) => `<br><code>${escapeHtml(`${name}: ${text}`)}</code>`,
    );
    return [
      since(one.since),
      clockTime(one.clock),
      dayTime(one.time, report),
      chip(found?.severity ?? 'info'),
      ...(caused ? [causeOf(found, findings)] : []),
      { html: escapeHtml(cut(withWhoFirst(one))), kind: 'what' },
      { html: found && !found.said ? `${escapeHtml(one.name)}${conditions.join('')}` : 'its own words' },
    ];
  });
  return [
    `<section class="card" id="${view.idOf(episode)}">`,
    `<h3>${number}. ${escapeHtml(findings[0]!.reason)} ${markup(chip(severity))}</h3>`,
    `<p>${escapeHtml([...timesOf(view, episode), ...circumstances(view, episode)].join('; '))}.</p>`,
    tableOf(['at', 'clock', 'UTC', 'severity', ...(caused ? ['cause'] : []), 'what', 'found by'], said),
    `<div class="small">${charts(view, episode)}</div></section>`,
  ].join('');
}

function causeOf(found: Finding | undefined, findings: readonly Finding[]): string {
  if (found && found.follows !== null) return `follows ${found.follows}`;
  return found && findings.some(({ follows }) => follows === found.name) ? 'first' : '';
}

/** When it was, by every clock that there is. */
function timesOf({ page }: KeyView, { since: at, start, end, clock }: CheckedEpisode): string[] {
  const lasted = end - start;
  const times = [`since the start ${since(at)} to ${since(at + lasted)}`];
  if (clock !== null) times.push(`clock of the log ${clockTime(clock)} to ${clockTime(clock + lasted / 1_000)}`);
  const day = dayTime(start, page.report);
  return day === '–' ? times : [...times, `UTC ${day} to ${dayTime(end, page.report)}`];
}

function circumstances({ page }: KeyView, { phase, context }: CheckedEpisode): string[] {
  const measured = page.columns.flatMap((column) => {
    const value = context[column.name];
    return value !== undefined && drawable(column) ? [`${column.name} ${short(value)}${unitOf(column)}`] : [];
  });
  return [...(phase === null ? [] : [phase]), ...(measured.length > 0 ? [measured.join(', ')] : [])];
}

/** The columns that say most about it, the one that made it first, from half a minute before to half a minute behind. */
function charts(view: KeyView, episode: CheckedEpisode): string {
  const { start, end, columns, findings } = episode;
  const [from, to] = [start - AROUND, end + AROUND];
  const { times } = view.track;
  const [first, last] = [lowerBound(times, from), upperBound(times, to)];
  const different = (name: string) => {
    const values = view.values(name).subarray(first, last);
    return new Set(values.filter((value) => !Number.isNaN(value))).size;
  };
  const made = [...new Set(findings.flatMap(({ column }) => column ?? []))].filter((name) => different(name) > 0);
  // Findings in turn, so that each of them shows something.
  const named = [...columns];
  for (let i = 0; i < CHARTS; i++) named.push(...findings.flatMap((finding) => finding.columns[i] ?? []));
  // What stands still says nothing; what is either this or that says less than a measurement.
  const moving = [...new Set(named)].filter((name) => !made.includes(name) && different(name) > 1);
  const others = moving.sort((a, b) => Number(different(a) === 2) - Number(different(b) === 2));
  return view.around(episode, [...made, ...others].slice(0, CHARTS), from, to);
}
