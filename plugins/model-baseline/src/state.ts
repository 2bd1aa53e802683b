// What is remembered of each column: plain data and typed arrays.

import { NO_NUMBERS } from '@quantstream/engine';
import type { Settings } from './config.js';

/** What the next value is expected from: so many rows before, a constant, and where there is a period the row of one ago and the one before that. */
export const LAGS = 3;
export const CONSTANT = LAGS;
export const SEASON = LAGS + 1;
export const TERMS = LAGS + 3;

// The numbers of a column, laid out flat.
/** Level, as a difference from the first value, and mean absolute deviation from it, in the unit of the column. */
export const CENTRE = 0;
export const SPREAD = 1;
/** Rows far from the level lately; one that is near takes two back. */
export const FAR = 2;
/** The smallest step that was ever seen, in the unit of the column; 0 before the first. */
export const STEP = 3;
/** Mean absolute error of what was expected, in the unit of the column. */
export const ERROR = 4;
/** Rows; 0 while none is known. */
export const PERIOD = 5;
/** The first value, which the latest rows are kept as differences from. */
export const BASE = 6;
/** Moves, up to as many as tell what the smallest step is. */
export const MOVES = 7;
/** Weights of the terms, then the lower triangle of their covariance. */
export const WEIGHTS = 8;
export const COVARIANCE = WEIGHTS + TERMS;
export const NUMBERS = COVARIANCE + (TERMS * (TERMS + 1)) / 2;

/** Periods that are looked for, rows. */
export const LONGEST = 320;

/** Rows that have to be far from the level for that to be the level from then on. */
export const SETTLED = 32;

/** Latest rows that are kept: as many as a period needs, twice the longest where one is looked for. */
export const ringOf = ({ season }: Settings): number =>
  season === 'auto' ? 2 * LONGEST : Math.max(SETTLED, season === 'none' ? 0 : season + 2);

/** Where there is nothing yet: one array for all keys. */
const NO_FLOATS = new Float32Array(0);

export interface State {
  /** Rows learned, and rows since the last gap in time. */
  seen: number;
  fresh: number;
  /** Event time of the latest row, and the usual time between two, ms. */
  time: number;
  gap: number;
  /** The first row, until there is a second. */
  first: Float64Array;
  /** {@link NUMBERS} for each column, from the second row on. */
  numbers: Float64Array;
  /** For each column how rare errors are, and how rare it is to be so far from the level: two ladders. */
  ladders: Float32Array;
  /** The latest rows, as differences from the first: a ring of at most {@link ringOf} rows, empty before the first. */
  ring: Float32Array;
  /** Where the next row goes. */
  next: number;
}

export function initialState(): State {
  return {
    seen: 0,
    fresh: 0,
    time: Number.NaN,
    gap: Number.NaN,
    first: NO_NUMBERS,
    numbers: NO_NUMBERS,
    ladders: NO_FLOATS,
    ring: NO_FLOATS,
    next: 0,
  };
}
