// What memory does not have any more: asked of the sink that keeps it, it is the same picture.

import type { History, Incident, KeptRow, Stretch, Verdict } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { oddOf } from '../src/kept/block.js';
import { PageSink } from '../src/sink.js';
import type { EpisodeBar, KeyHistory, Lanes, Moment, Rank, WhatIf } from '../src/wire.js';
import { Asking } from './asking.js';
import { episodeOf, START, schemaOf } from './samples.js';

const [ROWS, KEYS] = [20_000, ['a', 'b', "it's"]];
const schema = schemaOf();
const raised = () => KEYS.map((key) => episodeOf(key, 700, 'flow is 5'));

/** Row n of a key: the flow is 5 in rows 700 to 719, which is odd. */
function verdictOf(key: string, n: number): Verdict {
  const odd = n >= 700 && n < 720;
  const [score, threshold, pValue] = [odd ? 6 : 0.5 + 0.4 * Math.sin(n), 3, odd ? 1e-6 : 0.3];
  return {
    id: `test/${key}/sample/${START + n * 1_000}/0`,
    pipeline: 'test',
    key,
    kind: 'sample',
    time: START + n * 1_000,
    n: 0,
    values: { level: 10 + Math.cos(n), flow: odd ? 5 : 1 + 0.1 * Math.sin(n) },
    models: { m: { score, threshold, pValue, version: 'v1', anomalous: odd } },
    leading: 'm',
    score,
    threshold,
    pValue,
    calibrated: true,
    anomalous: odd,
    raised: n === 700,
    ...(odd ? { severity: 'warning', reason: 'flow is 5', episode: `e-${key}` } : {}),
  };
}
const rowOf = ({ time, values, score, threshold, pValue, anomalous, models, reason }: Verdict): KeptRow => ({
  ...{ time, values: [values.level!, values.flow!], score, threshold, pValue, anomalous, calibrated: true, models },
  ...(reason === undefined ? {} : { reason }),
});
const stored = new Map(KEYS.map((key) => [key, Array.from({ length: ROWS }, (_, n) => rowOf(verdictOf(key, n)))]));
const within = (key: string, { from, to }: Stretch) => (stored.get(key) ?? []).filter(({ time }) => time >= from && time <= to);
const outage: Incident = {
  ...{
    id: 'i',
    pipeline: 'test',
    status: 'closed',
    start: START + 700_000,
    end: START + 719_000,
    key: 'a',
    keys: 3,
    names: KEYS,
  },
  ...{ episodes: KEYS.map((key) => `e-${key}`), columns: ['flow'], severity: 'warning', topics: [], reason: 'flow is 5' },
};
let broken = false;
let questions = 0;

/** Everything, as a database would answer. */
const history: History = {
  about: 'a test',
  keys: async () => {
    if (broken) throw new Error('the database is away');
    return KEYS.map((key) => ({ key, first: START, last: START + (ROWS - 1) * 1_000 }));
  },
  rows: async (key, stretch, most = 20_000) => within(key, stretch).slice(-most),
  parts: async (key, stretch, step) => {
    if (broken) throw new Error('the database is away');
    questions++;
    const parts = new Map<number, KeptRow[]>();
    for (const row of within(key, stretch)) {
      const part = Math.floor((row.time - stretch.from) / step);
      parts.set(part, [...(parts.get(part) ?? []), row]);
    }
    const of = (pick: (rows: KeptRow[]) => number) => [...parts.values()].map(pick);
    const by = (pick: (values: number[]) => number) =>
      [0, 1].map((c) => of((rows) => pick(rows.map(({ values }) => values[c]!))));
    return {
      time: of((rows) => rows.at(-1)!.time),
      last: by((values) => values.at(-1)!),
      min: by((values) => Math.min(...values)),
      max: by((values) => Math.max(...values)),
      score: of((rows) => Math.max(...rows.map(({ score }) => score))),
      threshold: of((rows) => rows.at(-1)!.threshold),
      state: [...parts.values()].map((rows) => (rows.some(({ anomalous }) => anomalous) ? 'anomalous' : 'judged')),
    };
  },
  heat: async (stretch, step, until) => {
    questions++;
    return KEYS.map((key) => {
      const rows = within(key, stretch).filter(({ time }) => time < (until.get(key) ?? Number.POSITIVE_INFINITY));
      const odd = new Float64Array(Math.max(1, Math.ceil((stretch.to - stretch.from) / step))).fill(Number.NaN);
      for (const { time, score, threshold } of rows) {
        const part = Math.min(odd.length - 1, Math.floor((time - stretch.from) / step));
        odd[part] = Math.max(Number.isNaN(odd[part]!) ? 0 : odd[part]!, oddOf(score, threshold));
      }
      const raised = rows.filter(({ anomalous }) => anomalous).length;
      return { key, rows: rows.length, judged: rows.length, raised, allowed: rows.length / 1_000, odd };
    });
  },
  episodes: async () => raised(),
  missing: async () => [],
  incidents: async () => [outage],
};

