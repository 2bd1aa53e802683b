// Observations become rows: one for each, or at one rate.

import { type FeatureExtractor, type Observation, type Rows, workingArrays } from '@quantstream/engine';
import { chosenOf, fieldsOf, type Settings, silenceOf } from './config.js';
import { initialStatistics, type Layout, layOut, Statistics, type StatisticsState } from './statistics.js';

// What waits for its row, laid out flat. For a row of its own: its time, then its values. Between two rows: the time of the row that
// ends it, when something was last heard, then five numbers for each field.
const TIME = 0;
const HEARD = 1;
const FIRST = 2;
const SUM = 0;
const COUNT = 1;
const LEAST = 2;
const MOST = 3;
const LATEST = 4;
const LATEST_TIME = 5;
const PER_FIELD = 6;

export interface State {
  /** Observations, or stretches of them, whose row is not due yet, by time. */
  readonly open: Float64Array[];
  /** When something was last heard, and the time of the last row. NaN before the first. */
  heard: number;
  row: number;
  readonly statistics: StatisticsState;
}

export function initialState(settings: Settings): State {
  return { open: [], heard: Number.NaN, row: Number.NaN, statistics: initialStatistics(layoutOf(settings)) };
}

const layouts = new WeakMap<Settings, Layout>();
const valuesOf = workingArrays();

function layoutOf(settings: Settings): Layout {
  let layout = layouts.get(settings);
  if (!layout) {
    layout = layOut(chosenOf(settings), fieldsOf(settings));
    layouts.set(settings, layout);
  }
  return layout;
}

/** A row for each observation, in order of their times, once nothing earlier can follow. */
export class RowByRow implements FeatureExtractor {
  private readonly open: Float64Array[];
  private readonly fields: readonly string[];
  private readonly statistics: Statistics;

  constructor(settings: Settings, state: State) {
    this.open = state.open;
    this.fields = layoutOf(settings).fields;
    this.statistics = new Statistics(layoutOf(settings), state.statistics);
  }

  update({ time, values }: Observation): void {
    const { open, fields } = this;
    const waiting = new Float64Array(1 + fields.length);
    waiting[TIME] = time;
    for (let i = 0; i < fields.length; i++) waiting[1 + i] = values[fields[i]!] ?? Number.NaN;
    let place = open.length;
    while (place > 0 && open[place - 1]![TIME]! > time) place--;
    open.splice(place, 0, waiting);
  }

  advance(watermark: number, rows: Rows): number {
    const { open } = this;
    let due = 0;
    for (; due < open.length && open[due]![TIME]! <= watermark; due++) {
      const time = open[due]![TIME]!;
      this.statistics.next(time, open[due]!.subarray(1), rows.next(time));
    }
    open.splice(0, due);
    return open.length > 0 ? open[0]![TIME]! : Number.POSITIVE_INFINITY;
  }
}

/** Rows at one rate: the row at time t holds what was heard before t. Through a silence rows go on for a while, with missing values. */
export class AtOneRate implements FeatureExtractor {
  private readonly every: number;
  private readonly silence: number;
  private readonly take: Settings['take'];
  private readonly state: State;
  private readonly fields: readonly string[];
  private readonly statistics: Statistics;
  private readonly values: Float64Array;

  constructor(settings: Settings, every: number, state: State) {
    this.every = every;
    this.silence = silenceOf(settings);
    this.take = settings.take;
    this.state = state;
    this.fields = layoutOf(settings).fields;
    this.statistics = new Statistics(layoutOf(settings), state.statistics);
    this.values = valuesOf(this.fields.length);
  }

  update({ time, values }: Observation): void {
    const stretch = this.stretchOf(time);
    if (!(time < stretch[HEARD]!)) stretch[HEARD] = time;
    for (let i = 0, at = FIRST; i < this.fields.length; i++, at += PER_FIELD) {
      const value = values[this.fields[i]!];
      if (value === undefined) continue;
      stretch[at + SUM]! += value;
      stretch[at + COUNT]!++;
      if (!(value >= stretch[at + LEAST]!)) stretch[at + LEAST] = value;
      if (!(value <= stretch[at + MOST]!)) stretch[at + MOST] = value;
      // Under a lateness observations come out of order.
      if (time < stretch[at + LATEST_TIME]!) continue;
      stretch[at + LATEST] = value;
      stretch[at + LATEST_TIME] = time;
    }
  }

  advance(watermark: number, rows: Rows): number {
    const { open } = this.state;
    for (;;) {
      const end = open.length > 0 ? open[0]![TIME]! : Number.POSITIVE_INFINITY;
      const silent = this.nextSilent();
      // The end of a recording closes what is open and makes up no silence behind it.
      if (silent < end && (watermark === Number.POSITIVE_INFINITY ? open.length > 0 : silent <= watermark)) {
        this.emit(silent, undefined, rows);
      } else if (end <= watermark && open.length > 0) {
        const stretch = open.shift()!;
        this.state.heard = stretch[HEARD]!;
        this.emit(end, stretch, rows);
      } else break;
    }
    if (watermark === Number.POSITIVE_INFINITY || (open.length === 0 && this.nextSilent() === Number.POSITIVE_INFINITY))
      return Number.POSITIVE_INFINITY;
    // Not the first open stretch: a late observation may still open an earlier one.
    return this.endOf(watermark);
  }

  /** The open stretch that holds `time`. */
  private stretchOf(time: number): Float64Array {
    const { open } = this.state;
    const end = this.endOf(time);
    let place = open.length;
    while (place > 0 && open[place - 1]![TIME]! > end) place--;
    if (place > 0 && open[place - 1]![TIME] === end) return open[place - 1]!;
    const stretch = new Float64Array(FIRST + this.fields.length * PER_FIELD);
    stretch[TIME] = end;
    stretch[HEARD] = Number.NaN;
    for (let at = FIRST; at < stretch.length; at += PER_FIELD)
      stretch[at + LEAST] = stretch[at + MOST] = stretch[at + LATEST] = stretch[at + LATEST_TIME] = Number.NaN;
    open.splice(place, 0, stretch);
    return stretch;
  }

  private endOf(time: number): number {
    return (Math.floor(time / this.every) + 1) * this.every;
  }

  /** When the next row without news is due; ∞ where the silence has been too long. */
  private nextSilent(): number {
    const { row, heard } = this.state;
    const next = row + this.every;
    return next - heard <= this.silence ? next : Number.POSITIVE_INFINITY;
  }

  private emit(time: number, stretch: Float64Array | undefined, rows: Rows): void {
    const { values } = this;
    for (let i = 0, at = FIRST; i < values.length; i++, at += PER_FIELD) {
      values[i] = stretch === undefined || stretch[at + COUNT] === 0 ? Number.NaN : this.pick(stretch, at);
    }
    this.statistics.next(time, values, rows.next(time));
    this.state.row = time;
  }

  private pick(stretch: Float64Array, at: number): number {
    switch (this.take) {
      case 'mean':
        return stretch[at + SUM]! / stretch[at + COUNT]!;
      case 'sum':
        return stretch[at + SUM]!;
      case 'min':
        return stretch[at + LEAST]!;
      case 'max':
        return stretch[at + MOST]!;
      case 'last':
        return stretch[at + LATEST]!;
    }
  }
}
