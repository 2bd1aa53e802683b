import { sinkLaws, TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, describe, expect, it } from 'vitest';
import { KINDS } from '../src/config.js';
import plugin from '../src/index.js';

const BROKER = process.env.QUANTSTREAM_TEST_KAFKA;
const WITHOUT = 'skipped without a broker: set QUANTSTREAM_TEST_KAFKA, see scripts/with-kafka.mjs';
const client = new Kafka({ brokers: [BROKER ?? ''], logLevel: logLevel.NOTHING });
const run = `sink-laws-${process.pid}`;

/** All records of topics, to where they end by now. */
async function recordsOf(topics: readonly string[]) {
  const admin = client.admin();
  await admin.connect();
  const left = new Map<string, number>();
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > Number(low)) left.set(`${topic}/${partition}`, Number(high));
  await admin.disconnect();
  const found: { topic: string; partition: number; key: string; value: string; headers: Record<string, string> }[] = [];
  if (left.size === 0) return found;
  const consumer = client.consumer({ groupId: `${run}-${Math.random()}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const running = consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, one]) => [name, String(one)]));
        found.push({ topic, partition, key: String(message.key), value: String(message.value), headers });
        const at = `${topic}/${partition}`;
        if (Number(message.offset) + 1 >= (left.get(at) ?? 0)) left.delete(at);
        if (left.size === 0) resolve();
      },
    });
    running.catch(reject);
  });
  await consumer.disconnect();
  return found;
}

describe.skipIf(!BROKER)(`topics (${WITHOUT})`, () => {
  const everything = KINDS.filter((kind) => kind !== 'incidents');

  sinkLaws(plugin, {
    config: (n) => ({ brokers: BROKER, prefix: `${run}-${n}`, write: everything }),
    read: async (n) => {
      const found = await recordsOf(everything.map((kind) => `${run}-${n}.${kind}`));
      return found.map(({ topic, key, value }) => `${topic.slice(topic.lastIndexOf('.'))} ${key} ${value}`).sort();
    },
  });

  describe('a sink of them', () => {
    const hosts = new TestHosts();
    afterAll(() => hosts.dispose());

    it('keeps what concerns a key in one partition and in order, and says what a record is', async () => {
      const config = { brokers: BROKER, prefix: `${run}-order`, write: ['verdicts'], partitions: 4 };
      const sink = await plugin.create(plugin.config.parse(config), hosts.sink(testSchema));
      await sink.open!();
      const { verdicts } = testBatch(0, 200);
      await sink.write(testBatch(0, 200));
      await sink.close();
      const found = await recordsOf([`${run}-order.verdicts`]);
      const partitions = new Map(found.map(({ key, partition }) => [key, partition]));
      expect(found.every(({ key, partition }) => partitions.get(key) === partition)).toBe(true);
      for (const key of partitions.keys()) {
        const ids = found.filter((one) => one.key === key).map(({ headers }) => headers.id);
        expect(ids).toEqual(verdicts.filter((one) => one.key === key).map(({ id }) => id));
      }
      expect(found[0]!.headers).toMatchObject({ pipeline: testSchema.pipeline, kind: 'verdict' });
    });

    it('puts away what is larger than the broker takes, and writes the rest', async () => {
      const config = { brokers: BROKER, prefix: `${run}-large`, write: ['missing'] };
      const sink = await plugin.create(plugin.config.parse(config), hosts.sink(testSchema));
      await sink.open!();
      const missing = ['a', 'b', 'c'].map((key) => ({
        key,
        from: 0,
        to: 1,
        reason: key === 'b' ? 'x'.repeat(3_000_000) : 'gap',
      }));
      await sink.write({ ...testBatch(0, 0), missing });
      await sink.close();
      expect(hosts.deadLetters).toMatchObject([{ kind: 'missing', code: 'record_too_large', record: missing[1] }]);
      expect((await recordsOf([`${run}-large.missing`])).map(({ key }) => key)).toEqual(['a', 'c']);
    });
  });
});
