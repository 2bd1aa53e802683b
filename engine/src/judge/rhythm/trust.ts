// How far the spread of a cell is its own, and how far it is chance and better taken from all cells.

import { CELLS } from './calendar.js';
import { occasionsOf, POOLED } from './cell.js';
import { ALIKE, COUNTS, DAYS, OTHERS, type RhythmState } from './state.js';

/** As how many occasions the spread of all cells counts at most. */
const MOST = 100;
/** A share in sixteen bits. */
const WHOLE = 65_535;
/** Neighbours that tell how much is chance. */
const FEW = 24;
/** Median of the absolute difference of two normal numbers, in their deviations: 0.6745 · √2. */
const MEDIAN = 0.954;
/** Variance of one absolute normal deviation, as a part of the square of its mean: π/2 − 1. */
const ONE = 0.571;
/** A spread that jumps from cell to cell makes something of nothing, row by row, and one that is too wide only hides a little: chance counts so many times. */
const DEAR = 5;

/** As how many occasions the spread of all cells counts for one of them. One that was disturbed lately, or left out, is wide for a reason. */
export function othersOf(state: RhythmState, column: number, slot: number): number {
  const at = column * COUNTS;
  return occasionsOf(state, slot) < state.counts[at + DAYS]! ? POOLED : state.counts[at + OTHERS]! || POOLED;
}

/** Takes in how much of what was met in a cell was within the day: rows that are alike on one day are one occasion together. */
export function takeInDay({ counts }: RhythmState, column: number, within: number, between: number): void {
  const share = within / (within + between);
  if (Number.isNaN(share)) return;
  const at = column * COUNTS + ALIKE;
  counts[at] = Math.round(counts[at]! + (share * WHOLE - counts[at]!) / CELLS);
}

/**
 * Works out how much cells differ, in logarithms, and how much of that is chance: as much as neighbours differ in the median, or as much as so few
 * occasions let expect. What is left is real (empirical Bayes: Efron & Morris, Journal of the American Statistical Association 70, 1975).
 * @param first the first cell of the column
 */
export function weighOthers(state: RhythmState, column: number, first: number): void {
  const steps: number[] = [];
  let before = Number.NaN;
  let [count, occasions, sum, squares] = [0, 0, 0, 0];
  for (let slot = first; slot < first + CELLS; slot++) {
    const known = occasionsOf(state, slot);
    const log = known > 0 ? Math.log(state.spread[slot]!) : Number.NaN;
    if (Number.isFinite(log)) {
      count++;
      occasions += known;
      sum += log;
      squares += log * log;
      if (Number.isFinite(before)) steps.push(Math.abs(log - before));
    }
    before = log;
  }
  if (steps.length < FEW) return;
  const beside = steps.sort((a, b) => a - b)[steps.length >> 1]! / MEDIAN;
  const each = occasions / count;
  const between = 1 - state.counts[column * COUNTS + ALIKE]! / WHOLE;
  const chance = Math.max(beside * beside, (ONE * between * between) / each);
  const real = Math.max(0, squares / count - (sum / count) ** 2 - chance);
  const others = chance === 0 ? POOLED : (DEAR * each * chance) / real;
  state.counts[column * COUNTS + OTHERS] = Math.round(Math.max(POOLED, Math.min(MOST, others)));
}
