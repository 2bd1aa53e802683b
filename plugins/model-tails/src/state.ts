// What is remembered of each column: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

export interface State {
  /** The latest rows, at most `window` × d, NaN where missing: a ring whose order does not matter. */
  values: Float64Array;
  /** Rows in the ring, and the place of the next. */
  count: number;
  next: number;
  /** Rows that came, learned or not. */
  seen: number;
  /** Rows judged rare since one of them was learned. */
  rare: number;
  /** By column: at how many rows seen it is fitted again. */
  readonly due: Float64Array;
  /** By column: values that its fit knows, 0 before there are enough. */
  readonly fitted: Float64Array;
  /** By column: 199 ascending quantiles; empty before the first fit. */
  body: Float64Array;
  /** By column: what lies below the first and above the last of them. */
  tails: Float64Array;
}

export function initialState({ warmUp }: Settings, columns: number): State {
  return {
    values: NO_NUMBERS,
    count: 0,
    next: 0,
    seen: 0,
    rare: 0,
    due: new Float64Array(columns).fill(warmUp),
    fitted: new Float64Array(columns),
    body: NO_NUMBERS,
    tails: NO_NUMBERS,
  };
}
