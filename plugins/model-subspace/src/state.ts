// What is remembered: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

/** Matrices lie flat by rows. D is columns × window. */
export interface State {
  /** Rows learned. */
  seen: number;
  /** The first rows, until there are directions. */
  warm: Float64Array;
  /** Of each column, in its unit: robust level, and robust deviation squared. */
  readonly level: Float64Array;
  readonly variance: Float64Array;
  /** The latest window − 1 rows in deviations, the oldest first. */
  readonly latest: Float64Array;
  /** k × D, each as long as the variance along it; empty before the warm-up has ended. */
  directions: Float64Array;
  /** Usual squared distance off the directions, and usual squared distance along them in their variances. */
  residual: number;
  leverage: number;
}

/** Directions that are taken: of more than half of what there can be, what is left would say little of which column is odd. */
export const componentsOf = ({ components, window }: Settings, columns: number): number =>
  Math.min(components, (columns * window) >> 1);

export function initialState(settings: Settings, columns: number): State {
  return {
    seen: 0,
    warm: NO_NUMBERS,
    level: new Float64Array(columns),
    variance: new Float64Array(columns),
    latest: new Float64Array(columns * (settings.window - 1)),
    directions: NO_NUMBERS,
    residual: 0,
    leverage: 0,
  };
}
