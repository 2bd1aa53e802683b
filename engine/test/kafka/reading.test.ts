// What the reader does when its library does what brokers cannot be made to do on demand.

import { afterEach, describe, expect, it } from 'vitest';
import { KafkaReader } from '../../src/adapters/kafka/reading/reader.js';
import { systemClock } from '../../src/ports/clock.js';
import { MemoryLog } from '../../src/ports/log.js';
import { FakeKafka } from './double.js';
import { until } from './support.js';

const time = 1_700_000_000_000;
const observation = (offset: number) => ({
  offset,
  key: 'a',
  value: JSON.stringify({ type: 'x', sequence: offset, time, received: time, values: {} }),
});
const control = (offset: number) => ({ offset, key: null, value: '{}' });
/** Records of a partition: an observation and the end of its batch in turn. */
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ((from + i) % 2 === 0 ? observation(from + i) : control(from + i)));

const open: KafkaReader[] = [];
afterEach(async () => {
  for (const reader of open.splice(0)) await reader.close();
});

/** A reader of two partitions, or more, over a double of the library. @param resume where partitions stand */
async function begin(
  resume: (partition: number) => Promise<string | null> = async () => '10',
  buffer = 1_000,
  partitionCount = 2,
) {
  const kafka = new FakeKafka();
  while (kafka.offsets.length < partitionCount) kafka.offsets.push({ ...kafka.offsets[0]!, partition: kafka.offsets.length });
  const log = new MemoryLog();
  const calls: string[] = [];
  const dropped: string[] = [];
  const reader = new KafkaReader({
    pipeline: 'p',
    settings: { brokers: ['fake:1'], topic: 't', partitions: partitionCount, replication: 1, retention: 1, tls: false },
    clock: systemClock,
    log,
    client: () => kafka.client,
    ours: { pipeline: 'p', source: 's' },
    buffer,
    drop: (reason) => void dropped.push(reason),
    deadLetter: async () => {},
  });
  open.push(reader);
  const partitions = {
    resume: async (partition: number) => {
      calls.push(`resume ${partition}`);
      return { cursor: await resume(partition), closed: true };
    },
    release: async (partition: number) => void calls.push(`release ${partition}`),
  };
  await reader.start(partitions, new AbortController().signal);
  return { kafka, log, calls, dropped, reader };
}

/** What a reader has ready. */
async function received(reader: KafkaReader, count: number) {
  const found = [];
  for (let i = 0; i < count; i++) found.push((await reader.receive())!);
  return found.map(({ partition, batch: { observations, missing = [] } }) => [
    partition,
    ...observations.map(({ sequence }) => sequence),
    ...missing.map((one) => `${one.count} lost`),
  ]);
}
const sought = (kafka: FakeKafka, partition: number, offset: number) =>
  until(() => kafka.latest.calls.includes(`seek ${partition} ${offset}`), `a seek to ${offset}`);

