// What the rows of an episode were like, so that later ones can be compared with them.

import type { UsualNow, UsualState } from '../usual.js';

/** What the anomalous rows of one episode were like: plain data, so that a checkpoint holds it. */
export interface Example {
  readonly episode: string;
  /** Event times of its first and its last anomalous row so far. */
  readonly from: number;
  to: number;
  /** The highest score of them. */
  peak: number;
  /** Places of the columns that led, among those that are compared. */
  led: readonly number[];
  /** By column: the least and the greatest value; what was usual when it began, and how far from it values usually are. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly centre: Float32Array;
  readonly spread: Float32Array;
}

/** Four fifths of a normal distribution lie within so many mean distances of its mean. */
const WITHIN = 1.6;

/** What is usual for a column now, where the hour explains it. */
export type UsualAt = (column: number) => UsualNow | undefined;

/** @param columns places in the row of the columns that are compared */
export function newExample(
  episode: string,
  time: number,
  columns: readonly number[],
  usual: UsualState,
  usualAt: UsualAt,
): Example {
  const nothing = () => new Float32Array(columns.length).fill(Number.NaN);
  const example = {
    episode,
    from: time,
    to: time,
    peak: Number.NEGATIVE_INFINITY,
    led: [],
    low: nothing(),
    high: nothing(),
    centre: nothing(),
    spread: nothing(),
  };
  columns.forEach((column, c) => {
    const now = usualAt(column);
    if (!now && usual.count[column] === 0) return;
    example.centre[c] = now ? (now.low + now.high) / 2 : usual.mean[column]!;
    example.spread[c] = now ? (now.high - now.low) / 2 / WITHIN : usual.distance[column]!;
  });
  return example;
}

/** Takes in an anomalous row. @param led places of the columns that have led its episode so far */
export function takeIn(
  example: Example,
  row: Float64Array,
  columns: readonly number[],
  time: number,
  score: number,
  led: readonly number[],
): void {
  const { low, high } = example;
  for (let c = 0; c < columns.length; c++) {
    const value = row[columns[c]!]!;
    if (Number.isNaN(value)) continue;
    if (!(value >= low[c]!)) low[c] = value;
    if (!(value <= high[c]!)) high[c] = value;
  }
  if (score > example.peak) example.peak = score;
  example.to = time;
  example.led = led;
}

/** A row may be odder than those of the example by this part. */
const ODDER = 0.5;
/** A column that did not lead may be so many times as far from its usual as values are on average. */
const STRAY = 6;
/** What 32 bits do not tell apart, as a part of a value. */
const SLACK = 1e-6;

/**
 * Whether a row is like those of an episode, and nothing else is odd about it: the columns that led are near the values that they had, and
 * no column is further from its usual than it was there by half.
 */
export function isAs({ led, low, high, centre, spread }: Example, row: Float64Array, columns: readonly number[]): boolean {
  for (let c = 0; c < columns.length; c++) {
    const value = row[columns[c]!]!;
    const leads = led.includes(c);
    if (Number.isNaN(value) || Number.isNaN(low[c]!)) {
      // What was seen in one of both only cannot be compared.
      if (leads) return false;
      continue;
    }
    const usual = Number.isNaN(centre[c]!) ? (low[c]! + high[c]!) / 2 : centre[c]!;
    const away = Math.max(Math.abs(low[c]! - usual), Math.abs(high[c]! - usual));
    const slack = SLACK * Math.max(Math.abs(low[c]!), Math.abs(high[c]!));
    const room = ODDER * away + slack;
    if (
      leads ? value >= low[c]! - room && value <= high[c]! + room : isOrdinary(value, usual, low[c]!, high[c]!, room, spread[c]!)
    )
      continue;
    return false;
  }
  return true;
}

function isOrdinary(value: number, usual: number, low: number, high: number, room: number, spread: number): boolean {
  const wide = Math.max(room, STRAY * (spread || 0));
  return value >= Math.min(low, usual) - wide && value <= Math.max(high, usual) + wide;
}

/** Whether the columns that led an episode are again as they were in it, or further out by half, whatever the others are. */
export function isAgain({ led, low, high, centre }: Example, row: Float64Array, columns: readonly number[]): boolean {
  if (led.length === 0) return false;
  return led.every((c) => {
    const value = row[columns[c]!]!;
    const usual = Number.isNaN(centre[c]!) ? (low[c]! + high[c]!) / 2 : centre[c]!;
    const slack = SLACK * Math.max(Math.abs(low[c]!), Math.abs(high[c]!));
    const below = high[c]! < usual ? ODDER * (usual - low[c]!) : 0;
    const above = low[c]! > usual ? ODDER * (high[c]! - usual) : 0;
    return value >= low[c]! - below - slack && value <= high[c]! + above + slack;
  });
}
