import { newExplanation } from '@quantstream/engine';
import { correlated, gaussian, startModel } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';

const start = (raw: object, width: number) => startModel(plugin, raw, width);

describe('the score', () => {
  it('averages to the number of columns on normal rows', () => {
    const { model } = start({ halfLife: 2_000 }, 5);
    const next = correlated(1, 5);
    let sum = 0;
    for (let i = 0; i < 6_000; i++) {
      const row = next();
      if (i >= 2_000) sum += model.score(row, i);
      model.learn(row, i, 1);
    }
    expect(sum / 4_000).toBeGreaterThan(4.7);
    expect(sum / 4_000).toBeLessThan(5.4);
  });

  it('is that of plainly weighted sums over all rows since the first estimate', () => {
    const { model, state } = start({ halfLife: 50, warmUp: 20, refactorEvery: 1, ridge: 1e-9 }, 2);
    const next = correlated(2, 2);
    // Rows near the middle, so that each counts in full.
    const rows = Array.from({ length: 120 }, () => next().map((x) => x / 3));
    let mean = [0, 0];
    let covariance = [0, 0, 0];
    let weight = 0;
    rows.forEach((row, i) => {
      if (i >= 20) {
        const [x, y] = [row[0] - mean[0], row[1] - mean[1]];
        const [a, b, c] = covariance;
        const plain = (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b);
        expect(model.score(row, i) / plain).toBeCloseTo(1, 6);
        expect(plain, 'a row that counts in full').toBeLessThan(13.8);
        const decayed = weight * 2 ** (-1 / 50);
        weight = decayed + 1;
        mean = [mean[0] + x / weight, mean[1] + y / weight];
        const keep = decayed / weight;
        covariance = [keep * (a + (x * x) / weight), keep * (b + (x * y) / weight), keep * (c + (y * y) / weight)];
      }
      model.learn(row, i, 1);
      if (i === 19) {
        weight = state.weight;
        mean = [...state.mean];
        covariance = [...state.covariance];
        expect(mean[0]).toBeCloseTo(rows.slice(0, 20).reduce((sum, r) => sum + r[0], 0) / 20, 12);
      }
    });
  });

  it('sees two ordinary values that do not go together', () => {
    const { model } = start({}, 2);
    const normal = gaussian(3);
    for (let i = 0; i < 1_000; i++) {
      const x = normal();
      model.learn(Float64Array.of(x, x + 0.1 * normal()), i, 1);
    }
    expect(model.score(Float64Array.of(2, 2), 0)).toBeLessThan(10);
    expect(model.score(Float64Array.of(1, -1), 0)).toBeGreaterThan(100);
    const out = newExplanation(2);
    model.explain!(Float64Array.of(1, -1), out);
    expect([...out.directions]).toEqual([1, -1]);
    expect(out.reasons[0]).toMatch(/^column_\d is (higher|lower) than the other columns let expect \(\d\d % of the distance\)$/);
  });

  it('of a column that always stood still is high but finite when it moves, and falls as it goes on', () => {
    const { model } = start({ halfLife: 200 }, 2);
    const normal = gaussian(4);
    for (let i = 0; i < 600; i++) model.learn(Float64Array.of(normal(), 5), i, 1);
    const first = model.score(Float64Array.of(0, 6), 0);
    expect(first).toBeGreaterThan(1e5);
    expect(Number.isFinite(first)).toBe(true);
    for (let i = 0; i < 4_000; i++) model.learn(Float64Array.of(normal(), 5 + (i % 2)), i, 1);
    expect(model.score(Float64Array.of(0, 6), 0)).toBeLessThan(10);
  });
});