describe('a fetch', () => {
  it('that was asked for before the seek is never its answer, whatever it brings', async () => {
    const { kafka, reader } = await begin();
    kafka.latest.join(0);
    await sought(kafka, 0, 10);
    // In flight since before: from where the group has committed, and from the beginning.
    expect(await kafka.latest.fetched(0, 60, records(60, 80))).toEqual([]);
    expect(await kafka.latest.fetched(0, 0, records(0, 8))).toEqual([]);
    expect(await kafka.latest.fetched(0, 10, records(10, 14))).toEqual([10, 11, 12, 13]);
    expect(await received(reader, 2)).toEqual([
      [0, 10],
      [0, 12],
    ]);
    expect(kafka.latest.calls.filter((call) => call === 'seek 0 10')).toHaveLength(3);
  });

  it('that begins later than asked is a hole only if the broker says that it has deleted what was before', async () => {
    const { kafka, reader } = await begin();
    kafka.latest.join(0);
    await sought(kafka, 0, 10);
    // Marks of transactions take offsets and are no records.
    expect(await kafka.latest.fetched(0, 10, records(12, 14))).toEqual([12, 13]);
    kafka.offsets[0]!.low = '20';
    expect(await kafka.latest.fetched(0, 20, records(20, 22))).toEqual([20, 21]);
    expect(await received(reader, 2)).toEqual([
      [0, 12],
      [0, 20, '6 lost'],
    ]);
  });

  it('is left at once when the group deals its partitions anew, and goes on behind what was taken of it', async () => {
    const { kafka, reader } = await begin(undefined, 1);
    kafka.latest.join(0);
    await sought(kafka, 0, 10);
    const rebalancing = async () => {
      throw new Error('REBALANCE_IN_PROGRESS');
    };
    // There is room for one batch, and nobody takes it.
    await expect(kafka.latest.fetched(0, 10, records(10, 20), rebalancing)).rejects.toThrow('REBALANCE_IN_PROGRESS');
    kafka.latest.join(0, 1);
    // The second batch was read and waits; the record before the next one is looked at again.
    await sought(kafka, 0, 13);
    const rest = kafka.latest.fetched(0, 13, records(13, 20));
    expect(await received(reader, 5)).toEqual([
      [0, 10],
      [0, 12],
      [0, 14],
      [0, 16],
      [0, 18],
    ]);
    expect(await rest).toEqual([13, 14, 15, 16, 17, 18, 19]);
  });

  it('of a partition that was taken away is not taken, and what waits of it is not handed over', async () => {
    const { kafka, calls, reader } = await begin();
    kafka.latest.join(0, 1);
    await sought(kafka, 0, 10);
    await sought(kafka, 1, 10);
    await kafka.latest.fetched(0, 10, records(10, 14));
    await kafka.latest.fetched(1, 10, records(10, 12));
    kafka.latest.join(1);
    expect(await kafka.latest.fetched(0, 14, records(14, 20))).toEqual([]);
    expect(await received(reader, 1)).toEqual([[1, 10]]);
    await until(() => calls.length === 3, 'the release');
    expect(calls).toEqual(['resume 0', 'resume 1', 'release 0']);
  });
});

describe('what waits behind a batch', () => {
  it('is given at once, of the same partition, as far as there is room for it', async () => {
    const { kafka, reader } = await begin();
    kafka.latest.join(0, 1);
    await sought(kafka, 0, 10);
    await sought(kafka, 1, 10);
    await kafka.latest.fetched(0, 10, records(10, 14));
    await kafka.latest.fetched(1, 10, records(10, 14));
    await kafka.latest.fetched(0, 14, records(14, 20));
    expect(await received(reader, 1)).toEqual([[0, 10]]);
    const sequences = (room: number) =>
      reader.more(0, room).map(({ observations }) => observations.map(({ sequence }) => sequence));
    expect(sequences(0)).toEqual([]);
    expect(sequences(2)).toEqual([[12], [14]]);
    expect(sequences(100)).toEqual([[16], [18]]);
    expect(await received(reader, 2)).toEqual([
      [1, 10],
      [1, 12],
    ]);
    expect(reader.waiting).toBe(0);
  });
});

