import { newExplanation } from '@quantstream/engine';
import { correlated, modelHost, numberedColumns, startModel } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';

const start = (raw: object, width: number) => startModel(plugin, raw, width);

describe('the score', () => {
  it('is missing for the warm-up, and then the same as with the learned range given', () => {
    const { model, state } = start({ depth: 8 }, 2);
    const next = correlated(1, 2);
    const rows = Array.from({ length: 900 }, next);
    const scores = rows.map((row, i) => {
      const score = model.score(row, i);
      model.learn(row, i, 1);
      return score;
    });
    expect(scores.findIndex((score) => !Number.isNaN(score))).toBe(500);
    const settings = plugin.config.parse({ depth: 8, range: [0, 1] });
    const given = plugin.initialState(settings, 2);
    given.low.set(state.low);
    given.high.set(state.high);
    const other = plugin.create(settings, given, modelHost(numberedColumns(2)));
    expect(
      rows.map((row, i) => {
        const score = other.score(row, i);
        other.learn(row, i, 1);
        return score;
      }),
    ).toEqual(scores);
  });

  it('is 1 where no row was, lower among few and lowest among many, never 0', () => {
    const { model } = start({ range: [0, 1] }, 2);
    for (let i = 0; i < 500; i++) model.learn(i % 20 ? Float64Array.of(0.2, 0.2) : Float64Array.of(0.8, 0.3), i, 1);
    const score = (x: number, y: number) => model.score(Float64Array.of(x, y), 0);
    expect(score(0.3, 0.99)).toBeGreaterThan(0.95);
    expect(score(0.8, 0.3)).toBeLessThan(score(0.3, 0.99));
    expect(score(0.2, 0.2)).toBeLessThan(score(0.8, 0.3));
    expect(score(0.2, 0.2)).toBeGreaterThan(0);
  });

  it('judges by the last complete window, so that a change is the yardstick a window later', () => {
    const { model } = start({ range: [0, 1] }, 1);
    for (let i = 0; i < 500; i++) model.learn(Float64Array.of(0.2), i, 1);
    const before = model.score(Float64Array.of(0.8), 0);
    for (let i = 0; i < 249; i++) model.learn(Float64Array.of(0.8), i, 1);
    expect(model.score(Float64Array.of(0.8), 0)).toBe(before);
    model.learn(Float64Array.of(0.8), 0, 1);
    expect(model.score(Float64Array.of(0.8), 0)).toBeLessThan(0.5 * before);
  });
});

describe('the learned range', () => {
  it('holds the middle 98 % of the warm-up and some room, whatever the rest is', () => {
    const { model, state } = start({ depth: 4 }, 2);
    for (let i = 0; i < 500; i++) model.learn(Float64Array.of(i === 7 ? 1e300 : i, 3), i, 1);
    expect(state.low[0]).toBeCloseTo(4 - 0.15 * 492, 0);
    expect(state.high[0]).toBeCloseTo(496 + 0.15 * 492, 0);
    expect(state.low[1]).toBeLessThan(3);
    expect(state.high[1]).toBeGreaterThan(3);
    expect(state.warm.length).toBe(0);
  });
});

describe('an explanation', () => {
  const width = 6;
  const { model } = start({}, width);
  const next = correlated(5, width);
  for (let i = 0; i < 3_000; i++) model.learn(next(), i, 1);

  it('says which way, the strongest first', () => {
    const out = newExplanation(width);
    model.explain!(Float64Array.of(0, 0, 0, -12, 0, 0), out);
    expect(out.baseline).toBe(0);
    expect(out.reasons[0]).toBe('column_3 is low, where few rows of late are');
  });
});

describe('configuration', () => {
  it('refuses a range the wrong way round and a warm-up below the window', () => {
    const message = (raw: object) => plugin.config.safeParse(raw).error?.issues[0].message;
    expect(message({ range: [1, 0] })).toBe('the first must be below the second');
    expect(message({ warmUp: 100 })).toMatch(/^warmUp is 100 rows, but the first window to judge by has 250/);
    expect(plugin.config.parse({})).toEqual({ trees: 25, depth: 15, window: 250, warmUp: 500, seed: 42 });
  });
});
