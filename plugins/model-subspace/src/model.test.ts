import { newExplanation } from '@quantstream/engine';
import { gaussian } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { Directions } from './directions.js';
import plugin from './index.js';

function start(given: object, columns: number) {
  const settings = plugin.config.parse(given);
  const state = plugin.initialState(settings, columns);
  const described = Array.from({ length: columns }, (_, i) => ({ name: `column_${i}`, unit: '1' }));
  return { state, model: plugin.create(settings, state, { columns: described } as never) };
}

/** Six columns that follow two hidden things, with a little noise of their own. */
function together(seed: number) {
  const normal = gaussian(seed);
  return () => {
    const [a, b] = [normal(), normal()];
    return Float64Array.from([a, 10 * a, a + b, b, 100 * b, a - b], (value) => value + 0.05 * normal());
  };
}

describe('directions', () => {
  it('are those of the greatest variance, each as long as it', () => {
    const normal = gaussian(1);
    const directions = new Directions(2, 3);
    const found = new Float64Array(6);
    for (let n = 1; n <= 40_000; n++) {
      const [a, b, c] = [3 * normal(), 2 * normal(), 0.1 * normal()];
      // Turned by 45° in the plane of the first two.
      directions.learn(Float64Array.of((a - b) / Math.SQRT2, (a + b) / Math.SQRT2, c), found, 1 / n);
    }
    const lengths = [0, 1].map((i) => Math.hypot(...found.subarray(3 * i, 3 * i + 3)));
    expect(lengths[0]! / 9).toBeCloseTo(1, 1);
    expect(lengths[1]! / 4).toBeCloseTo(1, 1);
    expect(Math.abs(found[0]! + found[1]!) / lengths[0]!).toBeCloseTo(Math.SQRT2, 2);
    expect(Math.abs(found[2]!) / lengths[0]!).toBeLessThan(0.01);
  });

  it('take a row apart into what they explain and what is left, and nothing gets lost', () => {
    const normal = gaussian(2);
    const directions = new Directions(3, 5);
    const found = Float64Array.from({ length: 15 }, normal);
    const row = Float64Array.from({ length: 5 }, normal);
    const rest = directions.split(row, found);
    const explained = directions.along.reduce((sum, part) => sum + part * part, 0);
    expect(explained + rest).toBeCloseTo(
      row.reduce((sum, value) => sum + value * value, 0),
      12,
    );
  });
});

describe('a row', () => {
  it('in which one column does not follow the others is odd, though each value is usual', () => {
    const { model } = start({ components: 2, warmUp: 300 }, 6);
    const next = together(3);
    let most = 0;
    for (let i = 0; i < 3_000; i++) {
      const row = next();
      if (i > 500) most = Math.max(most, model.score(row, i));
      model.learn(row, i, 1);
    }
    const row = Float64Array.of(1, 10, 1, 0, 0, 1);
    expect(model.score(row, 0)).toBeLessThan(most);
    row[0] = -1;
    expect(model.score(row, 0)).toBeGreaterThan(3 * most);
    const out = newExplanation(6);
    model.explain!(row, out);
    expect(out.contributions.indexOf(Math.max(...out.contributions))).toBe(0);
    expect(out.directions[0]).toBe(-1);
    expect(out.reasons[0]).toMatch(/^column_0 is −1, where the other columns let expect .+ \(\d+ % of the distance\)$/);
  });

  it('that is far out along what columns have in common is odd as well', () => {
    const { model } = start({ components: 2, warmUp: 300 }, 6);
    const next = together(4);
    for (let i = 0; i < 3_000; i++) model.learn(next(), i, 1);
    const near = model.score(Float64Array.of(1, 10, 2, 1, 100, 0), 0);
    expect(model.score(Float64Array.of(4, 40, 8, 4, 400, 0), 0)).toBeGreaterThan(5 * near);
  });

  it('that is wild in one column adds up to no more than its logarithm', () => {
    const { model } = start({ warmUp: 300 }, 6);
    const normal = gaussian(5);
    for (let i = 0; i < 1_000; i++) model.learn(Float64Array.from({ length: 6 }, normal), i, 1);
    const wild = model.score(Float64Array.of(1e90, 0, 0, 0, 0, 0), 0);
    expect(wild).toBeLessThan(1_000_000);
    expect(wild).toBeGreaterThan(model.score(Float64Array.of(1e9, 0, 0, 0, 0, 0), 0));
  });

  it('of a column that never moved and moves is odd, and of one that goes on moving is not for ever', () => {
    const { model } = start({ warmUp: 200, halfLife: 200 }, 2);
    const normal = gaussian(6);
    for (let i = 0; i < 1_000; i++) model.learn(Float64Array.of(normal(), 5), i, 1);
    const first = model.score(Float64Array.of(0, 5.001), 0);
    expect(first).toBeGreaterThan(20);
    expect(first).toBeLessThan(1e7);
    let last = 0;
    for (let i = 0; i < 10_000; i++) {
      const row = Float64Array.of(normal(), 5 + 0.001 * normal());
      last = model.score(row, i);
      model.learn(row, i, 1);
    }
    expect(last).toBeLessThan(20);
  });
});

describe('a window', () => {
  it('of one column knows its shape: half a swing that is turned over is odd, though its values are usual', () => {
    const { model } = start({ window: 20, warmUp: 400 }, 1);
    const normal = gaussian(7);
    const wave = (i: number) => Math.sin((2 * Math.PI * i) / 20);
    let most = 0;
    let odd = 0;
    for (let i = 0; i < 4_000; i++) {
      const turned = i >= 3_000 && i < 3_010;
      const row = Float64Array.of((turned ? -wave(i) : wave(i)) + 0.05 * normal());
      const score = model.score(row, i);
      if (i > 800 && i < 3_000) most = Math.max(most, score);
      if (i >= 3_000 && i < 3_020) odd = Math.max(odd, score);
      model.learn(row, i, 1);
    }
    expect(odd).toBeGreaterThan(5 * most);
  });
});
