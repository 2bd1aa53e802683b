// Pipelines in two halves, with a real broker between them.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lane } from '../../src/stream/lane.js';
import { distinct } from '../support.js';
import { BROKER, channel, client, KINDS, source, ThroughKafka, until, WITHOUT } from './support.js';

const shop = new ThroughKafka();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const lines = (path: string) => ({ sinks: { lines: { use: './lines-sink', with: { path } } } });

describe.skipIf(!BROKER)(`a pipeline through Kafka (${WITHOUT})`, () => {
  /** Commits offsets as a member of a group. */
  async function commit(groupId: string, offsets: { topic: string; partition: number; offset: string }[]): Promise<void> {
    const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic: offsets[0]!.topic });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    await joined;
    await consumer.commitOffsets(offsets);
    await consumer.disconnect();
  }

  it.each([
    { partitions: 1, batch: 100, workers: 1 },
    { partitions: 3, batch: 7, workers: 1 },
    { partitions: 3, batch: 50, workers: 2 },
  ])(
    'judges what one process judges: $partitions partitions, batches of $batch, $workers workers',
    async ({ partitions, batch, workers }) => {
      const edit = { 500: { sequence: 250 }, 700: { sequence: 400 } };
      const changes = source({ keys: 5, batch, edit });
      const expected = await shop.direct(changes);
      const through = { ...changes, ...channel(partitions), workers };
      const ingested = await shop.half('ingest', through);
      expect(ingested).toMatchObject({ role: 'ingest', ending: 'finished', observations: 5_000, rows: 0, guarantee: {} });
      const detected = await shop.half('detect', through);
      expect(detected).toMatchObject({ ending: 'finished', observations: 4_998, guarantee: { lines: 'at-least-once' } });
      expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
    },
  );

  it('runs both halves in one process where the role is all', async () => {
    const expected = await shop.direct(source());
    expect(await shop.half('all', { ...source(), ...channel() })).toMatchObject({
      ending: 'finished',
      observations: 1_000,
      rows: 100,
    });
    expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
  });

  it('goes on where it was stopped, both halves, and gives what an uninterrupted run gives', async () => {
    const changes = source({ keys: 4, batch: 20 });
    const expected = await shop.direct(changes);
    const through = { ...changes, ...channel(2), checkpoint: { every: '1ms' } };
    for (const role of ['ingest', 'detect'] as const) {
      let runs = 0;
      for (let ending = ''; ending !== 'finished'; runs++) {
        // Each time in another number of threads.
        const { pipeline } = await shop.compose(shop.pipeline({ ...through, workers: 1 + (runs % 3) }), `${role}.yaml`, role);
        const stop = new AbortController();
        const done = pipeline.run(stop.signal);
        const from = pipeline.vitals.tally.counts.observations;
        const timer = setInterval(() => {
          if (pipeline.vitals.tally.counts.observations - from > 900) stop.abort(new Error('cut'));
        }, 1);
        ending = await done;
        clearInterval(timer);
        expect(runs).toBeLessThan(50);
      }
    }
    expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
  }, 60_000);

  it('comes to its end although it was ended behind the last record, before what was open then was closed', async () => {
    const changes = source({ keys: 4, batch: 20 });
    const expected = await shop.direct(changes);
    const through = { ...changes, ...channel(2), checkpoint: { every: '0ms' } };
    await shop.half('ingest', through);
    const ended = vi.spyOn(Lane.prototype, 'flush').mockRejectedValue(new Error('ended'));
    await expect(shop.half('detect', through)).rejects.toThrow('ended');
    ended.mockRestore();
    expect(await shop.half('detect', through)).toMatchObject({ ending: 'finished', observations: 0 });
    expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
  });

  it('commits to the group only what a checkpoint holds, and believes the checkpoint', async () => {
    const through = { ...source({ batch: 100 }), ...channel() };
    const { topic } = through.channel.with;
    await shop.half('ingest', through);
    await shop.half('detect', through);
    const admin = client.admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    const [end] = await admin.fetchTopicOffsets(topic);
    expect(committed!.partitions[0]!.offset).toBe(end!.offset);
    // Whatever the group says, a pipeline without a checkpoint begins at the beginning.
    shop.forget();
    expect(await shop.half('detect', through)).toMatchObject({ ending: 'finished', observations: 1_000 });
    await admin.disconnect();
  });

  it('takes over where the checkpoint stands, wherever the group has committed, and never takes an older fetch for the answer', async () => {
    const changes = source({ keys: 4, batch: 20, count: 500 });
    const expected = await shop.direct(changes);
    const through = { ...changes, ...channel(3), checkpoint: { every: '1ms' }, buffer: 200 };
    const { topic } = through.channel.with;
    await shop.half('ingest', through);
    const admin = client.admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    let missing = 0;
    for (let ending = '', runs = 0; ending !== 'finished'; runs++) {
      const { pipeline } = await shop.compose(shop.pipeline(through), 'd.yaml', 'detect');
      const stop = new AbortController();
      const done = pipeline.run(stop.signal);
      const timer = setInterval(() => {
        if (pipeline.vitals.tally.counts.observations > 800) stop.abort(new Error('cut'));
      }, 1);
      ending = await done;
      clearInterval(timer);
      missing += pipeline.vitals.tally.counts.missing;
      // The one before had come further than its last checkpoint.
      await commit(
        topic,
        ends.map(({ partition, high }) => ({ topic, partition, offset: String(Math.max(0, Number(high) - 40)) })),
      );
      expect(runs).toBeLessThan(50);
    }
    await admin.disconnect();
    expect(missing).toBe(0);
    expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
  });

  it('counts records that are none of its own and goes on, and says what the broker deleted before it was read', async () => {
    const through = { ...source({ count: 300, batch: 50 }), ...channel() };
    const { topic } = through.channel.with;
    await shop.half('ingest', through);
    const admin = client.admin();
    const producer = client.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    await producer.send({
      topic,
      messages: [
        { key: 'x', value: 'not json' },
        { key: null, value: '[' },
        { key: 'x', value: '{}' },
      ],
    });
    expect(await shop.half('detect', { ...through, name: 'first' })).toMatchObject({ observations: 300, ending: 'finished' });
    const [{ pipeline, log }, stop] = [
      await shop.compose(shop.pipeline({ ...through, name: 'first' }), 'd.yaml', 'detect'),
      new AbortController(),
    ];
    const running = pipeline.run(stop.signal);
    await until(
      () => pipeline.vitals.behind === 0 && log.lines.some(({ message }) => message.includes('foreign_record')),
      'the bad records',
    );
    stop.abort(new Error('seen'));
    await running;
    expect(pipeline.summary('stopped', 1).dropped).toEqual({ foreign_record: 3 });

    // More comes, and a part of it is deleted before it is read.
    await shop.half('ingest', { ...through, ...source({ count: 300, more: 300, batch: 50 }), name: 'other' });
    const [{ low, high }] = (await admin.fetchTopicOffsets(topic)) as unknown as [{ low: string; high: string }];
    expect(Number(low)).toBe(0);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(Number(high) - 100) }] });
    const after = await shop.half('detect', { ...through, name: 'first' });
    expect(after.missing).toBeGreaterThan(100);
    expect(shop.lines().find(({ what, reason }) => what === 'missing' && /deleted/.test(String(reason)))).toMatchObject({
      key: '*',
    });
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });

  it('shares the partitions among detectors on one data folder, and hands them over with their state', async () => {
    const changes = source({ keys: 8, batch: 40, count: 500 });
    const expected = await shop.direct(changes);
    const through = { ...changes, ...channel(4) };
    const open = async (path: string, workers = 1) => {
      const { pipeline } = await shop.compose(shop.pipeline({ ...through, ...lines(path), workers }), `${path}.yaml`, 'detect');
      const stop = new AbortController();
      return { pipeline, stop, done: pipeline.run(stop.signal) };
    };
    // It stands still there, so that it cannot have come to its end before it is stopped.
    const held = { ...through, source: { ...changes.source, with: { ...changes.source.with, hold: 2_000 } }, buffer: 200 };
    const { pipeline: ingest } = await shop.compose(shop.pipeline(held), 'ingest.yaml', 'ingest');
    const cut = new AbortController();
    const half = ingest.run(cut.signal);
    await until(() => ingest.vitals.tally.counts.observations > 1_500, 'half of the recording');
    cut.abort(new Error('half'));
    expect(await half).toBe('stopped');
    const first = await open('./first.jsonl');
    await until(() => first.pipeline.vitals.keys === 8, 'the first detector, which has all partitions');
    const second = await open('./second.jsonl', 2);
    await until(() => second.pipeline.vitals.keys > 0, 'the second detector, which takes some of them over');
    expect((await shop.half('ingest', { ...through, buffer: 200 })).ending).toBe('finished');
    await Promise.all([first.done, second.done]);
    const all = [...shop.lines('first.jsonl'), ...shop.lines('second.jsonl')];
    expect(distinct(all, ...KINDS)).toEqual(expected);
    shop.forget('first.jsonl');
    shop.forget('second.jsonl');
  });

  it('hands over what keys borrow: one that is new is judged by the others of its partition, whoever has that', async () => {
    const [keys, count, late, held] = [14, 7_000, 4_800, 5_600] as const;
    const what = {
      ...source({ keys, count, batch: 501, quiet: { from: 0, to: late } }),
      features: { use: './mean-features', with: { every: 1_000 } },
      models: { z: { use: './deviation-model', columns: ['mean_change'], transform: { standardize: '10m' } } },
      alarms: { perDay: 6_000, of: 'pipeline', calibration: { atLeast: '30m', halfLife: '6h', guard: '30s', longest: '10m' } },
      checkpoint: { every: '50ms' },
    };
    const undisturbed = { ...what, ...channel(2) };
    await shop.half('ingest', undisturbed);
    expect(await shop.half('detect', undisturbed)).toMatchObject({ ending: 'finished' });
    const expected = distinct(shop.lines(), ...KINDS);
    shop.forget();
    const through = { ...what, ...channel(2) };
    const open = (path: string, workers = 1) => shop.begin('detect', { ...through, ...lines(path), workers });
    const some = { ...through, source: { ...what.source, with: { ...what.source.with, hold: held * keys } } };
    const ingest = await shop.begin('ingest', some);
    const first = await open('./first.jsonl');
    const judged = () => first.pipeline.vitals.tally.counts;
    await until(() => judged().observations >= 30_000, 'some of what has come, judged');
    await until(() => judged().observations >= (held - 100) * keys - late, 'most of what has come, judged');
    expect(judged().borrowed).toBeGreaterThan(100);
    await ingest.end();
    const second = await open('./second.jsonl', 2);
    await until(() => second.pipeline.vitals.keys > 0, 'the second detector, which takes a partition over');
    await first.end();
    await until(() => second.pipeline.vitals.keys === keys, 'all partitions at the second detector');
    expect((await shop.half('ingest', through)).ending).toBe('finished');
    await second.done;
    expect(second.pipeline.vitals.tally.counts.borrowed).toBeGreaterThan(100);
    const all = [...shop.lines('first.jsonl'), ...shop.lines('second.jsonl')];
    const found = distinct(all, ...KINDS);
    // One by one: what differs in a hundred thousand lines takes minutes to be shown.
    expect(found.find((line, i) => line !== expected[i])).toBeUndefined();
    expect(found).toHaveLength(expected.length);
    shop.forget('first.jsonl');
    shop.forget('second.jsonl');
  }, 120_000);

  it('waits through a broker that is killed and comes back: says so, is not ready, loses and repeats nothing', async () => {
    const { KafkaBroker } = await import('../../../scripts/lib/kafka.mjs');
    const broker = await KafkaBroker.create();
    try {
      const changes = { ...source({ keys: 4, batch: 4, count: 1_500 }) };
      const expected = await shop.direct(changes);
      const at = { use: 'kafka', with: { brokers: broker.address, topic: 't', partitions: 2 } };
      const begin = async (role: 'ingest' | 'detect') => {
        const made = await shop.compose(shop.pipeline({ ...changes, channel: at, buffer: 4 }), `${role}.yaml`, role);
        return { ...made, done: shop.finish(made.pipeline) };
      };
      const [ingest, detect] = [await begin('ingest'), await begin('detect')];
      const halves = [ingest, detect];
      await until(() => detect.pipeline.vitals.tally.counts.observations > 1_000, 'a part of the stream');
      await broker.stop('SIGKILL');
      await until(() => halves.every(({ pipeline }) => pipeline.vitals.troubles.length > 0), 'the trouble');
      expect(ingest.pipeline.vitals.troubles.join()).toContain(broker.address);
      await broker.start();
      const [sent, judged] = await Promise.all([ingest.done, detect.done]);
      expect(sent).toMatchObject({ ending: 'finished', observations: 6_000 });
      expect(judged).toMatchObject({ ending: 'finished', observations: 6_000, missing: 0 });
      for (const { log } of halves) {
        const lines = log.lines.map(({ message }) => message);
        expect(lines.some((line) => /the broker .* trying again/.test(line))).toBe(true);
        expect(lines.some((line) => /the broker .* answers again/.test(line))).toBe(true);
      }
      expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
      const judgedLines = shop.lines().filter(({ what }) => what === 'verdict');
      expect(judgedLines).toHaveLength(new Set(judgedLines.map(({ id }) => id)).size);
    } finally {
      await broker.dispose();
    }
  }, 60_000);

  it('refuses a topic whose partitions are not those of the pipeline', async () => {
    const topic = randomUUID();
    await shop.half('ingest', { ...source({ count: 10 }), ...channel(2, topic) });
    await expect(shop.half('detect', { ...source({ count: 10 }), ...channel(3, topic) })).rejects.toMatchObject({
      code: 'QS_CHANNEL',
      message: expect.stringContaining('has 2 partitions, and the pipeline asks for 3'),
    });
  });
});

describe('a role without what it needs', () => {
  it('cannot reach a broker: says so with the address and the next attempt, is not ready, and stops at once when told', async () => {
    const through = { channel: { use: 'kafka', with: { brokers: '127.0.0.1:1', topic: 't' } } };
    for (const role of ['ingest', 'detect'] as const) {
      const { pipeline, log } = await shop.compose(shop.pipeline(through), `${role}.yaml`, role);
      const stop = new AbortController();
      const done = pipeline.run(stop.signal);
      await until(() => log.lines.some(({ level }) => level === 'warn'), 'a warning');
      expect(log.lines.find(({ level }) => level === 'warn')!.message).toMatch(/the broker 127\.0\.0\.1:1 .*trying again/);
      expect(pipeline.vitals.troubles.join()).toContain('127.0.0.1:1');
      stop.abort(new Error('enough'));
      expect(await done).toBe('stopped-waiting');
    }
  });
});
