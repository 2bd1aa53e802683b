// The windows of one column: the latest beside all those before it.

import { withRoom } from '@quantstream/engine';
import type { Settings } from './config.js';
import { type ColumnState, lagsOf, ringOf } from './state.js';

/** A value counts for at most so many mean absolute deviations from the level. */
const FURTHEST = 50;
/** One row moves level and spread by at most so many of them. */
const CLIPPED = 10;
/** A window is brought to scale by its deviation, but by no less than this part of what is usual (or noise on a flat stretch would be shapes), and by no more than so many (or a spike would be one shape among others). */
const [LEAST, MOST] = [0.25, 1.2];
/** Rows since an interruption that are within a window make it one that nothing is near to. */
const APART = 1e6;
/** Numbers of a column stay this close to what they are kept as differences from, in spreads. */
const NEAR = 1e4;
/** Every sum of products is worked out anew after so many windows. */
const RENEWED = 8;
/** Products of four of these stay finite, and above 0. */
const SMALLEST = 1e-60;
const LARGEST = 1e60;

/** The latest window of a column, were a value the next. */
export interface Latest {
  /** The value as it is kept. */
  value: number;
  mean: number;
  scale: number;
  square: number;
  /** Root mean square distance to the nearest earlier window, both brought to scale. */
  distance: number;
  /** How many rows back that ends; 0 where there is none. */
  lag: number;
}

const within = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

export const newLatest = (): Latest => ({ value: 0, mean: 0, scale: 0, square: 0, distance: 0, lag: 0 });

/**
 * Distances of the latest window to all that are remembered. The sums of products of the one before it are kept, and each follows from
 * the last by one product more and one less: S. Yeh and others, *Matrix Profile I*, 2016, and its incremental form.
 */
export class Windows {
  private readonly window: number;
  private readonly lags: number;
  private readonly room: number;
  private readonly gain: number;
  private readonly state: ColumnState;

  constructor(settings: Settings, state: ColumnState) {
    this.window = settings.window;
    this.lags = lagsOf(settings);
    this.room = ringOf(settings);
    this.gain = 1 / settings.memory;
    this.state = state;
  }

  /** The first value. */
  begin(value: number): void {
    this.state.base = within(value, LARGEST);
  }

  /** Fills `out`; changes nothing. `seen` rows are there, of which `fresh` follow from one another. */
  look(value: number, seen: number, fresh: number, out: Latest): void {
    const { window: w, state, room } = this;
    out.value = seen === 0 ? 0 : this.bounded(value);
    out.distance = out.lag = 0;
    if (seen < w - 1) return;
    const { values } = state;
    let sum = out.value;
    for (let i = 1; i < w; i++) sum += values[(seen - i) % room]!;
    out.mean = sum / w;
    let square = (out.value - out.mean) ** 2;
    for (let i = 1; i < w; i++) square += (values[(seen - i) % room]! - out.mean) ** 2;
    const deviation = Math.sqrt(square / w);
    const usual = state.deviation || state.spread || deviation;
    const scale = Math.max(Math.min(Math.max(deviation, LEAST * usual), MOST * usual), SMALLEST);
    out.scale = 1 / scale;
    out.square = fresh >= w - 1 ? (deviation / scale) ** 2 : APART;
    this.nearest(seen, out);
  }

  /** Takes in what was looked at last. */
  take(seen: number, turn: number, latest: Latest): void {
    const { window: w, lags, room, state } = this;
    const at = seen % room;
    state.values = withRoom(state.values, Math.min(seen + 1, room), room);
    state.values[at] = latest.value;
    state.means = withRoom(state.means, Math.min(seen + 1, room), room);
    state.scales = withRoom(state.scales, Math.min(seen + 1, room), room);
    state.squares = withRoom(state.squares, Math.min(seen + 1, room), room);
    state.means[at] = latest.mean;
    state.scales[at] = latest.scale;
    state.squares[at] = latest.square;
    state.products = withRoom(state.products, Math.min(seen + 1, lags), lags);
    this.follow(seen, latest.value);
    const last = Math.min(seen, lags - 1);
    const renewed = Math.ceil(lags / (RENEWED * w));
    for (let i = 0; i < renewed; i++) {
      const lag = w + ((turn * renewed + i) % (lags - w));
      if (lag <= last) state.products[lag] = this.product(seen, lag);
    }
    this.settle(seen, latest);
    if (Math.abs(state.level) > NEAR * state.spread && state.spread > 0) this.rebase(seen);
  }

