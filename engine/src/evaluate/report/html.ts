// The pages of an evaluation and of a backtest.

import { barChart, curveChart, timelineChart } from '../../charts/charts.js';
import { page } from '../../charts/page.js';
import { escapeHtml } from '../../charts/svg.js';
import { counted, figure, group, length, moment, percent, short } from '../../charts/words.js';
import type { BacktestReport } from '../backtest.js';
import type { RaisedEpisode } from '../configured.js';
import type { RecordedSeries } from '../recording.js';
import type { DetectorReport, Difference, EvaluationReport, PipelineRun } from './report.js';

/** What a page shows at most, so that it stays light; everything is in the JSON. */
const MOST_KEYS = 16;
const MOST_ROWS = 300;

type Cell = string | number;

function htmlTable(head: readonly string[], rows: readonly (readonly Cell[])[], text = 1): string {
  const cell = (tag: string, c: number, value: Cell) =>
    `<${tag}${c >= text ? ' class="n"' : ''}>${escapeHtml(String(value))}</${tag}>`;
  const line = (tag: string, cells: readonly Cell[]) => `<tr>${cells.map((value, c) => cell(tag, c, value)).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table></div>`;
}

/** A list of at most {@link MOST_ROWS} rows. */
function listed(title: string, head: readonly string[], rows: readonly (readonly Cell[])[], open = false): string {
  const more = rows.length > MOST_ROWS ? `<p class="note">The first ${MOST_ROWS} are shown; the JSON has all.</p>` : '';
  return `<details${open ? ' open' : ''}><summary>${escapeHtml(title)}: ${group(rows.length)}</summary>${more}${htmlTable(head, rows.slice(0, MOST_ROWS), head.length)}</details>`;
}

/** One self-contained page: nothing is fetched, nothing runs. @param runs the pipelines of the report, the evaluated one first */
export function evaluationHtml(report: EvaluationReport, runs: readonly PipelineRun[]): string {
  const { detectors, options, labels } = report;
  const first = detectors[0]!;
  const rate = `${short(options.rates[0]!)} false episodes a day`;
  const notes = [
    ...labels.renamed.map(({ from, to, how }) => `Labels of ${from} are taken for ${to}: ${how}.`),
    ...labels.unknown.map(({ key, labels: count }) => `No row has the key ${key}: ${counted(count, 'label')} left out.`),
    ...labels.outside.map(({ key, labels: count }) => `${counted(count, 'label')} of ${key} outside of the recording left out.`),
  ];
  const colours = coloursOf(detectors);
  const legend = detectors.map(({ name }, i) => `<span><i class="c${colours[i]}"></i>${escapeHtml(name)}</span>`).join('');
  const curves = detectors.map(({ name, curve, role }, i) => ({
    name,
    colour: colours[i]!,
    dashed: role === 'baseline',
    points: curve.map(({ perDay, recall }) => [perDay, recall] as const),
  }));
  return page(`${report.pipeline}: evaluation`, [
    `<p>${group(first.rows)} rows of ${group(report.keys.length)} ${report.keys.length === 1 ? 'key' : 'keys'}, ${moment(report.from)} to ${moment(report.to)} UTC; ${counted(labels.placed, 'labelled event')}, ${group(first.judgedEvents)} of them judged.</p>`,
    notes.length > 0
      ? `<ul class="note">${notes
          .slice(0, 12)
          .map((note) => `<li>${escapeHtml(note)}</li>`)
          .join('')}</ul>`
      : '',
    '<h2>Summary</h2>',
    summaryTable(detectors, options.rates),
    `<div class="pair"><section><h2>Events found, by false episodes a day</h2><p class="note">Dashed: baselines.</p><p class="legend">${legend}</p>`,
    curveChart(curves, 'false episodes a day'),
    `</section><section><h2>Events found, by kind</h2><p class="note">At ${rate}.</p><p class="legend">${legend}</p>`,
    barChart(
      first.kinds.map(({ kind, events }) => ({
        name: `${kind} (${events})`,
        values: detectors.map(({ kinds }) => kinds.find((one) => one.kind === kind)?.recall[0] ?? Number.NaN),
      })),
      detectors.map(({ name }, i) => ({ name, colour: colours[i]! })),
    ),
    '</section></div>',
    '<h2>As configured</h2><p class="note">What the alarms of the pipelines themselves gave.</p>',
    configuredTable(detectors),
    '<h2>Over time</h2>',
    timelineLegend(true),
    ...runs.flatMap((run) => timelines(run, detectors.find(({ name }) => name === run.name)!, runs.length > 1)),
    '<h2>Lists</h2>',
    ...lists(first, rate),
    ...report.differences.flatMap(({ against, onlyHere, onlyThere }) => [
      differenceList(`Raised only by ${report.pipeline}, not by ${against}`, onlyHere),
      differenceList(`Raised only by ${against}`, onlyThere),
    ]),
  ]);
}

