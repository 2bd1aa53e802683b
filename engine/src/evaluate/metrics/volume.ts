// VUS-PR: the volume under the range-based precision-recall surface.

import { median } from '../series.js';
import { counted, type Field } from './field.js';

/** Buffers of fewer rows would hardly differ from none. */
const SHORTEST_BUFFER = 10;
/** What TSB-AD uses where a series has no period. */
const LONGEST_BUFFER = 100;
/** Thresholds that TSB-AD looks at. */
const THRESHOLDS = 250;

/** The widest buffer, rows: the median length of a labelled stretch, at least 10 and at most 100. */
export function bufferFor({ runs }: Field): number {
  const length = median(runs.map(({ first, end }) => end - first));
  return Number.isNaN(length) ? 0 : Math.round(Math.min(LONGEST_BUFFER, Math.max(SHORTEST_BUFFER, length)));
}

/** A row in or near a labelled stretch. */
interface Near {
  readonly row: number;
  /** Rows judged at least as odd: what a threshold at this row predicts. */
  readonly predicted: number;
  /** Rows to the nearest labelled stretch and to the second nearest; 0 within one. */
  nearest: number;
  second: number;
}

/**
 * VUS-PR: the area under the range-based precision-recall curve, averaged over buffers of 0 … `buffer` rows (Paparrizos et al., "Volume
 * Under the Surface", VLDB 2022; in the form that TSB-AD, NeurIPS 2024, computes). With a buffer w, rows up to ⌊w/2⌋ before and behind a
 * labelled stretch count as √(1 − distance/w) of a labelled row once they are predicted. Recall is weighted by the share of stretches
 * (with their buffers, touching ones being one) in which anything is predicted.
 *
 * As TSB-AD does, it looks at 250 thresholds: the scores at evenly spaced places among all rows. Rows that were not judged are the least
 * odd of all and as odd as each other. Buffers end where a key ends.
 * @returns NaN without labelled rows
 */
export function volumeUnderPr(field: Field, scores: Float64Array, order: Uint32Array, buffer = bufferFor(field)): number {
  const { rows, positives } = counted(field);
  if (positives === 0) return Number.NaN;
  const ranks = predictedAt(field, scores, order, rows);
  const thresholds = thresholdsAmong(ranks, order, rows);
  const near = rowsNear(field, ranks, Math.floor(buffer / 2));
  const firsts = new Reach(field, ranks);
  let sum = 0;
  for (let width = 0; width <= buffer; width++)
    sum += areaAt(near, thresholds, firsts.at(Math.floor(width / 2)), positives, width);
  return sum / (buffer + 1);
}

/** By row: how many rows a threshold at its score predicts; 0 for rows that do not count. */
function predictedAt({ ignored }: Field, scores: Float64Array, order: Uint32Array, rows: number): Uint32Array {
  const ranks = new Uint32Array(scores.length);
  for (let i = 0; i < order.length; ) {
    const from = i;
    while (i < order.length && scores[order[i]!] === scores[order[from]!]) i++;
    for (let j = from; j < i; j++) ranks[order[j]!] = i;
  }
  for (let i = 0; i < ranks.length; i++) if (ranks[i] === 0 && ignored[i] === 0) ranks[i] = rows;
  return ranks;
}

/** How many rows each threshold predicts, ascending: at evenly spaced places, rounded as NumPy's linspace does. */
function thresholdsAmong(ranks: Uint32Array, order: Uint32Array, rows: number): number[] {
  const step = (rows - 1) / (THRESHOLDS - 1);
  const found = new Set<number>();
  for (let i = 0; i < THRESHOLDS; i++) {
    const place = i === THRESHOLDS - 1 ? rows - 1 : Math.floor(i * step);
    found.add(place < order.length ? ranks[order[place]!]! : rows);
  }
  return [...found];
}

function rowsNear(field: Field, ranks: Uint32Array, reach: number): Near[] {
  const found = new Map<number, Near>();
  const meet = (row: number, distance: number) => {
    if (ranks[row] === 0) return;
    const known = found.get(row);
    if (!known) found.set(row, { row, predicted: ranks[row]!, nearest: distance, second: Number.POSITIVE_INFINITY });
    else if (distance < known.nearest) {
      known.second = known.nearest;
      known.nearest = distance;
    } else if (distance < known.second) known.second = distance;
  };
  for (const { k, first, end } of field.runs) {
    for (let row = first; row < end; row++) meet(row, 0);
    for (let d = 1; d <= reach && first - d >= field.offsets[k]!; d++) meet(first - d, d);
    for (let d = 1; d <= reach && end - 1 + d < field.offsets[k + 1]!; d++) meet(end - 1 + d, d);
  }
  return [...found.values()].sort((a, b) => a.predicted - b.predicted);
}

/** When each stretch with its buffer is first touched, for buffers that grow. */
class Reach {
  private readonly field: Field;
  private readonly ranks: Uint32Array;
  private readonly least: Float64Array;
  private reached = 0;

  constructor(field: Field, ranks: Uint32Array) {
    this.field = field;
    this.ranks = ranks;
    this.least = Float64Array.from(field.runs, ({ first, end }) => {
      let least = Number.POSITIVE_INFINITY;
      for (let row = first; row < end; row++) least = Math.min(least, ranks[row]!);
      return least;
    });
  }

  /** Ascending: how many rows are predicted when each of the stretches, merged where they touch, is first met. */
  at(half: number): Float64Array {
    const { runs, offsets } = this.field;
    for (; this.reached < half; this.reached++) {
      const d = this.reached + 1;
      runs.forEach(({ k, first, end }, i) => {
        for (const row of [first - d, end - 1 + d]) {
          if (row < offsets[k]! || row >= offsets[k + 1]! || this.ranks[row] === 0) continue;
          this.least[i] = Math.min(this.least[i]!, this.ranks[row]!);
        }
      });
    }
    const merged: number[] = [];
    runs.forEach(({ k, first }, i) => {
      const previous = runs[i - 1];
      const touches = previous !== undefined && previous.k === k && previous.end - 1 + half >= first - half;
      if (touches) merged[merged.length - 1] = Math.min(merged.at(-1)!, this.least[i]!);
      else merged.push(this.least[i]!);
    });
    return Float64Array.from(merged).sort();
  }
}

/** The area for one buffer. */
function areaAt(
  near: readonly Near[],
  thresholds: readonly number[],
  firsts: Float64Array,
  positives: number,
  width: number,
): number {
  const half = Math.floor(width / 2);
  const weights = Float64Array.from({ length: half + 1 }, (_, d) => (d === 0 ? 1 : Math.sqrt(1 - d / width)));
  let hits = 0;
  let buffered = 0;
  let met = 0;
  let before = 0;
  let area = 0;
  let i = 0;
  for (const predicted of thresholds) {
    for (; i < near.length && near[i]!.predicted <= predicted; i++) {
      const { nearest, second } = near[i]!;
      if (nearest > half) continue;
      // Two buffers over one row add up to more than a whole, which is the most that there is.
      const weight = second <= half ? 1 : weights[nearest]!;
      hits += weight;
      if (nearest > 0) buffered += weight;
    }
    while (met < firsts.length && firsts[met]! <= predicted) met++;
    const recall = (Math.min(1, hits / (positives + buffered / 2)) * met) / firsts.length;
    area += ((recall - before) * hits) / predicted;
    before = recall;
  }
  return area;
}
