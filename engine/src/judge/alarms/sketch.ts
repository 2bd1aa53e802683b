// Scores as counts in bins that forget, and the highest one by one.

import { NO_FLOATS, NO_NUMBERS, withRoom } from '../../api/index.js';

/**
 * Counts of scores in bins of a fixed relative width, as in DDSketch (Masson, Rim & Lee, VLDB 2019), that forget exponentially: what a
 * window of scores would say, in some kilobytes. Plain data, so that a checkpoint holds it.
 */
export interface Sketch {
  /** Weights by bin, from bin `first` on, in units of `unit`. */
  bins: Float64Array;
  first: number;
  /** What one score of now weighs: instead of shrinking the old, the new grow. */
  unit: number;
  /** Sum of the bins. */
  total: number;
  /** The highest scores one by one, ascending, with their weights: bins are too wide for tails. */
  top: Float32Array;
  topWeights: Float32Array;
  topCount: number;
}

/** Each bin is 5 % wider than the last; scores nearer to zero than the least share a bin. */
const GROWTH = Math.log(1.05);
const LEAST = 1e-6;
/** Beyond this all scores are alike. */
const MOST = 1e12;
/** Before units become so large that digits are lost, everything is brought down. */
const LARGEST_UNIT = 1e30;
/** How many of the highest scores are kept, until one weighs less than this part of one of now. */
const TOP = 256;
export const FADED = 1 / 16;
/** The lowest of them stay in any case, until higher ones displace them: behind a long pause all have faded. */
const STAYING = 64;
/** With more bins than this, the lowest scores share one: so many of them, as a part of all. */
const BINS = 192;
const LOWEST = 0.01;
/** The largest number of 32 bits. */
const LARGEST = 3.4028234663852886e38;
const OFFSET = Math.round(Math.log(MOST / LEAST) / GROWTH) + 1;

export const initialSketch = (): Sketch => ({
  bins: NO_NUMBERS,
  first: 0,
  unit: 1,
  total: 0,
  top: NO_FLOATS,
  topWeights: NO_FLOATS,
  topCount: 0,
});

/** A score as the highest are kept: what differs by less is alike. */
export const keptAs = (score: number): number => Math.fround(Math.max(-LARGEST, Math.min(LARGEST, score)));

/** The bin of a score: a whole number that grows with it; bins of negative scores mirror those of positive ones. */
export function binOf(score: number): number {
  if (score > LEAST) return 1 + Math.floor(Math.log(Math.min(score, MOST) / LEAST) / GROWTH);
  if (score < -LEAST) return -1 - Math.floor(Math.log(Math.min(-score, MOST) / LEAST) / GROWTH);
  return 0;
}

/** The least score of a bin. */
export function edgeOf(bin: number): number {
  if (bin >= 1) return LEAST * Math.exp((bin - 1) * GROWTH);
  return bin === 0 ? -LEAST : -LEAST * Math.exp(-bin * GROWTH);
}

/** Takes in a score. @param growth what the weight of a score grows by since the last one: 2^(Δt / half-life) */
export function addToSketch(sketch: Sketch, score: number, growth: number): void {
  sketch.unit *= growth;
  if (sketch.unit > LARGEST_UNIT) settleDown(sketch);
  const bin = Math.max(-OFFSET, Math.min(OFFSET, binOf(score)));
  makeRoom(sketch, bin);
  sketch.bins[bin - sketch.first]! += sketch.unit;
  sketch.total += sketch.unit;
  addToTop(sketch, keptAs(score));
}

/** Counts a value that does not fade, without keeping the highest one by one. */
export function countIn(sketch: Sketch, value: number): void {
  const bin = Math.max(-OFFSET, Math.min(OFFSET, binOf(value)));
  makeRoom(sketch, bin);
  sketch.bins[bin - sketch.first]! += sketch.unit;
  sketch.total += sketch.unit;
}

