// Scored rows wait here until it is known whether they may count as ordinary.

import { NO_FLOATS, NO_NUMBERS, withRoom, workingArrays } from '../../api/index.js';
import { quantilesOf } from './quantile.js';
import { keptAs } from './sketch.js';

/** Scored rows that wait, in blocks, until it is known whether they may count as ordinary. Plain data, so that a checkpoint holds it. */
export interface GuardState {
  /** Rows of a block; 0 until the rate of rows is known. */
  size: number;
  /** The blocks that wait, the oldest first; the last one is being filled. */
  waiting: Block[];
  /** By model, the highest scores of past blocks, odd ones included: a ring. */
  highest: Float32Array[];
  blocks: number;
  /** What blocks were compared with before an excursion outlasted all others; `null` while none does, or once that is how things are. */
  before: { highest: Float32Array[]; blocks: number; limits: Float64Array; since: number } | null;
  /** Until there are blocks of a new kind to compare with, all that comes is ordinary. */
  changed: boolean;
  /** Excursions that outlasted all others and ended, fading with the half-life of the calibration, as of `countTime`. */
  ended: number;
  /** Event time of the first odd row since which every block was odd; NaN while the last one was not. */
  oddSince: number;
  /** Whether the block before the waiting ones was odd near its end. */
  oddBefore: boolean;
  /** Rows of blocks that were judged, and stretches of odd ones, fading with the half-life of the calibration, as of `countTime`. */
  rows: number;
  stretches: number;
  countTime: number;
  /** Event time of the last row that stood out, habit or not, and of the first row of all. */
  stoodOut: number;
  since: number;
  /** Rows that were left out. */
  left: number;
}

interface Block {
  /** Rows that it is complete with. */
  size: number;
  /** Event times, and `width` scores of each. */
  times: Float64Array;
  scores: Float64Array;
  count: number;
}

export interface GuardSettings {
  /** How close to an odd row the rows of the next block are left out as well, ms. */
  readonly bandMs: number;
  /** What is odd for longer than this is the new ordinary, ms. */
  readonly longestMs: number;
  /** The event time that a calibration takes at least, ms. */
  readonly atLeastMs: number;
  readonly halfLifeMs: number;
}

export interface Released {
  /** Takes in a row that counts as ordinary: its scores begin at `offset`. */
  learn(scores: Float64Array, offset: number, time: number): void;
  /** What comes may be for a while only. */
  keep(): void;
  /** It was. */
  goBack(): void;
  /** It was not. */
  goOn(): void;
}

/** A block is a part of the calibration, with so many rows at least and at most. */
const PARTS = 48;
const ROWS = [20, 300] as const;
/** Rows after which their rate is known. */
const KNOWN = 20;
/** Blocks before any is judged, and blocks that are remembered. */
const FEW = 24;
const MEMORY = 256;
/** A block is odd if its highest score would be met in one of so many ordinary blocks. */
const RARE = 2_000;
/**
 * Odd stretches are a habit if there are so many of them, and one in less than so many rows, but not before a day has shown it.
 * What a key learns depends on no budget.
 */
const HABIT = { stretches: 3, rows: 1_000, afterMs: 86_400_000 } as const;
/** An excursion that ended twice is a habit, the third time; of two, as far as they have faded. */
const TWICE = 1.2;
/** Worked out anew for each block that is complete. */
const limitsOf = workingArrays();
const habitsOf = workingArrays();
/** Roots of scores that are tried, and how skewed they may be: the distances of the quartiles from the median, upper by lower. */
const POWERS = [1, 1 / 2, 1 / 4, 1 / 8] as const;
const SKEW = 1.7;

export const initialGuard = (): GuardState => ({
  size: 0,
  waiting: [],
  highest: [],
  blocks: 0,
  before: null,
  changed: false,
  ended: 0,
  oddSince: Number.NaN,
  oddBefore: false,
  rows: 0,
  stretches: 0,
  countTime: Number.NEGATIVE_INFINITY,
  stoodOut: Number.NEGATIVE_INFINITY,
  since: Number.NaN,
  left: 0,
});

/**
 * Keeps anomalies out of the calibration. Leaving out whatever is above the threshold would cut the tail off, and lower the threshold day
 * by day. So rows wait in blocks, and a block is left out if the highest score of a model in it is far above the highest scores of other blocks: of
 * a Gumbel distribution through their lower quartile and their median, which a few odd blocks hardly move. As odd blocks are
 * remembered as well, leaving them out changes nothing about what is left out next.
 */
