// What is expected of a key at a time of the day and of the week, by what was learned.

import { type Calendar, CELLS, withinDay } from './calendar.js';
import { occasionsOf, spreadOf } from './cell.js';
import { hasTold } from './evidence.js';
import { CENTRE, CHOSEN, COUNTS, KNOWN, NOTHING, ORIGIN, type RhythmState, SPREADS, SUMS, WEEK, WIDE, widthOf } from './state.js';

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

  /** @returns false where nothing can be said */
  expect(period: Period, column: number, cell: number, out: Expected): boolean {
    const { state, week } = this;
    const { sums } = state;
    const s = column * SUMS;
    const chosen = this.chosen(column);
    if (state.level.length === 0 || !(period === 'auto' ? chosen !== NOTHING : hasTold(state, column))) return false;
    const slot = this.slotOf(column, cell);
    const occasions = occasionsOf(state, slot);
    out.byWeek = false;
    out.otherLevel = out.otherSpread = Number.NaN;
    const pooled = this.pooled(column);
    out.level = sums[s + CENTRE]!;
    out.spread = Math.max(sums[s + WIDE]!, pooled);
    if (occasions === 0) return true;
    const level = this.dayLevelOf(column, slot);
    const spread = spreadOf(state, slot, pooled);
    // One occasion may have been a wild one.
    let open = occasions === 1;
    if (week && period !== 'day') {
      const hour = this.hourSlotOf(column, cell);
      const weeks = occasionsOf(state, hour);
      // Nobody knows yet whether such days are like the others.
      open ||= weeks === 0;
      const known = weeks > 1 && (period === 'week' || chosen === WEEK);
      if (known || weeks === 1) {
        out.level = level + this.offsetOf(column, cell);
        out.spread = Math.max(spread, state.spread[hour]!);
        open = true;
      }
      if (known) {
        out.byWeek = true;
        return true;
      }
    }
    if (open) {
      out.otherLevel = out.level;
      out.otherSpread = out.spread;
    }
    out.level = level;
    out.spread = spread;
    return true;
  }

  /** What the hour of the week of a cell adds to the day. */
  offsetOf(column: number, cell: number): number {
    const hour = this.hourSlotOf(column, cell);
    return this.sureOf(column, hour, this.state.level[hour]!);
  }

  /** The level of a cell of the day; the centre of the column before anything was met in it. */
  levelOf(column: number, cell: number): number {
    const { state } = this;
    const slot = this.slotOf(column, cell);
    if (state.level.length === 0 || occasionsOf(state, slot) === 0) return state.sums[column * SUMS + CENTRE]!;
    return this.dayLevelOf(column, slot);
  }

  private dayLevelOf(column: number, slot: number): number {
    const { sums, level } = this.state;
    const s = column * SUMS;
    const centre = sums[s + CENTRE]!;
    return centre + this.sureOf(column, slot, sums[s + ORIGIN]! + level[slot]! - centre);
  }

  /** How far a cell differs from what it is a part of, as far as that is more than chance (Breiman's non-negative garrote, Technometrics 37, 1995). */
  private sureOf(column: number, slot: number, offset: number): number {
    const occasions = occasionsOf(this.state, slot);
    if (occasions === 0) return 0;
    const spread = spreadOf(this.state, slot, this.pooled(column));
    const error = (SIGNIFICANT * spread) / Math.sqrt(Math.min(occasions, EFFECTIVE));
    return Math.abs(offset) <= error ? 0 : offset * (1 - (error / offset) ** 2);
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
