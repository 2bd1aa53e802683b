// Whether day or week explain anything of a column, found out beforehand: before a cell is learned.

import {
  CHOSEN,
  COUNTS,
  DAY,
  DAY_CELLS,
  DAYS,
  GAIN_DAY,
  GAIN_WEEK,
  NOTHING,
  type RhythmState,
  SUMS,
  TODAY_DAY,
  TODAY_WEEK,
  WEEK,
  WEEK_CELLS,
  WEEK_DAYS,
} from './state.js';

/** No cell counts for more than one that was so many spreads off. */
const FURTHEST = 6;
/** Cells that a day must have told of; fewer count with the next. */
const FEW = 12;
/** No day tells more than this, nats a row: one wild day decides nothing. */
const MOST = 0.3;
/** Days that are remembered: of what the day explains, and the week. */
const MEMORY = { day: 7, week: 14 } as const;
/** Nats a row that are worth it, and that are no longer. */
const BEGIN = { day: 0.045, week: 0.01 } as const;
const END = { day: -0.03, week: 0.002 } as const;

/** A day that explains nothing costs a little by chance; one that costs more than this is no ground to stand on for a week. */
const WORTHLESS = -0.04;

/** How badly a cell was foretold: the negative logarithm of a normal density, which no outlier can carry far. */
export function lossOf(squares: number, spread: number, least: number): number {
  const scale = Math.max(spread, least);
  return Math.log(scale) + Math.min(squares / (scale * scale), FURTHEST * FURTHEST) / 2;
}

/** What one cell tells: how much better it was foretold by its day than without, nats a row. */
export function tellDay({ sums, counts }: RhythmState, column: number, gain: number): void {
  sums[column * SUMS + TODAY_DAY]! += gain;
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
  vote(state, s + TODAY_DAY, k + DAY_CELLS, s + GAIN_DAY, k + DAYS, MEMORY.day);
  vote(state, s + TODAY_WEEK, k + WEEK_CELLS, s + GAIN_WEEK, k + WEEK_DAYS, MEMORY.week);
  const chosen = counts[k + CHOSEN]!;
  const [day, week] = [sums[s + GAIN_DAY]!, sums[s + GAIN_WEEK]!];
  if (week > (chosen === WEEK ? END : BEGIN).week && day > WORTHLESS) counts[k + CHOSEN] = WEEK;
  else counts[k + CHOSEN] = day > (chosen === NOTHING ? BEGIN : END).day ? DAY : NOTHING;
}

function vote({ sums, counts }: RhythmState, today: number, cells: number, gain: number, days: number, memory: number): void {
  const told = counts[cells]!;
  if (told < FEW) return;
  const said = Math.max(-MOST, Math.min(MOST, sums[today]! / told));
  // As if there had been one day before that told nothing.
  sums[gain]! += Math.max(1 / (counts[days]! + 2), 1 / memory) * (said - sums[gain]!);
  if (counts[days]! < memory) counts[days]!++;
  sums[today] = 0;
  counts[cells] = 0;
}
