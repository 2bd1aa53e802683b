import type { Column, Limit, View } from '../../api/index.js';
import { randomSeries } from '../baselines.js';
import { type Configured, onlyIn, type RaisedEpisode, type Standing } from '../configured.js';
import { type EvaluateOptions, type Evaluation, evaluateOver, evaluateSeries } from '../evaluate.js';
import { bothJudged } from '../metrics/apart.js';
import { type Field, layOut, scoresOver } from '../metrics/field.js';
import { type Matched, matchLabels } from '../metrics/match.js';
import { judgedShare } from '../metrics/sweep.js';
import type { ToldTopic } from '../metrics/told.js';
import { type OddRows, oddRowsOf } from '../odd.js';
import type { Proposal } from '../proposals/proposals.js';
import type { RecordedSeries, TaughtRows } from '../recording.js';
import type { Seen } from '../seen.js';
import type { Ignored, Label, Series } from '../series.js';

/** By column: how many keys are explained by nothing, by the time of the day, and by that and the hour of the week. */
export type Rhythms = Readonly<Record<string, { readonly nothing: number; readonly day: number; readonly week: number }>>;

/** One pipeline over its recording. */
export interface PipelineRun {
  readonly name: string;
  readonly series: readonly RecordedSeries[];
  readonly episodes: readonly RaisedEpisode[];
  /** What people were told of. */
  readonly told?: readonly ToldTopic[];
  /** Over the recording without anomalies, where there is one. */
  readonly quiet?: readonly RecordedSeries[];
  /** Columns that |z| looks at. */
  readonly plainColumns: readonly string[];
  readonly seconds: number;
  /** Rows by the reason that they were not judged for. */
  readonly unjudged: ReadonlyMap<string, number>;
  /** Rows that may be called anomalous a day, where the pipeline has a budget. */
  readonly perDay?: number;
  /** Whether each key has that budget, or all together. */
  readonly of?: 'key' | 'pipeline';
  /** What people said, as far as it decided about rows. */
  readonly taught?: readonly TaughtRows[];
  /** What a backtest proposes to change. */
  readonly proposals?: readonly Proposal[];
  /** What explains the columns that models measure against their hour: how many keys by nothing, the day or the week. */
  readonly rhythm?: Rhythms | undefined;
  /** What its columns were, where they are to be drawn. */
  readonly shown?: RunPictures;
}

/** What the pictures of a run are drawn from. */
export interface RunPictures {
  readonly seen: Seen;
  readonly columns: readonly Column[];
  readonly views: readonly View[];
  readonly limits: readonly Limit[];
}

export interface GivenLabels {
  readonly files: readonly { readonly file: string; readonly format: string; readonly labels: number }[];
  readonly labels: readonly Label[];
  readonly ignored: readonly Ignored[];
}

export type DetectorRole = 'pipeline' | 'against' | 'baseline';

export interface DetectorReport extends Evaluation {
  readonly name: string;
  readonly role: DetectorRole;
}

/** An episode that only one of two pipelines raised. */
export interface Difference extends RaisedEpisode {
  readonly standing: Standing;
  readonly kind?: string;
}

/** Two detectors on the rows that both judged, so that who judges more is not behind for it. */
export interface Common {
  /** Of the time of the recording, 0 … 1. */
  readonly judged: number;
  readonly here: Ordered;
  readonly there: Ordered;
}

/** How a detector orders rows. */
export type Ordered = Pick<Evaluation, 'points' | 'vusPr' | 'aucPr' | 'aucRoc'>;

/** The JSON of `engine evaluate`. Times in ms since the epoch; what is not a number is null. */
export interface EvaluationReport {
  readonly version: 1;
  readonly pipeline: string;
  readonly keys: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Rows of the pipeline by the reason that they were not judged for. */
  readonly unjudged: Readonly<Record<string, number>>;
  /** What people said of the pipeline's episodes, as far as it decided about rows. */
  readonly taught: readonly TaughtRows[];
  readonly labels: Omit<GivenLabels, 'labels' | 'ignored'> & Omit<Matched, 'labels' | 'ignored'> & { readonly placed: number };
  readonly options: {
    readonly rates: readonly number[];
    readonly graceMs: number;
    readonly cooldownMs: number;
    readonly quiet: readonly string[];
    readonly z: readonly string[];
  };
  /** Anomalous rows of each pipeline as configured, a day and key and a day of all. */
  readonly odd: readonly (OddRows & { readonly name: string })[];
  readonly detectors: readonly DetectorReport[];
  readonly differences: readonly {
    readonly against: string;
    /** Both measured on the rows that both judged; absent where they do not have the same rows. */
    readonly common?: Common;
    readonly onlyHere: readonly Difference[];
    readonly onlyThere: readonly Difference[];
  }[];
}

