import type { Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, describe, expect, it } from 'vitest';
import kafka from '../src/index.js';
import { BROKER, EPOCH, until, WITHOUT } from './support.js';

describe.skipIf(!BROKER)(`a broker that is killed and comes back (${WITHOUT})`, () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());

  it('costs nothing: all records come once and in order, and the trouble is told and over', async () => {
    const { KafkaBroker } = await import('../../../scripts/lib/kafka.mjs');
    const own = await KafkaBroker.create({ heap: '256m' });
    try {
      const client = new Kafka({ brokers: [own.address], logLevel: logLevel.NOTHING, retry: { retries: 20 } });
      const admin = client.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: 'outage', numPartitions: 3 }], waitForLeaders: false });
      await until(
        () =>
          admin.fetchTopicOffsets('outage').then(
            ({ length }) => length === 3,
            () => false,
          ),
        'the topic',
      );
      await admin.disconnect();
      const say = async (from: number, to: number) => {
        const producer = client.producer();
        await producer.connect();
        const messages = Array.from({ length: to - from }, (_, i) => ({
          key: `k${(from + i) % 3}`,
          value: JSON.stringify({ at: EPOCH + from + i, v: from + i }),
          partition: (from + i) % 3,
        }));
        await producer.send({ topic: 'outage', acks: -1, messages });
        await producer.disconnect();
      };
      const troubles: (string | undefined)[] = [];
      const host = { ...hosts.source(), trouble: (why: string | undefined) => void troubles.push(why) };
      const config = kafka.config.parse({ brokers: own.address, topic: 'outage', time: 'at', values: ['v'] });
      const source = await kafka.create(config, host);
      const seen: Observation[] = [];
      const stop = new AbortController();
      const reads = (async () => {
        for await (const { observations, missing } of source.read(null, stop.signal)) {
          expect(missing).toBeUndefined();
          seen.push(...observations);
        }
      })();
      await say(0, 300);
      await until(() => seen.length === 300, 'the first records');
      await own.stop('SIGKILL');
      await until(() => troubles.at(-1) !== undefined, 'trouble');
      await own.start();
      await say(300, 600);
      await until(() => seen.length >= 600, 'the records behind the outage');
      await until(() => troubles.at(-1) === undefined, 'the end of the trouble');
      stop.abort(new Error('enough'));
      await reads;
      for (const key of ['k0', 'k1', 'k2'])
        expect(seen.filter((one) => one.key === key).map(({ sequence }) => sequence)).toEqual(
          Array.from({ length: 200 }, (_, i) => i),
        );
    } finally {
      await own.dispose();
    }
  }, 120_000);
});
