// Dead letters of a topic, in a topic: kept bit for bit, and given again; with a real broker.

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withLetters } from '../../src/compose/letters/dead-letters.js';
import { type Kept, lettersOf, type RawRecord } from '../../src/compose/letters/kept.js';
import { type Replayed, type ReplayOptions, replay } from '../../src/compose/letters/replay.js';
import { systemClock } from '../../src/ports/clock.js';
import { bytesOf } from '../../src/ports/letters/letter.js';
import { MemoryLog } from '../../src/ports/log.js';
import { MemoryMetrics } from '../../src/ports/metrics.js';
import { BROKER, channel, client, source, ThroughKafka, WITHOUT } from './support.js';

const shop = new ThroughKafka();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const FILE = join(shop.directory, 'data', 'test', 'dead-letters.jsonl');
const inFile = () => (existsSync(FILE) ? readFileSync(FILE, 'utf8').split('\n').filter(Boolean) : []);

describe.skipIf(!BROKER)(`dead letters in a topic (${WITHOUT})`, () => {
  const admin = client.admin();
  const producer = client.producer();
  beforeAll(() => Promise.all([admin.connect(), producer.connect()]));
  afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  const log = new MemoryLog();
  const outside = { clock: systemClock, log, metrics: new MemoryMetrics() };
  const letters = (changes: object): Promise<Kept[]> =>
    shop
      .plan(shop.pipeline(changes as Record<string, unknown>))
      .then((plan) => withLetters(plan, outside, async (found) => (await lettersOf(found, {}, true)).kept));

  async function again(changes: object, options: Partial<ReplayOptions> = {}): Promise<[string, string | undefined][]> {
    const plan = await shop.plan(shop.pipeline(changes as Record<string, unknown>));
    const all: Replayed[] = [];
    await withLetters(plan, outside, async (found) => {
      const every = { dryRun: false, foreign: false, ...options };
      for await (const one of replay(plan, outside, found, every, new AbortController().signal)) all.push(one);
    });
    return all.map(({ outcome, why }) => [outcome, why]);
  }

  const limit = (topic: string, bytes: number) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'max.message.bytes', value: String(bytes) }] },
      ],
    });

  it('keep foreign records with bytes, key, headers and place, and give an observation to the topic again only when told to', async () => {
    const changes = { ...source({ keys: 2, count: 30 }), ...channel(2), deadLetters: { topic: randomUUID() } };
    const { topic } = changes.channel.with;
    await shop.half('ingest', changes);
    const time = 1_700_000_000_000 + 31_000;
    const foreign = { type: 'reading', sequence: 31, time, received: time, values: { level: 1 } };
    const odd = Buffer.from([0xff, 0x00, 0x01]);
    await producer.send({
      topic,
      messages: [
        { key: 'key-0', value: JSON.stringify(foreign), partition: 0, headers: { trace: odd, of: 'theirs' } },
        { key: odd, value: odd, partition: 1 },
        { key: null, value: '{"end":true}', partition: 1 },
        { key: 'gone', value: null, partition: 1 },
      ],
    });
    expect(await shop.half('detect', changes)).toMatchObject({ observations: 60, deadLettered: 4, ending: 'finished' });
    expect(inFile()).toEqual([]);
    const all = await letters(changes);
    const raw = Object.fromEntries(all.map(({ letter }) => [JSON.stringify((letter.record as RawRecord).value), letter]));
    expect(Object.keys(raw)).toHaveLength(4);
    expect(raw[JSON.stringify(bytesOf(JSON.stringify(foreign)))]).toMatchObject({
      code: 'foreign_record',
      place: { topic, partition: 0, offset: expect.any(Number) },
      plugin: { name: 'kafka' },
      record: {
        key: { text: 'key-0' },
        headers: { trace: { base64: '/wAB' }, of: { text: 'theirs' } },
        time: expect.any(Number),
      },
    });
    expect(raw[JSON.stringify({ base64: '/wAB' })]!.record).toMatchObject({ key: { base64: '/wAB' }, headers: {} });
    expect(raw.null!.record).toMatchObject({ key: { text: 'gone' }, value: null });

    const left = await again(changes);
    expect(left.map(([outcome]) => outcome)).toEqual(['left', 'left', 'left', 'left']);
    expect(left.filter(([, why]) => why === 'it was written by others; --foreign takes it for our own')).toHaveLength(3);
    const told = await again(changes, { foreign: true });
    expect(told.map(([outcome]) => outcome).sort()).toEqual(['left', 'refused', 'refused', 'replayed']);
    // The stream that had ended has ended again. What stands behind the last batch is read, and put away, once more.
    expect(await shop.half('detect', changes)).toMatchObject({ observations: 1, deadLettered: 4, ending: 'finished' });
    const observed = shop.lines().filter(({ what }) => what === 'observation');
    expect(observed.at(-1)).toMatchObject({ key: 'key-0', sequence: 31, level: 1 });
    expect(observed).toHaveLength(61);
    expect((await letters(changes)).map(({ state }) => state).sort()).toEqual(['refused', 'refused', 'replayed', 'waiting']);
    expect((await again(changes, { foreign: true })).map(([outcome]) => outcome).sort()).toEqual(['left', 'refused', 'refused']);
  });

  it('take what was too large for the topic until it takes more; it is signed as the half that writes now', async () => {
    const words = { 40: ['日', 400_000] as const };
    const changes = { ...source({ keys: 1, count: 100, batch: 20, words }), ...channel(1), deadLetters: { topic: randomUUID() } };
    const { topic } = changes.channel.with;
    expect(await shop.half('ingest', changes)).toMatchObject({ dropped: { record_too_large: 1 }, deadLettered: 1 });
    // The letter is too large for its topic as well: the file has it.
    expect(inFile()).toHaveLength(1);
    expect(await shop.half('detect', changes)).toMatchObject({ observations: 99, missing: 1 });
    // Another ingesting half has begun to write since.
    const grown = { ...changes, ...source({ keys: 1, count: 100, batch: 20, words, more: 20 }) };
    await shop.half('ingest', grown);
    expect(await again(grown)).toEqual([
      ['refused', expect.stringMatching(/takes 120\d{4} bytes, and the topic .* raise its max/)],
    ]);
    await limit(topic, 2_000_000);
    expect(await again(grown)).toEqual([['replayed', undefined]]);
    const summary = await shop.half('detect', grown);
    expect(summary).toMatchObject({ ending: 'finished', deadLettered: 0, observations: 21 });
    expect(summary.dropped).toEqual({});
    expect(shop.lines().filter(({ what, sequence }) => what === 'observation' && sequence === 41)).toHaveLength(1);
  });

  it('go into the file, which is said, while the topic takes nothing', async () => {
    const place = randomUUID();
    const changes = { ...source({ keys: 1, count: 30 }), ...channel(1), deadLetters: { topic: place } };
    await admin.createTopics({ topics: [{ topic: place, numPartitions: 1 }], waitForLeaders: true });
    await limit(place, 100);
    const { topic } = changes.channel.with;
    await shop.half('ingest', changes);
    await producer.send({ topic, messages: [{ key: 'x', value: 'y'.repeat(50) }] });
    const { pipeline, log: said } = await shop.compose(shop.pipeline(changes as Record<string, unknown>), 'd.yaml', 'detect');
    expect(await shop.finish(pipeline)).toMatchObject({ ending: 'finished', deadLettered: 1 });
    expect(inFile()).toHaveLength(1);
    const warning = said.lines.find(({ message }) => message.includes('does not take a dead letter'));
    expect(warning!.message).toContain(`the topic ${place} does not take a dead letter, which goes into ${FILE}`);
    expect((await letters(changes)).map(({ letter }) => letter.code)).toEqual(['foreign_record']);
  });
});

describe('a topic for dead letters', () => {
  it.each([
    [{}, /there is no channel/],
    [{ channel: { use: 'kafka', with: { brokers: 'localhost:1', topic: 'same' } } }, /a topic of their own/],
  ])('is at the brokers of the channel, and not the channel itself', async (changes, message) => {
    await expect(shop.plan(shop.pipeline({ ...changes, deadLetters: { topic: 'same' } }))).rejects.toThrow(message);
  });
});
