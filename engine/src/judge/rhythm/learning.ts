// What was met in a cell is taken into the profile once time has left it.

import { sameDay, sameHour } from './calendar.js';
import { learnOccasion, occasionsOf, QUIETEST, spreadOf } from './cell.js';
import { endDay, lossOf, tellDay, tellWeek } from './evidence.js';
import type { Profile } from './profile.js';
import {
  CENTRE,
  COUNTS,
  HOUR_ROWS,
  KNOWN,
  LOCAL,
  makeCells,
  NEAR,
  NEAR_SPREAD,
  ORIGIN,
  ROWS,
  SPREADS,
  SUMS,
  TODAY,
  WIDE,
} from './state.js';
import { takeInDay, weighOthers } from './trust.js';

/** A time that no longer counts between two cells: there was a pause. */
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Half-lives of the centres. */
const SLOW = 3 * DAY;
const FAST = DAY / 4;
/** Of how today differs, and of where a column just was. */
const ANEW = HOUR * 0.75;
const JUST = HOUR / 2;
/** Today differs by at most so many spreads more with each cell, of which the half-life takes its part. */
const PACE = 3;
/** What is further from a centre than so many spreads moves it no more. */
const CLIP = 4;
/** A mean that is so many spreads from what was expected is unlike it. */
const FARTHER = 3.5;
/** Values further than this from their level are as far as that. */
export const FAR = 1e30;

/** Teaches a profile. */
export class Learning {
  private readonly profile: Profile;
  private readonly columns: number;
  /** By how much the centres move towards the cell that closes. */
  private slow = 0;
  private fast = 0;
  private anew = 0;
  private just = 0;

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
    this.anew = 1 - 2 ** (-passed / ANEW);
    this.just = 1 - 2 ** (-passed / JUST);
    for (let c = 0; c < columns; c++) {
      this.closeCell(c, cell, levels[c]!);
      if (hourEnds) this.closeHour(c, cell);
      if (!dayEnds) continue;
      endDay(state, c);
      weighOthers(state, c, this.profile.slotOf(c, 0));
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
    const first = counts[column * COUNTS + KNOWN] === 0;
    const before = state.spread[slot]!;
    const spread = occasions > 0 ? spreadOf(state, slot, pooled) : 0;
    let [offset, today, unlike] = [0, 0, false];
    if (occasions > 0) {
      takeInDay(state, column, variance, from * from);
      if (week) for (let i = 0; i < 3; i++) sums[s + HOUR_ROWS + i]! += sums[s + ROWS + i]!;
      if (profile.isNew(column, cell, occasions)) {
        today = profile.todayOf(column, spread);
        // A kind of day that is new, and unlike, is for the hours of the week to learn.
        const far = FARTHER * Math.max(spread, pooled);
        unlike = occasions > 1 && Math.abs(mean - level - today) > FARTHER * spread && Math.abs(mean - sums[s + LOCAL]!) <= far;
      } else if (week) offset = profile.offsetOf(column, cell);
      if (occasions > 0) this.weigh(column, cell, mean, variance, level, today);
      sums[s + TODAY] = this.led(sums[s + TODAY]!, mean - level - offset, spread);
    }
    if (!unlike)
      learnOccasion(
        state,
        slot,
        mean - offset - (occasions > 1 ? today : 0) - origin,
        variance,
        pooled,
        sums[s + WIDE]!,
        first ? 0 : mean - sums[s + LOCAL]!,
      );
    sums[s + SPREADS]! += state.spread[slot]! - before;
    sums[s + LOCAL]! += (first ? 1 : this.just) * (mean - sums[s + LOCAL]!);
    if (occasions === 0) counts[column * COUNTS + KNOWN]!++;
    this.follow(column, mean, variance, occasions === 0);
    sums.fill(0, s + ROWS, s + ROWS + 3);
  }

  /** An offset that follows a distance: slowly away from nothing, at once back to it. */
  private led(offset: number, distance: number, spread: number): number {
    const off = distance - offset;
    if (Math.abs(distance) < Math.abs(off)) return offset / 2;
    return offset + this.anew * Math.max(-PACE * spread, Math.min(PACE * spread, off));
  }

  /** Compares how the cell was foretold by its day and week with how it would have been without. */
  private weigh(column: number, cell: number, mean: number, variance: number, level: number, today: number): void {
    const { profile } = this;
    const { state } = profile;
    const { sums } = state;
    const s = column * SUMS;
    const slot = profile.slotOf(column, cell);
    const least = 1e-9 * Math.abs(sums[s + ORIGIN]!) + Number.MIN_VALUE;
    const pooled = profile.pooled(column);
    const spread = Math.max(spreadOf(state, slot, pooled), QUIETEST * pooled);
    const loss = (from: number, scale: number) => lossOf(variance + (mean - from) ** 2, scale, least);
    // Without a rhythm, whichever of two spreads fits: a day must not win by knowing the spread better.
    const without = (from: number) => Math.min(loss(from, sums[s + NEAR_SPREAD]!), loss(from, pooled));
    const strict = without(sums[s + NEAR]!) - loss(level, spread);
    // What follows today is compared with what follows the column.
    const following = today === 0 ? strict : without(sums[s + LOCAL]!) - loss(level + today, spread);
    tellDay(state, column, Math.max(strict, Math.min(0, following)), profile.elsewhere(column, cell, loss) - loss(level, spread));
    if (!profile.week) return;
    const hour = profile.hourSlotOf(column, cell);
    if (occasionsOf(state, hour) === 0) return;
    // Of the week only the level counts.
    const wide = Math.max(spread, state.spread[hour]!);
    const offset = profile.offsetOf(column, cell);
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
