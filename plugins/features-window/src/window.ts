// Moments, extremes and trend of a sliding window.

import { NO_NUMBERS } from '@quantstream/engine';
/** What is known of the values in a window. Times are s since some origin; all is 0 where nothing is in it. */
export const COUNT = 0;
export const MEAN = 1;
/** Σ (x − mean)². */
export const SQUARES = 2;
export const TIME_MEAN = 3;
export const TIME_SQUARES = 4;
/** Σ (t − mean t)(x − mean x). */
export const PRODUCTS = 5;
export const LEAST = 6;
export const MOST = 7;
const NUMBERS = 8;

/** The latest rows, or those of the latest stretch of time: plain data, so that a checkpoint holds it. */
export interface WindowState {
  /** A ring: times (s since the origin) and values, NaN where missing. */
  times: Float64Array;
  values: Float64Array;
  /** By place in the ring, for the older rows: what is known of that row up to the last of them. */
  older: Float64Array;
  /** What is known of the rows behind those. */
  readonly newer: Float64Array;
  /** Place of the oldest row, rows, and how many of them are the older ones. */
  first: number;
  size: number;
  olderSize: number;
  /** The row that left last. */
  leftTime: number;
  leftValue: number;
}

/** What is known of one row, and of all: lent until the next call, so that one of each serves all windows. */
const one = new Float64Array(NUMBERS);
const all = new Float64Array(NUMBERS);

/** Rows that there is room for at first. */
const FIRST_ROOM = 4;

/** @param most rows that there will be at most, as far as anybody knows */
export function initialWindow(most: number): WindowState {
  const room = Math.min(most, FIRST_ROOM);
  return {
    times: new Float64Array(room),
    values: new Float64Array(room),
    // Nothing is an older row yet.
    older: NO_NUMBERS,
    newer: new Float64Array(NUMBERS),
    first: 0,
    size: 0,
    olderSize: 0,
    leftTime: Number.NaN,
    leftValue: Number.NaN,
  };
}

/** Adds `b` to `a` (T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979). */
function merge(a: Float64Array, b: Float64Array, at: number): void {
  const nb = b[at + COUNT]!;
  if (nb === 0) return;
  const na = a[COUNT]!;
  if (na === 0) {
    for (let i = 0; i < NUMBERS; i++) a[i] = b[at + i]!;
    return;
  }
  const n = na + nb;
  const share = nb / n;
  const weight = na * share;
  const step = b[at + MEAN]! - a[MEAN]!;
  const timeStep = b[at + TIME_MEAN]! - a[TIME_MEAN]!;
  a[COUNT] = n;
  a[MEAN]! += step * share;
  a[SQUARES]! += b[at + SQUARES]! + step * step * weight;
  a[TIME_MEAN]! += timeStep * share;
  a[TIME_SQUARES]! += b[at + TIME_SQUARES]! + timeStep * timeStep * weight;
  a[PRODUCTS]! += b[at + PRODUCTS]! + step * timeStep * weight;
  if (b[at + LEAST]! < a[LEAST]!) a[LEAST] = b[at + LEAST]!;
  if (b[at + MOST]! > a[MOST]!) a[MOST] = b[at + MOST]!;
}

/**
 * Moments, extremes and trend of a sliding window, in constant time a row however long it is, and without subtracting anything: nothing
 * of a wild value stays behind when it leaves. A queue of two stacks: the older rows hold what is known from each to the last of them,
 * the newer ones are only summed up; when no older ones are left, the newer become them.
 */
export class Window {
  private readonly state: WindowState;

  constructor(state: WindowState) {
    this.state = state;
  }

  get size(): number {
    return this.state.size;
  }

  get leftTime(): number {
    return this.state.leftTime;
  }

  get leftValue(): number {
    return this.state.leftValue;
  }

  /** Time of the oldest row; NaN where there is none. */
  get oldest(): number {
    const { times, first, size } = this.state;
    return size === 0 ? Number.NaN : times[first]!;
  }

  /** What is known of all rows, lent until the next call. */
  known(): Float64Array {
    const { older, newer, first, olderSize } = this.state;
    if (olderSize > 0) for (let i = 0, at = first * NUMBERS; i < NUMBERS; i++) all[i] = older[at + i]!;
    else all.fill(0);
    merge(all, newer, 0);
    return all;
  }

  push(time: number, value: number): void {
    const { state } = this;
    if (state.size === state.times.length) this.grow();
    const at = (state.first + state.size) % state.times.length;
    state.times[at] = time;
    state.values[at] = value;
    state.size++;
    merge(state.newer, this.single(time, value), 0);
  }

  /** Lets the oldest row go. */
  shift(): void {
    const { state } = this;
    if (state.olderSize === 0) this.age();
    state.leftTime = state.times[state.first]!;
    state.leftValue = state.values[state.first]!;
    state.first = (state.first + 1) % state.times.length;
    state.size--;
    state.olderSize--;
  }

  private single(time: number, value: number): Float64Array {
    one.fill(0);
    if (Number.isNaN(value)) return one;
    one[COUNT] = 1;
    one[MEAN] = one[LEAST] = one[MOST] = value;
    one[TIME_MEAN] = time;
    return one;
  }

  /** Makes all rows older ones. */
  private age(): void {
    const { state } = this;
    const sum = new Float64Array(NUMBERS);
    if (state.older.length < state.times.length * NUMBERS) state.older = new Float64Array(state.times.length * NUMBERS);
    for (let i = state.size - 1; i >= 0; i--) {
      const at = (state.first + i) % state.times.length;
      // Merged oldest first, as `known` does.
      const known = this.single(state.times[at]!, state.values[at]!);
      merge(known, sum, 0);
      sum.set(known);
      state.older.set(known, at * NUMBERS);
    }
    state.olderSize = state.size;
    state.newer.fill(0);
  }

  /** Twice the room, for a window whose rows nobody knows beforehand. */
  private grow(): void {
    const { state } = this;
    const room = state.times.length;
    const { times, values, older, first } = state;
    state.times = new Float64Array(2 * room);
    state.values = new Float64Array(2 * room);
    // Where no row is an older one, what is known of them is outdated.
    state.older = new Float64Array(state.olderSize > 0 ? 2 * room * NUMBERS : 0);
    for (let i = 0; i < state.size; i++) {
      const from = (first + i) % room;
      state.times[i] = times[from]!;
      state.values[i] = values[from]!;
      if (i < state.olderSize) state.older.set(older.subarray(from * NUMBERS, (from + 1) * NUMBERS), i * NUMBERS);
    }
    state.first = 0;
  }
}
