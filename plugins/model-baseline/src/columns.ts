// The columns of one key: what each is expected to be next, and what is learned of it.

import { NO_NUMBERS, workingArrays } from '@quantstream/engine';
import type { Settings } from './config.js';
import { count, LADDER, surprise } from './ladder.js';
import { periodOf } from './period.js';
import { begin, expected, forget, forgetAll, step } from './regression.js';
import {
  BASE,
  CENTRE,
  CONSTANT,
  ERROR,
  FAR,
  LAGS,
  LONGEST,
  MOVES,
  NUMBERS,
  PERIOD,
  ringOf,
  SEASON,
  SETTLED,
  SPREAD,
  STEP,
  type State,
  TERMS,
  WEIGHTS,
} from './state.js';

/** Mean absolute to standard deviation of a normal distribution. */
const FROM_MEAN = 1.2533;
/** Deviations that one row moves level, spread and weights by at most; what is further from the level is far. */
const LEARNED = 4;
/** Terms further from the level than this say nothing of ordinary life: weights are not learned from them. */
const RANGE = 20;
/** Moves that tell the smallest step of a column. */
const TELLING = 20;
/** How much a row that was judged rare counts: in what is learned of level, weights and errors, and among the deviations of the past. */
const RARE_LEARNED = 0.05;
const RARE_COUNTED = 0.2;
/** How much the distance from the level counts beside the error of what was expected: it goes on while something lasts. */
const LEVEL = 0.5;
/** Rows that tell in what unit weights are learned. */
const YOUNG = 16;
/** Deviations that any value lies from what is expected at most. */
const MOST = 1e9;
/** An error of less than this part of the usual spread is none. */
const LEAST_ERROR = 0.005;
/** Rows between two looks for a period, and rows before the first. */
const LOOK_EVERY = 2_048;
const FIRST_LOOK = 64;
/** The largest difference that 32 bits hold. */
const NARROW = 3e38;
const SMALLEST = 1e-150;
const LARGEST = 1e150;

/**
 * What is expected of the next row, for all columns of one key: found where it is scored, used again where it is learned. Keys share the
 * room, as a row is learned before another key is scored; else it is worked out once more.
 */
const next: { of: Columns | null; seen: number; fresh: number } = { of: null, seen: 0, fresh: 0 };
const expectedOf = workingArrays();
const scalesOf = workingArrays();
/** By column {@link TERMS} numbers, and how many of them there are: fewer where there is no period. */
const termsOf = workingArrays();
const countsOf = workingArrays();

/** What is expected of the columns of a key, over its state. A column is told by its number. */
export class Columns {
  private readonly settings: Settings;
  private readonly state: State;
  private readonly width: number;
  private readonly room: number;
  private readonly expected: Float64Array;
  private readonly scales: Float64Array;
  private readonly terms: Float64Array;
  private readonly counts: Float64Array;
  /** How much of the past counts after a row, for weights and errors; and how much a row counts in level and spread. */
  private readonly keep: number;
  private readonly gain: number;

  constructor(settings: Settings, state: State, width: number) {
    this.settings = settings;
    this.state = state;
    this.width = width;
    this.room = ringOf(settings);
    this.expected = expectedOf(width);
    this.scales = scalesOf(width);
    this.terms = termsOf(width * TERMS);
    this.counts = countsOf(width);
    this.keep = 2 ** (-1 / settings.memory);
    this.gain = 1 - 2 ** (-1 / settings.halfLife);
  }

  /** How surprising a value is, nats: by what the rows before let expect, and by how far it lies from the level. */
  surprise(c: number, value: number, fresh: number): number {
    const { ladders } = this.state;
    const at = 2 * c * LADDER;
    const deviation = this.deviation(c, value, fresh);
    return surprise(ladders, at, deviation) + LEVEL * surprise(ladders, at + LADDER, this.distance(c, value));
  }

  /** How far a value lies from what is expected, in usual errors. */
  deviation(c: number, value: number, fresh: number): number {
    this.expect(fresh);
    return this.deviationOf(c, this.distance(c, value), fresh);
  }

  /** How far a value lies from the level, in usual distances: while an expectation stands. */
  private distance(c: number, value: number): number {
    const { numbers } = this.state;
    const at = c * NUMBERS;
    return (relative(numbers, at, value) - numbers[at + CENTRE]!) / this.scales[c]!;
  }

  private deviationOf(c: number, distance: number, fresh: number): number {
    const scale = this.scales[c]!;
    // Behind a pause only the level is known, and that is no close guess.
    const deviation =
      fresh < LAGS
        ? distance / LEARNED
        : ((distance - this.expected[c]!) * scale) / errorOf(this.state.numbers, c * NUMBERS, scale);
    return deviation > MOST ? MOST : deviation < -MOST ? -MOST : deviation;
  }

