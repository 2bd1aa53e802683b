// What is expected of a key at each hour, as it has learned: behind the rows that are shown, and for a day ahead of the last one.

import type { Outlook } from '@quantstream/engine';
import type { KeyHistory } from '../wire.js';
import { maybe } from './bars.js';

/** Moments within one of these are expected alike, ms. */
const CELL = 300_000;
/** How far ahead, and so many moments of the past at most. */
const AHEAD = 86_400_000;
const MOST = 600;

/** The moments to ask for: over a stretch, and a day behind a moment. */
export function momentsOf(from: number, to: number, last: number): number[] {
  const times: number[] = [];
  const step = Math.ceil(Math.max(1, (to - from) / CELL / MOST)) * CELL;
  for (let time = Math.floor(from / CELL) * CELL; time < Math.min(to, last); time += step) times.push(time);
  for (let time = Math.floor(last / CELL) * CELL; time <= last + AHEAD; time += CELL)
    if (time > (times.at(-1) ?? Number.NEGATIVE_INFINITY)) times.push(time);
  return times;
}

/** Bands at moments, for any time between. */
export class Expected {
  readonly from: number;
  private readonly times: readonly number[];
  private readonly bands: Outlook['expected'];

  constructor(times: readonly number[], bands: Outlook['expected']) {
    this.from = times[0] ?? Number.POSITIVE_INFINITY;
    this.times = times;
    this.bands = bands;
  }

  /** Where a column is expected at a time; nothing where no hour explains it, or it was not asked. */
  at(column: string, time: number): { low: number; high: number } | undefined {
    const band = this.bands[column];
    if (!band || time < this.from) return undefined;
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]! <= time) low = middle + 1;
      else high = middle;
    }
    const at = { low: band.low[low - 1]!, high: band.high[low - 1]! };
    return Number.isNaN(at.low) ? undefined : at;
  }

  /** The bands behind a moment; nothing where no hour explains any column. */
  ahead(last: number): KeyHistory['ahead'] {
    const names = Object.keys(this.bands);
    if (names.length === 0) return undefined;
    const first = this.times.findIndex((time) => time + CELL > last);
    if (first < 0) return undefined;
    const usual = names.map((name) => {
      const { low, high } = this.bands[name]!;
      return [name, { low: low.slice(first).map(maybe), high: high.slice(first).map(maybe) }] as const;
    });
    return { time: this.times.slice(first).map((time) => Math.max(time, last)), usual: Object.fromEntries(usual) };
  }
}
