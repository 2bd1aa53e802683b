// Incidents, and the episodes that are part of them, as they are stored.

import type { Episode, Incident, SinkBatch } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { ask, onEachPlace } from './places.js';

const START = Date.UTC(2026, 0, 1);
const [template] = testBatch(0, 40).episodes as [Episode];
const episode = (key: string, more: Partial<Episode> = {}): Episode => ({
  ...template,
  id: `test/${key}/1`,
  key,
  status: 'open',
  start: START,
  end: START,
  rows: 1,
  ...more,
});
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: 'test/incident/1/a',
  pipeline: 'test',
  status: 'open',
  start: START,
  end: START,
  key: 'a',
  keys: 3,
  names: ['a', 'b', 'c'],
  episodes: ['test/a/1', 'test/b/1', 'test/c/1'],
  columns: ['level_change'],
  severity: 'warning',
  topics: [],
  reason: 'level_change is 9 m',
  ...more,
});
const batch = (more: Partial<SinkBatch>): SinkBatch => ({ observations: [], verdicts: [], missing: [], episodes: [], ...more });

onEachPlace('incidents', (at) => {
  const hosts = new TestHosts();
  let url: string;
  let schemas = 0;
  let schema: string;
  beforeAll(() => {
    url = at();
  });
  afterAll(() => hosts.dispose());

  async function run(batches: readonly SinkBatch[], judgement = 'first', fresh = true): Promise<void> {
    if (fresh) schema = `incidents_${process.pid}_${schemas++}`;
    const sink = await plugin.create(plugin.config.parse({ url, schema }), { ...hosts.sink(testSchema), judgement });
    await sink.open?.();
    for (const one of batches) await sink.write(one);
    await sink.close();
  }
  const stored = () =>
    ask(url, `SELECT status, keys, severity, names, withdrawn_at IS NULL AS holds FROM ${schema}.incidents ORDER BY id`);
  const marked = () => ask(url, `SELECT key, rows, status, incident FROM ${schema}.episodes ORDER BY key`);

  const stages = [
    batch({ episodes: ['a', 'b', 'c'].map((key) => episode(key)) }),
    batch({
      episodes: ['a', 'b', 'c'].map((key) => episode(key, { incident: 'test/incident/1/a' })),
      incidents: [incident()],
    }),
    batch({ incidents: [incident({ keys: 4, names: ['a', 'b', 'c', 'd'], severity: 'critical', end: START + 60_000 })] }),
    batch({
      episodes: [episode('a', { status: 'closed', rows: 4, incident: 'test/incident/1/a' })],
      incidents: [
        incident({ keys: 4, names: ['a', 'b', 'c', 'd'], severity: 'critical', end: START + 60_000, status: 'closed' }),
      ],
    }),
  ];
  const last = [{ status: 'closed', keys: 4, severity: 'critical', names: ['a', 'b', 'c', 'd'], holds: true }];
  const episodes = [
    { key: 'a', rows: 4, status: 'closed', incident: 'test/incident/1/a' },
    { key: 'b', rows: 1, status: 'open', incident: 'test/incident/1/a' },
    { key: 'c', rows: 1, status: 'open', incident: 'test/incident/1/a' },
  ];

  it('are stored in their last stage, with their episodes, and a replay changes nothing', async () => {
    await run(stages);
    expect(await stored()).toEqual(last);
    expect(await marked()).toEqual(episodes);
    await run(stages, 'first', false);
    expect(await stored()).toEqual(last);
    expect(await marked()).toEqual(episodes);
  });

  it('keep an episode that says nothing of its incident any more, unless it is judged under other settings', async () => {
    await run(stages);
    const more = [batch({ episodes: [episode('b', { rows: 7 })] })];
    await run(more, 'first', false);
    expect((await marked())[1]).toEqual({ ...episodes[1], rows: 7 });
    await run(more, 'second', false);
    expect((await marked())[1]).toEqual({ ...episodes[1], rows: 7, incident: null });
  });

  it('are the same where stages come in one batch', async () => {
    const all = (of: (one: SinkBatch) => readonly object[]) => stages.flatMap(of);
    await run([
      batch({ episodes: all((one) => one.episodes) as Episode[], incidents: all((one) => one.incidents ?? []) as Incident[] }),
    ]);
    expect(await stored()).toEqual(last);
    expect(await marked()).toEqual(episodes);
  });

  it('are withdrawn where judging again under other settings does not confirm them', async () => {
    const { verdicts } = testBatch(0, 20);
    const { key, time } = verdicts[0]!;
    const first = { ...incident({ key, start: time, end: time }) };
    const anomaly = { ...verdicts[0]!, anomalous: true, raised: true };
    await run([batch({ verdicts: [anomaly, ...verdicts.slice(1)], incidents: [first] })]);
    await run([batch({ verdicts })], 'second', false);
    expect(await stored()).toMatchObject([{ holds: false }]);
    await run([batch({ verdicts, incidents: [first] })], 'third', false);
    expect(await stored()).toMatchObject([{ holds: true }]);
  });
});
