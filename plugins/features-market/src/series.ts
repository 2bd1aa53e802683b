// Rings of the latest numbers of one quantity.

import { NO_NUMBERS, withRoom } from '@quantstream/engine';

/**
 * The latest numbers of one quantity, one per bar: a ring, with mean and squared deviations of each full block of 256. Plain
 * data. Windows are worked out anew from it for every bar, so nothing drifts and nothing bad stays longer than the window.
 */
export interface Series {
  values: Float64Array;
  /** Numbers that it remembers. */
  readonly capacity: number;
  /** Mean and squared deviations of each full block, in turn (2 × blocks). */
  readonly blocks: Float64Array;
  /** Numbers ever pushed. */
  count: number;
}

const BLOCK = 256;
/** Windows up to here are summed number by number; longer ones block by block, so that 100,000 bars cost as much as 1,000. */
const DIRECT = 1_024;

/** A series that remembers the latest `length` numbers. */
export function makeSeries(length: number): Series {
  // One block more than the window covers, so that a block is never half overwritten while the window still needs it.
  const capacity = length <= DIRECT ? length : (Math.ceil(length / BLOCK) + 1) * BLOCK;
  return {
    values: NO_NUMBERS,
    capacity,
    blocks: new Float64Array(length <= DIRECT ? 0 : (2 * capacity) / BLOCK),
    count: 0,
  };
}

export function push(series: Series, x: number): void {
  const at = series.count % series.capacity;
  series.values = withRoom(series.values, at + 1, series.capacity);
  series.values[at] = x;
  series.count++;
  if (series.blocks.length === 0 || series.count % BLOCK !== 0) return;
  const block = (series.count / BLOCK - 1) % (series.blocks.length / 2);
  moments.count = 0;
  addRange(series, series.count - BLOCK, series.count);
  series.blocks[2 * block] = moments.mean;
  series.blocks[2 * block + 1] = moments.squares;
}

/** The number `back` pushes ago (0: the latest), or NaN where there is none. */
export function at(series: Series, back: number): number {
  return back < series.count ? series.values[(series.count - 1 - back) % series.values.length] : Number.NaN;
}

/** Working values of one window; one thread, so one copy serves all. */
const moments = { count: 0, mean: 0, squares: 0 };

/** Takes `count` numbers of known mean and squared deviations in (Chan, Golub & LeVeque 1983). */
function merge(count: number, mean: number, squares: number): void {
  const total = moments.count + count;
  const delta = mean - moments.mean;
  moments.squares = moments.count === 0 ? squares : moments.squares + squares + (delta * delta * moments.count * count) / total;
  moments.mean = moments.count === 0 ? mean : moments.mean + (delta * count) / total;
  moments.count = total;
}

/** Takes the pushes numbered [from, to) in. Differences to the first one are summed: exact zero for equal numbers. */
function addRange(series: Series, from: number, to: number): void {
  if (from >= to) return;
  const { values } = series;
  const size = values.length;
  const first = values[from % size];
  let sum = 0;
  let squares = 0;
  for (let i = from, place = from % size; i < to; i++) {
    const difference = values[place] - first;
    sum += difference;
    if (++place === size) place = 0;
  }
  const count = to - from;
  const mean = sum / count;
  for (let i = from, place = from % size; i < to; i++) {
    const deviation = values[place] - first - mean;
    squares += deviation * deviation;
    if (++place === size) place = 0;
  }
  merge(count, first + mean, squares);
}

function measure(series: Series, window: number, skip: number): void {
  const to = series.count - skip;
  const from = to - window;
  moments.count = 0;
  if (window <= DIRECT || series.blocks.length === 0) {
    addRange(series, from, to);
    return;
  }
  const firstBlock = Math.ceil(from / BLOCK);
  const lastBlock = Math.floor(to / BLOCK);
  addRange(series, from, firstBlock * BLOCK);
  for (let block = firstBlock; block < lastBlock; block++) {
    const place = 2 * (block % (series.blocks.length / 2));
    merge(BLOCK, series.blocks[place], series.blocks[place + 1]);
  }
  addRange(series, lastBlock * BLOCK, to);
}

/** Mean of `window` numbers that end `skip` before the latest; NaN while there are fewer. */
export function mean(series: Series, window: number, skip = 0): number {
  if (series.count < window + skip) return Number.NaN;
  measure(series, window, skip);
  return moments.mean;
}

/** Sample standard deviation (divided by window − 1) of the same; NaN while there are fewer. */
export function deviation(series: Series, window: number, skip = 0): number {
  if (series.count < window + skip) return Number.NaN;
  measure(series, window, skip);
  return Math.sqrt(moments.squares / (window - 1));
}
