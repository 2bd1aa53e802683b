// Detectors so plain that any other must be better: |z|, and chance.

import type { Series } from './series.js';

/** Memory of the running mean and variance, rows. */
const MEMORY = 300;
/** What a change is worth where nothing has ever changed before. */
const FROM_NOTHING = 1e9;
/** Columns that are differences by their name: their ordinary value is 0, and a mean would only add noise. */
const DIFFERENCE = /(^|_)(return|change|difference|delta)(_|$)/;

/**
 * The plainest detector: how many running standard deviations a value lies from its running mean, the statistics lagged by one row and
 * forgetting with a memory of 300 rows; of several columns the largest. It judges once it has seen 300 values of a column.
 */
export class PlainZ {
  private readonly columns: readonly string[];
  private readonly centred: readonly boolean[];
  private readonly seen: Float64Array;
  private readonly mean: Float64Array;
  private readonly square: Float64Array;

  constructor(columns: readonly string[]) {
    this.columns = columns;
    this.centred = columns.map((name) => DIFFERENCE.test(name));
    this.seen = new Float64Array(columns.length);
    this.mean = new Float64Array(columns.length);
    this.square = new Float64Array(columns.length);
  }

  /** Judges a row and then learns it. @returns NaN while learning, or where every column is missing */
  judge(values: Readonly<Record<string, number>>): number {
    let largest = Number.NaN;
    for (let i = 0; i < this.columns.length; i++) {
      const value = values[this.columns[i]!]!;
      if (!Number.isFinite(value)) continue;
      const seen = this.seen[i]!;
      const deviation = value - (seen === 0 && !this.centred[i] ? value : this.mean[i]!);
      if (seen > MEMORY) {
        const z = deviation === 0 ? 0 : Math.min(FROM_NOTHING, Math.abs(deviation) / Math.sqrt(this.square[i]!));
        if (!(z <= largest)) largest = z;
      }
      this.seen[i] = seen + 1;
      // A plain mean until the memory is full.
      const weight = Math.max(1 / MEMORY, 1 / (seen + 1));
      if (!this.centred[i]) this.mean[i] = seen === 0 ? value : this.mean[i]! + deviation * weight;
      this.square[i] = this.square[i]! + (deviation * deviation - this.square[i]!) * weight;
    }
    return largest;
  }
}

/** Seeded numbers that are equally likely anywhere in [0, 1): what a detector is worth that knows nothing. */
export function randomSeries(rows: readonly Pick<Series, 'key' | 'times'>[], seed = 1): Series[] {
  let state = seed >>> 0;
  // Weyl sequence through the finaliser of MurmurHash3 (Appleby, public domain): passes what a baseline needs.
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let h = state;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
  };
  return rows.map(({ key, times }) => ({ key, times, scores: Float64Array.from(times, next) }));
}