/** The baselines always have the same two colours. */
function coloursOf(detectors: readonly DetectorReport[]): number[] {
  const others = [0, 1, 4, 5, 6, 7];
  return detectors.map(({ name, role }, i) => (role === 'baseline' ? (name === 'random' ? 3 : 2) : others[i % others.length]!));
}

function summaryTable(detectors: readonly DetectorReport[], rates: readonly number[]): string {
  const head = ['detector', 'judged', ...rates.flatMap((rate) => [`recall at ${short(rate)}/d`, 'precision', 'delay'])];
  const rows = detectors.map(({ name, judged, points, vusPr, aucPr, aucRoc, nab }) => [
    name,
    percent(judged),
    ...points.flatMap(({ recall, precision, medianDelay }) => [
      percent(recall),
      figure(precision, 2),
      length(medianDelay * 1_000),
    ]),
    figure(vusPr),
    figure(aucPr),
    figure(aucRoc),
    [nab.standard, nab.lowFalsePositives, nab.lowFalseNegatives].map((value) => figure(value, 1)).join(' / '),
  ]);
  return htmlTable([...head, 'VUS-PR', 'AUC-PR', 'AUC-ROC', 'NAB: standard / low FP / low FN'], rows);
}

function configuredTable(detectors: readonly DetectorReport[]): string {
  const rows = detectors.flatMap(({ name, configured: c }) =>
    c
      ? [
          [
            name,
            ...[c.episodes, c.trueEpisodes, c.falseEpisodes].map(group),
            short(c.falsePerDay, 3),
            percent(c.recall),
            figure(c.precision, 2),
            length(c.medianDelay * 1_000),
          ],
        ]
      : [],
  );
  return htmlTable(['pipeline', 'episodes', 'true', 'false', 'false a day', 'recall', 'precision', 'delay'], rows);
}

function timelineLegend(labelled: boolean): string {
  const shades = labelled
    ? '<span><i class="label"></i>label</span><span><i class="label missed"></i>label, not alarmed</span>'
    : '';
  const marks = labelled
    ? '<span><i class="good"></i>true episode</span><span><i class="bad"></i>false episode</span><span><i class="neither"></i>tail</span>'
    : '<span><i class="neither"></i>episode</span>';
  return `<p class="legend"><span><i class="score"></i>score</span><span><i class="threshold"></i>threshold</span>${shades}${marks}</p>`;
}

function timelines(run: PipelineRun, { configured, outcomes }: DetectorReport, several: boolean): string[] {
  const list = configured!.list;
  const charts = run.series.slice(0, MOST_KEYS).map((series) => {
    const events = outcomes.flatMap((outcome, i) =>
      outcome.key === series.key ? [{ ...outcome, hit: configured!.foundEvents[i]! }] : [],
    );
    return timeline(series, {
      labels: events.map(({ kind, from, to, hit }) => ({
        from,
        to,
        found: hit,
        title: `${kind}, ${moment(from)}, ${length(to - from)}${hit ? '' : ': not alarmed'}`,
      })),
      episodes: list
        .filter(({ key }) => key === series.key)
        .map((one) => ({ ...one, title: titleOf(one), good: one.standing === 'neither' ? null : one.standing === 'true' })),
    });
  });
  return [several ? `<h3>${escapeHtml(run.name)}</h3>` : '', ...charts, restOf(run)];
}

