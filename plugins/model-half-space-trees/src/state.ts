// What is remembered: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

/**
 * A tree says nothing that the rows of a window do not say: the counts in its nodes are worked out from them (`trees.ts`), so
 * the rows are what is kept.
 */
export interface State {
  /** Rows that came. */
  rows: number;
  /** Rows of the warm-up (at most warmUp × d), until ranges are known. */
  warm: Float64Array;
  /** By column: the range whose ends the trees call 0 and 1; NaN before it is known. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** By column: fading mean of the values in that range, for directions. */
  readonly mean: Float64Array;
  /** How many windows are complete, and rows in the current one. */
  windows: number;
  inWindow: number;
  /** Rows of the last complete window (window × d), by which rows are judged, and of the current one. */
  reference: Float64Array;
  current: Float64Array;
}

export function initialState({ range }: Settings, columns: number): State {
  return {
    rows: 0,
    warm: NO_NUMBERS,
    low: new Float64Array(columns).fill(range?.[0] ?? Number.NaN),
    high: new Float64Array(columns).fill(range?.[1] ?? Number.NaN),
    mean: new Float64Array(columns).fill(0.5),
    windows: 0,
    inWindow: 0,
    reference: NO_NUMBERS,
    current: NO_NUMBERS,
  };
}
