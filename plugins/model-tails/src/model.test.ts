import { newExplanation } from '@quantstream/engine';
import { gaussian, random, TestHosts, testColumns } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';

const hosts = new TestHosts();

function start(raw: object, width: number) {
  const settings = plugin.config.parse(raw);
  const state = plugin.initialState(settings, width);
  const columns = testColumns(...Array.from({ length: width }, (_, i) => `column_${i}`));
  return { state, model: plugin.create(settings, state, hosts.model(columns)) };
}

/** Rows whose columns share half their variance. */
function correlated(seed: number, width: number) {
  const normal = gaussian(seed);
  return () => {
    const common = normal();
    return Float64Array.from({ length: width }, () => Math.SQRT1_2 * (common + normal()));
  };
}

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

  it('names the column that was shifted, and which way', () => {
    const uniform = random(6);
    const out = newExplanation(width);
    let top = 0;
    let right = 0;
    for (let i = 0; i < 400; i++) {
      const row = next();
      const column = Math.floor(uniform() * width);
      const sign = uniform() < 0.5 ? -1 : 1;
      row[column] += sign * (8 + 12 * uniform());
      model.explain!(row, out);
      if (out.contributions.indexOf(Math.max(...out.contributions)) === column) top++;
      if (out.directions[column] === sign) right++;
    }
    expect(top / 400, `the shifted column leads in ${top} of 400 rows`).toBeGreaterThanOrEqual(0.95);
    expect(right / 400, `with the right direction in ${right}`).toBeGreaterThanOrEqual(0.95);
  });

  it('is the score, with the value and its share of the past as reason', () => {
    const out = newExplanation(width);
    for (const row of [next(), new Float64Array(width).fill(1e300), Float64Array.of(0, 0, -2.2, 4.12345, 0, 0)]) {
      model.explain!(row, out);
      expect(out.contributions.reduce((a, b) => a + b, 0)).toBe(out.total);
      expect(out.total).toBe(model.score(row, 0));
    }
    expect(out.reasons[0]).toMatch(/^column_3 4\.123 is above 99\.9\d+ % of its past$/);
    expect(out.reasons[1]).toMatch(/^column_2 -2\.2 is below 98\.?\d? % of its past$/);
  });

  it('gives the unit, and never says more than five nines', () => {
    const settings = plugin.config.parse({});
    const columns = [{ ...testColumns('voltage')[0], unit: 'V' }];
    const model = plugin.create(settings, plugin.initialState(settings, 1), hosts.model(columns));
    const normal = gaussian(7);
    for (let i = 0; i < 1_000; i++) model.learn(Float64Array.of(12 + normal()), i, 1);
    const out = newExplanation(1);
    model.explain!(Float64Array.of(-5_000), out);
    expect(out.reasons).toEqual(['voltage -5000 V is below 99.999 % of its past']);
    expect([...out.directions]).toEqual([-1]);
  });
});

describe('hostile rows', () => {
  it('leave scores and explanations finite', () => {
    const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constantFrom(1.7e308, -1.7e308, 5e-324, 0, 1, Number.NaN));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 205, maxLength: 260 }), fc.constantFrom(0, 1), (rows, p) => {
        const { model } = start({ warmUp: 200, window: 220, refitEvery: 10 }, 2);
        const out = newExplanation(2);
        rows.forEach((values, i) => {
          const row = Float64Array.from(values);
          if (i >= 200) expect(Number.isFinite(model.score(row, i))).toBe(true);
          model.explain!(row, out);
          expect(out.contributions.every(Number.isFinite)).toBe(true);
          model.learn(row, i, i < 200 ? 1 : p);
        });
      }),
      { seed: 1, numRuns: 60 },
    );
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