export class Guard {
  private readonly state: GuardState;
  private readonly width: number;
  private readonly settings: GuardSettings;
  private readonly released: Released;
  private readonly limits: Float64Array;
  /** The same while odd stretches are a habit. */
  private readonly habits: Float64Array;

  constructor(state: GuardState, width: number, settings: GuardSettings, released: Released) {
    this.state = state;
    this.width = width;
    this.settings = settings;
    this.released = released;
    this.limits = limitsOf(width);
    this.habits = habitsOf(width);
    if (state.highest.length !== width) {
      state.highest = Array.from({ length: width }, () => NO_FLOATS);
      state.blocks = 0;
    }
  }

  /** One row. @param rows rows so far, and @param spanMs the event time that they took */
  add(scores: Float64Array, time: number, rows: number, spanMs: number): void {
    const { state, width } = this;
    if (state.size === 0 && rows >= KNOWN && spanMs > 0) {
      const expected = (this.settings.atLeastMs / spanMs) * rows;
      state.size = Math.max(ROWS[0], Math.min(ROWS[1], Math.round(expected / PARTS)));
    }
    let block = state.waiting.at(-1);
    if (!block || block.count === block.size) {
      block = { size: Math.max(state.size, KNOWN), times: NO_NUMBERS, scores: NO_NUMBERS, count: 0 };
      state.waiting.push(block);
    }
    block.times = withRoom(block.times, block.count + 1, block.size);
    block.scores = withRoom(block.scores, (block.count + 1) * width, block.size * width);
    block.times[block.count] = time;
    block.scores.set(scores, block.count * width);
    block.count++;
    if (block.count === block.size) this.complete(block);
  }

  /** The scores of a model are of another kind from now on. */
  forget(model: number): void {
    this.state.highest[model]!.fill(Number.NaN);
    this.state.before = null;
  }

  private complete(block: Block): void {
    const { state, width } = this;
    if (state.before) this.compare(block, state.before);
    const at = state.blocks % MEMORY;
    for (let m = 0; m < width; m++) {
      state.highest[m] = withRoom(state.highest[m]!, at + 1, MEMORY);
      state.highest[m]![at] = keptAs(highestOf(block, m, width));
    }
    state.blocks++;
    if (state.blocks < FEW) {
      // An excursion that goes on is measured by nothing but itself.
      if (state.changed) while (state.waiting.length > 1) this.let(state.waiting.shift()!);
      return;
    }
    state.changed = false;
    this.setLimits();
    // The youngest one waits for its successor, which may show that its end was disturbed already.
    while (state.waiting.length > 1) this.judge(state.waiting[0]!, state.waiting[1]!);
  }

  /** Whether an excursion that has outlasted all others is over, or is how things are now. */
  private compare(block: Block, before: NonNullable<GuardState['before']>): void {
    const { state } = this;
    const { first, last } = this.oddRows(block, before.limits);
    if (first <= last) {
      if (last - before.since < this.settings.atLeastMs) return;
      this.released.goOn();
    } else {
      state.changed = false;
      state.highest = before.highest;
      state.blocks = before.blocks;
      state.ended++;
      this.released.goBack();
    }
    state.before = null;
  }

  /** Releases or leaves out the oldest block. */
  private judge(block: Block, next: Block): void {
    const { state } = this;
    const { bandMs, longestMs } = this.settings;
    const limits = this.count(block) ? this.habits : this.limits;
    const odd = this.oddRows(block, limits);
    const after = this.oddRows(next, limits);
    const end = block.times[block.count - 1]!;
    const disturbed = (state.oddBefore && odd.first > odd.last) || (after.first <= end + bandMs && after.first <= after.last);
    state.waiting.shift();
    if (odd.first > odd.last && !disturbed) {
      state.oddSince = Number.NaN;
      state.oddBefore = false;
      this.let(block);
      return;
    }
    const odds = odd.first <= odd.last;
    if (Number.isNaN(state.oddSince)) state.oddSince = odds ? odd.first : end;
    state.oddBefore = odds && end - odd.last <= bandMs;
    if (!odds || odd.last - state.oddSince <= longestMs) {
      state.left += block.count;
      return;
    }
    // It has lasted so long that it is how things are now, at least for a while.
    if (!state.before && state.ended <= TWICE) {
      state.before = { highest: state.highest, blocks: state.blocks, limits: limits.slice(), since: state.oddSince };
      state.highest = state.highest.map(() => NO_FLOATS);
      this.released.keep();
    }
    this.let(block);
    state.blocks = 0;
    state.changed = true;
    state.oddSince = Number.NaN;
    state.oddBefore = false;
  }