describe('the estimate', () => {
  it('is not moved by wild rows, whether the engine knows them to be rare or not', () => {
    for (const p of [1, 0]) {
      const { model } = start({}, 3);
      const next = correlated(5, 3);
      for (let i = 0; i < 2_000; i++) model.learn(next(), i, 1);
      const before = model.score(Float64Array.of(2, -1, 1), 0);
      for (let i = 0; i < 20; i++) model.learn(Float64Array.of(1e6, -1e6, 50), i, p);
      const after = model.score(Float64Array.of(2, -1, 1), 0);
      const change = Math.abs(after / before - 1);
      expect(change, `with p = ${p} the score changed by ${change}`).toBeLessThan(p === 1 ? 0.2 : 0.01);
    }
  });

  it('is not ruined by wild rows among the first', () => {
    const { model, state } = start({ warmUp: 200 }, 2);
    const next = correlated(6, 2);
    for (let i = 0; i < 200; i++) model.learn(i % 20 ? next() : Float64Array.of(1e300, 1e5), i, 1);
    expect(Math.abs(state.mean[0])).toBeLessThan(0.5);
    expect(Math.sqrt(state.covariance[0])).toBeLessThan(4);
    expect(model.score(Float64Array.of(12, -12), 0)).toBeGreaterThan(13.8);
  });

  it('takes a lasting change over after some half-lives, though each of its rows was judged rare', () => {
    const { model } = start({ halfLife: 200 }, 2);
    const next = correlated(7, 2);
    for (let i = 0; i < 2_000; i++) model.learn(next(), i, 1);
    let taken = 0;
    for (let i = 0; i < 10_000; i++) {
      const row = next().map((x) => x + 15);
      const score = model.score(row, i);
      if (score < 13.8) taken++;
      model.learn(row, i, score > 13.8 ? 0 : 1);
    }
    expect(taken, 'rows of 10,000 that count as ordinary').toBeGreaterThan(5_000);
  });

  it('is made anew from what is ordinary only slowly when all weight has faded', () => {
    const { model, state } = start({ halfLife: 10, warmUp: 100 }, 1);
    const normal = gaussian(8);
    for (let i = 0; i < 300; i++) model.learn(Float64Array.of(normal()), i, 1);
    const before = state.covariance[0];
    for (let i = 0; i < 100; i++) model.learn(Float64Array.of(1e150), i, 0);
    model.learn(Float64Array.of(state.mean[0]), 0, 1);
    expect(state.covariance[0]).toBeGreaterThan(before / 2);
  });
});

describe('an explanation', () => {
  const width = 6;
  const { model } = start({}, width);
  const next = correlated(9, width);
  for (let i = 0; i < 3_000; i++) model.learn(next(), i, 1);

  it('says how far a value lies from its mean', () => {
    const out = newExplanation(width);
    model.explain!(Float64Array.of(0, 0, 0, -12, 0, 0), out);
    expect(out.baseline).toBe(0);
    expect(out.reasons[0]).toMatch(/^column_3 is 1[12]\.?\d* deviations below its mean \(\d\d % of the distance\)$/);
  });
});

describe('a column that hardly ever moves', () => {
  it('does not come to look constant: its moves stay as far out as they were', () => {
    const { model } = start({ halfLife: 500, warmUp: 200 }, 2);
    const normal = gaussian(5);
    const moves: number[] = [];
    for (let i = 0; i < 60_000; i++) {
      // One row in a hundred moves.
      const row = Float64Array.of(i % 100 === 99 ? normal() : 0, normal());
      const score = model.score(row, i);
      if (i % 100 === 99 && i > 1_000) moves.push(score);
      model.learn(row, i, 1);
    }
    const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!;
    const late = median(moves.slice(-200));
    expect(late).toBeGreaterThan(20);
    expect(late).toBeLessThan(20_000);
    expect(late / median(moves.slice(100, 300))).toBeLessThan(3);
  });
});

describe('surprise', () => {
  it('of a column that stood still and moves a little is bounded', () => {
    for (const tails of ['normal', 'student']) {
      const { model } = start({ warmUp: 100, tails }, 3);
      const next = correlated(11, 3);
      const rowAt = (i: number) => {
        const row = next();
        row[2] = i < 2_000 ? 5 : 5.001;
        return row;
      };
      for (let i = 0; i < 2_000; i++) model.learn(rowAt(i), i, 1);
      const score = model.score(rowAt(2_000), 2_000);
      expect(score, tails).toBeGreaterThan(50);
      expect(score, tails).toBeLessThan(tails === 'normal' ? 3e6 : 250);
    }
  });

  it('with the tails of Student is greater of four columns at four deviations than of one at nine, and the other way round without', () => {
    const scores = ['student', 'normal'].map((tails) => {
      const { model } = start({ tails }, 4);
      const normal = gaussian(12);
      for (let i = 0; i < 4_000; i++) model.learn(Float64Array.from({ length: 4 }, normal), i, 1);
      return [model.score(Float64Array.of(4, 4, 4, 4), 0), model.score(Float64Array.of(9, 0, 0, 0), 0)];
    });
    expect(scores[0]![0]).toBeGreaterThan(2 * scores[0]![1]!);
    expect(scores[1]![0]).toBeLessThan(scores[1]![1]!);
  });
});
