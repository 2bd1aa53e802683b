// Another number of partitions for a pipeline that has a state: with a real broker, the rows of an uninterrupted run.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileParts } from '../../src/adapters/file-checkpoints/folders.js';
import { partitionerOf } from '../../src/adapters/kafka/topic.js';
import type { Checkpoints } from '../../src/api/index.js';
import { type Repartition, repartition } from '../../src/compose/repartition/repartition.js';
import { systemClock } from '../../src/ports/clock.js';
import { silentLog } from '../../src/ports/log.js';
import { MemoryMetrics } from '../../src/ports/metrics.js';
import { distinct } from '../support.js';
import { BROKER, channel, client, KINDS, source, ThroughKafka, until, WITHOUT } from './support.js';

const shop = new ThroughKafka();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const STORES = [
  ['files', {}],
  ...(process.env.QUANTSTREAM_TEST_POSTGRES
    ? [['postgres', { store: 'postgres', url: process.env.QUANTSTREAM_TEST_POSTGRES }] as const]
    : []),
] as const;
const KEYS = 7;

describe.skipIf(!BROKER)(`repartitioning (${WITHOUT})`, () => {
  const admin = client.admin();
  const producer = client.producer();
  beforeAll(() => Promise.all([admin.connect(), producer.connect()]));
  afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  const outside = { clock: systemClock, log: silentLog, metrics: new MemoryMetrics(), graceMs: 500 };

  async function move(
    changes: object,
    to: object,
    given: Partial<Repartition> = {},
  ): Promise<{ keys: number | undefined; said: string[] }> {
    const said: string[] = [];
    const [before, after] = await Promise.all([
      shop.plan(shop.pipeline(changes as Record<string, unknown>), 'before.yaml'),
      shop.plan(shop.pipeline({ ...changes, ...to } as Record<string, unknown>), 'after.yaml'),
    ]);
    const signal = new AbortController().signal;
    const keys = await repartition({ before, after, outside, signal, say: (text) => said.push(text), ...given });
    return { keys, said };
  }

  /** Runs a half until it has seen so much, and stops it; its source stands still there, however late the stop comes. */
  async function some(
    role: 'ingest' | 'detect',
    changes: Record<string, unknown> & { source?: ReturnType<typeof source>['source'] },
    observations: number,
  ): Promise<void> {
    const from = changes.source && { ...changes.source, with: { ...changes.source.with, hold: observations } };
    const half = await shop.begin(role, role === 'ingest' ? { ...changes, source: from } : changes);
    await until(() => half.pipeline.vitals.tally.counts.observations >= observations, `${observations} observations`);
    await half.end();
  }

  /** A call that ends where a part is to be committed, behind what is on its way. */
  async function killedAt(part: string, changes: object, to: object): Promise<void> {
    let moving = false;
    const killing = <C extends Pick<Checkpoints, 'of'>>(of: C['of']): C['of'] =>
      function (this: C, name: string) {
        const found = of.call(this, name);
        const commit = found.commit.bind(found);
        found.commit = async (meta) => {
          if (moving && name === part) throw new Error('killed');
          await commit(meta);
          if (name === 'moving') moving = true;
        };
        return found;
      };
    const plan = await shop.plan(shop.pipeline(changes as Record<string, unknown>), 'before.yaml');
    const { of } = FileParts.prototype;
    try {
      if (!plan.store) FileParts.prototype.of = killing<FileParts>(of) as typeof of;
      const create = async (config: unknown, host: never) => {
        const made = await plan.store!.plugin.create(config, host);
        made.of = killing<Checkpoints>(made.of);
        return made;
      };
      const store = plan.store && { ...plan.store, plugin: { ...plan.store.plugin, create } };
      await move(changes, to, { before: store ? { ...plan, store } : plan });
    } finally {
      FileParts.prototype.of = of;
    }
  }

  const uninterrupted = (changes: object) => shop.direct(changes);
  const rows = () => distinct(shop.lines(), ...KINDS);

  describe.each(STORES)('states in %s', (kind, checkpoint) => {
    // With a database a name of its own for each test: what an earlier one has left there is its own.
    const named = () => ({ name: `p${randomUUID().slice(0, 8)}`, checkpoint: { ...checkpoint, every: '20ms' } });

    it.each(
      [
        { from: 2, to: 5, more: {}, states: KEYS, at: 900 },
        { from: 5, to: 2, more: { groups: { pair: ['key-0', 'key-3'] } }, states: KEYS - 1, at: 900 },
        { from: 1, to: 3, more: {}, states: KEYS, at: 900 },
      ].slice(0, kind === 'files' ? 3 : 1),
    )(
      'carries every key over, from $from partitions to $to, in the middle of the stream',
      async ({ from, to, more, states, at }) => {
        const what = {
          ...named(),
          ...more,
          ...source({ keys: KEYS, count: 400, batch: 21, missing: { from: 150, to: 160 }, edit: { 1000: { sequence: 50 } } }),
        };
        const expected = await uninterrupted({ ...what, checkpoint: {} });
        const [before, after] = [channel(from), channel(to)];
        await some('ingest', { ...what, ...before, buffer: 100 }, at);
        await some('detect', { ...what, ...before, buffer: 100 }, 300);
        expect((await move({ ...what, ...before }, after)).keys).toBe(states);
        await some('ingest', { ...what, ...after, buffer: 100 }, 300);
        await some('detect', { ...what, ...after, buffer: 100 }, 100);
        await shop.half('ingest', { ...what, ...after });
        expect(await shop.half('detect', { ...what, ...after })).toMatchObject({ ending: 'finished' });
        expect(rows()).toEqual(expected);
      },
      60_000,
    );

    it('goes on where an ingesting half was killed when it had written to one partition and not to the other', async () => {
      const what = { ...named(), ...source({ keys: KEYS, count: 200, batch: 20 }) };
      const expected = await uninterrupted({ ...what, checkpoint: {} });
      const [before, after] = [channel(2), channel(3)];
      const sent = 700;
      await some('ingest', { ...what, ...before, buffer: 40 }, sent);
      const { topic } = before.channel.with;
      const headers = { qs: await sealIn(topic) };
      const partitionOf = partitionerOf(topic, 2, new Map());
      const numberOf = (key: string, sequence: number) => (sequence - 1) * KEYS + Number(key.slice(-1));
      const messages = expected
        .map((line) => JSON.parse(line) as { what: string; key: string; time: number; sequence: number; level: number })
        .filter(
          ({ what: kind, key, sequence }) =>
            kind === 'observation' &&
            partitionOf(key) === 0 &&
            numberOf(key, sequence) >= sent &&
            numberOf(key, sequence) < sent + 4 * KEYS,
        )
        .sort((one, other) => one.time - other.time)
        .map(({ key, time, sequence, level }) => {
          const value = JSON.stringify({ type: 'reading', sequence, time, received: time, values: { level } });
          return { key, value, headers, partition: 0 };
        });
      expect(messages.length).toBeGreaterThan(3);
      await producer.send({ topic, messages });
      expect(await move({ ...what, ...before }, after)).toMatchObject({ keys: KEYS });
      await shop.half('ingest', { ...what, ...after });
      await shop.half('detect', { ...what, ...after });
      expect(rows()).toEqual(expected);
    }, 60_000);

    it.each(['partition-1', 'moving'].slice(0, kind === 'files' ? 2 : 1))(
      'is finished by the same call after a crash at the checkpoint of %s, and until then nothing starts',
      async (at) => {
        const what = { ...named(), ...source({ keys: KEYS, count: 200, batch: 20 }) };
        const expected = await uninterrupted({ ...what, checkpoint: {} });
        const [before, after] = [channel(2), channel(3)];
        await some('ingest', { ...what, ...before, buffer: 40 }, 700);
        await some('detect', { ...what, ...before, buffer: 40 }, 300);
        let commits = 0;
        const now = () => {
          // The last thing before what is on its way is committed.
          if (at === 'moving' && ++commits > 0) throw new Error('killed');
          return systemClock.now();
        };
        if (at === 'moving') {
          await expect(
            move({ ...what, ...before }, after, {
              outside: { ...outside, clock: { ...systemClock, sleep: systemClock.sleep, now } },
            }),
          ).rejects.toThrow('killed');
          // Nothing has happened: the old topic goes on.
          await some('detect', { ...what, ...before }, 0);
        } else {
          await expect(killedAt(at, { ...what, ...before }, after)).rejects.toThrow('killed');
          for (const role of ['ingest', 'detect'] as const)
            for (const through of [before, after])
              await expect(shop.half(role, { ...what, ...through })).rejects.toThrow(
                /on its way from the topic .* finish that with engine channel repartition --topic \S+ --partitions 3/,
              );
          await expect(move({ ...what, ...before }, channel(4))).rejects.toThrow(/was begun: finish that one first/);
        }
        expect((await move({ ...what, ...before }, after)).keys).toBe(at === 'moving' ? KEYS : undefined);
        await shop.half('ingest', { ...what, ...after });
        await shop.half('detect', { ...what, ...after });
        expect(rows()).toEqual(expected);
      },
      60_000,
    );
  });

  it('in the middle of an incident: it goes on with the episodes of all partitions', async () => {
    // Four keys of seven jump within ten seconds, and once more a minute later, so that their episodes are still open.
    const jumps = [0, 2, 4, 6].flatMap((key) => [300 + key, 340].map((second) => [second * KEYS + key, { level: 30 }]));
    const what = {
      ...source({ keys: KEYS, count: 600, batch: 20, steady: true, edit: Object.fromEntries(jumps) }),
      alarms: { threshold: 9, cooldown: '60s', incidents: { settle: '20s' } },
    };
    /** Of each incident and each episode what was said last. */
    const outcome = () => {
      const last = new Map(
        shop
          .lines()
          .filter(({ what: kind }) => kind === 'incident' || kind === 'episode')
          .map((line) => [line.id as string, line]),
      );
      return [...last.values()].map((line) => JSON.stringify(line)).sort();
    };
    await shop.run(shop.pipeline(what));
    const expected = outcome();
    shop.forget();
    const incidents = expected.map((line) => JSON.parse(line)).filter(({ what: kind }) => kind === 'incident');
    expect(incidents).toMatchObject([{ keys: 4, status: 'closed' }]);
    const [before, after] = [channel(3), channel(2)];
    // It has begun and goes on, where all partitions have come so far; and then the rest comes.
    await some('ingest', { ...what, ...before, buffer: 100 }, 330 * KEYS);
    await some('detect', { ...what, ...before, buffer: 100 }, 200 * KEYS);
    await move({ ...what, ...before }, after);
    expect(shop.lines().filter(({ what: kind, status }) => kind === 'incident' && status === 'closed')).toEqual([]);
    await shop.half('ingest', { ...what, ...after });
    await shop.half('detect', { ...what, ...after });
    expect(outcome()).toEqual(expected);
  }, 60_000);

  it('in the middle of a jump of time, when some partitions have gone on and others doubt it', async () => {
    // A batch of one goes so slowly that it is known where it stops: some readings behind a gap that is longer than is believed at once.
    const what = source({ keys: KEYS, count: 200, batch: 1, missing: { from: 150, to: 160 } });
    const expected = await shop.direct(what);
    const [before, after] = [channel(5), channel(2)];
    await some('ingest', { ...what, ...before, buffer: 1 }, 150 * KEYS + 30);
    // Nobody has judged anything of it yet.
    const { keys, said } = await move({ ...what, ...before }, after);
    expect(keys).toBe(KEYS);
    expect(said.join()).toMatch(/judges what .* still holds: 1\d{3} observations in 5 partitions/);
    await shop.half('ingest', { ...what, ...after });
    await shop.half('detect', { ...what, ...after });
    expect(rows()).toEqual(expected);
  }, 60_000);

  it('goes on reading where another machine has left its source, also when the call was killed in between', async () => {
    const what = source({ keys: KEYS, count: 300, batch: 20 });
    const expected = await shop.direct(what);
    const [before, after] = [channel(2), channel(3)];
    // Each half keeps its state where the other cannot see it.
    const there = { data: './there' };
    await some('ingest', { ...what, ...before, ...there, buffer: 40 }, 900);
    await some('detect', { ...what, ...before }, 300);
    await expect(shop.half('ingest', { ...what, ...after, ...there })).rejects.toMatchObject({ code: 'QS_STATE_SIGNATURE' });
    await expect(killedAt('partition-2', { ...what, ...before }, after)).rejects.toThrow('killed');
    await some('ingest', { ...what, ...after, ...there, buffer: 40 }, 300);
    expect((await move({ ...what, ...before }, after)).keys).toBeUndefined();
    await shop.half('ingest', { ...what, ...after, ...there });
    await shop.half('detect', { ...what, ...after });
    expect(rows()).toEqual(expected);
    // Of any other topic nobody says that it goes on from this one.
    await expect(shop.half('ingest', { ...what, ...channel(3), ...there })).rejects.toMatchObject({ code: 'QS_STATE_SIGNATURE' });
    rmSync(join(shop.directory, 'there'), { recursive: true });
  }, 60_000);

  it.each(['nothing', 'some', 'all'] as const)(
    'comes to its end where its source had ended before, and %s of it was judged',
    async (judged) => {
      const what = source({ keys: KEYS, count: 300, batch: 20 });
      const expected = await shop.direct(what);
      const [before, after] = [channel(2), channel(4)];
      await shop.half('ingest', { ...what, ...before });
      if (judged === 'some') await some('detect', { ...what, ...before }, 300);
      if (judged === 'all') await shop.half('detect', { ...what, ...before });
      expect((await move({ ...what, ...before }, after)).keys).toBe(KEYS);
      expect(await shop.half('ingest', { ...what, ...after })).toMatchObject({ ending: 'finished' });
      expect(await shop.half('detect', { ...what, ...after })).toMatchObject({ ending: 'finished' });
      expect(rows()).toEqual(expected);
    },
    60_000,
  );

  it('refuses what would lose or mix something, and says what to do', async () => {
    const what = { ...source({ keys: 2, count: 100 }), name: 'refused' };
    const [before, after] = [channel(1), channel(2)];
    await shop.half('ingest', { ...what, ...before });
    await shop.half('detect', { ...what, ...before });
    const changed = (settings: object) => ({ channel: { ...before.channel, with: { ...before.channel.with, ...settings } } });
    await expect(move({ ...what, ...before }, changed({ partitions: 2 }))).rejects.toThrow(/give --topic a new name/);
    await expect(move({ ...what, ...before, checkpoint: { store: 'memory' } }, after)).rejects.toThrow(/the state is in memory/);
    await expect(move({ ...what, ...source({ keys: 3 }), ...before }, after)).rejects.toMatchObject({
      code: 'QS_STATE_SIGNATURE',
    });
    const { topic } = after.channel.with;
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
    await producer.send({ topic, messages: [{ value: 'x' }] });
    await expect(move({ ...what, ...before }, after)).rejects.toThrow(/is not new, it has had records; name another one/);
    // A recording that has ended keeps neither half: a live one does.
    const live = { ...what, name: 'live', source: { use: './ticking-source', with: {} } };
    for (const role of ['ingest', 'detect'] as const) {
      const half = await shop.begin(role, { ...live, ...before });
      await until(() => half.pipeline.vitals.opened && half.pipeline.vitals.troubles.length === 0, `a running half: ${role}`);
      await expect(move({ ...live, ...before }, channel(2))).rejects.toMatchObject({ code: 'QS_STATE_LOCKED' });
      await half.end();
    }
  });

  it('of a topic that somebody gave more partitions: goes on with those that it has, says so, and moves out of it', async () => {
    const what = source({ keys: KEYS, count: 300, batch: 20 });
    const expected = await shop.direct(what);
    const [before, after] = [channel(2), channel(4)];
    const { topic } = before.channel.with;
    await some('ingest', { ...what, ...before, buffer: 40 }, 700);
    const detect = await shop.begin('detect', { ...what, ...before });
    await until(() => detect.pipeline.vitals.keys === KEYS, 'all keys');
    await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] });
    const more = new RegExp(
      `the topic ${topic} has 6 partitions, and the pipeline writes and reads 2 of them .*engine channel repartition`,
    );
    await until(() => more.test(detect.pipeline.vitals.troubles.join()), 'trouble');
    await detect.end();
    // Both halves go on with the partitions that they had.
    const ingest = await shop.begin('ingest', { ...what, ...before, buffer: 40 });
    await until(() => more.test(ingest.pipeline.vitals.troubles.join()), 'trouble of the ingesting half');
    await until(() => ingest.pipeline.vitals.tally.counts.observations > 300, 'some more');
    await ingest.end();
    // What nobody has judged yet is judged on the way, though the topic is not as it should be.
    const { keys, said } = await move({ ...what, ...before }, after);
    expect(keys).toBe(KEYS);
    expect(said.join()).toMatch(/judges what .* still holds/);
    await shop.half('ingest', { ...what, ...after });
    await shop.half('detect', { ...what, ...after });
    expect(rows()).toEqual(expected);
  }, 60_000);

  it('is a command, which says what to set then', async () => {
    const what = { ...source({ keys: 3, count: 200 }), ...channel(1) };
    const file = shop.write('p.yaml', shop.pipeline(what));
    for (const role of ['ingest', 'detect']) expect((await shop.engine('-p', file, '--role', role)).code).toBe(0);
    const topic = randomUUID();
    const moved = await shop.engine('channel', 'repartition', '-p', file, '--topic', topic, '--partitions', '2');
    expect(moved).toMatchObject({ code: 0, stderr: '' });
    expect(moved.stdout).toContain(
      `the state of 3 keys is in ${topic} now\nset channel.with.topic to ${topic} and channel.with.partitions to 2`,
    );
    const old = await shop.engine('-p', file, '--role', 'detect');
    expect(old).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`channel.topic: was "${topic}", is "${what.channel.with.topic}"`),
    });
  });

  async function sealIn(topic: string): Promise<string> {
    const consumer = client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const seal = await new Promise<string>((resolve) => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.headers!.qs)) });
    });
    await consumer.disconnect();
    return seal;
  }
});
