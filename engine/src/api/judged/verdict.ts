// A row as it was judged, with its names put back.

import type { Severity } from '../plugin.js';
import type { NewTopic } from './episode.js';

/** What one model said of a row. */
export interface ModelVerdict {
  /** `NaN` while the model is learning or the row lacks one of its columns. */
  readonly score: number;
  /** The score above which this model alone would call a row an anomaly; `NaN` while there is none yet. */
  readonly threshold: number;
  /**
   * How ordinary the score is: with `alarms.perDay` the share of the calibration window that scores as high, its tail extrapolated;
   * otherwise of the training rows, (1 + #≥) / (n + 1). `NaN` where unknown or uncalibrated.
   */
  readonly pValue: number;
  readonly version: string;
  readonly anomalous: boolean;
  /** Only on anomalies: by column, what it added; sums to total − baseline. */
  readonly contributions?: Readonly<Record<string, number>>;
}

/** A judged row, names put back. Exactly one per row that the features emitted. */
export interface Verdict {
  /** `pipeline/key/kind/time/n`: the same on every replay. */
  readonly id: string;
  readonly pipeline: string;
  readonly key: string;
  /** The row kind. */
  readonly kind: string;
  /** Event time of the row, ms since the epoch. */
  readonly time: number;
  /** The n-th row of this key at this very time, from 0. */
  readonly n: number;
  /** Every declared column; `NaN` where missing. */
  readonly values: Readonly<Record<string, number>>;
  /** By the name under `models:`. */
  readonly models: Readonly<Record<string, ModelVerdict>>;
  /** The name of the model that speaks for the row: the one furthest above (or least below) its threshold. */
  readonly leading: string;
  /**
   * Its score, threshold and p-value; with `alarms.perDay`, the surprise −log₁₀ p of the models together, the surprise that the budget
   * allows, and that p. Rows are ordered by it: higher is odder.
   */
  readonly score: number;
  readonly threshold: number;
  readonly pValue: number;
  /** False while `alarms.perDay` has not seen enough rows: there is a score, but only models that decide by themselves can raise. */
  readonly calibrated: boolean;
  /** With `alarms.of: pipeline`: its key has no past of its own yet, and was measured by what other keys have shown. */
  readonly borrowed?: true;
  /** Only on anomalies: `warning`, or what a rule says. */
  readonly severity?: Severity;
  readonly anomalous: boolean;
  /** True on the anomaly that opens an episode: the one to call people for. */
  readonly raised: boolean;
  /** The episode that an anomaly belongs to. */
  readonly episode?: string;
  /** What models that decide by themselves find wrong, or the entity says is, for the first time in this episode, or again after it was over. */
  readonly news?: readonly NewTopic[];
  /** What people said of an episode with such rows, where that decided about this one. */
  readonly taught?: { readonly episode: string; readonly label: 'normal' | 'anomaly' };
  /** Why it is anomalous, for people; or why it could not be judged (`learning`, `missing: rsi_14`, `uncalibrated`). */
  readonly reason?: string;
}
