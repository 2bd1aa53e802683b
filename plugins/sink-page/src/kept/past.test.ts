import type { Episode, History, KeptRow, Missing, Verdict } from '@quantstream/engine';
import { testBatch, testSchema } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { Past } from './past.js';

const SIGNAL = new AbortController().signal;
const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const gap: Missing = { key: 'b', from: 5, to: 6, reason: 'lost', count: 1 };

/** Keys with rows at 0, 1, 2 … s that another sink has kept. */
function stored(keys: readonly string[], count: number): History {
  const row = (i: number): KeptRow => {
    const values = testSchema.row.columns.map(() => i);
    return { time: i * 1_000, values, score: 0.1, threshold: 1, pValue: 0.5, anomalous: false, calibrated: true, models: {} };
  };
  return {
    about: 'a test',
    keys: async () => keys.map((key) => ({ key, first: 0, last: (count - 1) * 1_000 })),
    rows: async (_, { to }, most = count) =>
      Array.from({ length: count }, (_, i) => row(i))
        .filter(({ time }) => time <= to)
        .slice(-most),
    parts: async () => ({ time: [], last: [], min: [], max: [], score: [], threshold: [], state: [] }),
    heat: async () => [],
    episodes: async () => [] as Episode[],
    missing: async () => [gap],
    incidents: async () => [],
  };
}

describe('what is kept', () => {
  it('is filled with the latest rows of every key alike, as far as there is room', async () => {
    const past = new Past(testSchema, 400_000);
    const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
    await past.fill(stored(keys, 5_000), SIGNAL, false);
    const counts = keys.map((key) => [...past.ring.rowsOf(key, always)]);
    expect(past.ring.bytes).toBeLessThanOrEqual(400_000);
    expect(Math.min(...counts.map(({ length }) => length))).toBeGreaterThan(100);
    for (const rows of counts) expect(rows.at(-1)!.time).toBe(4_999_000);
  });

  it('says where this process began, and what it has heard itself is not told twice', async () => {
    const past = new Past(testSchema, 10_000_000);
    const verdict = { ...testBatch(0, 1).verdicts[0]!, key: 'b', time: 10_000 };
    past.take({ observations: [], verdicts: [verdict], episodes: [], missing: [gap] });
    await past.fill(stored(['a', 'b'], 20), SIGNAL, true);
    expect([...past.ring.rowsOf('b', always)].map(({ time }) => time / 1_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(past.notesWithin(0, 1e9, 'b')).toEqual([expect.objectContaining({ kind: 'restart', time: 9_000 })]);
    expect(past.gapsWithin(0, 1e9, 'b')).toHaveLength(1);
  });

  it('gives way to what is judged once more, and counts stay true', () => {
    const past = new Past(testSchema, 10_000_000);
    const at = (time: number, anomalous = false): Verdict => {
      const { reason: _, ...verdict } = testBatch(0, 1).verdicts[0]!;
      return { ...verdict, key: 'a', time, anomalous, score: anomalous ? 9 : 0.1, threshold: 1 };
    };
    const take = (...verdicts: Verdict[]) => past.take({ observations: [], verdicts, episodes: [], missing: [] });
    take(...Array.from({ length: 700 }, (_, i) => at(i, i === 650)));
    take(at(300), at(301));
    const [block] = past.ring.keys.get('a')!.blocks;
    expect([past.ring.rows, block!.count, block!.judged]).toEqual([302, 302, 302]);
    expect(block!.odd).toBeCloseTo(0.1);
    expect(past.ring.bytes).toBe(past.ring.keys.get('a')!.blocks.reduce((sum, { bytes }) => sum + bytes, 0));
  });
});
