// Holds the reader to its laws, with a broker of its own that can be killed.

import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe } from 'vitest';
import { KafkaReader } from '../../src/adapters/kafka/reading/reader.js';
import { KafkaWriter } from '../../src/adapters/kafka/writing/writer.js';
import { systemClock } from '../../src/ports/clock.js';
import { MemoryLog } from '../../src/ports/log.js';
import { type Broker, readerLaws } from './reader-laws.js';
import { BROKER, recreateTopic, until, WITHOUT } from './support.js';

describe.skipIf(!BROKER)(`the reader of Kafka, by kafkajs (${WITHOUT})`, () => {
  let broker: Broker;
  let dispose: () => Promise<void>;

  beforeAll(async () => {
    const { KafkaBroker } = await import('../../../scripts/lib/kafka.mjs');
    const own = await KafkaBroker.create();
    const client = new Kafka({ brokers: [own.address], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    dispose = async () => {
      await admin.disconnect();
      await own.dispose();
    };
    const parts = (topic: string, group: string, partitions: number, buffer: number) => ({
      pipeline: 'laws',
      settings: { brokers: [own.address], topic, group, partitions, replication: 1, retention: 3_600_000, tls: false },
      clock: systemClock,
      log: new MemoryLog(),
      ours: { pipeline: 'laws', source: 'laws' },
      buffer,
      drop: (reason: string, detail: string) => {
        throw new Error(`${reason}: ${detail}`);
      },
      deadLetter: async () => {},
    });
    broker = {
      reader: (topic, group, partitions, buffer) => new KafkaReader(parts(topic, group, partitions, buffer)),
      write: async (topic, partitions, batches) => {
        const writer = new KafkaWriter({ ...parts(topic, topic, partitions, 1_000), groups: new Map() });
        const { signal } = new AbortController();
        await writer.open(signal);
        for (const observations of batches) await writer.send({ observations, cursor: null });
        await writer.flush(signal);
        await writer.close();
      },
      bounce: async () => {
        await own.stop('SIGKILL');
        await own.start();
        await until(() => admin.listTopics().then(Boolean, () => false), 'the broker');
      },
      recreate: (topic, partitions) => recreateTopic(admin, topic, partitions),
      deleteBefore: async (topic, partition, offset) => {
        // The library knows a topic's leaders only once it was asked for it.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
      },
      commit: async (topic, groupId, offsets) => {
        const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50 });
        await consumer.connect();
        await consumer.subscribe({ topic });
        const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
        await consumer.run({ autoCommit: false, eachMessage: async () => {} });
        await joined;
        await consumer.commitOffsets(offsets.map((offset, partition) => ({ topic, partition, offset: String(offset) })));
        await consumer.disconnect();
      },
      ends: async (topic) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
      },
    };
  });
  afterAll(() => dispose());

  readerLaws(() => broker);
});
