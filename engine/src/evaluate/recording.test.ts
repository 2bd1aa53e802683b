import { describe, expect, it } from 'vitest';
import type { Verdict } from '../api/index.js';
import { Recording } from './recording.js';
import { Seen, SeenKey } from './seen.js';

const verdict = (time: number, more: Partial<Verdict>): Verdict => ({
  ...({
    key: 'a',
    values: { x: 1 },
    threshold: 1,
    score: 5,
    calibrated: false,
    anomalous: false,
    models: {},
  } as unknown as Verdict),
  time,
  ...more,
});
const said = (score: number) => ({ score }) as Verdict['models'][string];
const scores = async (recording: Recording, ...verdicts: Verdict[]) => {
  await recording.write({ observations: [], verdicts, episodes: [], missing: [] });
  return [...recording.series()[0]!.scores];
};

it('takes a row that rules have seen for judged, and for ordinary, while nothing else is calibrated', async () => {
  const rows = [
    verdict(0, { models: { limits: said(0), cloud: said(5) } }),
    verdict(1, { models: { limits: said(3), cloud: said(5) }, anomalous: true, score: 3 }),
    verdict(2, { models: { limits: said(Number.NaN), cloud: said(5) } }),
    verdict(3, { models: { limits: said(0), cloud: said(5) }, calibrated: true, score: 2 }),
  ];
  expect(await scores(new Recording(['x'], ['limits']), ...rows)).toEqual([0, 3, Number.NaN, 2]);
  // Without rules an uncalibrated score cannot be compared with anything.
  expect(await scores(new Recording(['x']), ...rows)).toEqual([Number.NaN, 3, Number.NaN, 2]);
});

describe('what columns were, for pictures', () => {
  const START = 1_700_000_000_000;
  const seenOf = (rows: number, value: (row: number) => number) => {
    const seen = new SeenKey(['x', 'y']);
    for (let i = 0; i < rows; i++) seen.take(START + i * 1_000, { x: value(i), y: i });
    return seen;
  };

  it('is every row of a short recording', () => {
    const rows = seenOf(100, (i) => i % 7).rows();
    const [times, values] = [[...new Set(rows.times)], rows.values('x')];
    expect(times).toEqual(Array.from({ length: 100 }, (_, i) => START + i * 1_000));
    expect(times.map((_, i) => values[4 * i])).toEqual(times.map((_, i) => i % 7));
    expect(rows.values('z')).toHaveLength(0);
  });

  it('takes bounded room of a long one, and loses no extreme', () => {
    const rows = seenOf(200_000, (i) => (i === 123_456 ? 99 : i === 77 ? -99 : Math.sin(i))).rows();
    const times = [...new Set(rows.times)];
    expect(times.length).toBeLessThanOrEqual(1_024);
    expect(times.length).toBeGreaterThan(500);
    const values = rows.values('x');
    expect([Math.min(...values), Math.max(...values)]).toEqual([-99, 99]);
    const at = rows.times[values.indexOf(99)]!;
    expect(Math.abs(at - (START + 123_456_000))).toBeLessThan(400_000);
    expect([...rows.times]).toEqual([...rows.times].sort((a, b) => a - b));
    expect([values[0], rows.values('y').at(-1)]).toEqual([0, 199_999]);
  });

  it('has gaps where nothing was measured, and places that were', () => {
    const seen = seenOf(5_000, (i) => (i > 2_000 && i < 3_000 ? Number.NaN : i));
    const missing = seen.rows().values('x').filter(Number.isNaN).length / seen.rows().times.length;
    expect(missing).toBeGreaterThan(0.15);
    expect(missing).toBeLessThan(0.25);
    const places = seen.places();
    const [x, y] = [places.values('x'), places.values('y')];
    for (let i = 0; i < x.length; i++) if (y[i]! <= 2_000) expect(x[i]).toBe(y[i]);
  });

  it('is the same however long a part is when rows come: two halves of one recording, and rows that come late', () => {
    const seen = new SeenKey(['x']);
    const order = Array.from({ length: 4_096 }, (_, i) => i ^ 1);
    for (const i of order) seen.take(START + i * 1_000, { x: i });
    const { times } = seen.rows();
    expect([...times]).toEqual([...times].sort((a, b) => a - b));
    const values = seen.rows().values('x');
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 4_095]);
  });

  it('is kept of the first keys by name, each from its first row on', () => {
    const seen = new Seen(['x'], 2);
    for (const [i, key] of ['m', 'z', 'm', 'a', 'z', 'b', 'm', 'a', 'b'].entries()) seen.take(key, i, { x: i });
    expect(['a', 'b', 'm', 'z'].map((key) => seen.of(key) && [...new Set(seen.of(key)!.rows().times)])).toEqual([
      [3, 7],
      [5, 8],
      undefined,
      undefined,
    ]);
  });
});
