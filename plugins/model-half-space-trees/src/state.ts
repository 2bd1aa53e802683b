// What the trees remember: plain data and typed arrays.

import type { Settings } from './config.js';

export interface State {
  /** Rows that came. */
  rows: number;
  /** Rows of the warm-up (warmUp × d), until ranges are known. */
  warm: Float64Array;
  /** By column: the range whose ends the trees call 0 and 1; NaN before it is known. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** By column: fading mean of the values in that range, for directions. */
  readonly mean: Float64Array;
  /** Number of the current window, modulo 4,096, how many windows are complete, and rows in the current one. */
  epoch: number;
  windows: number;
  inWindow: number;
  /** The next node for the sweep (`trees.ts`). */
  sweep: number;
  /** Node i of tree t, root 1 and children 2i and 2i + 1, at t · 2^(depth + 1) + i; see `trees.ts`. */
  readonly nodes: Uint32Array;
}

export function initialState({ trees, depth, range, warmUp }: Settings, columns: number): State {
  return {
    rows: 0,
    warm: new Float64Array(range ? 0 : warmUp * columns),
    low: new Float64Array(columns).fill(range?.[0] ?? Number.NaN),
    high: new Float64Array(columns).fill(range?.[1] ?? Number.NaN),
    mean: new Float64Array(columns).fill(0.5),
    epoch: 0,
    windows: 0,
    inWindow: 0,
    sweep: 0,
    nodes: new Uint32Array(trees * 2 ** (depth + 1)),
  };
}
