// What is expected of a key at a time of the day and of the week, by what was learned.

import { type Calendar, CELLS, withinDay } from './calendar.js';
import { gradeOf, occasionsOf, QUIETEST, spreadOf } from './cell.js';
import { hasTold } from './evidence.js';
import {
  CENTRE,
  CHOSEN,
  COUNTS,
  DAYS,
  KNOWN,
  LOCAL,
  NOTHING,
  ORIGIN,
  type RhythmState,
  SPREADS,
  SUMS,
  TODAY,
  WEEK,
  WIDE,
  widthOf,
} from './state.js';
import { othersOf } from './trust.js';

/** What a column is measured against: what explains it, the time of the day, or that and the hour of the week. */
export type Period = 'auto' | 'day' | 'week';

/** Where a column is to be expected, or, while that is open, one of two places. */
export interface Expected {
  level: number;
  spread: number;
  /** NaN: there is no other. */
  otherLevel: number;
  otherSpread: number;
  /** Whether the hour of the week has a part in it. */
  byWeek: boolean;
}

export const nothingExpected = (): Expected => ({
  level: 0,
  spread: 0,
  otherLevel: Number.NaN,
  otherSpread: Number.NaN,
  byWeek: false,
});

/** A cell counts as far as it differs by more than so many standard errors. */
const SIGNIFICANT = 2;
/** Occasions in those. */
const EFFECTIVE = 6;

/** Cells before and behind that belong to the time around a cell; their mean is so many times surer than the cell. */
const REACH = 6;
const ALIKE = 2;
/** Cells from here to other hours of the day. */
const ELSEWHERE = [61, 139, 212] as const;
/** By so many spreads the mean of an hour is off by chance. */
const CHANCE = 0.6;

/** An offset, as far as it is more than chance (Breiman's non-negative garrote, Technometrics 37, 1995). */
const shrunk = (offset: number, error: number): number => (Math.abs(offset) <= error ? 0 : offset * (1 - (error / offset) ** 2));

/** Reads a state; cells are those of the calendar. */
export class Profile {
  readonly state: RhythmState;
  /** Whether it knows weeks. */
  readonly week: boolean;
  readonly calendar: Calendar;
  private readonly width: number;

  constructor(state: RhythmState, week: boolean, calendar: Calendar) {
    this.state = state;
    this.week = week;
    this.calendar = calendar;
    this.width = widthOf(week);
  }

  /** What explains a column by itself so far. */
  chosen(column: number): number {
    return this.state.counts[column * COUNTS + CHOSEN]!;
  }

  /** Days that have said something of a column, as far as they are remembered. */
  days(column: number): number {
    return this.state.counts[column * COUNTS + DAYS]!;
  }

  /** Whether anything can be said of a column. */
  explains(period: Period, column: number): boolean {
    if (this.state.level.length === 0) return false;
    return period === 'auto' ? this.chosen(column) !== NOTHING : hasTold(this.state, column);
  }

  /** @returns false where nothing can be said */
  expect(period: Period, column: number, cell: number, out: Expected): boolean {
    const { state, week } = this;
    const { sums } = state;
    const s = column * SUMS;
    const chosen = this.chosen(column);
    if (!this.explains(period, column)) return false;
    const slot = this.slotOf(column, cell);
    const occasions = occasionsOf(state, slot);
    out.byWeek = false;
    out.otherLevel = out.otherSpread = Number.NaN;
    const pooled = this.pooled(column);
    out.level = sums[s + CENTRE]!;
    out.spread = Math.max(sums[s + WIDE]!, pooled);
    if (occasions === 0) return true;
    const level = this.dayLevelOf(column, slot);
    const spread = Math.max(spreadOf(state, slot, pooled, othersOf(state, column, slot)), QUIETEST * pooled);
    out.level = level;
    out.spread = spread;
    const weeks = week && period !== 'day' ? occasionsOf(state, this.hourSlotOf(column, cell)) : 0;
    if (weeks > 1 && (period === 'week' || chosen === WEEK)) {
      out.level = level + this.offsetOf(column, cell);
      out.spread = Math.max(spread, state.spread[this.hourSlotOf(column, cell)]!);
      out.byWeek = true;
    } else if (period === 'day' ? occasions === 1 : this.isNew(column, cell, occasions)) {
      out.level = level + this.todayOf(column, spread);
      // One week may have been a wild one.
      out.otherLevel = weeks === 1 ? level + this.offsetOf(column, cell) : sums[s + LOCAL]!;
      out.otherSpread = Math.max(spread, pooled);
    }
    return true;
  }

