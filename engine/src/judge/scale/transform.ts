import type { Period } from '../rhythm/profile.js';

/** How the columns of a model are brought to a common scale before it sees them. */
export interface TransformSettings {
  /** What is usual at each hour is taken out before the rest ({@link Levelled}); absent: nothing. */
  readonly rhythm?: Period | undefined;
  /** Half-life of the running mean and deviation, ms of event time; absent: columns stay as they are. */
  readonly standardizeMs?: number | undefined;
  /** sign(x)·ln(1 + |x|), after standardising. */
  readonly signedLog: boolean;
}

/** Running mean and variance by column: plain data, so that a checkpoint holds it. */
export interface TransformState {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly count: Float64Array;
  time: number;
}

export const initialTransform = (columns: number): TransformState => ({
  mean: new Float64Array(columns),
  variance: new Float64Array(columns),
  count: new Float64Array(columns),
  time: Number.NEGATIVE_INFINITY,
});

/** Values of a column before it is standardised: until then it is missing. */
const WARM_UP = 60;
/** A value further out than this many deviations moves mean and variance as if it were just there. */
const CLIP = 10;
/** Standardised values are kept within this. */
const BOUND = 1e4;

/**
 * Brings the rows of one model and key to a common scale, causally: a row is measured against the rows before it, and only then taken
 * in. The mean is exponentially weighted in event time, a plain mean until its memory is full.
 */
export class Transform {
  private readonly settings: TransformSettings;
  private readonly state: TransformState;

  constructor(settings: TransformSettings, state: TransformState) {
    this.settings = settings;
    this.state = state;
  }

  /** Fills `out` with the transformed `row`; changes nothing else. */
  apply(row: Float64Array, out: Float64Array): void {
    const { standardizeMs, signedLog } = this.settings;
    const { mean, variance, count } = this.state;
    for (let i = 0; i < row.length; i++) {
      let value = row[i]!;
      if (standardizeMs !== undefined) {
        if (count[i]! < WARM_UP) value = Number.NaN;
        else {
          // A column that never moved has no scale: the slightest move is as far as can be told.
          const deviation = Math.sqrt(variance[i]!) + 1e-12 * Math.abs(mean[i]!);
          const distance = value - mean[i]!;
          value = distance === 0 ? 0 : Math.max(-BOUND, Math.min(BOUND, distance / Math.max(deviation, Number.MIN_VALUE)));
        }
      }
      out[i] = signedLog ? Math.sign(value) * Math.log1p(Math.abs(value)) : value;
    }
  }

  /** Takes the row in. */
  learn(row: Float64Array, time: number): void {
    const { standardizeMs } = this.settings;
    if (standardizeMs === undefined) return;
    const { state } = this;
    const { mean, variance, count } = state;
    const forget = state.time === Number.NEGATIVE_INFINITY ? 0 : 1 - 2 ** (-Math.max(0, time - state.time) / standardizeMs);
    state.time = time;
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (Number.isNaN(value)) continue;
      count[i]!++;
      const weight = Math.max(forget, 1 / count[i]!);
      let distance = value - mean[i]!;
      const bound = CLIP * Math.sqrt(variance[i]!);
      if (count[i]! > WARM_UP && bound > 0) distance = Math.max(-bound, Math.min(bound, distance));
      mean[i]! += weight * distance;
      variance[i] = (1 - weight) * (variance[i]! + weight * distance * distance);
    }
  }
}
