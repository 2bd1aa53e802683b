// What is remembered of each column: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

/** One column. Rings hold one number for each of the latest rows; they begin empty and grow to {@link ringOf}. */
export interface ColumnState {
  /** What values are kept as differences from, in the unit of the column. */
  base: number;
  /** Running mean, as a difference from `base`, and mean absolute deviation from it. */
  level: number;
  spread: number;
  /** Usual deviation within a window, and usual distance to the nearest earlier one. */
  deviation: number;
  usual: number;
  /** The values. */
  values: Float64Array;
  /** Of the window that ends at each row: its mean, one over what it is brought to scale by, and its mean square once it is. */
  means: Float64Array;
  scales: Float64Array;
  squares: Float64Array;
  /** By how many rows the other window lies back: the sum of products of its values with those of the latest window. */
  products: Float64Array;
}

export interface State {
  /** Rows learned, and rows since the last interruption. */
  seen: number;
  fresh: number;
  /** The next of `products` that is worked out anew, so that rounding does not add up. */
  turn: number;
  columns: ColumnState[];
}

/** Lags that are compared, and rows that those need. */
export const lagsOf = ({ window, memory }: Settings): number => window + memory;
export const ringOf = (settings: Settings): number => lagsOf(settings) + settings.window;

export function initialState(_settings: Settings, columns: number): State {
  const column = (): ColumnState => ({
    base: 0,
    level: 0,
    spread: 0,
    deviation: 0,
    usual: 0,
    values: NO_NUMBERS,
    means: NO_NUMBERS,
    scales: NO_NUMBERS,
    squares: NO_NUMBERS,
    products: NO_NUMBERS,
  });
  return { seen: 0, fresh: 0, turn: 0, columns: Array.from({ length: columns }, column) };
}
