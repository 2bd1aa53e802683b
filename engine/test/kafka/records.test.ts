// What else may stand in a topic, what does not fit into it, and topics that are not what they were: with a real broker.

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KafkaWriter } from '../../src/adapters/kafka/writing/writer.js';
import { systemClock } from '../../src/ports/clock.js';
import { bufferOf, type Letter as Kept, type RawRecord } from '../../src/ports/letters/letter.js';
import { MemoryLog } from '../../src/ports/log.js';
import { VERSION } from '../../src/spec/version.js';
import { distinct } from '../support.js';
import { BROKER, channel, client, KINDS, recreateTopic, source, ThroughKafka, until, WITHOUT } from './support.js';

const shop = new ThroughKafka();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

type Letter = Kept & { readonly record: RawRecord };

/** The dead letters of the pipeline. */
function letters(): Letter[] {
  const path = join(shop.directory, 'data', 'test', 'dead-letters.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Letter);
}

describe.skipIf(!BROKER)(`records of a topic (${WITHOUT})`, () => {
  const admin = client.admin();
  const producer = client.producer();
  beforeAll(() => Promise.all([admin.connect(), producer.connect()]));
  afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  const YEAR = 365 * 86_400_000;
  const observation = (more: object) => ({
    type: 'reading',
    sequence: 1,
    time: 1_700_000_000_000,
    received: 1_700_000_000_000,
    values: { level: 1 },
    ...more,
  });
  /** What others may write, by accident or not. */
  const POISON = [
    { key: null, value: '{"missing":[null]}' },
    { key: null, value: '{"missing":[{"key":"*","from":0,"to":1e300,"reason":"x"}]}' },
    { key: null, value: '{"missing":{}}' },
    { key: null, value: '{"watermark":1e300}' },
    { key: null, value: `{"watermark":${Date.now() + YEAR}}` },
    { key: null, value: '{"end":true}' },
    { key: null, value: '{"end":"yes"}' },
    { key: null, value: 'null' },
    { key: null, value: null },
    { key: 'key-0', value: null },
    { key: 'key-0', value: Buffer.from([0xff, 0xfe, 0x00]) },
    { key: 'key-0', value: JSON.stringify(observation({})) },
    { key: 'key-0', value: JSON.stringify(observation({ sequence: 1e300 })) },
    { key: 'key-0', value: JSON.stringify(observation({ time: 1e300 })) },
    { key: 'key-0', value: JSON.stringify(observation({ values: null })) },
    { key: 'key-0', value: JSON.stringify(observation({ values: { level: { evil: 1 } } })) },
    { key: 'key-0', value: JSON.stringify(observation({ text: 'words' })) },
    { key: 'x'.repeat(5_000), value: JSON.stringify(observation({})) },
  ];

  it('are refused when they are not our own, put away whole, and change nothing', async () => {
    const changes = source({ keys: 3, count: 200, batch: 20, more: 0 });
    const expected = await shop.direct(source({ keys: 3, count: 200, batch: 20, more: 100 }));
    const through = { ...changes, ...channel(2) };
    const { topic } = through.channel.with;
    await shop.half('ingest', through);
    for (const partition of [0, 1]) await producer.send({ topic, messages: POISON.map((one) => ({ ...one, partition })) });
    await shop.half('ingest', { ...through, ...source({ keys: 3, count: 200, batch: 20, more: 100 }) });
    for (const again of [false, true]) {
      if (again) shop.forget();
      const summary = await shop.half('detect', { ...through, ...source({ keys: 3, count: 200, batch: 20, more: 100 }) });
      expect(summary).toMatchObject({ ending: 'finished', observations: 900, missing: 0, late: 0, ahead: 0 });
      expect(summary.dropped).toEqual({ foreign_record: 2 * POISON.length });
      expect(summary.deadLettered).toBe(2 * POISON.length);
      expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
      const put = letters().filter(({ place }) => place.partition === 1);
      expect(put.map(({ record }) => bufferOf(record.value)?.toString('latin1') ?? null)).toEqual(
        POISON.map(({ value }) => value?.toString('latin1' as never) ?? null),
      );
      const [first] = put;
      expect(first).toMatchObject({
        part: 'channel',
        code: 'foreign_record',
        place: { topic, partition: 1 },
        plugin: { name: 'kafka', version: VERSION },
      });
      expect(first!.reason).toMatch(/not signed/);
    }
  });

  it('of any alphabet fit, as they are counted in bytes; one that the topic never takes is put away, and the rest flows', async () => {
    const words = { '*': ['字', 1_500], 40: ['ы', 1_000_000], 41: ['x', 990_000] };
    const changes = source({ count: 400, batch: 200, words });
    const through = { ...changes, ...channel() };
    const ingested = await shop.half('ingest', through);
    expect(ingested).toMatchObject({ ending: 'finished', observations: 400, dropped: { record_too_large: 1 }, deadLettered: 1 });
    const [letter] = letters();
    expect(letter).toMatchObject({ code: 'record_too_large', place: { topic: through.channel.with.topic } });
    expect(JSON.parse(String(bufferOf(letter!.record.value)))).toMatchObject({ sequence: 41 });
    const detected = await shop.half('detect', through);
    // What was put away is known to be missing.
    expect(detected).toMatchObject({ ending: 'finished', observations: 399, missing: 1 });
  });

  it('go on when a topic takes less than it did: parts are divided down to the record that is too much', async () => {
    const topic = randomUUID();
    const log = new MemoryLog();
    const dropped: string[] = [];
    const put: unknown[] = [];
    const writer = new KafkaWriter({
      pipeline: 'test',
      settings: { brokers: [BROKER!], topic, partitions: 2, replication: 1, retention: 3_600_000, tls: false },
      clock: systemClock,
      log,
      ours: { pipeline: 'test', source: 's' },
      buffer: 10_000,
      groups: new Map(),
      drop: (reason) => void dropped.push(reason),
      deadLetter: async ({ record }) => void put.push(record),
    });
    const { signal } = new AbortController();
    await writer.open(signal);
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'max.message.bytes', value: '20000' }] },
      ],
    });
    const observations = Array.from({ length: 300 }, (_, i) => ({
      key: `key-${i % 7}`,
      ...observation({ sequence: i, text: { words: 'x'.repeat(i === 100 ? 30_000 : 300) } }),
    }));
    await writer.send({ observations, cursor: '1', watermark: 5 } as never);
    await writer.flush(signal);
    expect(writer.safe).toBe('1');
    await writer.close();
    expect(dropped).toEqual(['record_too_large']);
    expect(put).toMatchObject([{ key: { text: 'key-2' }, time: null }]);
    const found = await read(topic, 2);
    for (let key = 0; key < 7; key++) {
      const sequences = found.filter((one) => one.key === `key-${key}`).map(({ value }) => JSON.parse(value).sequence as number);
      expect(sequences).toEqual(observations.filter((o, i) => o.key === `key-${key}` && i !== 100).map((o) => o.sequence));
    }
  });

  /** Everything that stands in a topic. */
  async function read(topic: string, partitions: number): Promise<{ key: string | undefined; value: string }[]> {
    const consumer = client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const found: { key: string | undefined; value: string }[] = [];
    const ends = await admin.fetchTopicOffsets(topic);
    let left = ends.reduce((sum, { high }) => sum + Number(high), 0);
    expect(ends).toHaveLength(partitions);
    await consumer.run({
      eachMessage: async ({ message: { key, value } }) => {
        found.push({ key: key?.toString(), value: value!.toString() });
        left--;
      },
    });
    await until(() => left === 0, 'the reading of the topic');
    await consumer.disconnect();
    return found;
  }

  const recreate = (topic: string) => recreateTopic(admin, topic, 1);

  it.each([
    { what: 'shorter', before: 100, after: 0, why: /it ends before record \d+, and was read up to record \d+/ },
    { what: 'as long or longer', before: 0, after: 100, why: /record \d+ is not the one that was read/ },
  ])(
    'are told from those of another topic of the same name that is $what, at once, with what to do',
    async ({ before, after, why }) => {
      const of = (more: number) => source({ count: 100, batch: 10, more });
      const through = { ...of(before), ...channel() };
      const { topic } = through.channel.with;
      await shop.half('ingest', through);
      await shop.half('detect', through);
      await recreate(topic);
      await shop.half('ingest', { ...through, ...of(after), name: 'other' });
      const failed = shop.half('detect', through);
      await expect(failed).rejects.toMatchObject({ code: 'QS_CHANNEL_REPLACED', message: expect.stringMatching(why) });
      await expect(failed).rejects.toThrow(/start with --reset-state/);
      // The way on.
      shop.forget();
      expect(await shop.half('detect', through)).toMatchObject({ ending: 'finished', observations: 100 + after });
    },
  );

  it('are told from those of another topic while they are read, and by those who write as well', async () => {
    const through = { ...source({ count: 100_000, batch: 5 }), ...channel(), buffer: 10 };
    const [ingest, detect] = [await shop.begin('ingest', through), await shop.begin('detect', through)];
    await until(() => detect.pipeline.vitals.tally.counts.observations > 500, 'a part of the stream');
    await recreate(through.channel.with.topic);
    await expect(detect.done).rejects.toMatchObject({ code: 'QS_CHANNEL_REPLACED' });
    const said = () =>
      ingest.log.lines.some(({ message }) => /goes on at record 0 and not at \d+: it was deleted and made anew/.test(message));
    await until(said, 'the word of the ingesting half');
    await ingest.end();
  });
});

describe.skipIf(!BROKER)(`the group of the detectors (${WITHOUT})`, () => {
  it('is one of the pipeline and the topic, and is told to be shared where another pipeline is in it', async () => {
    const group = randomUUID();
    const of = (name: string) => {
      const made = { ...source({ count: 20 }), ...channel(2), name };
      made.channel.with.group = group;
      return { ...made, sinks: { lines: { use: './lines-sink', with: { path: `./${name}.jsonl` } } } };
    };
    const [one, two] = [of('one'), of('two')];
    const first = await shop.begin('detect', one);
    await until(() => first.pipeline.vitals.troubles.length === 0 && first.pipeline.vitals.opened, 'the first');
    const second = await shop.begin('detect', two);
    const told = () => [first, second].flatMap(({ pipeline }) => pipeline.vitals.troubles).join('\n');
    await until(() => /shared with|deals the partitions of other topics/.test(told()), 'the trouble');
    expect(told()).toMatch(/give each pipeline a group of its own/);
    await Promise.all([first.end(), second.end()]);
  });
});