describe('what is older than memory', () => {
  const hosts = [new TestHosts(), new TestHosts()] as const;
  const asking: Asking[] = [];
  const sinks: PageSink[] = [];
  beforeAll(async () => {
    // One that has room for all, and one that has room for a few thousand rows and can ask.
    for (const [i, memory] of [64, 1].entries()) {
      const sink = new PageSink(plugin.config.parse({ memory }), hosts[i]!.sink(schema, 'sink', i === 1 ? history : undefined));
      sinks.push(sink);
      await sink.open();
      asking.push(new Asking(hosts[i]!.mounted.get('page')!));
      for (let n = 0; n < ROWS; n += 500) {
        const verdicts = Array.from({ length: 500 }, (_, j) => KEYS.map((key) => verdictOf(key, n + j))).flat();
        const [episodes, incidents] = n === 500 ? [raised(), [outage]] : [[], []];
        await sink.write({ observations: [], verdicts, episodes, missing: [], incidents });
      }
    }
  });
  afterAll(async () => {
    for (const sink of sinks) await sink.close();
    for (const one of asking) await one.close();
    for (const one of hosts) one.dispose();
  });
  /** The same question to both. */
  const both = async <T>(path: string): Promise<[T, T]> => [await asking[0]!.get<T>(path), await asking[1]!.get<T>(path)];
  const all = `from=${START}&to=${START + (ROWS - 1) * 1_000}`;

  it('has the same lanes, and asks once for all who ask the same', async () => {
    const [whole, asked] = await both<Lanes>(`api/lanes?${all}&bins=50`);
    // Sums of parts are not to the last bit those of the whole.
    const rounded = ({ lanes, ...rest }: Lanes) => ({
      ...rest,
      lanes: lanes.map((lane) => ({ ...lane, allowed: Number(lane.allowed.toFixed(6)) })),
    });
    expect(rounded(asked)).toEqual(rounded(whole));
    const before = questions;
    await asking[1]!.get(`api/lanes?${all}&bins=50`);
    expect(questions).toBe(before);
    // What memory has is not asked for.
    await asking[1]!.get(`api/lanes?from=${START + (ROWS - 500) * 1_000}&to=${START + ROWS * 1_000}&bins=50`);
    expect(questions).toBe(before);
  });

  it('has the same picture of a key, whole and close by', async () => {
    const [whole, asked] = await both<KeyHistory>(`api/key?key=a&${all}&points=400`);
    // Where memory begins, a part may be in two.
    const parts = new Map(asked.time.map((time, i) => [time, i]));
    expect(asked.time.length - whole.time.length).toBeLessThanOrEqual(1);
    expect(whole.time.every((time) => parts.has(time))).toBe(true);
    const [a, b] = [whole, asked].map(({ time }) => time.findIndex((one) => one >= START + 719_000)) as [number, number];
    for (const name of ['level', 'flow']) {
      expect(asked.columns[name]!.max[b]).toBe(whole.columns[name]!.max[a]);
      expect(asked.columns[name]!.min[b]).toBe(whole.columns[name]!.min[a]);
    }
    expect([asked.state[b], asked.score[b]]).toEqual([whole.state[a], whole.score[a]]);
    const near = `api/key?key=it%27s&from=${START + 690_000}&to=${START + 730_000}&points=400`;
    const [rows, same] = await both<KeyHistory>(near);
    expect(same.time).toEqual(rows.time);
    expect(same.columns).toEqual(rows.columns);
    expect(same.usual.flow!.high[0]).toBeCloseTo(rows.usual.flow!.high[0]!, 6);
    expect(same.episodes.map(({ id }) => id)).toEqual(["e-it's"]);
  });

  it('has the incidents of before', async () => {
    const { incidents } = await asking[1]!.get<Lanes>(`api/lanes?${all}&bins=1`);
    expect(incidents).toMatchObject([{ id: 'i', keys: 3, names: KEYS }]);
  });

  it('says why, long ago, finds the episode of a link, and gives the table', async () => {
    const [why, same] = await both<Moment>(`api/moment?key=a&time=${START + 705_200}`);
    expect(same.row).toMatchObject({ time: START + 705_000, anomalous: true, reason: 'flow is 5' });
    expect(same.around.map(({ time }) => time)).toEqual(why.around.map(({ time }) => time));
    expect(same.row!.away.flow).toBeCloseTo(why.row!.away.flow!, 6);
    expect(await asking[1]!.get<EpisodeBar>('api/episode?id=e-b')).toMatchObject({ key: 'b', rows: 20 });
    const [table, csv] = await Promise.all(
      asking.map(async (one) => (await one.fetch(`api/key.csv?key=b&from=${START}&to=${START + 999_000}`)).text()),
    );
    expect(csv).toBe(table);
    expect(csv!.split('\n')).toHaveLength(1_002);
  });

  it('says from when on it counted where it cannot count all', async () => {
    const [whole, asked] = await both<WhatIf>(`api/whatif?${all}&perDay=100`);
    expect(whole.since).toBeUndefined();
    expect(asked.since).toBeGreaterThan(START + 1_000_000);
    expect(asked.rows).toBeLessThan(whole.rows);
    expect((await asking[1]!.get<Rank>(`api/rank?${all}&key=a`)).since).toBe(asked.since);
    const recent = await asking[1]!.get<WhatIf>(`api/whatif?from=${asked.since}&perDay=100`);
    expect(recent.since).toBeUndefined();
  });

  it('says what is lacking while the other sink is away, and shows what it has', async () => {
    broken = true;
    const key = await asking[1]!.get<KeyHistory>(`api/key?key=a&${all}&points=100`);
    broken = false;
    expect(key.lack).toBe('what was stored before cannot be read: the database is away');
    expect(key.time.length).toBeGreaterThan(5);
    expect((await asking[1]!.get<KeyHistory>(`api/key?key=a&${all}&points=100`)).lack).toBeUndefined();
  });
});
