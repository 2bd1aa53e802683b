// What is remembered of the days and weeks of a key.

import { NO_NUMBERS } from '../../api/index.js';
import { CELLS, HOURS } from './calendar.js';

/**
 * The profile of some columns of a key: plain data, so that a checkpoint holds it. At most 4 kB a column: 288 cells of five minutes of the day,
 * and, where weeks are asked for, 168 hours of the week.
 */
export interface RhythmState {
  /** Level and spread by column and cell: of the day as distance from the column's origin, of the week as distance from the day. */
  level: Float32Array;
  spread: Float32Array;
  /** How well each cell is known ({@link gradeOf}), two to a byte. */
  grade: Uint8Array;
  /** By column, {@link SUMS} each. */
  readonly sums: Float64Array;
  /** By column, {@link COUNTS} each. */
  readonly counts: Uint16Array;
  /** The cell that is open: what is in it has been measured, and is learned when it is over. */
  cell: number;
  /** Event time of its first row. */
  time: number;
}

/** Of the column as such: what levels count from, its centre and the spread around that, and the centre that follows within hours. */
export const ORIGIN = 0;
export const CENTRE = 1;
export const WIDE = 2;
export const NEAR = 3;
export const NEAR_SPREAD = 4;
/** The sum of the spreads of all cells of the day. */
export const SPREADS = 5;
/** What the day explains, and the week on top of it, nats a row; and the sums of the day that is open. */
export const GAIN_DAY = 6;
export const GAIN_WEEK = 7;
export const TODAY_DAY = 8;
export const TODAY_WEEK = 9;
/** Rows of the open cell: how many, the sum of their distances from what was expected, and of the squares; and the same of the open hour. */
export const ROWS = 10;
export const HOUR_ROWS = 13;
/** How far today is from the day as it is known, and where the column has been in the last half hour: what a kind of day that is new is measured against. */
export const TODAY = 16;
export const LOCAL = 17;
/** How much better cells were foretold by themselves than by those of other hours, nats a row; and the sum of the day that is open. */
export const GAIN_OWN = 18;
export const TODAY_OWN = 19;
export const SUMS = 20;

/** Cells of the day that are known. */
export const KNOWN = 0;
/** Days that have told whether the day, or the week, explains anything; and cells of the open one that have. */
export const DAYS = 1;
export const WEEK_DAYS = 2;
export const DAY_CELLS = 3;
export const WEEK_CELLS = 4;
/** What explains the column: {@link NOTHING}, {@link DAY} or {@link WEEK}. */
export const CHOSEN = 5;
/** As how many occasions the spread of all cells counts for one of them, 0 before that is known; and what part of what is met in a cell lies within a day. */
export const OTHERS = 6;
export const ALIKE = 7;
export const COUNTS = 8;

export const NOTHING = 0;
export const DAY = 1;
export const WEEK = 2;

const NO_LEVELS = new Float32Array(0);
const NO_GRADES = new Uint8Array(0);

/** Cells are made room for when the first one is over: a key that was seen once costs little. */
export const initialRhythm = (columns: number): RhythmState => ({
  level: NO_LEVELS,
  spread: NO_LEVELS,
  grade: NO_GRADES,
  sums: columns === 0 ? NO_NUMBERS : new Float64Array(columns * SUMS),
  counts: new Uint16Array(columns * COUNTS),
  cell: Number.NEGATIVE_INFINITY,
  time: Number.NEGATIVE_INFINITY,
});

/** Cells of a column. */
export const widthOf = (week: boolean): number => (week ? CELLS + HOURS : CELLS);

export function makeCells(state: RhythmState, columns: number, week: boolean): void {
  const length = columns * widthOf(week);
  state.level = new Float32Array(length);
  state.spread = new Float32Array(length);
  state.grade = new Uint8Array(length >> 1);
}
