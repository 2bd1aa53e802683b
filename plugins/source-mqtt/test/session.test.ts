import { setTimeout as sleep } from 'node:timers/promises';
import type { Missing, Observation, Source, SourceBatch } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Mosquitto } from '../../../scripts/lib/mosquitto.mjs';
import plugin from '../src/index.js';
import { INSTALLED, publish, reading, WITHOUT, wayTo } from './broker.js';

/** A source that is being read. */
class Reader {
  readonly rows: Observation[] = [];
  readonly missing: Missing[] = [];
  cursor: string | null;
  private readonly source: Source;
  private readonly abort = new AbortController();
  private readonly done: Promise<void>;

  private constructor(source: Source, from: string | null) {
    this.source = source;
    this.cursor = from;
    this.done = this.read(from);
  }

  static async begin(hosts: TestHosts, config: object, from: string | null = null): Promise<Reader> {
    return new Reader(await plugin.create(plugin.config.parse(config), hosts.source()), from);
  }

  private async read(from: string | null): Promise<void> {
    for await (const batch of this.source.read(from, this.abort.signal)) this.take(batch);
  }

  private take({ observations, missing = [], cursor }: SourceBatch): void {
    this.rows.push(...observations);
    this.missing.push(...missing);
    this.cursor = cursor;
  }

  commit = () => this.source.commit!(this.cursor!);

  async stop(): Promise<void> {
    this.abort.abort();
    await this.done;
  }
}

