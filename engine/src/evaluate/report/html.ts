// The page of an evaluation.

import { barChart, curveChart } from '../../charts/charts.js';
import { page } from '../../charts/page.js';
import { escapeHtml } from '../../charts/svg.js';
import { counted, figure, group, length, moment, percent, short } from '../../charts/words.js';
import { type Marks, overTime, timelineLegend, titleOf } from './over-time.js';
import type { DetectorReport, Difference, EvaluationReport, PipelineRun } from './report.js';
import { evaluationSentence } from './sentence.js';
import { htmlTable, listed } from './tables.js';
import { blameLines, commonTable, incidentLines, toldLines } from './text.js';

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
  return page(`${report.pipeline}: evaluation`, evaluationSentence(report), [
    `<p class="note">Evaluation of ${escapeHtml(report.pipeline)}: ${group(first.rows)} rows of ${group(report.keys.length)} ${report.keys.length === 1 ? 'key' : 'keys'}, ${moment(report.from)} to ${moment(report.to)} UTC; ${counted(labels.placed, 'labelled event')}, ${group(first.judgedEvents)} of them judged.</p>`,
    notes.length > 0
      ? `<ul class="note">${notes
          .slice(0, 12)
          .map((note) => `<li>${escapeHtml(note)}</li>`)
          .join('')}</ul>`
      : '',
    '<h2>Summary</h2>',
    `<div class="card">${summaryTable(detectors, options.rates, report.keys.length > 1)}</div>`,
    `<div class="pair"><section class="card"><h2>Events found, by false episodes a day</h2><p class="note">Dashed: baselines.</p><p class="legend">${legend}</p>`,
    curveChart(curves, 'false episodes a day'),
    `</section><section class="card"><h2>Events found, by kind</h2><p class="note">At ${rate}.</p><p class="legend">${legend}</p>`,
    barChart(
      first.kinds.map(({ kind, events }) => ({
        name: `${kind} (${events})`,
        values: detectors.map(({ kinds }) => kinds.find((one) => one.kind === kind)?.recall[0] ?? Number.NaN),
      })),
      detectors.map(({ name }, i) => ({ name, colour: colours[i]! })),
    ),
    '</section></div>',
    '<h2>As configured</h2><p class="note">What the alarms of the pipelines themselves gave.</p>',
    `<div class="card">${configuredTable(detectors)}</div>`,
    ...commonTable(report).map(
      ({ title, rows: [head, ...rows] }) => `<h2>${escapeHtml(title)}</h2><div class="card">${htmlTable(head!, rows)}</div>`,
    ),
    '<h2>Over time</h2>',
    timelineLegend(true),
    ...runs.flatMap((run) => {
      const own = detectors.find(({ name }) => name === run.name)!;
      const over = overTime(run, ({ key }) => marksOf(own, key), 1 / runs.length);
      return [runs.length > 1 ? `<h3>${escapeHtml(run.name)}</h3>` : '', ...over];
    }),
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

function summaryTable(detectors: readonly DetectorReport[], rates: readonly number[], several: boolean): string {
  const own = several ? ['a threshold by key'] : [];
  const head = ['detector', 'judged', ...rates.flatMap((rate) => [`recall at ${short(rate)}/d`, ...own, 'precision', 'delay'])];
  const rows = detectors.map(({ name, judged, points, vusPr, aucPr, aucRoc, nab }) => [
    name,
    percent(judged),
    ...points.flatMap(({ recall, recallApart, precision, medianDelay }) => [
      percent(recall),
      ...(several ? [percent(recallApart)] : []),
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
  const rows = detectors.flatMap(({ name, judged, configured: c }) =>
    c
      ? [
          [
            name,
            percent(judged),
            ...[c.episodes, c.trueEpisodes, c.falseEpisodes].map(group),
            short(c.falsePerDay, 3),
            percent(c.recall),
            figure(c.precision, 2),
            length(c.medianDelay * 1_000),
          ],
        ]
      : [],
  );
  const incidents = [...incidentLines(detectors), ...blameLines(detectors), ...toldLines(detectors)].map(
    (line) => `<p class="note">${escapeHtml(line)}</p>`,
  );
  return `${htmlTable(['pipeline', 'judged', 'episodes', 'true', 'false', 'false a day', 'recall', 'precision', 'delay'], rows)}${incidents.join('')}`;
}

/** The events of a key and what became of them, and its episodes, true and false. */
function marksOf({ configured, outcomes }: DetectorReport, key: string): Marks {
  const events = outcomes.flatMap((outcome, i) =>
    outcome.key === key ? [{ ...outcome, hit: configured!.foundEvents[i]! }] : [],
  );
  return {
    labels: events.map(({ kind, from, to, hit }) => ({
      from,
      to,
      found: hit,
      title: `${kind}, ${moment(from)}, ${length(to - from)}${hit ? '' : ': not alarmed'}`,
    })),
    episodes: configured!.list
      .filter((one) => one.key === key)
      .map((one) => ({ ...one, title: titleOf(one), good: one.standing === 'neither' ? null : one.standing === 'true' })),
  };
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