const titleOf = ({ start, end, reason }: RaisedEpisode) => `${moment(start)}, ${length(end - start)}: ${reason}`;

function restOf({ series }: PipelineRun): string {
  return series.length > MOST_KEYS ? `<p class="note">The first ${MOST_KEYS} of ${group(series.length)} keys are drawn.</p>` : '';
}

function timeline(series: RecordedSeries, more: Pick<Parameters<typeof timelineChart>[0], 'labels' | 'episodes'>): string {
  return `<figure><figcaption>${escapeHtml(series.key)}</figcaption>${timelineChart({ ...series, ...more })}</figure>`;
}

function lists(first: DetectorReport, rate: string): string[] {
  const missed = first.outcomes.filter(({ found }) => !found[0]);
  return [
    listed(
      `Events not found at ${rate}`,
      ['start (UTC)', 'length', 'key', 'kind', 'highest score'],
      missed.map((one) => [
        moment(one.from),
        length(one.to - one.from),
        one.key,
        one.kind,
        one.judged ? short(one.peakScore) : 'not judged',
      ]),
    ),
    listed(
      `False episodes at ${rate}`,
      ['start (UTC)', 'length', 'key', 'highest score'],
      first.falseEpisodes.map((one) => [moment(one.start), length(one.end - one.start), one.key, short(one.peakScore)]),
    ),
    differenceList('Episodes as configured', first.configured?.list ?? []),
  ];
}

function differenceList(title: string, list: readonly Difference[]): string {
  const rows = list.map((one) => [moment(one.start), length(one.end - one.start), one.key, one.kind ?? one.standing, one.reason]);
  return listed(title, ['start (UTC)', 'length', 'key', 'kind', 'reason'], rows);
}

/** The page of a backtest. */
export function backtestHtml(report: BacktestReport, run: PipelineRun): string {
  const quantiles = Object.keys(report.keys[0]?.scores ?? {});
  const head = ['key', 'rows', 'judged', 'odd rows/d', 'episodes', 'a day', ...quantiles.map((q) => `score: ${q}`)];
  const rows = report.keys.map((one) => [
    one.key,
    group(one.rows),
    percent(one.judged),
    short(one.anomaliesPerDay, 3),
    group(one.episodes),
    short(one.episodesPerDay, 3),
    ...quantiles.map((q) => short(one.scores[q]!)),
  ]);
  const charts = run.series.slice(0, MOST_KEYS).map((series) =>
    timeline(series, {
      labels: [],
      episodes: run.episodes.filter(({ key }) => key === series.key).map((one) => ({ ...one, title: titleOf(one), good: null })),
    }),
  );
  const unjudged = Object.entries(report.unjudged).map(([reason, count]) => `${group(count)} ${reason}`);
  return page(`${report.pipeline}: backtest`, [
    `<p>${group(report.rows)} rows, ${moment(report.from)} to ${moment(report.to)} UTC; ${percent(report.judged)} of the time judged${unjudged.length > 0 ? ` (rows not judged: ${escapeHtml(unjudged.join(', '))})` : ''}; ${short(report.microsecondsPerRow)} µs a row.</p>`,
    '<h2>Keys</h2>',
    htmlTable(head, rows),
    '<h2>Over time</h2>',
    timelineLegend(false),
    ...charts,
    restOf(run),
    listed(
      'Episodes',
      ['start (UTC)', 'length', 'key', 'model', 'columns', 'reason'],
      report.episodes.map((one) => [
        moment(one.start),
        length(one.end - one.start),
        one.key,
        one.model,
        one.columns.join(', '),
        one.reason,
      ]),
      true,
    ),
  ]);
}