  /**
   * Counts the stretches that stand out.
   * @returns whether they come so often that they belong to the stream: blips, scores in steps, or a calibration that has seen too little
   */
  private count(block: Block): boolean {
    const { state, limits, width } = this;
    const { times, scores, count } = block;
    const end = times[count - 1]!;
    if (Number.isNaN(state.since)) state.since = times[0]!;
    const fade = state.rows === 0 ? 1 : 2 ** ((state.countTime - end) / this.settings.halfLifeMs);
    state.rows = state.rows * fade + count;
    state.stretches *= fade;
    state.ended *= fade;
    state.countTime = end;
    for (let i = 0; i < count; i++) {
      if (!isOdd(scores, i * width, limits)) continue;
      if (times[i]! - state.stoodOut > this.settings.bandMs) state.stretches++;
      state.stoodOut = times[i]!;
    }
    const often = state.stretches >= HABIT.stretches && state.stretches * HABIT.rows > state.rows;
    return often && end - state.since >= HABIT.afterMs;
  }

  private let(block: Block): void {
    for (let i = 0; i < block.count; i++) this.released.learn(block.scores, i * this.width, block.times[i]!);
  }

  /** Event times of the first and the last row of a block with a score beyond its limit; first > last: none. */
  private oddRows({ times, scores, count }: Block, limits: Float64Array): { first: number; last: number } {
    const { width } = this;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      if (!isOdd(scores, i * width, limits)) continue;
      if (first === Number.POSITIVE_INFINITY) first = times[i]!;
      last = times[i]!;
    }
    return { first, last };
  }

  private setLimits(): void {
    const { state, limits, habits } = this;
    const known = Math.min(state.blocks, MEMORY);
    for (let m = 0; m < limits.length; m++) {
      const values = above(Number.NEGATIVE_INFINITY, state.highest[m]!, known);
      limits[m] = limitOf(values);
      habits[m] = habitOf(values, limits[m]!);
    }
  }
}

/** Where values of blocks are sorted, for all keys: what is looked for is found before the next. */
const sorted = new Float32Array(MEMORY);

/** Those of the first `known` values that are larger than that, no NaN, until the next call. */
function above(least: number, values: Float32Array, known: number): Float32Array {
  let count = 0;
  for (let i = 0; i < known; i++) {
    const value = values[i]!;
    if (value > least) sorted[count++] = value;
  }
  return sorted.subarray(0, count);
}

function isOdd(scores: Float64Array, offset: number, limits: Float64Array): boolean {
  for (let m = 0; m < limits.length; m++) if (scores[offset + m]! > limits[m]!) return true;
  return false;
}

function highestOf({ scores, count }: Block, m: number, width: number): number {
  let highest = Number.NaN;
  for (let i = 0; i < count; i++) {
    const score = scores[i * width + m]!;
    if (!(score <= highest) && !Number.isNaN(score)) highest = score;
  }
  return highest;
}

/** What the highest score of an ordinary block exceeds once in RARE blocks. */
function limitOf(values: Float32Array): number {
  if (values.length < FEW / 2) return Number.POSITIVE_INFINITY;
  const [low, middle, high] = quantilesOf(values, [0.25, 0.5, 0.75]) as [number, number, number];
  // The mildest root that makes them about as skewed as a Gumbel distribution, whose quartiles are 1.27 times as far above as below.
  const power = low > 0 ? (POWERS.find((p) => high ** p - middle ** p <= SKEW * (middle ** p - low ** p)) ?? POWERS.at(-1)!) : 1;
  const scale = (middle ** power - low ** power) / (gumbel(0.5) - gumbel(0.25));
  // Scores that hardly differ (a column that is constant for hours) leave no scale: then nothing is odd.
  if (!(scale > 0)) return Number.POSITIVE_INFINITY;
  return (middle ** power + scale * (gumbel(1 - 1 / RARE) - gumbel(0.5))) ** (1 / power);
}

/** Where those that stand out are a kind of their own: an exponential distribution above the limit, through their median. */
function habitOf(values: Float32Array, limit: number): number {
  const out = above(limit, values, values.length);
  return out.length === 0 ? limit : limit + (quantilesOf(out, [0.5])[0]! - limit) * Math.log2(RARE);
}

/** The quantile of the standard Gumbel distribution. */
const gumbel = (u: number): number => -Math.log(-Math.log(u));
