// What is remembered: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

/** Matrices are lower triangles by rows: entry (i, j ≤ i) of d × d lies at i(i + 1)/2 + j. */
export interface State {
  /** Rows of the warm-up so far; the buffer (at most warmUp × d) is let go when it is full. */
  warmRows: number;
  warm: Float64Array;
  /** Sum of the weights that are in mean and covariance, 0 before the first estimate. */
  weight: number;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  /** Deviation of each column and Cholesky factor of the correlation matrix plus ridge, at the last factorisation. Its diagonal is
   * held as reciprocals. */
  readonly scale: Float64Array;
  readonly factor: Float64Array;
  sinceFactor: number;
  /** Rows so far, and the mean square of each column's deviations over a long memory, no row counting less. */
  rows: number;
  readonly plain: Float64Array;
  /** Rows since the last with a value that was wild by that; absent in a state of before this was counted. */
  calm?: number;
}

export function initialState(_settings: Settings, columns: number): State {
  const triangle = (columns * (columns + 1)) / 2;
  return {
    warmRows: 0,
    warm: NO_NUMBERS,
    weight: 0,
    mean: new Float64Array(columns),
    covariance: new Float64Array(triangle),
    scale: new Float64Array(columns),
    factor: new Float64Array(triangle),
    sinceFactor: 0,
    rows: 0,
    plain: new Float64Array(columns),
    calm: 0,
  };
}
