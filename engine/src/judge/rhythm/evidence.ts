// Whether day or week explain anything of a column, found out beforehand: before a cell is learned.

import {
  CHOSEN,
  COUNTS,
  DAY,
  DAY_CELLS,
  DAYS,
  GAIN_DAY,
  GAIN_OWN,
  GAIN_WEEK,
  NOTHING,
  type RhythmState,
  SUMS,
  TODAY_DAY,
  TODAY_OWN,
  TODAY_WEEK,
  WEEK,
  WEEK_CELLS,
  WEEK_DAYS,
} from './state.js';

/** A cell that was further off than so many spreads counts for little more. */
const FURTHEST = 6;
/** Cells that a day must have told of; fewer count with the next. */
const FEW = 12;
/** No day tells more than this, nats a row: one wild day decides nothing. */
const MOST = 0.3;
/** Days that are remembered: of what the day explains, and the week. */
const MEMORY = { day: 7, week: 14 } as const;
/** After so many days something should have been found. */
export const DAYS_ENOUGH = MEMORY.day;
/** Nats a row that are worth it, and that are no longer. */
const BEGIN = { day: 0.045, week: 0.01 } as const;
const END = { day: -0.03, week: 0.002 } as const;

/** A day that explains nothing costs a little by chance; one that costs more than this is no ground for a week to begin on, or to stay on. */
const WORTHLESS = { begin: -0.04, end: -0.1 } as const;

/**
 * How badly a cell was foretold: the negative logarithm of a normal density, beyond some spreads of one with heavy tails, so that no outlier
 * can carry it far, and of two places that are both wrong the nearer one wins.
 */
export function lossOf(squares: number, spread: number, least: number): number {
  const scale = Math.max(spread, least);
  const far = Math.sqrt(squares) / scale;
  return Math.log(scale) + (far <= FURTHEST ? (far * far) / 2 : FURTHEST * (FURTHEST / 2 + Math.log(far / FURTHEST)));
}

/** What one cell tells: how much better it was foretold by its day than without, and than by other hours of the day, nats a row. */
export function tellDay({ sums, counts }: RhythmState, column: number, gain: number, own: number): void {
  sums[column * SUMS + TODAY_DAY]! += gain;
  sums[column * SUMS + TODAY_OWN]! += own;
  counts[column * COUNTS + DAY_CELLS]!++;
}

/** The same of its hour of the week, beyond the day. */
export function tellWeek({ sums, counts }: RhythmState, column: number, gain: number): void {
  sums[column * SUMS + TODAY_WEEK]! += gain;
  counts[column * COUNTS + WEEK_CELLS]!++;
}

/** Whether anything is known that could tell. */
export const hasTold = ({ counts }: RhythmState, column: number): boolean =>
  counts[column * COUNTS + DAY_CELLS]! > 0 || counts[column * COUNTS + DAYS]! > 0;

/** A day is over: each day has one vote, and the recent ones count. */
export function endDay(state: RhythmState, column: number): void {
  const { sums, counts } = state;
  const s = column * SUMS;
  const k = column * COUNTS;
  vote(state, k + DAY_CELLS, k + DAYS, MEMORY.day, [s + TODAY_DAY, s + GAIN_DAY], [s + TODAY_OWN, s + GAIN_OWN]);
  vote(state, k + WEEK_CELLS, k + WEEK_DAYS, MEMORY.week, [s + TODAY_WEEK, s + GAIN_WEEK]);
  const chosen = counts[k + CHOSEN]!;
  const [day, week] = [sums[s + GAIN_DAY]!, sums[s + GAIN_WEEK]!];
  // What any hour would have foretold is no rhythm: a column that is nothing but for rare blips.
  const told = Math.min(day, sums[s + GAIN_OWN]!);
  const [enough, ground] = chosen === WEEK ? [END.week, WORTHLESS.end] : [BEGIN.week, WORTHLESS.begin];
  if (week > enough && day > ground) counts[k + CHOSEN] = WEEK;
  else counts[k + CHOSEN] = told > (chosen === NOTHING ? BEGIN : END).day ? DAY : NOTHING;
}

/** @param votes of each the place of today's sum, and of what days have said so far */
function vote(
  { sums, counts }: RhythmState,
  cells: number,
  days: number,
  memory: number,
  ...votes: readonly (readonly [today: number, gain: number])[]
): void {
  const told = counts[cells]!;
  if (told < FEW) return;
  // As if there had been one day before that told nothing.
  const weight = Math.max(1 / (counts[days]! + 2), 1 / memory);
  for (const [today, gain] of votes) {
    const said = Math.max(-MOST, Math.min(MOST, sums[today]! / told));
    sums[gain]! += weight * (said - sums[gain]!);
    sums[today] = 0;
  }
  if (counts[days]! < memory) counts[days]!++;
  counts[cells] = 0;
}
