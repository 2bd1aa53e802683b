import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Observation, SourceBatch } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import avro from 'avsc';
import { afterAll, describe, expect, it } from 'vitest';
import kafka from '../src/index.js';
import { framed, registry } from './registry.js';
import { BROKER, client, EPOCH, reading, send, topicOf, until, WITHOUT } from './support.js';

const CLI = fileURLToPath(new URL('../../../engine/bin/engine.js', import.meta.url));
const values = { cpu: 'system.cpu.pct' };

describe.skipIf(!BROKER)(`records of a topic (${WITHOUT})`, () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());

  async function* batchesOf(config: object, from: string | null = null): AsyncGenerator<SourceBatch> {
    const source = await kafka.create(kafka.config.parse({ brokers: BROKER, follow: false, values, ...config }), hosts.source());
    const stop = new AbortController();
    try {
      yield* source.read(from, stop.signal);
    } finally {
      stop.abort(new Error('enough'));
      await source.close?.();
    }
  }

  async function read(config: object, from: string | null = null) {
    const observations: Observation[] = [];
    const missing: NonNullable<SourceBatch['missing']>[number][] = [];
    let cursor = from;
    for await (const batch of batchesOf(config, from)) {
      observations.push(...batch.observations);
      missing.push(...(batch.missing ?? []));
      cursor = batch.cursor ?? cursor;
    }
    return { observations, missing, cursor };
  }

  it('have key and time of the record, of headers, or of fields', async () => {
    const topic = await topicOf();
    const value = JSON.stringify(reading(4));
    await send(topic, [
      { key: 'of the record', value, timestamp: '1767000000000', headers: { host: 'of a header', at: '2026-01-02' } },
    ]);
    const seen = async (config: object) => (await read({ topic, ...config })).observations.map(({ key, time }) => [key, time]);
    expect(await seen({})).toEqual([['of the record', 1767000000000]]);
    expect(await seen({ key: 'host', keyFrom: 'header', time: 'at', timeFrom: 'header' })).toEqual([
      ['of a header', Date.UTC(2026, 0, 2)],
    ]);
    expect(await seen({ key: 'host', time: 'at' })).toEqual([['wéb-1', EPOCH + 4_000]]);
    expect(await seen({ key: 'all', keyFrom: 'text' })).toEqual([['all', 1767000000000]]);
  });

  it('come in order of time over all partitions, and are numbered by their offsets', async () => {
    const topic = await topicOf(3);
    const some = Array.from({ length: 3_000 }, (_, i) => ({
      key: `k${i % 3}`,
      value: JSON.stringify(reading(i)),
      partition: i % 3,
    }));
    await send(topic, some);
    const { observations } = await read({ topic, time: 'at' });
    expect(observations.map(({ time }) => time)).toEqual(some.map((_, i) => EPOCH + i * 1_000));
    expect(observations.map(({ sequence }) => sequence)).toEqual(some.map((_, i) => Math.floor(i / 3)));
  });

  it('may be Avro, and wait for the registry of their schemas without being lost', async () => {
    const topic = await topicOf(2);
    const server = await registry();
    const schema = { type: 'record', name: 'Reading', fields: ['at', 'cpu'].map((name) => ({ name, type: 'long' })) } as const;
    const type = avro.Type.forSchema(schema as never);
    await send(
      topic,
      Array.from({ length: 500 }, (_, i) => ({
        key: `k${i % 2}`,
        value: framed(3, type.toBuffer({ at: EPOCH + i * 1_000, cpu: i })),
        partition: i % 2,
      })),
    );
    server.status = 503;
    server.schemas.set('schemas/ids/3', { schema: JSON.stringify(schema) });
    const before = hosts.drops.length;
    const reading = read({ topic, time: 'at', values: ['cpu'], registry: { url: server.url } });
    await until(() => hosts.trouble?.includes('does not say schema 3: it answers 503; records wait for it') === true, 'trouble');
    server.status = undefined;
    const { observations } = await reading;
    server.close();
    expect(observations.map(({ values }) => values.cpu)).toEqual([...Array(500).keys()]);
    expect([hosts.drops.slice(before), server.asked.filter((_, i, all) => i === all.length - 1)]).toEqual([
      [],
      ['schemas/ids/3'],
    ]);
  });

  it('are those of another topic where one was made anew under the name, which ends the run', async () => {
    const topic = await topicOf();
    await send(
      topic,
      [0, 1, 2].map((i) => ({ key: 'a', value: JSON.stringify(reading(i)) })),
    );
    const { cursor } = await read({ topic });
    const admin = client.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await until(async () => !(await admin.listTopics()).includes(topic), 'the end of the topic');
    await topicOf(1, topic);
    await send(
      topic,
      [5, 6, 7, 8].map((i) => ({ key: 'a', value: JSON.stringify(reading(i)) })),
    );
    await expect(read({ topic }, cursor)).rejects.toMatchObject({
      code: 'QS_SOURCE_FAILED',
      message: expect.stringContaining('record 2 is not the one that was read'),
    });
    await admin.disconnect();
  });

  it('that the broker deleted before they were read are missing, with their count', async () => {
    const topic = await topicOf();
    await send(
      topic,
      Array.from({ length: 10 }, (_, i) => ({ key: 'a', value: JSON.stringify(reading(i)) })),
    );
    let cursor: string | null = null;
    for await (const batch of batchesOf({ topic, time: 'at', batch: 3 })) {
      cursor = batch.cursor ?? null;
      break;
    }
    const admin = client.admin();
    await admin.connect();
    // The library deletes only of topics that it has looked at.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] });
    await admin.disconnect();
    const { observations, missing } = await read({ topic, time: 'at' }, cursor);
    expect(observations.map(({ sequence }) => sequence)).toEqual([7, 8, 9]);
    expect(missing).toMatchObject([{ key: '*', to: EPOCH + 7_000, count: 4 }]);
  });

  it('are read from partitions that are added while it runs', async () => {
    const topic = await topicOf();
    await send(
      topic,
      [0, 1, 2].map((i) => ({ key: 'a', value: JSON.stringify(reading(i)) })),
    );
    const seen: Observation[] = [];
    const reads = (async () => {
      for await (const { observations } of batchesOf({ topic, time: 'at', follow: true })) {
        seen.push(...observations);
        if (seen.length >= 5) return;
      }
    })();
    await until(() => seen.length === 3, 'the first three');
    const admin = client.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    await until(async () => (await admin.fetchTopicOffsets(topic)).length === 2, 'the partition');
    await send(
      topic,
      [3, 4].map((i) => ({ key: 'a', value: JSON.stringify(reading(i)), partition: 1 })),
    );
    await reads;
    await admin.disconnect();
    // The key has moved to another partition, and its numbers grow on.
    expect(seen.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are judged each once where the engine is killed again and again', async () => {
    const topic = await topicOf(2);
    const directory = mkdtempSync(join(tmpdir(), 'qs-kafka-'));
    const COUNT = 6_000;
    const some = Array.from({ length: COUNT }, (_, i) => ({
      key: `k${i % 5}`,
      value: JSON.stringify({ at: EPOCH + i * 1_000, v: i }),
      partition: (i % 5) % 2,
    }));
    const file = join(directory, 'killed.yaml');
    writeFileSync(
      file,
      JSON.stringify({
        name: 'killed',
        source: { use: 'kafka', with: { brokers: BROKER, topic, time: 'at', values: ['v'], batch: 50 } },
        features: { use: 'window', with: { columns: ['v', 'v_mean_10s'] } },
        sinks: { out: { use: 'file', with: { path: './out.jsonl', write: ['observations'] } } },
        checkpoint: { every: '100ms' },
      }),
    );
    const lines = () => {
      try {
        return readFileSync(join(directory, 'out.jsonl'), 'utf8').split('\n').slice(0, -1);
      } catch {
        return [];
      }
    };
    const start = () => {
      const run = spawn(process.execPath, [CLI, '-p', file], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      run.stderr.on('data', (piece) => {
        said = (said + piece).slice(-4_000);
      });
      return { run, said: () => said };
    };
    try {
      for (let round = 0; round < 3; round++) {
        const { run, said } = start();
        await send(topic, some.slice(round * 2_000, (round + 1) * 2_000));
        const before = lines().length;
        await until(() => lines().length > before + 300 || run.exitCode !== null, `something in round ${round}`);
        expect(run.exitCode, said()).toBeNull();
        run.kill('SIGKILL');
        await new Promise((resolve) => run.once('exit', resolve));
      }
      const { run } = start();
      const ids = () =>
        new Set(
          lines()
            .map((line) => JSON.parse(line))
            .map(({ key, sequence }) => `${key} ${sequence}`),
        );
      await until(() => ids().size >= COUNT, 'the rest');
      run.kill('SIGTERM');
      await new Promise((resolve) => run.once('exit', resolve));
      const found = lines().map((line) => JSON.parse(line) as { key: string; sequence: number; values: { v: number } });
      // Each id is one record, and each record is there.
      expect(ids().size).toBe(COUNT);
      expect(new Set(found.map(({ key, sequence, values }) => `${key} ${sequence} ${values.v}`)).size).toBe(COUNT);
      expect(new Set(found.map(({ values }) => values.v)).size).toBe(COUNT);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);
});
