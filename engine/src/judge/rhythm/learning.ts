// What was met in a cell is taken into the profile once time has left it.

import { sameDay, sameHour } from './calendar.js';
import { learnOccasion, occasionsOf, spreadOf } from './cell.js';
import { endDay, lossOf, tellDay, tellWeek } from './evidence.js';
import type { Profile } from './profile.js';
import { CENTRE, COUNTS, HOUR_ROWS, KNOWN, makeCells, NEAR, NEAR_SPREAD, ORIGIN, ROWS, SPREADS, SUMS, WIDE } from './state.js';

/** A time that no longer counts between two cells: there was a pause. */
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Half-lives of the centres. */
const SLOW = 3 * DAY;
const FAST = DAY / 4;
/** What is further from a centre than so many spreads moves it no more. */
const CLIP = 4;
/** Values further than this from their level are as far as that. */
export const FAR = 1e30;

/** Teaches a profile. */
export class Learning {
  private readonly profile: Profile;
  private readonly columns: number;
  /** By how much the centres move towards the cell that closes. */
  private slow = 0;
  private fast = 0;

  constructor(profile: Profile, columns: number) {
    this.profile = profile;
    this.columns = columns;
  }

  /** The open cell is over, as the next has begun. @param time when that was; and @param levels of the open cell, by column */
  close(next: number, time: number, levels: Float64Array): void {
    const { state, week } = this.profile;
    const { columns } = this;
    const { cell } = state;
    const passed = Math.max(0, Math.min(time - state.time, HOUR));
    if (state.level.length === 0) makeCells(state, columns, week);
    const hourEnds = week && !sameHour(cell, next);
    const dayEnds = !sameDay(cell, next);
    this.slow = 1 - 2 ** (-passed / SLOW);
    this.fast = 1 - 2 ** (-passed / FAST);
    for (let c = 0; c < columns; c++) {
      this.closeCell(c, cell, levels[c]!);
      if (hourEnds) this.closeHour(c, cell);
      if (dayEnds) endDay(state, c);
    }
  }

  private closeCell(column: number, cell: number, level: number): void {
    const { profile } = this;
    const { state, week } = profile;
    const { sums, counts } = state;
    const s = column * SUMS;
    const rows = sums[s + ROWS]!;
    if (rows === 0) return;
    const from = sums[s + ROWS + 1]! / rows;
    const variance = Math.max(0, sums[s + ROWS + 2]! / rows - from * from);
    const mean = level + from;
    const slot = profile.slotOf(column, cell);
    const occasions = occasionsOf(state, slot);
    const origin = sums[s + ORIGIN]!;
    const pooled = profile.pooled(column);
    let offset = 0;
    if (week && occasions > 0) {
      for (let i = 0; i < 3; i++) sums[s + HOUR_ROWS + i]! += sums[s + ROWS + i]!;
      offset = profile.offsetOf(column, cell);
    }
    if (occasions > 1) this.weigh(column, cell, mean, variance, level, offset);
    // Until a second week has confirmed it, an hour of the week explains what is nearer to it than to the day.
    if (offset !== 0 && occasionsOf(state, profile.hourSlotOf(column, cell)) === 1) {
      const distance = mean - level;
      if (Math.abs(distance - offset) >= Math.abs(distance)) offset = 0;
    }
    const before = state.spread[slot]!;
    learnOccasion(state, slot, mean - offset - origin, variance, pooled, sums[s + WIDE]!);
    sums[s + SPREADS]! += state.spread[slot]! - before;
    if (occasions === 0) counts[column * COUNTS + KNOWN]!++;
    this.follow(column, mean, variance, occasions === 0);
    sums.fill(0, s + ROWS, s + ROWS + 3);
  }

  /** Compares how the cell was foretold by its day and week with how it would have been without. */
  private weigh(column: number, cell: number, mean: number, variance: number, level: number, offset: number): void {
    const { profile } = this;
    const { state } = profile;
    const { sums } = state;
    const s = column * SUMS;
    const slot = profile.slotOf(column, cell);
    const least = 1e-9 * Math.abs(sums[s + ORIGIN]!) + Number.MIN_VALUE;
    const spread = spreadOf(state, slot, profile.pooled(column));
    const loss = (from: number, scale: number) => lossOf(variance + (mean - from) ** 2, scale, least);
    const byDay = loss(level, spread);
    const near = sums[s + NEAR]!;
    // Without a rhythm, whichever of two spreads fits: a day must not win by knowing the spread better.
    const without = Math.min(loss(near, sums[s + NEAR_SPREAD]!), loss(near, profile.pooled(column)));
    tellDay(state, column, without - byDay);
    if (!profile.week) return;
    const hour = profile.hourSlotOf(column, cell);
    if (occasionsOf(state, hour) === 0) return;
    // Of the week only the level counts.
    const wide = Math.max(spread, state.spread[hour]!);
    tellWeek(state, column, offset === 0 ? 0 : loss(level, wide) - loss(level + offset, wide));
  }

  private closeHour(column: number, cell: number): void {
    const { profile } = this;
    const { state } = profile;
    const { sums } = state;
    const h = column * SUMS + HOUR_ROWS;
    const rows = sums[h]!;
    if (rows === 0) return;
    const from = sums[h + 1]! / rows;
    const variance = Math.max(0, sums[h + 2]! / rows - from * from);
    const pooled = profile.pooled(column);
    learnOccasion(state, profile.hourSlotOf(column, cell), from, variance, pooled, pooled);
    sums.fill(0, h, h + 3);
  }

  /** The centres follow: a plain mean on the first day, then with their half-lives in event time. */
  private follow(column: number, mean: number, variance: number, fresh: boolean): void {
    const { profile } = this;
    const { sums, counts } = profile.state;
    const s = column * SUMS;
    const first = fresh ? 1 / counts[column * COUNTS + KNOWN]! : 0;
    const slow = Math.max(first, this.slow);
    const fast = Math.max(first, this.fast);
    const pooled = profile.pooled(column);
    const wide = mean - sums[s + CENTRE]!;
    const near = mean - sums[s + NEAR]!;
    const widest = fresh ? FAR : CLIP * Math.max(sums[s + WIDE]!, pooled);
    const nearest = fresh ? FAR : CLIP * Math.max(sums[s + NEAR_SPREAD]!, pooled);
    sums[s + CENTRE]! += slow * Math.max(-widest, Math.min(widest, wide));
    sums[s + WIDE]! += slow * (Math.min(widest, Math.sqrt(variance + wide * wide)) - sums[s + WIDE]!);
    sums[s + NEAR]! += fast * near;
    sums[s + NEAR_SPREAD]! += slow * (Math.min(nearest, Math.sqrt(variance + near * near)) - sums[s + NEAR_SPREAD]!);
  }
}
