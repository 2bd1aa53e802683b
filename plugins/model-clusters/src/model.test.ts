import { newExplanation, random } from '@quantstream/engine';
import { gaussian } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { firstCentres } from './first.js';
import plugin from './index.js';

function start(given: object, columns: number) {
  const settings = plugin.config.parse(given);
  const state = plugin.initialState(settings, columns);
  const described = Array.from({ length: columns }, (_, i) => ({ name: `column_${i}`, unit: '1' }));
  return { state, model: plugin.create(settings, state, { columns: described } as never) };
}

/** Two kinds of rows: idle at (0, 0), busy at (100, 10), each narrow; what lies between is of no kind. */
function kinds(seed: number) {
  const [normal, draw] = [gaussian(seed), random(seed)];
  return () => (draw() < 0.7 ? [normal(), 0.1 * normal()] : [100 + normal(), 10 + 0.1 * normal()]);
}

describe('centres of the warm-up', () => {
  it('are the middles of the kinds of rows, as often as it is asked', () => {
    const next = kinds(1);
    const rows = new Float64Array(600);
    for (let i = 0; i < 300; i++) rows.set(next(), 2 * i);
    const scales = Float64Array.of(1 / 40, 1 / 4);
    const centres = firstCentres(rows, 2, 2, scales);
    const sorted = [...centres].sort((a, b) => a - b);
    [0, 0, 10, 100].forEach((value, i) => {
      expect(Math.abs(sorted[i]! - value)).toBeLessThan(0.5);
    });
    expect(firstCentres(rows, 2, 2, scales)).toEqual(centres);
  });

  it('are no more than there are different rows', () => {
    const rows = Float64Array.from({ length: 300 }, (_, i) => i % 3);
    expect([...firstCentres(rows, 1, 20, Float64Array.of(1))].sort()).toEqual([0, 1, 2]);
    expect(firstCentres(new Float64Array(100), 1, 20, Float64Array.of(1))).toHaveLength(1);
  });
});

describe('a row', () => {
  it('that lies between two kinds is odd, though each of its values is within what is usual', () => {
    const { model } = start({ warmUp: 300 }, 2);
    const next = kinds(2);
    const scores: number[] = [];
    for (let i = 0; i < 3_000; i++) {
      const row = Float64Array.from(next());
      scores.push(model.score(row, i));
      model.learn(row, i, 1);
    }
    const usual = scores.slice(300).sort((a, b) => a - b);
    expect(usual[usual.length >> 1]!).toBeLessThan(2);
    expect(model.score(Float64Array.of(50, 5), 0)).toBeGreaterThan(10 * usual.at(-1)!);
    // Busy in one column, idle in the other.
    expect(model.score(Float64Array.of(100, 0), 0)).toBeGreaterThan(10 * usual.at(-1)!);
  });

  it('says what rows that are else like it have', () => {
    const { model } = start({ warmUp: 300 }, 2);
    const next = kinds(3);
    for (let i = 0; i < 1_000; i++) model.learn(Float64Array.from(next()), i, 1);
    const out = newExplanation(2);
    const row = Float64Array.of(100, 7);
    const score = model.score(row, 0);
    model.explain!(row, out);
    expect(out.total / score).toBeCloseTo(1, 9);
    expect(out.directions[1]).toBe(-1);
    expect(out.reasons[0]).toMatch(
      /^column_1 is 7, where rows that are else like this have (10|9\.\d+) \(\d+ % of the distance\)$/,
    );
  });

  it('that is wild in one column outshouts none that is a little off in several', () => {
    const { model } = start({ warmUp: 500 }, 6);
    const normal = gaussian(4);
    for (let i = 0; i < 2_000; i++) model.learn(Float64Array.from({ length: 6 }, normal), i, 1);
    const several = model.score(Float64Array.of(6, 6, 6, 6, 6, 6), 0);
    expect(several).toBeGreaterThan(model.score(Float64Array.of(1_000, 0, 0, 0, 0, 0), 0));
  });
});

describe('what is learned', () => {
  it('follows where all kinds drift slowly', () => {
    const { model } = start({ warmUp: 300, halfLife: 300 }, 2);
    const next = kinds(5);
    let late = 0;
    for (let i = 0; i < 30_000; i++) {
      const row = Float64Array.from(next(), (value) => value + i / 500);
      if (i > 20_000) late = Math.max(late, model.score(row, i));
      model.learn(row, i, 1);
    }
    expect(late).toBeLessThan(60);
  });

  it('of rows that were judged rare is little: an event of hours stays odd', () => {
    const { model } = start({ warmUp: 300 }, 2);
    const next = kinds(6);
    for (let i = 0; i < 5_000; i++) model.learn(Float64Array.from(next()), i, 1);
    const odd = Float64Array.of(50, 5);
    const before = model.score(odd, 0);
    for (let i = 0; i < 500; i++) model.learn(odd, i, 0);
    expect(model.score(odd, 0)).toBeGreaterThan(before / 3);
  });
});