  /** Whether nobody knows yet whether such a day is like the others: there was one at most. */
  isNew(column: number, cell: number, occasions: number): boolean {
    return occasions === 1 || (this.week && occasionsOf(this.state, this.hourSlotOf(column, cell)) <= 1);
  }

  /** How far today is from the day as it is known, as far as that is more than chance. */
  todayOf(column: number, spread: number): number {
    const today = this.state.sums[column * SUMS + TODAY]!;
    return shrunk(today, CHANCE * spread);
  }

  /** What the hour of the week of a cell adds to the day. */
  offsetOf(column: number, cell: number): number {
    const hour = this.hourSlotOf(column, cell);
    return occasionsOf(this.state, hour) === 0 ? 0 : shrunk(this.state.level[hour]!, this.errorOf(column, hour));
  }

  /** The level of a cell of the day; the centre of the column before anything was met in it. */
  levelOf(column: number, cell: number): number {
    const { state } = this;
    const slot = this.slotOf(column, cell);
    if (state.level.length === 0 || occasionsOf(state, slot) === 0) return state.sums[column * SUMS + CENTRE]!;
    return this.dayLevelOf(column, slot);
  }

  /** The centre of the column, what the time around adds to it, and what the cell adds to that, each as far as it is more than chance. */
  private dayLevelOf(column: number, slot: number): number {
    const { state } = this;
    const s = column * SUMS;
    const centre = state.sums[s + CENTRE]!;
    const origin = state.sums[s + ORIGIN]!;
    const error = this.errorOf(column, slot);
    const around = centre + shrunk(origin + this.around(column, slot) - centre, error / ALIKE);
    return around + shrunk(origin + state.level[slot]! - around, error);
  }

  /** How badly a cell would have been foretold by other hours of the day: the mean of some, at other minutes of the hour as well. */
  elsewhere(column: number, cell: number, loss: (level: number, spread: number) => number): number {
    const { state } = this;
    const pooled = this.pooled(column);
    let [sum, count] = [0, 0];
    for (const away of ELSEWHERE) {
      const slot = this.slotOf(column, cell + away);
      if (occasionsOf(state, slot) === 0) continue;
      sum += loss(this.dayLevelOf(column, slot), Math.max(spreadOf(state, slot, pooled), QUIETEST * pooled));
      count++;
    }
    return count === 0 ? Number.POSITIVE_INFINITY : sum / count;
  }

  /** The mean level of the cells around, and of the cell itself. */
  private around(column: number, slot: number): number {
    const { state } = this;
    const first = column * this.width;
    let [sum, count] = [0, 0];
    for (let i = -REACH; i <= REACH; i++) {
      const cell = first + ((slot - first + i + CELLS) % CELLS);
      if (gradeOf(state, cell) === 0) continue;
      sum += state.level[cell]!;
      count++;
    }
    return sum / count;
  }

  /** By so much the level of a cell is off by chance. */
  private errorOf(column: number, slot: number): number {
    const occasions = occasionsOf(this.state, slot);
    const spread = spreadOf(this.state, slot, this.pooled(column));
    return (SIGNIFICANT * spread) / Math.sqrt(Math.min(occasions, EFFECTIVE));
  }

  /** The spread of a cell in the mean. */
  pooled(column: number): number {
    const known = this.state.counts[column * COUNTS + KNOWN]!;
    return known === 0 ? 0 : Math.max(0, this.state.sums[column * SUMS + SPREADS]! / known);
  }

  slotOf(column: number, cell: number): number {
    return column * this.width + withinDay(cell);
  }

  hourSlotOf(column: number, cell: number): number {
    return column * this.width + CELLS + this.calendar.hourOf(cell);
  }
}
