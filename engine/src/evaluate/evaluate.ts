// How well a series of scores finds labelled events.

import { type Configured, type RaisedEpisode, whatWasRaised } from './configured.js';
import { thresholdsApart } from './metrics/apart.js';
import { areas } from './metrics/curves.js';
import { byKind, delays, type KindRecall } from './metrics/events.js';
import { type Field, type FieldOptions, layOut, scoresOver } from './metrics/field.js';
import { type NabScore, nabScore } from './metrics/nab.js';
import { ranking } from './metrics/ranking.js';
import { type FalseEpisode, falseEpisodes, judgedShare, ordinaryDays, thresholdsFor } from './metrics/sweep.js';
import type { ToldTopic } from './metrics/told.js';
import { bufferFor, volumeUnderPr } from './metrics/volume.js';
import { type Label, median, type Series } from './series.js';

export interface EvaluateOptions extends FieldOptions {
  /** False episodes a day, at which recall is read. */
  readonly rates: readonly number[];
  /** The same detector on a recording without anomalies: thresholds and false episodes come from it instead. */
  readonly quiet?: readonly Series[];
  /** The episodes that the detector raised by its own rules. */
  readonly episodes?: readonly RaisedEpisode[];
  /** What people were told of by these. */
  readonly told?: readonly ToldTopic[];
  /** Widest buffer of VUS-PR, rows; default: see `bufferFor`. */
  readonly buffer?: number;
}

/** An event and what became of it. Times in ms since the epoch. */
export interface EventOutcome {
  readonly key: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** Whether any row of it was judged. */
  readonly judged: boolean;
  readonly peakScore: number;
  /** By rate. */
  readonly found: readonly boolean[];
}

/** What a threshold gives that was chosen for a number of false episodes a day. */
export interface OperatingPoint {
  /** As asked for. */
  readonly perDay: number;
  /** A row is an alarm if its score is above. */
  readonly threshold: number;
  readonly falseEpisodes: number;
  readonly falsePerDay: number;
  readonly found: number;
  /** Found events / all events of the recording. */
  readonly recall: number;
  /** Found events / all events, if each key has a threshold of its own that gives it so many false episodes a day. */
  readonly recallApart: number;
  /** Found events / (found events + false episodes of the labelled recording). */
  readonly precision: number;
  /** s. */
  readonly medianDelay: number;
}

/** How well one detector orders the rows of a recording. */
export interface Evaluation {
  readonly rows: number;
  /** Share of the time of the recording that was judged, 0 … 1. */
  readonly judged: number;
  /** Judged days outside of all labels; with `quiet`, of that recording. */
  readonly days: number;
  readonly events: number;
  readonly judgedEvents: number;
  readonly points: readonly OperatingPoint[];
  readonly vusPr: number;
  readonly buffer: number;
  readonly aucPr: number;
  readonly aucRoc: number;
  readonly nab: NabScore;
  readonly kinds: readonly KindRecall[];
  /** Recall over false episodes a day, for a chart. */
  readonly curve: readonly { readonly perDay: number; readonly recall: number }[];
  readonly outcomes: readonly EventOutcome[];
  /** At the first rate. */
  readonly falseEpisodes: readonly FalseEpisode[];
  readonly configured?: Configured;
}

/**
 * Points of the curve, false episodes a day: twelve per factor of ten. Below one in the whole recording nothing tells rates apart, and
 * a hundred a day (of a short recording: twenty in all) are more than anybody reads.
 */
function curveRates(days: number): number[] {
  const [least, most] = [0.8 / days, Math.max(100, 20 / days) * 1.001];
  const rates: number[] = [];
  if (!(days > 0)) return rates;
  for (let i = Math.ceil(12 * Math.log10(least)); 10 ** (i / 12) <= most; i++) rates.push(10 ** (i / 12));
  return rates;
}

