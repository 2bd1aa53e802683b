import { expect, it } from 'vitest';
import { CELLS } from './calendar.js';
import { ALIKE, DAYS, initialRhythm, makeCells, type RhythmState } from './state.js';
import { othersOf, takeInDay, weighOthers } from './trust.js';

/** A column whose cells are known from twelve days, with such spreads. */
function known(spreadAt: (cell: number) => number): RhythmState {
  const state = initialRhythm(1);
  makeCells(state, 1, false);
  state.grade.fill(0xcc);
  state.spread.forEach((_, cell) => {
    state.spread[cell] = spreadAt(cell);
  });
  return state;
}

/** Between 0 and 1, the same each time. */
const anyhow = (cell: number) => (((cell + 1) * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;

function others(spreadAt: (cell: number) => number, withinDay = 1): number {
  const state = known(spreadAt);
  state.counts[ALIKE] = 65_535 * withinDay;
  weighOthers(state, 0, 0);
  return othersOf(state, 0, 0);
}

it('believes no cell that differs from its neighbours as much as from all', () => {
  expect(others((cell) => 1 + 0.3 * anyhow(cell))).toBeGreaterThan(50);
});

it('believes a day that is louder than the night', () => {
  const loud = (cell: number) => (cell > 96 && cell < 216 ? 3 : 1);
  expect(others((cell) => loud(cell) * (1 + 0.3 * anyhow(cell)))).toBe(4);
});

it('believes one cell where a job runs, beside which neighbours hardly differ', () => {
  expect(others((cell) => (cell === 40 ? 20 : 1 + 0.02 * anyhow(cell)))).toBe(4);
});

it('believes few days less where all rows of a cell say the same', () => {
  const smooth = (cell: number) => 1 + 0.2 * Math.sin((2 * Math.PI * cell) / CELLS);
  expect(others(smooth, 1)).toBe(4);
  expect(others(smooth, 0)).toBe(100);
});

it('learns how much of a cell lies within a day, and nothing from a cell in which nothing moves', () => {
  const state = initialRhythm(1);
  for (let i = 0; i < 5_000; i++) takeInDay(state, 0, 3, 1);
  takeInDay(state, 0, 0, 0);
  expect(state.counts[ALIKE]! / 65_535).toBeCloseTo(0.75, 2);
});

it('says nothing anew of a column that is known in a few cells only, nor of one that never moves', () => {
  const state = known(() => 0);
  weighOthers(state, 0, 0);
  expect(othersOf(state, 0, 0)).toBe(4);
});

it('lets a cell that was disturbed lately keep its own', () => {
  const state = known((cell) => 1 + 0.3 * anyhow(cell));
  weighOthers(state, 0, 0);
  state.counts[DAYS] = 7;
  // Cell 10 knows of five occasions again, the others of twelve.
  state.grade[5] = 0xc5;
  expect(othersOf(state, 0, 10)).toBe(4);
  expect(othersOf(state, 0, 11)).toBeGreaterThan(50);
});
