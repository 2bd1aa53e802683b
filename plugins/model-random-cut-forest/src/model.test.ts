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

describe('an explanation', () => {
  const width = 6;
  const { model } = start({}, width);
  const next = correlated(1, width);
  for (let i = 0; i < 3_000; i++) model.learn(next(), i, 1);

  it('names the column that was shifted, and which way', () => {
    const uniform = random(2);
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

  it('sums to the score and has at most three reasons, the strongest first', () => {
    const out = newExplanation(width);
    for (const row of [next(), new Float64Array(width).fill(1e300), Float64Array.of(0, 0, 0, 12, 0, 0)]) {
      model.explain!(row, out);
      expect(Math.abs(out.total - model.score(row, 0))).toBeLessThan(1e-9);
      expect(Math.abs(out.contributions.reduce((a, b) => a + b, 0) - out.total)).toBeLessThan(1e-9);
      expect(out.reasons.length).toBeLessThanOrEqual(3);
    }
    expect(out.reasons[0]).toMatch(/^column_3 lies above the rows most like it \(\d\d % of the score\)$/);
  });
});

describe('missing values', () => {
  it('leave the score to the other columns', () => {
    const { model } = start({}, 3);
    const next = correlated(3, 3);
    for (let i = 0; i < 1_000; i++) model.learn(next(), i, 1);
    const ordinary = model.score(Float64Array.of(0, 0, Number.NaN), 0);
    expect(model.score(Float64Array.of(0, 9, Number.NaN), 0)).toBeGreaterThan(1.5 * ordinary);
    expect(Math.abs(ordinary - model.score(Float64Array.of(0, 0, 0), 0))).toBeLessThan(0.3);
    expect(model.score(new Float64Array(3).fill(Number.NaN), 0)).toBeGreaterThan(0);
    const out = newExplanation(3);
    model.explain!(Float64Array.of(0, 9, Number.NaN), out);
    expect(out.contributions[1]).toBeGreaterThan(out.contributions[0]);
    expect(out.contributions[2]).toBe(0);
  });

  it('are learned as the value last seen; nothing is learned before there is one', () => {
    const { model, state } = start({ warmUp: 1 }, 2);
    model.learn(Float64Array.of(1, Number.NaN), 0, 1);
    expect(state.rows).toBe(0);
    model.learn(Float64Array.of(Number.NaN, 5), 1, 1);
    expect([...state.points.subarray(0, 2)]).toEqual([1, 5]);
    model.learn(Float64Array.of(Number.NaN, 6), 2, 1);
    expect([...state.points.subarray(2, 4)]).toEqual([1, 6]);
  });
});

describe('a shingle', () => {
  it('shows an odd sequence of ordinary values, which single rows do not', () => {
    const rise = (seed: number, raw: object) => {
      const { model } = start(raw, 1);
      const normal = gaussian(seed);
      const wave = (i: number) => Math.sin(i / 3) + 0.05 * normal();
      for (let i = 0; i < 2_000; i++) model.learn(Float64Array.of(wave(i)), i, 1);
      // The value of the other side of the wave: ordinary by itself.
      const odd = model.score(Float64Array.of(Math.sin((2_000 + 9.4) / 3)), 0);
      return odd / model.score(Float64Array.of(wave(2_000)), 0);
    };
    expect(rise(4, { shingle: 4 })).toBeGreaterThan(1.5);
    expect(rise(4, { shingle: 1 })).toBeLessThan(1.2);
  });

  it('is judged as the last rows in order, and explained by column', () => {
    const { model, state } = start({ shingle: 3, warmUp: 5 }, 2);
    for (let i = 0; i < 4; i++) {
      expect(model.score(Float64Array.of(i, -i), i)).toBeNaN();
      model.learn(Float64Array.of(i, -i), i, 1);
    }
    expect([...state.points.subarray(0, 12)]).toEqual([0, -0, 1, -1, 2, -2, 1, -1, 2, -2, 3, -3]);
    model.learn(Float64Array.of(4, -4), 4, 1);
    const out = newExplanation(2);
    model.explain!(Float64Array.of(5, 100), out);
    expect(Math.abs(out.total - model.score(Float64Array.of(5, 100), 0))).toBeLessThan(1e-12);
    expect(out.contributions[1]).toBeGreaterThan(out.contributions[0]);
  });
});

describe('hostile rows', () => {
  it('leave scores finite, and the forest as good as before', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(1e300, -1e300, 5e-324, 0, -0, 1e-45),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 80 }), (rows) => {
        const { model } = start({ trees: 5, sampleSize: 16, warmUp: 1 }, 2);
        const out = newExplanation(2);
        rows.forEach(([a, b], i) => {
          const row = Float64Array.of(a, b);
          if (i > 0) expect(Number.isFinite(model.score(row, i))).toBe(true);
          model.explain!(row, out);
          expect(out.contributions.every(Number.isFinite)).toBe(true);
          model.learn(row, i, 1);
        });
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe('configuration', () => {
  it('has defaults for everything but the decay, which follows the sample size', () => {
    expect(plugin.config.parse({})).toEqual({ trees: 50, sampleSize: 256, shingle: 1, warmUp: 256, seed: 42 });
    expect(start({}, 1).model.version).toBe('rcf-50x256');
    expect(start({ shingle: 4, trees: 10 }, 1).model.version).toBe('rcf-10x256-shingle-4');
  });

  it('refuses a forest that no memory holds, and unknown keys', () => {
    expect(plugin.config.safeParse({ trees: 1_000, sampleSize: 16_384 }).success).toBe(false);
    expect(plugin.config.safeParse({ tree: 10 }).success).toBe(false);
  });
});