export interface ReportOptions {
  readonly rates: readonly number[];
  readonly graceMs: number;
  readonly cooldownMs: number;
  /** The settings of the clean run, to be shown. */
  readonly quiet: readonly string[];
}

const whatPeopleHear = ({ episodes, told }: Pick<PipelineRun, 'episodes' | 'told'>) => ({ episodes, ...(told && { told }) });

/**
 * Measures a pipeline, others, and the baselines `random` and `|z|`, which see the rows of the first one.
 * @throws RangeError where the first one has no rows
 */
export function reportOn(
  own: PipelineRun,
  others: readonly PipelineRun[],
  given: GivenLabels,
  options: ReportOptions,
): EvaluationReport {
  if (own.series.length === 0) throw new RangeError('the recording gave no rows');
  const matched = matchLabels(own.series, given);
  const settings = (ignored: readonly Ignored[], quiet?: readonly Series[]): EvaluateOptions => ({
    rates: options.rates,
    graceMs: options.graceMs,
    cooldownMs: options.cooldownMs,
    ignored,
    ...(quiet ? { quiet } : {}),
  });
  const first = settings(matched.ignored);
  const field = layOut(own.series, matched.labels, first);
  const over = (
    name: string,
    role: DetectorRole,
    series: readonly Series[],
    quiet?: readonly Series[],
    raised?: Pick<PipelineRun, 'episodes' | 'told'>,
  ) => ({
    name,
    role,
    ...evaluateOver(field, series, matched.labels, {
      ...first,
      ...(quiet ? { quiet } : {}),
      ...(raised && whatPeopleHear(raised)),
    }),
  });
  const compared = others.map((other) => {
    const { labels, ignored } = matchLabels(other.series, given);
    const evaluated = evaluateSeries(other.series, labels, { ...settings(ignored, other.quiet), ...whatPeopleHear(other) });
    return { name: other.name, role: 'against' as const, ...evaluated };
  });
  const detectors: DetectorReport[] = [
    over(own.name, 'pipeline', own.series, own.quiet, own),
    ...compared,
    over('|z|', 'baseline', plain(own.series), own.quiet && plain(own.quiet)),
    over('random', 'baseline', randomSeries(own.series), own.quiet && randomSeries(own.quiet, 2)),
  ];
  const { labels, ignored: _, ...placing } = matched;
  return {
    version: 1,
    pipeline: own.name,
    keys: own.series.map(({ key }) => key),
    from: Math.min(...own.series.map(({ times }) => times[0]!)),
    to: Math.max(...own.series.map(({ times }) => times.at(-1)!)),
    taught: own.taught ?? [],
    odd: [own, ...others].map(({ name, series }) => ({ name, ...oddRowsOf(series) })),
    unjudged: Object.fromEntries(own.unjudged),
    labels: { files: given.files, ...placing, placed: labels.length },
    options: { ...options, z: own.plainColumns },
    detectors,
    differences: compared.map((other, i) => ({
      against: other.name,
      ...commonOf(field, own.series, others[i]!.series, matched.labels, first),
      ...differences(detectors[0]!.configured!, other.configured!, options.cooldownMs),
    })),
  };
}

/** Both on the rows that both judged; nothing where their rows are not the same. */
function commonOf(
  field: Field,
  here: readonly Series[],
  there: readonly Series[],
  labels: readonly Label[],
  options: EvaluateOptions,
): { common?: Common } {
  const alike = ({ key, times }: Series) =>
    there.some((one) => one.key === key && one.times.length === times.length && one.times.every((time, i) => time === times[i]));
  if (here.length !== there.length || !here.every(alike)) return {};
  const both = bothJudged(field, scoresOver(field, here), scoresOver(field, there));
  const ordered = (series: readonly Series[]): Ordered => {
    const { points, vusPr, aucPr, aucRoc } = evaluateOver(both, series, labels, options);
    return { points, vusPr, aucPr, aucRoc };
  };
  const share = judgedShare(field, scoresOver(both, here));
  return { common: { judged: share, here: ordered(here), there: ordered(there) } };
}

const plain = (series: readonly RecordedSeries[]): Series[] =>
  series.map(({ key, times, plain: scores }) => ({ key, times, scores }));

function differences(here: Configured, there: Configured, cooldownMs: number) {
  return {
    onlyHere: onlyIn(here.list, there.list, cooldownMs),
    onlyThere: onlyIn(there.list, here.list, cooldownMs),
  };
}

/** JSON has no NaN and no infinity: both become null. */
export function asJson(report: unknown): string {
  const plainNumber = (_: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value);
  return JSON.stringify(report, plainNumber, 2);
}
