// What the columns of a key were over a recording of any length, in bounded memory: for the pictures of a report.

import type { DrawnRows } from '../charts/views/picture.js';

/** Keys that a report draws at most. */
export const DRAWN_KEYS = 16;
/** Parts of time that a key has at most; half as many at least once that was reached. */
const PARTS = 1_024;
/** Of every part and column: its first, its least, its most and its last value. */
const KEPT = 4;
const [FIRST, LEAST, MOST, LAST] = [0, 1, 2, 3];
/** Parts begin as short as this, ms. */
const SHORTEST = 1;

interface Part {
  /** When its first row was, ms since the epoch. */
  from: number;
  /** By column, {@link KEPT} each; `NaN` where none had a value. */
  readonly values: Float64Array;
}

/**
 * The columns of one key by parts of time, which double in length whenever there are too many: 32 kB for each column at most, and of
 * every part the extremes, so that none is lost.
 */
export class SeenKey {
  private readonly columns: readonly string[];
  private parts = new Map<number, Part>();
  private size = SHORTEST;

  constructor(columns: readonly string[]) {
    this.columns = columns;
  }

  take(time: number, values: Readonly<Record<string, number>>): void {
    let nth = Math.floor(time / this.size);
    let part = this.parts.get(nth);
    while (!part && this.parts.size === PARTS) {
      this.halve();
      nth = Math.floor(time / this.size);
      part = this.parts.get(nth);
    }
    if (!part) {
      part = { from: time, values: new Float64Array(this.columns.length * KEPT).fill(Number.NaN) };
      this.parts.set(nth, part);
    }
    if (time < part.from) part.from = time;
    const kept = part.values;
    this.columns.forEach((name, c) => {
      const value = values[name]!;
      if (Number.isFinite(value)) takeIn(kept, c * KEPT, value, value, value, value);
    });
  }

  /** Two parts become one. */
  private halve(): void {
    this.size *= 2;
    const before = [...this.parts.values()].sort((a, b) => a.from - b.from);
    this.parts = new Map();
    for (const part of before) {
      const nth = Math.floor(part.from / this.size);
      const other = this.parts.get(nth);
      if (!other) {
        this.parts.set(nth, part);
        continue;
      }
      const { values } = part;
      for (let at = 0; at < values.length; at += KEPT)
        if (!Number.isNaN(values[at + FIRST]!))
          takeIn(other.values, at, values[at + FIRST]!, values[at + LEAST]!, values[at + MOST]!, values[at + LAST]!);
    }
  }

  /** What was kept as rows: of each part its first, its least, its most and its last, at one time. */
  rows(): DrawnRows {
    return this.drawn([FIRST, LEAST, MOST, LAST]);
  }

  /** The same as rows that there were, the last of each part: two columns of one row belong together. */
  places(): DrawnRows {
    return this.drawn([LAST]);
  }

  private drawn(kept: readonly number[]): DrawnRows {
    const parts = [...this.parts.values()].sort((a, b) => a.from - b.from);
    const times = Float64Array.from(parts.flatMap(({ from }) => kept.map(() => from)));
    const values = (column: string) => {
      const c = this.columns.indexOf(column);
      if (c < 0) return new Float64Array();
      return Float64Array.from(parts.flatMap((part) => kept.map((which) => part.values[c * KEPT + which]!)));
    };
    return { times, values };
  }
}

function takeIn(kept: Float64Array, at: number, first: number, least: number, most: number, last: number): void {
  if (Number.isNaN(kept[at + FIRST]!)) kept[at + FIRST] = first;
  if (!(kept[at + LEAST]! <= least)) kept[at + LEAST] = least;
  if (!(kept[at + MOST]! >= most)) kept[at + MOST] = most;
  kept[at + LAST] = last;
}

/** The columns of the keys that a report draws: the first so many in order of their names, whenever they come. */
export class Seen {
  private readonly columns: readonly string[];
  private readonly most: number;
  private readonly keys = new Map<string, SeenKey>();
  /** The last of the keys that are kept, once there are as many as there may be. */
  private last: string | undefined;

  constructor(columns: readonly string[], most = DRAWN_KEYS) {
    this.columns = columns;
    this.most = most;
  }

  take(key: string, time: number, values: Readonly<Record<string, number>>): void {
    let seen = this.keys.get(key);
    if (!seen) {
      if (this.last !== undefined && key > this.last) return;
      seen = new SeenKey(this.columns);
      this.keys.set(key, seen);
      // A key that came before and was left out is above `last`, so none is taken in halfway.
      if (this.keys.size > this.most) this.keys.delete(this.last!);
      if (this.keys.size === this.most) this.last = [...this.keys.keys()].sort().at(-1);
    }
    seen.take(time, values);
  }

  of(key: string): SeenKey | undefined {
    return this.keys.get(key);
  }
}
