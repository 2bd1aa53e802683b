import { describe, expect, it } from 'vitest';
import { evaluateSeries, type Label, reportOn, type Series } from '../index.js';
import { blameOf } from './blame.js';
import { layOut } from './field.js';

const SECOND = 1_000;
const DAY = 86_400;
const options = { rates: [1.01], graceMs: 0, cooldownMs: 30_000 };

/** Rows a second apart for a day, of score 0 with some overwritten. */
function daily(key: string, odd: Record<number, number>): Series {
  const scores = new Float64Array(DAY);
  for (const [i, score] of Object.entries(odd)) scores[Number(i)] = score;
  return { key, times: Float64Array.from(scores, (_, i) => i * SECOND), scores };
}

const label = (key: string, from: number, to: number, columns?: string[]): Label => ({
  key,
  kind: 'fault',
  from: from * SECOND,
  to: to * SECOND,
  ...(columns ? { columns } : {}),
});

describe('a threshold for each key', () => {
  // One key is louder than the other by itself.
  const loud = daily('loud', { 100: 50, 900: 40, 5000: 45 });
  const calm = daily('calm', { 300: 5, 2000: 4, 7000: 4.5 });
  const labels = [label('loud', 5_000, 5_001), label('calm', 7_000, 7_001)];

  it('finds what one for all does not', () => {
    // Two days of keys allow two false episodes: those of the loud key. By itself each may have one.
    const { points } = evaluateSeries([loud, calm], labels, options);
    expect(points[0]).toMatchObject({ threshold: 5, recall: 0.5, recallApart: 1 });
  });

  it('is the same where there is one key', () => {
    for (const series of [loud, calm]) {
      const { points } = evaluateSeries([series], labels, options);
      expect(points[0]!.recallApart).toBe(points[0]!.recall);
    }
  });
});

describe('two pipelines, one of which judges less', () => {
  const all = daily('a', { 100: 3, 5000: 2, 40000: 9 });
  const late = { ...all, scores: all.scores.map((score, i) => (i < 30_000 ? Number.NaN : score)) };
  const run = (name: string, one: Series) => {
    const empty = new Float64Array(DAY);
    return {
      name,
      series: [{ ...one, alarms: new Uint8Array(DAY), thresholds: empty, plain: empty }],
      episodes: [],
      plainColumns: [],
      seconds: 1,
      unjudged: new Map(),
    };
  };
  const given = { files: [], labels: [label('a', 5_000, 5_009), label('a', 40_000, 40_009)], ignored: [] };
  const report = (one: Series, other: Series) =>
    reportOn(run('one', one), [run('other', other)], given, { ...options, quiet: [] });

  it('are the same on the rows that both judged', () => {
    const { detectors, differences } = report(all, late);
    expect(detectors[0]!.aucRoc).not.toBe(detectors[1]!.aucRoc);
    const { common } = differences[0]!;
    expect(common!.judged).toBeCloseTo((DAY - 30_000) / DAY, 9);
    expect(common!.here).toEqual(common!.there);
  });

  it('are not compared where they do not have the same rows', () => {
    const shifted = { ...late, times: late.times.map((time) => time + 1) };
    expect(report(all, shifted).differences[0]!.common).toBeUndefined();
  });
});

describe('the columns that are named', () => {
  const labels = [label('a', 10, 12, ['x', 'y']), label('a', 50, 51, ['z']), label('a', 80, 81, ['x']), label('a', 90, 91)];
  const field = layOut([daily('a', {})], labels, options);

  it('are compared with those at fault, over all rows of an event that was raised', () => {
    const named = new Map([
      // Over both rows: y 1.5, z 0.9, x 0.6.
      [10, { y: 1, z: 0.9 }],
      [12, { x: 0.6, y: 0.5 }],
      [50, { z: 1 }],
      [91, { x: 1 }],
    ]);
    // Half of x and y; all of z; x was not raised, and of the last nobody knows.
    expect(blameOf(field, [{ ...daily('a', {}), named }])).toEqual({ events: 2, hitRate: 0.75, firstRight: 1 });
  });

  it('say nothing where no label names columns', () => {
    expect(blameOf(layOut([daily('a', {})], [label('a', 10, 12)], options), [daily('a', {})])).toBeUndefined();
  });
});
