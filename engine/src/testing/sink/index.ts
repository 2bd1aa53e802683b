// The laws of sinks.

import { afterAll, describe, expect, it } from 'vitest';
import {
  type Episode,
  type Observation,
  type PipelineSchema,
  type PluginModule,
  pluginFrom,
  type SinkBatch,
  type SinkPlugin,
  type Verdict,
} from '../../api/index.js';
import { TestHosts } from '../host.js';
import { gaussian, random } from '../random.js';

export interface SinkLaws {
  /** `with:` as a user writes it, for the n-th fresh place to write to. */
  config(n: number, hosts: TestHosts): unknown | Promise<unknown>;
  /** All that a reader of the n-th place sees, as records that can be compared, in any order. */
  read(n: number, hosts: TestHosts): Promise<readonly unknown[]>;
  /** Cleans up at the end. */
  close?(): Promise<void>;
}

/** A schema for tests of sinks: one observation type, a row of three columns, one model. */
export const testSchema: PipelineSchema = {
  pipeline: 'test',
  observations: {
    reading: {
      about: 'a reading of a sensor',
      sequence: 'contiguous',
      fields: { level: { unit: 'm', about: 'level' }, flow: { unit: 'm³/s', about: 'flow', optional: true } },
      text: { state: 'state of the valve' },
    },
  },
  row: {
    kind: 'summary',
    about: 'one row a second',
    columns: [
      { name: 'level_mean', unit: 'm', about: 'mean level', formula: 'mean(level)', role: 'context' },
      { name: 'level_change', unit: 'm', about: 'change', formula: 'Δ level', role: 'feature' },
      { name: 'flow_mean', unit: 'm³/s', about: 'mean flow', formula: 'mean(flow)', role: 'feature' },
    ],
  },
  models: [{ name: 'forest', plugin: 'test', columns: ['level_change', 'flow_mean'] }],
};

/** A batch of the test schema: `n` readings and verdicts from number `start`; deterministic. */
export function testBatch(start: number, n: number): SinkBatch {
  const observations: Observation[] = [];
  const verdicts: Verdict[] = [];
  const episodes: Episode[] = [];
  const epoch = Date.UTC(2026, 0, 1);
  for (let i = start; i < start + n; i++) {
    const normal = gaussian(i + 1);
    const time = epoch + i * 1_000;
    const key = i % 2 ? 'tank "A"' : 'tank-B';
    observations.push({
      key,
      type: 'reading',
      sequence: i + 1,
      time,
      received: time + 5,
      values: i % 3 ? { level: normal(), flow: normal() } : { level: normal() },
      text: { state: i % 5 ? 'open' : "shut, 'tight'\n" },
    });
    const anomalous = i % 10 === 9;
    const score = anomalous ? 0.9 : 0.4;
    const id = `test/${key}/summary/${time}/0`;
    verdicts.push({
      id,
      pipeline: 'test',
      key,
      kind: 'summary',
      time,
      n: 0,
      values: { level_mean: normal(), level_change: i % 4 ? normal() : Number.NaN, flow_mean: normal() },
      models: {
        forest: {
          score,
          threshold: 0.7,
          pValue: anomalous ? 0.001 : 0.4,
          version: 'v1',
          anomalous,
          ...(anomalous ? { contributions: { level_change: -2.5, flow_mean: -0.5 } } : {}),
        },
      },
      leading: 'forest',
      score,
      threshold: 0.7,
      pValue: anomalous ? 0.001 : 0.4,
      calibrated: i >= 3,
      anomalous,
      raised: anomalous,
      // An anomaly whose episode has not lasted long enough belongs to none yet.
      ...(anomalous ? { severity: 'critical', reason: 'level_change is 9 m' } : {}),
      ...(anomalous && i % 20 === 19 ? { episode: id } : {}),
    });
    if (!anomalous) continue;
    const episode = {
      id,
      pipeline: 'test',
      key,
      kind: 'summary',
      start: time,
      peak: time,
      peakScore: 0.9,
      threshold: 0.7,
      pValue: 0.001,
      model: 'forest',
      version: 'v1',
      severity: 'critical',
      columns: ['level_change', 'flow_mean'],
      topics: [{ name: 'limits/high', severity: 'critical', reason: 'level_change is 9 m', time }],
    } as const;
    episodes.push({ ...episode, status: 'open', end: time, rows: 1, reason: 'level_change is 9 m' });
    episodes.push({ ...episode, status: 'closed', end: time + 2_000, rows: 3, reason: 'level_change is 9 m' });
  }
  return {
    observations,
    verdicts,
    episodes,
    missing: [{ key: '*', from: epoch - 10, to: epoch - 5, reason: 'test', count: start }],
  };
}

/** The laws of a sink plugin. Call it in a test file of the plugin. */
export function sinkLaws(module: PluginModule<SinkPlugin>, laws: SinkLaws): void {
  const plugin = pluginFrom(module);
  const hosts = new TestHosts();
  let places = 0;

  async function written(...batches: SinkBatch[]): Promise<string[]> {
    const n = places++;
    const sink = await plugin.create(plugin.config.parse(await laws.config(n, hosts)), hosts.sink(testSchema));
    await sink.open?.();
    for (const batch of batches) await sink.write(batch);
    await sink.close();
    await sink.close();
    return (await laws.read(n, hosts)).map((record) => JSON.stringify(record)).sort();
  }
  const shuffled = <T>(list: readonly T[], seed: number): T[] => {
    const uniform = random(seed);
    return list
      .map((item) => [uniform(), item] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, item]) => item);
  };

  describe(`${plugin.name}: laws of a sink plugin (${plugin.delivery})`, () => {
    afterAll(async () => {
      await laws.close?.();
      hosts.dispose();
    });

    it('makes what it wrote visible, and an empty batch writes nothing', async () => {
      const some = await written(testBatch(0, 40));
      expect(some.length).toBeGreaterThan(0);
      const empty = { observations: [], verdicts: [], episodes: [], missing: [] };
      expect(await written(empty, testBatch(0, 40), empty)).toEqual(some);
    });

    it('gives the same however the stream is cut into batches', async () => {
      const cut = Array.from({ length: 8 }, (_, i) => testBatch(i * 5, 5)).map((b) => ({ ...b, missing: [] }));
      expect(await written(...cut)).toEqual(await written({ ...testBatch(0, 40), missing: [] }));
    });

    it('leaves its batch untouched', async () => {
      const batch = testBatch(0, 20);
      const before = JSON.stringify(batch);
      await written(batch);
      expect(JSON.stringify(batch)).toBe(before);
    });

    it.runIf(plugin.delivery === 'idempotent')(
      'the same batch twice has the effect of once, in any order inside it',
      async () => {
        const once = await written(testBatch(0, 40), testBatch(40, 40));
        expect(await written(testBatch(0, 40), testBatch(40, 40), testBatch(0, 40), testBatch(40, 40))).toEqual(once);
        const batch = testBatch(0, 40);
        const mixed = {
          observations: shuffled(batch.observations, 1),
          verdicts: shuffled(batch.verdicts, 2),
          // An episode's own updates stay in order: a later one replaces an earlier one.
          episodes: batch.episodes,
          missing: batch.missing,
        };
        expect(await written(mixed)).toEqual(await written(batch));
      },
    );
  });
}
