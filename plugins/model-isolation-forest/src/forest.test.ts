import { gaussian, random } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averagePathLength, depthLimit, type Forest, growForest } from './forest.js';
import { makePlainScorer, makeScorer, nodeDepths } from './score.js';

function normalRows(count: number, columns: number, seed = 1): Float64Array {
  const normal = gaussian(seed);
  return Float64Array.from({ length: count * columns }, () => normal());
}

const settings = { trees: 20, sampleSize: 64, seed: 42, stream: 1 };

describe('average path length', () => {
  it('is 0 for one row, 1 for two, and follows the harmonic approximation beyond', () => {
    expect([0, 1, 2].map(averagePathLength)).toEqual([0, 0, 1]);
    // 2·(ln 255 + γ) − 2·255/256, from Python.
    expect(averagePathLength(256)).toBeCloseTo(10.244770920119917, 12);
    expect(averagePathLength(3)).toBeCloseTo(2 * (Math.log(2) + 0.5772156649015329) - 4 / 3, 15);
  });
});

describe('growing', () => {
  const values = normalRows(500, 3);
  const forest = growForest(values, 500, 3, settings);

  it('gives every tree a sub-sample of the given size and stops at the depth limit', () => {
    expect([...forest.roots.subarray(0, 20)].map((root) => forest.size[root])).toEqual(Array(20).fill(64));
    expect(depthLimit(64)).toBe(6);
    expect(depthLimit(65)).toBe(7);
    expect(Math.max(...nodeDepths(forest))).toBe(6);
  });

  it('splits every node that can be split, into two sides that hold rows', () => {
    const depths = nodeDepths(forest);
    forest.feature.forEach((column, node) => {
      if (column >= 0) {
        const [left, right] = [forest.size[node + 1], forest.size[forest.right[node]]];
        expect(Math.min(left, right)).toBeGreaterThan(0);
        expect(left + right).toBe(forest.size[node]);
      } else if (depths[node] < 6) expect(forest.size[node]).toBe(1);
    });
  });

  it('draws without replacement: with as many rows as the sample, each row is used exactly once', () => {
    // Distinct values and no depth to speak of: a row drawn twice would leave a leaf of two.
    const distinct = Float64Array.from({ length: 8 }, (_, i) => i);
    for (let stream = 0; stream < 50; stream++) {
      const grown = growForest(distinct, 8, 1, { trees: 4, sampleSize: 8, seed: 1, stream });
      for (let tree = 0; tree < 4; tree++) expect(leavesReached(grown, tree, distinct)).toBe(8);
    }
  });

  /** Rows of a tree's leaves, counted by dropping each value in and adding the rows of leaves that were hit for the first time. */
  function leavesReached(grown: Forest, tree: number, rows: Float64Array): number {
    const hit = new Set<number>();
    let reached = 0;
    for (const x of rows) {
      let node = grown.roots[tree];
      while (grown.feature[node] >= 0) node = x <= grown.threshold[node] ? node + 1 : grown.right[node];
      if (!hit.has(node)) reached += grown.size[node];
      hit.add(node);
    }
    return reached;
  }

  it('never splits on a constant column, and makes single leaves of rows that are all alike', () => {
    const mixed = normalRows(300, 3);
    for (let i = 0; i < 300; i++) mixed[i * 3 + 1] = 7;
    expect(growForest(mixed, 300, 3, settings).feature).not.toContain(1);
    const alike = growForest(new Float64Array(900).fill(2), 300, 3, settings);
    expect(alike.feature).toEqual(new Int16Array(20).fill(-1));
    expect(makeScorer(alike).score(Float64Array.of(2, 2, 2))).toBeCloseTo(0.5, 12);
  });

  it('splits a column whose range is tiny, or too wide for a number', () => {
    const tiny = Float64Array.from({ length: 100 }, (_, i) => 1 + (i % 2) * Number.EPSILON);
    expect(growForest(tiny, 100, 1, settings).feature[0]).toBe(0);
    const wide = Float64Array.from({ length: 100 }, (_, i) => (i - 50) * 3e306 * (i % 7));
    const scorer = makeScorer(growForest(wide, 100, 1, settings));
    expect(scorer.score(Float64Array.of(1.7e308))).toBeGreaterThan(0);
  });

  it('is the same for the same seed and stream, and another for another of either', () => {
    expect(growForest(values, 500, 3, settings)).toEqual(forest);
    expect(growForest(values, 500, 3, { ...settings, seed: 43 }).threshold).not.toEqual(forest.threshold);
    expect(growForest(values, 500, 3, { ...settings, stream: 2 }).threshold).not.toEqual(forest.threshold);
  });

  it('refuses to grow on fewer than two rows', () => {
    expect(() => growForest(new Float64Array(3), 1, 3, settings)).toThrow(/at least two rows, found 1/);
  });
});

describe('scoring', () => {
  it('gives the same number on padded trees as on ordinary nodes, bit for bit', () => {
    const shape = fc.record({
      seed: fc.nat(1e6),
      count: fc.integer({ min: 2, max: 400 }),
      columns: fc.integer({ min: 1, max: 6 }),
      trees: fc.integer({ min: 1, max: 11 }),
      // Eight levels, 129 … 256 rows, have a kernel of their own.
      sampleSize: fc.oneof(fc.integer({ min: 2, max: 400 }), fc.integer({ min: 129, max: 256 })),
      levels: fc.integer({ min: 1, max: 40 }),
      float32: fc.boolean(),
    });
    fc.assert(
      fc.property(shape, ({ seed, count, columns, trees, sampleSize, levels, float32 }) => {
        const uniform = random(seed);
        // Few levels make ties and constant columns.
        const values = Float64Array.from({ length: count * columns }, () => Math.floor(uniform() * levels) / 10);
        const forest = { ...growForest(values, count, columns, { trees, sampleSize, seed, stream: 1 }), float32 };
        const [padded, plain] = [makeScorer(forest), makePlainScorer(forest)];
        for (let i = 0; i < 40; i++) {
          const from = (i % count) * columns;
          const row =
            i < 20 ? values.slice(from, from + columns) : Float64Array.from({ length: columns }, () => uniform() * 9 - 3);
          if (i === 39) row.fill(Number.NaN);
          expect(padded.pathSum(row)).toBe(plain.pathSum(row));
          expect(padded.score(row)).toBe(plain.score(row));
        }
      }),
      { numRuns: 150, seed: 20080101 },
    );
  });

  it('scores forests too large for padding as well', () => {
    const values = normalRows(9_000, 2);
    const large = growForest(values, 9_000, 2, { trees: 130, sampleSize: 8_193, seed: 1, stream: 1 });
    const row = Float64Array.of(0.1, -3);
    expect(makeScorer(large).score(row)).toBe(makePlainScorer(large).score(row));
  });

  it('keeps every score between 0 and 1, and puts what lies apart above what lies within', () => {
    const values = normalRows(2_000, 3);
    const { score } = makeScorer(growForest(values, 2_000, 3, { trees: 100, sampleSize: 256, seed: 42, stream: 1 }));
    const [inside, outside] = [score(Float64Array.of(0, 0, 0)), score(Float64Array.of(8, 8, 8))];
    expect(inside).toBeGreaterThan(0.3);
    expect(inside).toBeLessThan(0.5);
    expect(outside).toBeGreaterThan(0.7);
    expect(outside).toBeLessThan(1);
  });
});
