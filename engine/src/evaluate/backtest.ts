// What a pipeline would have raised over a recording that nobody has labelled.

import type { RaisedEpisode } from './configured.js';
import { layOut, scoresOver } from './metrics/field.js';
import { judgedShare } from './metrics/sweep.js';
import { type OddRows, oddOf, oddRowsOf } from './odd.js';
import type { Proposal } from './proposals/proposals.js';
import type { TaughtRows } from './recording.js';
import type { PipelineRun, Rhythms } from './report/report.js';

const DAY = 86_400_000;
const QUANTILES = { '50 %': 0.5, '90 %': 0.9, '99 %': 0.99, '99.9 %': 0.999, '99.99 %': 0.9999, highest: 1 };

/** The JSON of `engine backtest`. Times in ms since the epoch; what is not a number is null. */
export interface BacktestReport {
  readonly version: 1;
  readonly pipeline: string;
  readonly rows: number;
  /** Share of the time of the recording that was judged, 0 … 1. */
  readonly judged: number;
  /** Rows by the reason that they were not judged for. */
  readonly unjudged: Readonly<Record<string, number>>;
  /** What people said of the pipeline's episodes, as far as it decided about rows. */
  readonly taught: readonly TaughtRows[];
  readonly from: number;
  readonly to: number;
  /** Rows that may be called anomalous a day, where the pipeline has a budget. */
  readonly perDay?: number;
  /** Whether each key has that budget, or all together. */
  readonly of?: 'key' | 'pipeline';
  /** What `rhythm: auto` has found out, by column. */
  readonly rhythm?: Rhythms;
  /** What may be changed, with what to write. */
  readonly proposals: readonly Proposal[];
  readonly seconds: number;
  readonly microsecondsPerRow: number;
  /** Anomalous rows, a day and key and a day of all. */
  readonly odd: OddRows;
  readonly keys: readonly {
    readonly key: string;
    readonly rows: number;
    readonly days: number;
    readonly judged: number;
    /** Anomalous rows of a judged day: what `alarms.perDay` budgets. */
    readonly anomaliesPerDay: number;
    readonly episodes: number;
    readonly episodesPerDay: number;
    /** By quantile, of the judged rows. */
    readonly scores: Readonly<Record<string, number>>;
  }[];
  readonly episodes: readonly RaisedEpisode[];
  /** Episodes of several keys that began together, as one. */
  readonly incidents: number;
}

/** What a pipeline said of a recording that nobody has labelled. */
export function backtestOf(run: PipelineRun): BacktestReport {
  const field = layOut(run.series, [], { graceMs: 0, cooldownMs: 0 });
  const rows = field.times.length;
  const keys = run.series.map((series) => {
    const { key, scores, alarms } = series;
    const own = layOut([series], [], { graceMs: 0, cooldownMs: 0 });
    const judged = judgedShare(own, scores);
    const days = (own.spans.reduce((sum, span) => sum + span, 0) * judged) / DAY;
    const episodes = run.episodes.filter((episode) => episode.key === key).length;
    return {
      key,
      rows: scores.length,
      days,
      judged,
      anomaliesPerDay: oddOf(alarms) / days,
      episodes,
      episodesPerDay: episodes / days,
      scores: quantilesOf(scores),
    };
  });
  return {
    version: 1,
    pipeline: run.name,
    rows,
    judged: judgedShare(field, scoresOver(field, run.series)),
    unjudged: Object.fromEntries(run.unjudged),
    taught: run.taught ?? [],
    from: Math.min(...run.series.map(({ times }) => times[0]!)),
    to: Math.max(...run.series.map(({ times }) => times.at(-1)!)),
    ...(run.perDay === undefined ? {} : { perDay: run.perDay }),
    ...(run.of === undefined ? {} : { of: run.of }),
    ...(run.rhythm ? { rhythm: run.rhythm } : {}),
    proposals: run.proposals ?? [],
    seconds: run.seconds,
    microsecondsPerRow: (run.seconds * 1e6) / rows,
    odd: oddRowsOf(
      run.series,
      keys.map(({ days }) => days),
    ),
    keys,
    episodes: run.episodes,
    incidents: new Set(run.episodes.flatMap(({ incident }) => incident ?? [])).size,
  };
}

function quantilesOf(scores: Float64Array): Record<string, number> {
  const ascending = scores.filter((score) => !Number.isNaN(score)).sort();
  const at = (q: number) => ascending[Math.min(ascending.length - 1, Math.floor(q * ascending.length))] ?? Number.NaN;
  return Object.fromEntries(Object.entries(QUANTILES).map(([name, q]) => [name, at(q)]));
}