  /** What the rows before let expect of the next one, in scales. */
  private expect(fresh: number): void {
    const { numbers, seen } = this.state;
    if (next.of === this && next.seen === seen && next.fresh === fresh) return;
    next.of = this;
    next.seen = seen;
    next.fresh = fresh;
    for (let c = 0; c < this.width; c++) {
      this.scales[c] = scaleOf(numbers, c * NUMBERS);
      if (fresh >= LAGS) this.expectOne(c, fresh, this.scales[c]!);
    }
  }

  private expectOne(c: number, fresh: number, scale: number): void {
    const { numbers } = this.state;
    const { terms } = this;
    const [at, from] = [c * NUMBERS, c * TERMS];
    for (let lag = 1; lag <= LAGS; lag++) terms[from + lag - 1] = this.before(c, lag, scale);
    const period = numbers[at + PERIOD]!;
    const known = period > 0 && fresh > period;
    terms[from + CONSTANT] = 1;
    if (known) {
      terms[from + SEASON] = this.before(c, period, scale);
      terms[from + SEASON + 1] = this.before(c, period + 1, scale);
    }
    this.counts[c] = known ? TERMS : SEASON;
    this.expected[c] = expected(numbers, at, terms, from, this.counts[c]!, scale);
  }

  /** The value of so many rows ago, in scales. */
  private before(c: number, rows: number, scale: number): number {
    const { ring, next, numbers } = this.state;
    const place = next - rows;
    const difference = ring[(place < 0 ? place + this.room : place) * this.width + c]!;
    return (difference - numbers[c * NUMBERS + CENTRE]!) / scale;
  }

  /** Where a value would have been as expected, within two usual errors, in the unit of the column. */
  band(c: number, fresh: number): [low: number, high: number] {
    const { numbers } = this.state;
    const at = c * NUMBERS;
    this.expect(fresh);
    const scale = this.scales[c]!;
    const middle = numbers[at + BASE]! + numbers[at + CENTRE]! + (fresh < LAGS ? 0 : this.expected[c]!) * scale;
    const reach = 2 * (fresh < LAGS ? LEARNED * scale : errorOf(numbers, at, scale));
    return [middle - reach, middle + reach];
  }

  /** The first row is the level, and lies at it. */
  first(row: Float64Array): void {
    this.state.first = row.map(clamp);
  }

  /** Makes room behind it: a key that was seen once has none. */
  open(): void {
    const { state, width: d } = this;
    state.numbers = new Float64Array(d * NUMBERS);
    for (let c = 0; c < d; c++) {
      state.numbers[c * NUMBERS + BASE] = state.first[c]!;
      begin(state.numbers, c * NUMBERS);
    }
    state.ladders = new Float32Array(2 * d * LADDER);
    state.first = NO_NUMBERS;
  }

  /** Learns one value: weights and error first, by what was expected; then level and spread. @param rare the row was judged rare */
  take(c: number, value: number, fresh: number, rare: boolean): void {
    this.expect(fresh);
    const { state, keep, terms } = this;
    const { numbers, ring } = state;
    const at = c * NUMBERS;
    const from = c * TERMS;
    const scale = this.scales[c]!;
    const z = this.distance(c, value);
    const weight = rare ? RARE_LEARNED : 1;
    if (state.seen >= YOUNG) {
      const counted = rare ? RARE_COUNTED : 1;
      count(state.ladders, 2 * c * LADDER, this.deviationOf(c, z, fresh), counted);
      count(state.ladders, (2 * c + 1) * LADDER, z, counted);
    }
    if (fresh >= LAGS) {
      const error = z - this.expected[c]!;
      const most = (LEARNED * errorOf(numbers, at, scale)) / scale;
      if (state.seen >= YOUNG && ordinary(terms, from, this.counts[c]!))
        step(numbers, at, terms, from, this.counts[c]!, Math.max(-most, Math.min(most, error)) * weight, scale, keep);
      const gain = Math.max((1 - keep) * weight, 1 / (state.seen + 1));
      const size = Math.min(Math.abs(error), state.seen < this.settings.warmUp ? RANGE : 1.5 * most);
      numbers[at + ERROR]! += gain * (size * scale - numbers[at + ERROR]!);
      const moved = Math.abs(z - terms[from]!) * scale;
      if (moved > 1e-6 * scale) {
        if (numbers[at + MOVES] === 0 || moved < numbers[at + STEP]!) numbers[at + STEP] = moved;
        if (numbers[at + MOVES]! < TELLING) numbers[at + MOVES]!++;
      }
    }
    this.follow(at, value, z, weight);
    ring[state.next * this.width + c] = relative(numbers, at, value);
    if (numbers[at + FAR]! >= SETTLED) this.settle(c, fresh);
  }

