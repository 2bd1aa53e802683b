// Scores as counts in bins that forget, and the highest one by one.

import { NO_NUMBERS, withRoom } from '../../api/index.js';

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
  top: Float64Array;
  topWeights: Float64Array;
  topCount: number;
}

/** Each bin is 2 % wider than the last; scores nearer to zero than the least share a bin. */
const GROWTH = Math.log(1.02);
const LEAST = 1e-6;
/** Beyond this all scores are alike. */
const MOST = 1e12;
/** Before units become so large that digits are lost, everything is brought down. */
const LARGEST_UNIT = 1e60;
/** How many of the highest scores are kept. */
const TOP = 768;
const OFFSET = Math.round(Math.log(MOST / LEAST) / GROWTH) + 1;

export const initialSketch = (): Sketch => ({
  bins: NO_NUMBERS,
  first: 0,
  unit: 1,
  total: 0,
  top: NO_NUMBERS,
  topWeights: NO_NUMBERS,
  topCount: 0,
});

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
  addToTop(sketch, score);
}

function addToTop(sketch: Sketch, score: number): void {
  const { topCount } = sketch;
  const full = topCount === TOP;
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
