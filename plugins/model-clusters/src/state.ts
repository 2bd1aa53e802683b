// What is remembered: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

/** Matrices lie flat by rows: k centres × d columns. */
export interface State {
  /** Rows learned. */
  seen: number;
  /** The first rows, until there are centres. */
  warm: Float64Array;
  /** Of each column, in its unit: running mean, and mean square of deviations from it. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** In the units of the columns; empty before the warm-up has ended. */
  centres: Float64Array;
  /** Rows of each centre, faded, and the usual squared distance of its rows, in squared deviations. */
  weights: Float64Array;
  usual: Float64Array;
}

export function initialState(_settings: Settings, columns: number): State {
  return {
    seen: 0,
    warm: NO_NUMBERS,
    mean: new Float64Array(columns),
    variance: new Float64Array(columns),
    centres: NO_NUMBERS,
    weights: NO_NUMBERS,
    usual: NO_NUMBERS,
  };
}