  /** Level and spread follow; one far value moves them hardly. */
  private follow(at: number, value: number, z: number, weight: number): void {
    const { numbers, seen } = this.state;
    numbers[at + FAR] = Math.abs(z) > LEARNED ? numbers[at + FAR]! + 1 : Math.max(0, numbers[at + FAR]! - 2);
    const young = seen < this.settings.warmUp;
    const most = young ? LARGEST : LEARNED * scaleOf(numbers, at);
    const difference = Math.max(-most, Math.min(most, relative(numbers, at, value) - numbers[at + CENTRE]!));
    const gain = young ? 1 / (seen + 1) : Math.max(this.gain, 1 / (seen + 1)) * weight;
    numbers[at + CENTRE]! += gain * difference;
    numbers[at + SPREAD]! += gain * (Math.abs(difference) - numbers[at + SPREAD]!);
  }

  /** What has been far for long is the level now, and as wide as it is. */
  private settle(c: number, fresh: number): void {
    const { numbers } = this.state;
    const at = c * NUMBERS;
    numbers[at + FAR] = 0;
    // Its last row is kept already; behind a pause it may be the only one.
    const count = Math.min(SETTLED, fresh + 1);
    const scale = scaleOf(numbers, at);
    const from = numbers[at + CENTRE]!;
    const values = Float64Array.from({ length: count }, (_, i) => from + this.before(c, i, scale) * scale);
    let moved = 0;
    for (let i = 1; i < count; i++) moved += Math.abs(values[i]! - values[i - 1]!) / (count - 1);
    const centre = values.sort()[count >> 1]!;
    let spread = 0;
    for (const value of values) spread += Math.abs(value - centre) / count;
    numbers[at + CENTRE] = centre;
    numbers[at + SPREAD] = Math.max(numbers[at + SPREAD]!, spread);
    numbers[at + ERROR] = Math.max(numbers[at + ERROR]!, moved);
    forgetAll(numbers, at);
  }

  /** The columns take turns, so that no row pays for all of them. */
  lookForPeriods(): void {
    const { state, room, width: d } = this;
    const count = Math.min(state.fresh, room);
    for (let c = 0; c < d; c++) {
      const turn = state.seen - Math.floor((c * LOOK_EVERY) / d);
      const early = turn < LOOK_EVERY && turn >= FIRST_LOOK && (turn & (turn - 1)) === 0;
      if (!early && !(turn > 0 && turn % LOOK_EVERY === 0)) continue;
      if (count < FIRST_LOOK) continue;
      const values = Float64Array.from({ length: count }, (_, i) =>
        this.before(c, count - i, scaleOf(state.numbers, c * NUMBERS)),
      );
      this.setPeriod(c, periodOf(values, LONGEST, state.numbers[c * NUMBERS + PERIOD]));
    }
  }

  setPeriod(c: number, period: number): void {
    const { numbers } = this.state;
    const at = c * NUMBERS;
    if (numbers[at + PERIOD] === period) return;
    numbers[at + PERIOD] = period;
    for (const term of [SEASON, SEASON + 1]) {
      numbers[at + WEIGHTS + term] = 0;
      forget(numbers, at, term);
    }
  }
}

/** Half the step that a column moves by; 0 while it moved too seldom to tell. */
const halfStep = (numbers: Float64Array, at: number) => (numbers[at + MOVES]! < TELLING ? 0 : numbers[at + STEP]! / 2);

/** The unit that a column is measured in: its usual deviation, at least half its smallest step. */
function scaleOf(numbers: Float64Array, at: number): number {
  return Math.max(
    FROM_MEAN * numbers[at + SPREAD]!,
    halfStep(numbers, at),
    1e-12 * Math.max(Math.abs(numbers[at + CENTRE]!), Math.abs(numbers[at + BASE]!)),
    SMALLEST,
  );
}

/** The usual error, in the unit of the column: no less than half a step, and than a trifle. */
function errorOf(numbers: Float64Array, at: number, scale: number): number {
  return Math.max(FROM_MEAN * numbers[at + ERROR]!, halfStep(numbers, at), LEAST_ERROR * scale);
}

/** A value as the latest rows are kept: as a 32-bit difference from the first one, so that equal values stay equal. */
function relative(numbers: Float64Array, at: number, value: number): number {
  const difference = clamp(value) - numbers[at + BASE]!;
  return Math.fround(difference > NARROW ? NARROW : difference < -NARROW ? -NARROW : difference);
}

/** Whether the terms are those of ordinary life. */
function ordinary(terms: Float64Array, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (!(Math.abs(terms[i]!) <= RANGE)) return false;
  return true;
}

const clamp = (x: number) => (x > LARGEST ? LARGEST : x < -LARGEST ? -LARGEST : x);
