import { newExplanation } from '@quantstream/engine';
import { correlated, gaussian, modelHost, startModel, testColumns } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';

const start = (raw: object, width: number) => startModel(plugin, raw, width);

describe('the score', () => {
  it('adds 1 for each ordinary column on average, and says how rare a value is', () => {
    const { model } = start({}, 4);
    const normal = gaussian(1);
    let sum = 0;
    for (let i = 0; i < 12_000; i++) {
      const row = Float64Array.from({ length: 4 }, normal);
      if (i >= 2_000) sum += model.score(row, i) / 10_000;
      model.learn(row, i, 1);
    }
    expect(sum).toBeGreaterThan(3.9);
    expect(sum).toBeLessThan(4.1);
    // Two-sided normal tails: 2.326 is 0.02, 3.719 is 0.0002.
    expect(model.score(Float64Array.of(2.326, 0, 0, 0), 0)).toBeGreaterThan(-Math.log(0.02) - 0.2);
    expect(Math.abs(model.score(Float64Array.of(0, 0, -3.719, 0), 0) + Math.log(0.0002))).toBeLessThan(0.8);
    expect(model.score(Float64Array.of(0, 9, 0, 0), 0)).toBeGreaterThan(model.score(Float64Array.of(0, 7, 0, 0), 0));
  });

  it('leaves out what is missing, and a column that is always missing', () => {
    const { model } = start({}, 3);
    const normal = gaussian(2);
    for (let i = 0; i < 1_200; i++) model.learn(Float64Array.of(normal(), normal(), Number.NaN), i, 1);
    expect(model.score(Float64Array.of(Number.NaN, 5, 1e9), 0)).toBe(model.score(Float64Array.of(Number.NaN, 5, Number.NaN), 0));
    expect(model.score(new Float64Array(3).fill(Number.NaN), 0)).toBe(0);
    expect(model.score(Float64Array.of(0.1, 5, 0), 0)).toBeGreaterThan(model.score(Float64Array.of(Number.NaN, 5, 0), 0));
  });

  it('is 0 for what a column always was, and high once it moves', () => {
    const { model } = start({}, 1);
    for (let i = 0; i < 1_000; i++) model.learn(Float64Array.of(5), i, 1);
    expect(model.score(Float64Array.of(5), 0)).toBe(0);
    expect(model.score(Float64Array.of(6), 0)).toBeGreaterThan(20);
    expect(model.score(Float64Array.of(4), 0)).toBeGreaterThan(20);
  });
});

describe('what is learned', () => {
  it('is not ruled by an outburst that was judged rare, so the next stands out as well', () => {
    const scores = [0, 1].map((p) => {
      const { model } = start({ refitEvery: 500 }, 1);
      const normal = gaussian(3);
      for (let i = 0; i < 10_000; i++) model.learn(Float64Array.of(normal()), i, 1);
      expect(model.score(Float64Array.of(9), 0)).toBeGreaterThan(18);
      for (let i = 0; i < 60; i++) model.learn(Float64Array.of(9 + normal()), i, p);
      for (let i = 0; i < 1_000; i++) model.learn(Float64Array.of(normal()), i, 1);
      return model.score(Float64Array.of(9), 0);
    });
    expect(scores[0], 'after 60 rows that were judged rare').toBeGreaterThan(10);
    expect(scores[1], 'after the same rows, not known to be rare').toBeLessThan(6);
  });

  it('takes a lasting change over, though each of its rows was judged rare', () => {
    const { model } = start({ window: 2_000, refitEvery: 200 }, 1);
    const normal = gaussian(4);
    for (let i = 0; i < 3_000; i++) model.learn(Float64Array.of(normal()), i, 1);
    expect(model.score(Float64Array.of(20), 0)).toBeGreaterThan(15);
    for (let i = 0; i < 5_000; i++) model.learn(Float64Array.of(20 + normal()), i, 0);
    expect(model.score(Float64Array.of(20), 0)).toBeLessThan(5);
  });

  it('is refitted sooner while young, and then in turns that no two columns share', () => {
    const { model, state } = start({ window: 3_000, warmUp: 200, refitEvery: 1_000 }, 4);
    const seen = new Map<number, number[]>();
    let due = [...state.due];
    for (let i = 1; i <= 6_000; i++) {
      model.learn(Float64Array.of(i % 7, i % 5, i % 3, i), i, 1);
      state.due.forEach((at, c) => {
        if (at !== due[c]) seen.set(i, [...(seen.get(i) ?? []), c]);
      });
      due = [...state.due];
    }
    expect([...seen.keys()].filter((at) => at < 2_000)).toEqual([200, 300, 450, 675, 1_013, 1_520]);
    expect([...seen].filter(([at]) => at > 3_000).map(([at, columns]) => [at, columns.length])).toEqual(
      [3_250, 3_500, 3_750, 4_000, 4_250, 4_500, 4_750, 5_000, 5_250, 5_500, 5_750, 6_000].map((at) => [at, 1]),
    );
  });
});

describe('an explanation', () => {
  const width = 6;
  const { model } = start({}, width);
  const next = correlated(5, width);
  for (let i = 0; i < 3_000; i++) model.learn(next(), i, 1);

  it('has the value and its share of the past as reason', () => {
    const out = newExplanation(width);
    model.explain!(Float64Array.of(0, 0, -2.2, 4.12345, 0, 0), out);
    expect(out.baseline).toBe(0);
    expect(out.reasons[0]).toMatch(/^column_3 4\.123 is above 99\.9\d+ % of its past$/);
    expect(out.reasons[1]).toMatch(/^column_2 −2\.2 is below 98\.?\d? % of its past$/);
  });

  it('gives the unit, and never says more than five nines', () => {
    const settings = plugin.config.parse({});
    const columns = [{ ...testColumns('voltage')[0], unit: 'V' }];
    const model = plugin.create(settings, plugin.initialState(settings, 1), modelHost(columns));
    const normal = gaussian(7);
    for (let i = 0; i < 1_000; i++) model.learn(Float64Array.of(12 + normal()), i, 1);
    const out = newExplanation(1);
    model.explain!(Float64Array.of(-5_000), out);
    expect(out.reasons).toEqual(['voltage −5,000 V is below 99.999 % of its past']);
    expect([...out.directions]).toEqual([-1]);
  });
});

describe('configuration', () => {
  it('refuses a warm-up longer than the window', () => {
    expect(plugin.config.safeParse({ window: 500 }).error?.issues[0].message).toMatch(
      /^warmUp is 1000 rows, but the window holds 500/,
    );
    expect(plugin.config.parse({})).toEqual({ window: 10_000, warmUp: 1_000, refitEvery: 2_000, robust: 0.001 });
  });
});