describe('a partition', () => {
  it('that takes long to open is left out of fetches, and the others go on', async () => {
    let opened!: (cursor: string) => void;
    const slow = new Promise<string>((resolve) => {
      opened = resolve;
    });
    const { kafka, reader } = await begin((partition) => (partition === 0 ? slow : Promise.resolve('10')));
    kafka.latest.join(0, 1);
    await sought(kafka, 1, 10);
    expect(await kafka.latest.fetched(0, 60, records(60, 70))).toEqual([]);
    expect(kafka.latest.calls).toContain('pause 0');
    await kafka.latest.fetched(1, 10, records(10, 12));
    expect(await received(reader, 1)).toEqual([[1, 10]]);
    opened('4');
    await sought(kafka, 0, 4);
    await until(() => kafka.latest.calls.includes('resume 0'), 'the partition to be fetched again');
    await kafka.latest.fetched(0, 4, records(4, 6));
    expect(await received(reader, 1)).toEqual([[0, 4]]);
  });

  it("whose state is locked is waited for, and given up as soon as it is another detector's", async () => {
    let tries = 0;
    const { kafka, calls } = await begin(async (partition) => {
      if (partition === 0 && ++tries > 0) throw Object.assign(new Error('locked'), { code: 'QS_STATE_LOCKED' });
      return '10';
    });
    kafka.latest.join(0, 1);
    await until(() => tries >= 2, 'another try');
    await sought(kafka, 1, 10);
    kafka.latest.join(1);
    await until(() => calls.includes('release 0'), 'the release');
    const before = tries;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(tries).toBe(before);
  });

  it('of many, all of which are locked, is waited for without a warning of too many that listen', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => void warnings.push(warning);
    process.on('warning', hear);
    const tried = new Map<number, number>();
    const { kafka } = await begin(
      async (partition) => {
        tried.set(partition, (tried.get(partition) ?? 0) + 1);
        throw Object.assign(new Error('locked'), { code: 'QS_STATE_LOCKED' });
      },
      1_000,
      24,
    );
    kafka.latest.join(...Array.from({ length: 24 }, (_, partition) => partition));
    await until(() => tried.size === 24 && [...tried.values()].every((times) => times >= 2), 'another try of all');
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });

  it('catches up until all is received that was there when it was looked at, being opened included', async () => {
    let opened!: (cursor: string) => void;
    const slow = new Promise<string>((resolve) => {
      opened = resolve;
    });
    const { kafka, reader } = await begin((partition) => (partition === 0 ? slow : Promise.resolve('10')));
    kafka.latest.join(0, 1);
    await sought(kafka, 1, 10);
    expect(reader.catchingUp()).toContain(0);
    opened('10');
    await sought(kafka, 0, 10);
    await kafka.latest.fetched(0, 10, records(10, 100));
    await kafka.latest.fetched(1, 10, records(10, 100));
    // It was read, and waits in the queue.
    expect([...reader.catchingUp()].sort()).toEqual([0, 1]);
    await received(reader, 45);
    expect(reader.catchingUp()).toHaveLength(1);
    await received(reader, 45);
    expect(reader.catchingUp()).toEqual([]);
  });

  it('that was forgotten is opened anew once the group deals its partitions', async () => {
    const { kafka, calls, reader } = await begin();
    kafka.latest.join(0, 1);
    await sought(kafka, 0, 10);
    await kafka.latest.fetched(0, 10, records(10, 14));
    reader.forget(0);
    expect(await kafka.latest.fetched(0, 14, records(14, 20))).toEqual([]);
    expect(reader.waiting).toBe(0);
    kafka.latest.join(0, 1);
    await until(() => calls.length === 3, 'the opening');
    expect(calls).toEqual(['resume 0', 'resume 1', 'resume 0']);
    await until(() => kafka.latest.calls.includes('resume 0'), 'the partition to be fetched again');
    await kafka.latest.fetched(0, 10, records(10, 12));
    expect(await received(reader, 1)).toEqual([[0, 10]]);
  });
});

describe('a member of the group', () => {
  it('comes back after a crash that the library takes for final, with its partitions and one listener for each event', async () => {
    const { kafka, calls, reader, log } = await begin();
    kafka.latest.join(0, 1);
    await sought(kafka, 0, 10);
    await kafka.latest.fetched(0, 10, records(10, 12));
    for (const times of [1, 2]) {
      const [gone, failures] = [kafka.latest, times === 1 ? 1 : 0];
      kafka.failures = failures;
      gone.emit('CRASH', { error: new Error('it is over'), restart: false });
      await until(() => kafka.consumers.length === times + 1, 'another consumer');
      await until(() => kafka.latest.calls.filter((call) => call === 'connect').length === failures + 1, 'the connection');
      expect(gone.calls).toContain('disconnect');
      // What the one before still says concerns nobody.
      gone.join();
      gone.emit('CRASH', { error: new Error('again'), restart: false });
      for (const consumer of kafka.consumers)
        for (const listeners of consumer.listeners.values()) expect(listeners).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      kafka.latest.join(0, 1);
      await sought(kafka, 0, 11);
    }
    expect(kafka.consumers).toHaveLength(3);
    expect(calls).toEqual(['resume 0', 'resume 1']);
    await kafka.latest.fetched(0, 11, records(11, 14));
    expect(await received(reader, 2)).toEqual([
      [0, 10],
      [0, 12],
    ]);
    expect(log.lines.some(({ message }) => /it is over; trying again/.test(message))).toBe(true);
  });

  it('says that the group gives it other topics, and which', async () => {
    const { kafka, reader } = await begin();
    kafka.latest.emit('RECEIVED_UNSUBSCRIBED_TOPICS', { topicsNotSubscribed: ['others'] });
    expect(reader.trouble).toMatch(/quantstream-p-t deals the partitions of other topics as well \(others\)/);
  });
});
