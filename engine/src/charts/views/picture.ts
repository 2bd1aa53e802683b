// What pictures of columns are drawn from: rows, what is known of their columns, and what lies beside them.

import { TimeAxis } from '../axis.js';
import type { Severity, Shade } from '../frame.js';
import type { Outline } from '../map.js';
import { lowerBound, upperBound } from '../numbers.js';

/** A column as a picture needs to know it. */
export interface DrawnColumn {
  readonly name: string;
  readonly unit: string;
  readonly about: string;
  readonly formula: string;
  readonly role: string;
}

/** How people of a domain look at columns: the engine's views. */
export interface DrawnView {
  readonly title: string;
  readonly kind: 'lines' | 'bars' | 'states' | 'heatmap' | 'candle' | 'map';
  readonly columns: readonly string[];
  /** What stands beside each column of a heatmap. */
  readonly labels?: readonly string[];
  readonly about?: string;
}

/** A limit of a column that a person has set. */
export interface DrawnLimit {
  readonly column: string;
  readonly value: number;
  readonly severity: Severity;
  readonly text: string;
}

/** Rows of one key in order of time. Several of one time are what was drawn together: its first, least, most and last. */
export interface DrawnRows {
  /** ms since the epoch, never falling. */
  readonly times: Float64Array;
  /** `NaN` where missing; nothing where there is no such column. */
  values(column: string): Float64Array;
}

/** A key, and what lies over its pictures. */
export interface Drawing {
  readonly rows: DrawnRows;
  /** Rows as they were, for what takes two columns together: a place on a map. */
  readonly places: DrawnRows;
  readonly columns: readonly DrawnColumn[];
  readonly limits: readonly DrawnLimit[];
  readonly outlines: readonly Outline[];
  readonly shades: readonly Shade[];
  /** Moments to be marked. */
  readonly marks?: readonly number[];
  /** When the recording began: what marks of time count from; absent: the time of day, and nothing is cut out. */
  readonly origin?: number;
  /** Times to be shown, both ends included; default: all. */
  readonly from?: number;
  readonly to?: number;
}

/** The stretch of rows that is shown, and its axis; nothing where there is none. @param units of the drawing from left to right */
export function stretchOf(
  drawing: Drawing,
  units: number,
): { first: number; end: number; times: Float64Array; axis: TimeAxis } | undefined {
  const { rows, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = drawing;
  const [first, end] = [lowerBound(rows.times, from), upperBound(rows.times, to)];
  if (end <= first) return undefined;
  const times = rows.times.subarray(first, end);
  return { first, end, times, axis: new TimeAxis(times, 0, units, drawing.origin === undefined) };
}
