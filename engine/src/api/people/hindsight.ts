// What would have been, worked out by the engine's own rules from rows that are kept.

import type { KeptRow } from './history.js';

/** An episode that other settings would have made of rows that are kept. */
export interface Rehearsed {
  readonly start: number;
  readonly end: number;
  readonly peak: number;
  readonly rows: number;
}

/** What is usual for each column, learned row by row as the engine learns it. */
export interface Usual {
  /** Takes in a row that was not odd; values in the order of the row's columns. */
  learn(values: ArrayLike<number>): void;
  /** How far a value of a column is from its mean, in mean absolute distances; below 0: lower. `NaN` while nothing is known. */
  away(column: number, value: number): number;
  /** The mean of a column and its mean absolute distance; `NaN` while nothing is known. */
  readonly mean: ArrayLike<number>;
  readonly distance: ArrayLike<number>;
}

/** Asks the engine's own rules again, of rows that are kept. Pure: nothing is judged, learned or told by it. */
export interface Hindsight {
  /**
   * What another budget would have made of the rows of one key, in order: with `alarms.perDay` the same p-values against another share,
   * cool-down and hysteresis included; with `contamination` the share of the training rows that is as many rows a day.
   * @param perDay rows a day that may be called anomalous
   */
  episodes(rows: Iterable<KeptRow>, perDay: number): Rehearsed[];
  /** Episodes of rows that are anomalous for another reason: joined by the cool-down of the pipeline. */
  joined(rows: Iterable<{ readonly time: number; readonly odd: boolean; readonly score: number }>): Rehearsed[];
  /** How many rows a day the pipeline's own setting comes to, at the rate of these rows of a key; `NaN` where that cannot be said. */
  now(rows: Iterable<KeptRow>): number;
  /** What to write in the pipeline file for so many rows a day, as YAML; rows: any of a key, to know their rate. */
  yaml(perDay: number, rows: Iterable<KeptRow>): string;
  usual(): Usual;
  /** `about once in 4 days`; empty where it cannot be said. */
  often(pValue: number, rows: Iterable<KeptRow>): string;
}