describe.skipIf(!INSTALLED)(`a session${WITHOUT}`, () => {
  let broker: Mosquitto;
  let hosts: TestHosts;
  let readers: Reader[] = [];
  let names = 0;
  beforeAll(async () => {
    broker = await Mosquitto.create();
    hosts = new TestHosts();
  });
  afterEach(async () => {
    for (const reader of readers) await reader.stop();
    readers = [];
    hosts.drops.length = 0;
  });
  afterAll(async () => {
    hosts.dispose();
    await broker.dispose();
  });

  const base = () => {
    const name = `s${names++}`;
    return { url: broker.url, topics: [`${name}/+`], clientId: name, time: 'at', key: 'host', values: { cpu: 'system.cpu.pct' } };
  };
  const begin = async (config: object, from: string | null = null) => {
    const reader = await Reader.begin(hosts, config, from);
    readers.push(reader);
    return reader;
  };
  const end = async (reader: Reader) => {
    await reader.stop();
    readers = readers.filter((one) => one !== reader);
  };
  const until = async (condition: () => boolean) => {
    for (let i = 0; i < 3_000 && !condition(); i++) await sleep(10);
    expect(condition(), hosts.trouble ?? JSON.stringify(hosts.drops.slice(0, 3))).toBe(true);
  };
  const listening = () => until(() => hosts.trouble === undefined);
  const say = (topic: string, from: number, to: number) =>
    publish(
      broker.url,
      Array.from({ length: to - from }, (_, i) => [topic, JSON.stringify(reading(from + i))]),
    );
  const saidBy = ({ rows }: Reader) => rows.map(({ time }) => (time - reading(0).at) / 1_000);
  const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  it('gives what came while nobody was here, and what no checkpoint holds once more, and nothing twice', async () => {
    const config = base();
    const [topic] = [`${config.clientId}/a`];
    const first = await begin(config);
    await listening();
    await say(topic, 0, 50);
    await until(() => first.rows.length === 50);
    await first.commit();
    const checkpoint = first.cursor;
    await say(topic, 50, 80);
    await until(() => first.rows.length === 80);
    await end(first);
    await say(topic, 80, 100);
    const second = await begin(config, checkpoint);
    await until(() => second.rows.length >= 50);
    await sleep(300);
    expect(saidBy(second)).toEqual(upTo(50, 100));
    expect(second.rows.map(({ sequence }) => sequence)).toEqual(upTo(51, 101));
    expect(second.missing).toEqual([]);
  });

  it('knows again what a checkpoint holds and the broker was not told of', async () => {
    const config = base();
    const first = await begin(config);
    await listening();
    await say(`${config.clientId}/a`, 0, 40);
    // The same text twice is two messages.
    await publish(broker.url, [
      [`${config.clientId}/a`, JSON.stringify(reading(40))],
      [`${config.clientId}/a`, JSON.stringify(reading(40))],
    ]);
    await until(() => first.rows.length === 42);
    const held = first.cursor;
    await end(first);
    const second = await begin(config, held);
    await say(`${config.clientId}/a`, 41, 45);
    await until(() => second.rows.length >= 4);
    await sleep(300);
    expect(saidBy(second)).toEqual(upTo(41, 45));
    // It was told of them now: they come no more.
    await second.commit();
    await end(second);
    const third = await begin(config, JSON.stringify({ version: 1, given: 0, taken: [] }));
    await say(`${config.clientId}/a`, 45, 46);
    await until(() => third.rows.length >= 1);
    await sleep(300);
    expect(saidBy(third)).toEqual([45]);
  });

  it('goes on over a way that is cut again and again, without a loss and without a repeat', async () => {
    const way = await wayTo(broker.port);
    const config = { ...base(), url: way.url };
    const reader = await begin(config);
    await listening();
    for (let i = 0; i < 5; i++) {
      await say(`${config.clientId}/a`, i * 100, i * 100 + 60);
      await until(() => reader.rows.length > i * 100);
      if (i % 2 === 0) await reader.commit();
      way.cut();
      await say(`${config.clientId}/a`, i * 100 + 60, i * 100 + 100);
    }
    await until(() => reader.rows.length >= 500);
    await sleep(300);
    expect(saidBy(reader)).toEqual(upTo(0, 500));
    expect(reader.missing).toEqual([]);
    await way.close();
  });

  it('that a restart of the broker keeps is no loss; one that it has forgotten is told as not observed', async () => {
    const config = base();
    const reader = await begin(config);
    await listening();
    await say(`${config.clientId}/a`, 0, 10);
    await until(() => reader.rows.length === 10);
    await reader.commit();
    await broker.stop('SIGTERM');
    await until(() => hosts.trouble !== undefined);
    await broker.start();
    await listening();
    await say(`${config.clientId}/a`, 10, 20);
    await until(() => reader.rows.length === 20);
    expect(reader.missing).toEqual([]);
    await end(reader);
    // Somebody has ended the session.
    const mqtt = (await import('mqtt')).default;
    await (await mqtt.connectAsync(broker.url, { clientId: config.clientId, clean: true })).endAsync();
    await say(`${config.clientId}/a`, 20, 30);
    const again = await begin(config, reader.cursor);
    await listening();
    await say(`${config.clientId}/a`, 30, 40);
    await until(() => again.rows.length === 10);
    const [from, to] = [reading(19).at, reading(30).at];
    expect(again.missing).toEqual([{ key: '*', from, to, reason: 'not observed', count: 0 }]);
  });

  it('is of numbers whose topics say what they are, of keys from topics, and of what is retained if that is asked for', async () => {
    const { clientId, url } = base();
    await publish(url, [[`${clientId}/hall/temperature`, '7']], { retain: true });
    const config = {
      url,
      clientId,
      numbers: { [`${clientId}/+/temperature`]: 'temperature', [`${clientId}/+/humidity`]: 'humidity' },
      values: ['temperature', 'humidity'],
      optional: ['temperature', 'humidity'],
    };
    const reader = await begin(config);
    await listening();
    const before = Date.now();
    await publish(url, [
      [`${clientId}/kitchen/temperature`, ' 21.5\n'],
      [`${clientId}/kitchen/humidity`, '4e1'],
      [`${clientId}/kitchen/humidity`, 'unavailable'],
    ]);
    await until(() => reader.rows.length === 2 && hosts.drops.length === 1);
    expect(reader.rows.map(({ key, values }) => [key, values])).toEqual([
      ['kitchen', { temperature: 21.5 }],
      ['kitchen', { humidity: 40 }],
    ]);
    expect(reader.rows[0]!.time).toBeGreaterThanOrEqual(before);
    expect(hosts.drops).toEqual([`bad_number: ${clientId}/kitchen/humidity: the message is no number`]);
    await end(reader);
    const kept = await begin({ ...config, clientId: `${clientId}-kept`, retained: true });
    await until(() => kept.rows.length === 1);
    expect(kept.rows[0]).toMatchObject({ key: 'hall', values: { temperature: 7 } });
  });

  it('drops what is bad, however hostile it is, counts it, and gives the rest', async () => {
    const config = base();
    const reader = await begin(config);
    await listening();
    const good = JSON.stringify(reading(1));
    const bad: (string | Buffer)[] = [
      '',
      'neither fish nor fowl',
      '[1, 2]',
      'null',
      '{"__proto__": {"at": 1}}',
      `${'{"at":'.repeat(30_000)}1`,
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      good.replace(/"at":\d+/, '"at":"yesterday"'),
      good.replace(/"at":\d+/, '"at":1e300'),
      good.replace(/"at":\d+/, `"at":${Date.now() + 86_400_000}`),
      good.replace(/"pct":\d+/, '"pct":"lots"'),
      good.replace(/"pct":\d+/, `"pct":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`),
      good.replace(/"host":"[^"]*"/, '"host":""'),
      good.replace(/"host":"[^"]*"/, '"host":{"toString":1}'),
      good.replace(/"host":"[^"]*"/, `"host":"${'x'.repeat(1_000_000)}"`),
      Buffer.from([0xff, 0xfe, 0, 0x7b]),
      Buffer.alloc(100_000, 0x5b),
    ];
    await publish(
      broker.url,
      bad.map((payload) => [`${config.clientId}/a\u202e`, payload]),
    );
    await publish(broker.url, [[`${config.clientId}/a`, good]]);
    await until(() => reader.rows.length >= 1);
    expect(saidBy(reader)).toEqual([1]);
    expect(hosts.drops).toHaveLength(bad.length);
    expect(Math.max(...hosts.drops.map(({ length }) => length))).toBeLessThan(1_000);
    expect(new Set(hosts.drops.map((drop) => drop.slice(0, drop.indexOf(':'))))).toEqual(
      new Set(['bad_message', 'bad_time', 'ahead', 'bad_value', 'missing_key', 'bad_key']),
    );
  });

  it.each(['5', '3.1.1'] as const)('of MQTT %s gives all of a flood while acknowledgements come in steps', async (protocol) => {
    const config = { ...base(), protocol, inflight: 50 };
    const reader = await begin(config);
    await listening();
    const commits = setInterval(() => void (reader.cursor && reader.commit()), 20);
    await say(`${config.clientId}/a`, 0, 3_000);
    await until(() => reader.rows.length >= 3_000);
    clearInterval(commits);
    expect(saidBy(reader)).toEqual(upTo(0, 3_000));
  });

  it('forgets what the broker was told of, so that neither positions grow nor a later message is taken for an earlier one', async () => {
    const { clientId, url } = base();
    const config = { url, clientId, numbers: { [`${clientId}/+`]: 'v' }, values: ['v'], inflight: 1_000 };
    const topic = `${clientId}/a`;
    let cursor: string | null = null;
    // In portions: Mosquitto 2.0.11 has more out than it is asked for, and what is out stands in the position.
    const live = async (texts: readonly string[], { kept = true, expected = texts.length } = {}) => {
      const reader = await begin(config, cursor);
      await listening();
      for (let at = 0; at < texts.length; at += 500) {
        const some = texts.slice(at, at + 500);
        await publish(
          url,
          some.map((text) => [topic, text]),
        );
        await until(() => reader.rows.length >= at + some.length);
        if (kept) await reader.commit();
      }
      await until(() => reader.rows.length >= expected);
      if (kept) cursor = reader.cursor;
      await end(reader);
      expect(reader.rows).toHaveLength(expected);
    };
    const others = (count: number) => Array.from({ length: count }, (_, i) => String(i + 100));
    await live(['21.5']);
    // Until the broker comes to the number of the first once more: there are 65,535.
    for (const count of [3_000, 3_000, 3_000, 3_000, 53_534]) {
      await live(others(count));
      expect((JSON.parse(cursor!) as { taken: unknown[] }).taken.length).toBeLessThanOrEqual(2 * config.inflight);
    }
    await live(['21.5'], { kept: false });
    await live([], { expected: 1 });
  });

  it('is looked at by engine doctor without taking it from who has it', async () => {
    const config = base();
    const reader = await begin(config);
    await listening();
    const parsed = plugin.config.parse(config);
    expect(await plugin.diagnose!(parsed, hosts.outside())).toMatchObject([{ state: 'good' }]);
    expect(await plugin.diagnose!({ ...parsed, url: 'mqtt://127.0.0.1:1' }, hosts.outside())).toMatchObject([{ state: 'bad' }]);
    await say(`${config.clientId}/a`, 0, 3);
    await until(() => reader.rows.length === 3);
  });
});