  /** What would follow from the nearest window for the value: that of its last row, in the measure of the latest window. */
  expected(seen: number, { mean, scale, lag }: Latest): number {
    const { state, room } = this;
    const at = (seen - lag) % room;
    return state.base + mean + ((state.values[at]! - state.means[at]!) * state.scales[at]!) / scale;
  }

  private bounded(value: number): number {
    const { base, level, spread } = this.state;
    const difference = within(value - base, LARGEST);
    if (spread === 0) return difference;
    return level + within(difference - level, FURTHEST * spread);
  }

  private nearest(seen: number, out: Latest): void {
    const { window: w, lags, room } = this;
    const { values, means, scales, squares, products } = this.state;
    // The oldest window that is whole begins at the first row.
    const last = Math.min(lags - 1, seen - w + 1);
    if (last < w) return;
    const { value, mean, scale, square } = out;
    const gone = values[(seen - w) % room]!;
    const each = scale / w;
    let [least, found] = [Number.POSITIVE_INFINITY, 0];
    let at = (seen - w) % room;
    let before = (seen - 2 * w + room) % room;
    for (let lag = w; lag <= last; lag++) {
      const product = products[lag]! + value * values[at]! - (seen >= w + lag ? gone * values[before]! : 0);
      const distance = squares[at]! - 2 * (product - w * mean * means[at]!) * each * scales[at]!;
      if (distance < least) {
        least = distance;
        found = lag;
      }
      if (--at < 0) at = room - 1;
      if (--before < 0) before = room - 1;
    }
    out.distance = Math.sqrt(Math.max(0, least + square));
    out.lag = found;
  }

  /** The sums of products from those of the row before. */
  private follow(seen: number, value: number): void {
    const { window: w, lags, room } = this;
    const { values, products } = this.state;
    const last = Math.min(seen, lags - 1);
    const gone = seen >= w ? values[(seen - w) % room]! : 0;
    let at = (seen - w) % room;
    let before = (seen - 2 * w + room) % room;
    for (let lag = w; lag <= last; lag++) {
      products[lag]! += value * values[at]! - (seen >= w + lag ? gone * values[before]! : 0);
      if (--at < 0) at = room - 1;
      if (--before < 0) before = room - 1;
    }
  }

  /** One sum of products from the values. */
  private product(seen: number, lag: number): number {
    const { window: w, room } = this;
    const { values } = this.state;
    const rows = Math.min(w, seen - lag + 1);
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += values[(seen - i) % room]! * values[(seen - lag - i) % room]!;
    return sum;
  }

  /** Level, spread, and what is usual. */
  private settle(seen: number, { value, scale, square, distance, lag }: Latest): void {
    const { state, window: w, room } = this;
    const gain = Math.max(this.gain, 1 / (seen + 1));
    const clip = state.spread > 0 ? CLIPPED * state.spread : LARGEST;
    const off = within(value - state.level, clip);
    state.level += gain * off;
    // A column that stands still keeps the spread that it had when it moved.
    if (seen > 0 && value !== state.values[(seen - 1) % room]) state.spread += gain * (Math.abs(off) - state.spread);
    if (seen < w - 1 || square === APART) return;
    const deviation = Math.sqrt(square) / scale;
    const first = state.deviation === 0;
    state.deviation += (first ? 1 : gain) * (Math.min(deviation, first ? LARGEST : 4 * state.deviation) - state.deviation);
    if (lag === 0) return;
    if (state.usual === 0) state.usual = distance;
    else state.usual += Math.max(this.gain, 1 / (seen + 2 - 2 * w)) * (Math.min(distance, 3 * state.usual) - state.usual);
  }

  /** Keeps values as differences from where the level is now, so that their products stay exact. */
  private rebase(seen: number): void {
    const { state } = this;
    const by = state.level;
    state.base += by;
    state.level = 0;
    for (let i = 0; i < state.values.length; i++) {
      state.values[i]! -= by;
      state.means[i]! -= by;
    }
    for (let lag = this.window; lag < state.products.length; lag++) state.products[lag] = this.product(seen, lag);
  }
}
