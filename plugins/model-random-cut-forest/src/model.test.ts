import { newExplanation } from '@quantstream/engine';
import { correlated, gaussian, startModel } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';

const start = (raw: object, width: number) => startModel(plugin, raw, width);

describe('an explanation', () => {
  const width = 6;
  const { model } = start({}, width);
  const next = correlated(1, width);
  for (let i = 0; i < 3_000; i++) model.learn(next(), i, 1);

  it('says where a value lies and its part of the score, the strongest first', () => {
    const out = newExplanation(width);
    model.explain!(Float64Array.of(0, 0, 0, 12, 0, 0), out);
    expect(out.baseline).toBe(0);
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
    expect([...state.waiting.subarray(0, 12)]).toEqual([0, -0, 1, -1, 2, -2, 1, -1, 2, -2, 3, -3]);
    model.learn(Float64Array.of(4, -4), 4, 1);
    const out = newExplanation(2);
    model.explain!(Float64Array.of(5, 100), out);
    expect(Math.abs(out.total - model.score(Float64Array.of(5, 100), 0))).toBeLessThan(1e-12);
    expect(out.contributions[1]).toBeGreaterThan(out.contributions[0]);
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