/**
 * Measures one detector against labels. Pure.
 * @param series its scores, a series per key; keys without rows do not exist
 * @param labels of these keys; others are left out: see `matchLabels`
 * @throws RangeError where `series` does not fit together
 */
export function evaluateSeries(series: readonly Series[], labels: readonly Label[], options: EvaluateOptions): Evaluation {
  return evaluateOver(layOut(series, labels, options), series, labels, options);
}

/** The same where the labels are laid over the rows already. */
export function evaluateOver(
  field: Field,
  series: readonly Series[],
  labels: readonly Label[],
  options: EvaluateOptions,
): Evaluation {
  const { rates } = options;
  const scores = scoresOver(field, series);
  const order = ranking(scores);
  const judgedDays = ordinaryDays(field, scores);
  const measured = options.quiet ? quietSweep(options.quiet, options) : { field, scores, order, days: judgedDays };
  const drawn = curveRates(measured.days);
  const chosen = thresholdsFor(measured.field, measured.scores, measured.order, measured.days, [...rates, ...drawn]);
  const thresholds = chosen.slice(0, rates.length);
  const apart = thresholdsApart(measured.field, measured.scores, measured.order, rates);
  const outcomes = outcomesOf(field, scores, thresholds);
  const peaks = Float64Array.from(outcomes, ({ peakScore }) => peakScore);
  const buffer = options.buffer ?? bufferFor(field);
  const points = rates.map((perDay, i): OperatingPoint => {
    const threshold = thresholds[i]!;
    const false_ = falseEpisodes(measured.field, measured.scores, threshold).length;
    const falseHere = options.quiet ? falseEpisodes(field, scores, threshold).length : false_;
    const found = outcomes.filter((outcome) => outcome.found[i]).length;
    return {
      perDay,
      threshold,
      falseEpisodes: false_,
      falsePerDay: false_ / measured.days,
      found,
      recall: found / outcomes.length,
      recallApart:
        outcomes.filter(({ key, peakScore }) => peakScore > (apart.get(key)?.[i] ?? Number.POSITIVE_INFINITY)).length /
        outcomes.length,
      precision: found / (found + falseHere),
      medianDelay: median(delays(field, scores, (row) => scores[row]! > threshold)),
    };
  });
  return {
    rows: scores.length,
    judged: judgedShare(field, scores),
    days: measured.days,
    events: outcomes.length,
    judgedEvents: outcomes.filter(({ judged }) => judged).length,
    points,
    vusPr: volumeUnderPr(field, scores, order, buffer),
    buffer,
    ...areas(field, scores, order),
    nab: nabScore(field, labels, scores, order),
    kinds: byKind(outcomes, rates.length),
    curve: drawn.map((perDay, i) => ({ perDay, recall: share(peaks, chosen[rates.length + i]!) })),
    outcomes,
    falseEpisodes: thresholds.length === 0 ? [] : falseEpisodes(field, scores, thresholds[0]!),
    ...(options.episodes ? { configured: whatWasRaised(field, series, scores, options.episodes, judgedDays, options.told) } : {}),
  };
}

function quietSweep(quiet: readonly Series[], options: EvaluateOptions) {
  const field = layOut(quiet, [], options);
  const scores = scoresOver(field, quiet);
  return { field, scores, order: ranking(scores), days: ordinaryDays(field, scores) };
}

const share = (peaks: Float64Array, threshold: number) => peaks.filter((peak) => peak > threshold).length / peaks.length;

function outcomesOf({ events }: Field, scores: Float64Array, thresholds: readonly number[]): EventOutcome[] {
  return events.map(({ label: { key, kind, from, to }, first, end }) => {
    let peakScore = Number.NaN;
    for (let i = first; i < end; i++) if (!(scores[i]! <= peakScore) && !Number.isNaN(scores[i]!)) peakScore = scores[i]!;
    const found = thresholds.map((threshold) => peakScore > threshold);
    return { key, kind, from, to, judged: !Number.isNaN(peakScore), peakScore, found };
  });
}
