import { type Column, newExplanation } from '@quantstream/engine';
import { gaussian, testColumns } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { makeExplainer, reason } from './explain.js';
import { type Forest, growForest } from './forest.js';
import { columnQuantiles, GRID, quantile, rankIn } from './quantiles.js';
import { makeScorer } from './score.js';

describe('contributions', () => {
  const normal = gaussian(3);
  const values = Float64Array.from({ length: 3_000 }, () => normal());
  const columns = testColumns('a', 'b', 'c');
  const forest = growForest(values, 1_000, 3, { trees: 100, sampleSize: 256, seed: 42, stream: 1 });
  const quantiles = columnQuantiles(values, 1_000, 3);
  const explain = makeExplainer(forest, columns, quantiles, 1_000);

  it('sum to the mean path length of the row minus that of an ordinary one', () => {
    const out = newExplanation(3);
    for (const row of [Float64Array.of(0, 0, 0), Float64Array.of(9, -9, 0), values.slice(0, 3)]) {
      explain(row, out);
      const sum = out.contributions.reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - (out.total - out.baseline))).toBeLessThan(1e-9);
      expect(out.total).toBeCloseTo(makeScorer(forest).pathSum(row) / 100, 9);
    }
  });

  it('are worked out by hand on a tree of two leaves', () => {
    const stump: Forest = {
      columns: 2,
      sampleSize: 4,
      float32: false,
      roots: Int32Array.of(0, 3),
      feature: Int16Array.of(1, -1, -1),
      threshold: Float64Array.of(0.5, 0, 0),
      right: Int32Array.of(2, -1, -1),
      size: Int32Array.of(3, 2, 1),
    };
    const out = newExplanation(2);
    makeExplainer(stump, testColumns('a', 'b'), null, 3)(Float64Array.of(7, 0.6), out);
    // Leaves: left 1 + c(2) = 2, right 1; the root expects (2·2 + 1·1) / 3.
    expect(out.baseline).toBeCloseTo(5 / 3, 12);
    expect(out.total).toBe(1);
    expect([...out.contributions]).toEqual([0, 1 - out.baseline]);
    expect(out.reasons).toEqual(['b 0.6 stands out']);
  });

  it('are most negative for the column that is out of the ordinary, which leads the reasons', () => {
    const out = newExplanation(3);
    explain(Float64Array.of(0.1, -12.34567, 0.2), out);
    expect(out.contributions.indexOf(Math.min(...out.contributions))).toBe(1);
    const median = Number(quantiles[GRID.length + 32].toPrecision(4));
    expect(out.reasons[0]).toBe(`b −12.35 is below all 1,000 training rows (median ${median})`);
    expect(out.reasons.length).toBeLessThanOrEqual(3);
  });
});

describe('quantile grid', () => {
  it('has 65 ascending shares that mirror each other around the median', () => {
    expect(GRID.length).toBe(65);
    GRID.forEach((share, i) => {
      if (i > 0) expect(share).toBeGreaterThan(GRID[i - 1]);
      expect(share + GRID[64 - i]).toBeCloseTo(1, 12);
    });
  });

  it('interpolates as numpy does', () => {
    expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantile([1, 2, 4, 8], 1)).toBe(8);
    expect(quantile([5], 0.3)).toBe(5);
  });

  it('ranks values between, on and beyond its points', () => {
    const grid = columnQuantiles(
      Float64Array.from({ length: 10_001 }, (_, i) => i),
      10_001,
      1,
    );
    expect(rankIn(grid, 9_950).below).toBeCloseTo(0.995, 6);
    expect(rankIn(grid, -1)).toEqual({ below: 0, upTo: 0 });
    expect(rankIn(grid, 10_001)).toEqual({ below: 1, upTo: 1 });
    const ties = columnQuantiles(
      Float64Array.from({ length: 1_000 }, (_, i) => (i < 600 ? 0 : i)),
      1_000,
      1,
    );
    expect(rankIn(ties, 0).below).toBe(0);
    expect(rankIn(ties, 0).upTo).toBeCloseTo(0.584, 2);
  });
});

describe('reasons', () => {
  const grid = columnQuantiles(
    Float64Array.from({ length: 10_001 }, (_, i) => i / 100),
    10_001,
    1,
  );
  const [volts] = [{ ...testColumns('voltage')[0], unit: 'V' }] as [Column];
  const [plain] = testColumns('x') as [Column];

  it('say which share of the training rows lies beneath or above, with the unit and four digits', () => {
    expect(reason(volts, 99.85, grid, 10_001)).toBe('voltage 99.85 V is above 99.8 % of the training rows (median 50 V)');
    expect(reason(plain, 99.9951, grid, 10_001)).toBe('x 100 is above 99.99 % of the training rows (median 50)');
    expect(reason(plain, 1, grid, 10_001)).toBe('x 1 is below 99 % of the training rows (median 50)');
    expect(reason(plain, 123_456.78, grid, 10_001)).toBe('x 123,500 is above all 10,001 training rows (median 50)');
  });

  it('do not call a value extreme that is common by itself', () => {
    expect(reason(plain, 42, grid, 10_001)).toBe('x 42 is unusual together with the others (median 50)');
    const mostlyZero = columnQuantiles(
      Float64Array.from({ length: 1_000 }, (_, i) => (i < 970 ? 0 : i)),
      1_000,
      1,
    );
    expect(reason(plain, 0, mostlyZero, 1_000)).toBe('x 0 is unusual together with the others (median 0)');
  });
});