/** The value that a share of all lies below, as near as bins are wide (5 %); NaN of none. */
export function quantileIn({ bins, first, total }: Sketch, share: number): number {
  let below = 0;
  for (const [i, count] of bins.entries()) {
    below += count;
    if (count > 0 && below >= share * total) return (edgeOf(first + i) + edgeOf(first + i + 1)) / 2;
  }
  return Number.NaN;
}

/** Takes in what was counted elsewhere and has not faded, each as one score of now. @param growth as of one score */
export function addCounts(sketch: Sketch, counts: Sketch, growth: number): void {
  sketch.unit *= growth;
  if (sketch.unit > LARGEST_UNIT) settleDown(sketch);
  for (const [i, count] of counts.bins.entries()) {
    if (count === 0) continue;
    const bin = counts.first + i;
    makeRoom(sketch, bin);
    sketch.bins[bin - sketch.first]! += count * sketch.unit;
  }
  sketch.total += counts.total * sketch.unit;
  for (let i = 0; i < counts.topCount; i++) addToTop(sketch, counts.top[i]!);
}

/** Lets go of what tells next to nothing any more: the highest scores of long ago one by one, and how low the lowest ones are. */
export function tidy(sketch: Sketch): void {
  const { top, topWeights, topCount, unit } = sketch;
  let count = 0;
  for (let i = 0; i < topCount; i++) {
    if (i >= STAYING && topWeights[i]! < FADED * unit) continue;
    top[count] = top[i]!;
    topWeights[count++] = topWeights[i]!;
  }
  sketch.topCount = count;
  if (sketch.bins.length > BINS) joinLowest(sketch);
}

function joinLowest(sketch: Sketch): void {
  const { bins, first, total } = sketch;
  let sum = 0;
  let at = 0;
  while (at < bins.length && sum + bins[at]! <= LOWEST * total) sum += bins[at++]!;
  // Worth the copy only where it frees a quarter.
  if (at < bins.length / 4 || at === bins.length) return;
  sketch.bins = bins.slice(at);
  sketch.bins[0]! += sum;
  sketch.first = first + at;
}

function addToTop(sketch: Sketch, score: number): void {
  const { topCount } = sketch;
  const full = topCount >= TOP;
  if (full && score <= sketch.top[0]!) return;
  if (!full) {
    sketch.top = withRoom(sketch.top, topCount + 1, TOP);
    sketch.topWeights = withRoom(sketch.topWeights, topCount + 1, TOP);
  }
  const { top, topWeights } = sketch;
  let low = 0;
  let high = topCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (top[middle]! < score) low = middle + 1;
    else high = middle;
  }
  if (full) {
    // The lowest makes room.
    low--;
    top.copyWithin(0, 1, low + 1);
    topWeights.copyWithin(0, 1, low + 1);
  } else {
    top.copyWithin(low + 1, low, topCount);
    topWeights.copyWithin(low + 1, low, topCount);
    sketch.topCount++;
  }
  top[low] = score;
  topWeights[low] = sketch.unit;
}

function settleDown(sketch: Sketch): void {
  const { bins, topWeights, unit } = sketch;
  for (let i = 0; i < topWeights.length; i++) topWeights[i]! /= unit;
  let total = 0;
  for (let i = 0; i < bins.length; i++) {
    bins[i]! /= unit;
    total += bins[i]!;
  }
  sketch.total = total;
  sketch.unit = 1;
}

function makeRoom(sketch: Sketch, bin: number): void {
  const { bins, first } = sketch;
  if (bins.length === 0) {
    sketch.bins = new Float64Array(8);
    sketch.first = bin - 4;
    return;
  }
  const end = first + bins.length;
  if (bin >= first && bin < end) return;
  // A quarter more than needed, so that growing stays rare.
  const spare = 4 + (bins.length >> 2);
  const from = bin < first ? bin - spare : first;
  const to = bin >= end ? bin + 1 + spare : end;
  const larger = new Float64Array(to - from);
  larger.set(bins, first - from);
  sketch.bins = larger;
  sketch.first = from;
}
