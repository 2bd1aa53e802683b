// An evaluation and a backtest for a terminal.

import { counted, figure, group, length, moment, percent, short, wrap } from '../../charts/words.js';
import type { BacktestReport } from '../backtest.js';
import type { TaughtRows } from '../recording.js';
import type { DetectorReport, Difference, EvaluationReport, Ordered } from './report.js';
import { backtestSentence, evaluationSentence } from './sentence.js';

/** Columns of characters that a report fills at most. */
const WIDTH = 100;
/** Rows of a list that is printed; all of them are in the JSON and the page. */
const SHOWN = 12;

const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** Cells as columns that are as wide as they must be; the first is flush left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => (row[c] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The report for a terminal of a hundred columns. */
export function evaluationText(report: EvaluationReport): string {
  const { detectors, options, labels } = report;
  const [first] = detectors;
  const keys = report.keys.length === 1 ? report.keys[0]! : `${report.keys.length} keys`;
  const days = short((report.to - report.from) / 86_400_000, 3);
  const parts = [
    ...wrap(evaluationSentence(report), WIDTH),
    '',
    `${report.pipeline}: ${group(first!.rows)} rows of ${keys}, ${moment(report.from)} to ${moment(report.to)} (${days} days)`,
    `${counted(labels.placed, 'labelled event')}, ${group(first!.judgedEvents)} of them judged`,
    ...labels.files.map(({ file, format, labels: count }) => `labels from ${file} (${format}): ${count}`),
    ...labels.renamed.slice(0, SHOWN).map(({ from, to, how }) => `labels of ${from} taken for ${to}: ${how}`),
    ...labels.unknown.map(({ key, labels: count }) => `warning: no row has the key ${key}; ${counted(count, 'label')} left out`),
    ...labels.outside.map(
      ({ key, labels: count }) => `warning: ${counted(count, 'label')} of ${key} outside of the recording left out`,
    ),
    '',
    `Found at so many false episodes a day${options.quiet.length > 0 ? `, measured with ${options.quiet.join(' ')}` : ''}`,
    foundTable(detectors, options.rates, report.keys.length > 1),
    '',
    'How the scores are ordered',
    orderTable(detectors),
  ];
  if (first!.kinds.length > 1) parts.push('', `Recall by kind at ${short(options.rates[0]!)} a day`, kindTable(detectors));
  parts.push(
    '',
    'As configured',
    configuredTable(detectors),
    ...oddText(report.odd, report.keys.length),
    ...taughtText(report.taught),
  );
  for (const { title, rows } of commonTable(report)) parts.push('', title, table(rows));
  for (const { against, onlyHere, onlyThere } of report.differences) {
    parts.push('', differenceText(report.pipeline, onlyHere), '', differenceText(against, onlyThere));
  }
  return parts.join('\n');
}

/** @param several whether there are several keys, which may have thresholds of their own */
function foundTable(detectors: readonly DetectorReport[], rates: readonly number[], several: boolean): string {
  const head = rates.flatMap((rate) => [`${short(rate)}/d: recall`, ...(several ? ['by key'] : []), 'precision', 'delay']);
  const rows = detectors.map(({ name, judged, points }) => [
    cut(name, 24),
    percent(judged),
    ...points.flatMap(({ recall, recallApart, precision, medianDelay }) => [
      percent(recall),
      ...(several ? [percent(recallApart)] : []),
      figure(precision, 2),
      length(medianDelay * 1_000),
    ]),
  ]);
  return table([['detector', 'judged', ...head], ...rows]);
}

function orderTable(detectors: readonly DetectorReport[]): string {
  const rows = detectors.map(({ name, judged, vusPr, aucPr, aucRoc, nab }) => [
    cut(name, 24),
    percent(judged),
    figure(vusPr),
    figure(aucPr),
    figure(aucRoc),
    figure(nab.standard, 1),
    figure(nab.lowFalsePositives, 1),
    figure(nab.lowFalseNegatives, 1),
  ]);
  return table([['detector', 'judged', 'VUS-PR', 'AUC-PR', 'AUC-ROC', 'NAB', 'low FP', 'low FN'], ...rows]);
}

function kindTable(detectors: readonly DetectorReport[]): string {
  const head = ['kind', 'events', ...detectors.map(({ name }) => cut(name, 14))];
  const rows = detectors[0]!.kinds.map(({ kind, events }) => [
    cut(kind, 28),
    String(events),
    ...detectors.map(({ kinds }) => percent(kinds.find((one) => one.kind === kind)?.recall[0] ?? Number.NaN)),
  ]);
  return table([head, ...rows]);
}

function configuredTable(detectors: readonly DetectorReport[]): string {
  const rows = detectors.flatMap(({ name, judged, configured }) => {
    if (!configured) return [];
    const { episodes, trueEpisodes, falseEpisodes, falsePerDay, recall, precision, medianDelay } = configured;
    const counts = [episodes, trueEpisodes, falseEpisodes].map(group);
    return [
      [
        cut(name, 24),
        percent(judged),
        ...counts,
        short(falsePerDay, 3),
        percent(recall),
        figure(precision, 2),
        length(medianDelay * 1_000),
      ],
    ];
  });
  const head = ['pipeline', 'judged', 'episodes', 'true', 'false', 'false/d', 'recall', 'precision', 'delay'];
  return [table([head, ...rows]), ...incidentLines(detectors), ...blameLines(detectors), ...toldLines(detectors)].join('\n');
}

/** What became of episodes that began together, where any did. */
export function incidentLines(detectors: readonly DetectorReport[]): string[] {
  return detectors.flatMap(({ name, configured }) => {
    if (!configured || configured.incidents.count === 0) return [];
    const { incidents, calls, falseCalls, episodes } = configured;
    const some = `${group(incidents.count)} ${incidents.count === 1 ? 'incident' : 'incidents'} (${group(incidents.false)} false)`;
    return [`${name}: ${some}: ${group(calls)} calls (${group(falseCalls)} false) for ${group(episodes)} episodes`];
  });
}

/** Whether the right columns were named, where labels say which are at fault. */
export function blameLines(detectors: readonly DetectorReport[]): string[] {
  return detectors.flatMap(({ name, configured }) => {
    if (!configured?.blame) return [];
    const { events, hitRate, firstRight } = configured.blame;
    return [
      `${name}: columns at fault named in ${counted(events, 'raised event')}: HitRate@100 % ${figure(hitRate, 2)}, the first is right in ${percent(firstRight)}`,
    ];
  });
}

/** Whether what was said is what labels ask for, where they do. */
export function toldLines(detectors: readonly DetectorReport[]): string[] {
  return detectors.flatMap(({ name, configured }) => {
    if (!configured?.told) return [];
    const { events, found, firstRight, unfitting, medianDelay } = configured.told;
    return [
      `${name}: named for what they are: ${group(found)} of ${counted(events, 'event')}, the first sentence is right in ${group(firstRight)}, ` +
        `${counted(unfitting, 'sentence')} about something else; delay ${length(medianDelay * 1_000)}`,
    ];
  });
}

/** Two detectors on the rows that both judged. */
export function commonTable(report: EvaluationReport): { title: string; rows: string[][] }[] {
  return report.differences.flatMap(({ against, common }) => {
    if (!common) return [];
    const line = (name: string, { points, vusPr, aucPr, aucRoc }: Ordered) => [
      cut(name, 24),
      ...points.map(({ recall }) => percent(recall)),
      figure(vusPr),
      figure(aucPr),
      figure(aucRoc),
    ];
    const head = ['detector', ...report.options.rates.map((rate) => `${short(rate)}/d: recall`), 'VUS-PR', 'AUC-PR', 'AUC-ROC'];
    return [
      {
        title: `On the rows that both judged (${percent(common.judged)} of the time)`,
        rows: [head, line(report.pipeline, common.here), line(against, common.there)],
      },
    ];
  });
}

function differenceText(name: string, only: readonly Difference[]): string {
  const lines = only.slice(0, SHOWN).map(({ start, key, standing, kind, reason }) => {
    const what = standing === 'true' ? kind! : standing === 'false' ? 'false' : 'tail';
    return cut(`  ${moment(start)}  ${key}  ${what}: ${reason}`, 100);
  });
  const rest = only.length > SHOWN ? [`  … and ${only.length - SHOWN} more`] : [];
  return [`Raised only by ${name}: ${only.length}`, ...lines, ...rest].join('\n');
}

/** What explains which column; nothing where nobody asked. */
function rhythmText(rhythm: BacktestReport['rhythm']): string[] {
  const said = Object.entries(rhythm ?? {}).map(([column, { nothing, day, week }]) => {
    const keys = nothing + day + week;
    const by = Object.entries({ day, week }).filter(([, count]) => count > 0);
    if (by.length === 0) return `${column} by nothing`;
    return `${column} by ${by.map(([what, count]) => (count === keys ? what : `${what} (${count} of ${keys} keys)`)).join(' and ')}`;
  });
  return said.length === 0 ? [] : wrap(`explained: ${said.join('; ')}`, WIDTH);
}

/** How many rows were odd, a day and key and a day of all. */
function oddText(odd: EvaluationReport['odd'], keys: number): string[] {
  return odd.flatMap(({ name, rows, perKey, together }) => {
    const all = keys > 1 ? ` and key, ${short(together, 3)} a day of all keys together` : '';
    return wrap(`${name}: ${counted(rows, 'odd row')}, ${short(perKey, 3)} a day${all}`, WIDTH);
  });
}

/** What people said, and what that changed; nothing where it changed nothing. */
function taughtText(taught: readonly TaughtRows[]): string[] {
  if (taught.length === 0) return [];
  const listed = taught.slice(0, SHOWN).map(({ episode, label, rows, from, to, past }) => {
    const made = `made ${label === 'normal' ? 'ordinary' : 'anomalous'}`;
    const since = rows > 0 ? `${counted(rows, 'row')} ${made}, ${moment(from)} to ${moment(to)}` : `no row ${made}`;
    const before = past === undefined ? '' : `; ${past === 0 ? 'none' : group(past)} before it was said`;
    return cut(`  ${since}${before}: ${episode}`, WIDTH);
  });
  const rest = taught.length > SHOWN ? [`  … and ${group(taught.length - SHOWN)} more`] : [];
  return ['', 'What people said of episodes, and what that changed since', ...listed, ...rest];
}

/** What is proposed, each with what to write. */
function proposalsText(proposals: BacktestReport['proposals']): string[] {
  if (proposals.length === 0) return [];
  const each = proposals.flatMap(({ why, yaml, estimate }) => [
    ...wrap(`- ${why}${estimate ? ' (an estimate)' : ''}${yaml === '' ? '' : ':'}`, WIDTH),
    ...yaml
      .split('\n')
      .filter(Boolean)
      .map((line) => `    ${line}`),
  ]);
  return ['', 'Proposed', ...each];
}

/** A backtest for a terminal of a hundred columns. */
export function backtestText(report: BacktestReport): string {
  const days = short((report.to - report.from) / 86_400_000, 3);
  const unjudged = Object.entries(report.unjudged).map(([reason, rows]) => `${group(rows)} ${reason}`);
  const keys = report.keys.map((one) => [
    cut(one.key, 28),
    group(one.rows),
    percent(one.judged),
    short(one.anomaliesPerDay, 3),
    group(one.episodes),
    short(one.episodesPerDay, 3),
    ...['50 %', '99 %', '99.99 %', 'highest'].map((q) => short(one.scores[q]!)),
  ]);
  const head = ['key', 'rows', 'judged', 'odd rows/d', 'episodes', 'a day', 'score: 50 %', '99 %', '99.99 %', 'highest'];
  const listed = report.episodes
    .slice(0, 3 * SHOWN)
    .map((one) =>
      cut(`  ${moment(one.start)}  ${length(one.end - one.start).padStart(8)}  ${one.key}  ${one.model}: ${one.reason}`, 100),
    );
  const rest = report.episodes.length - listed.length;
  return [
    ...wrap(backtestSentence(report), WIDTH),
    '',
    `${report.pipeline}: ${group(report.rows)} rows, ${moment(report.from)} to ${moment(report.to)} (${days} days)`,
    `run in ${report.seconds.toFixed(1)} s, ${short(report.microsecondsPerRow, 3)} µs a row; ${percent(report.judged)} of the time judged`,
    ...(unjudged.length > 0 ? [`rows not judged: ${unjudged.join('; ')}`] : []),
    ...rhythmText(report.rhythm),
    ...oddText([{ name: report.pipeline, ...report.odd }], report.keys.length),
    '',
    table([head, ...keys.slice(0, 3 * SHOWN)]),
    '',
    `${group(report.episodes.length)} episodes${report.incidents > 0 ? ` (${group(report.incidents)} incidents of several keys)` : ''} (UTC; start, length, key, model: reason)`,
    ...listed,
    ...(rest > 0 ? [`  … and ${group(rest)} more`] : []),
    ...taughtText(report.taught),
    ...proposalsText(report.proposals),
  ].join('\n');
}
