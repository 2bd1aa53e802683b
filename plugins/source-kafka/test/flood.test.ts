// A topic that holds far more than its reader takes.

import { setTimeout as sleep } from 'node:timers/promises';
import { TestHosts } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { BROKER, reading, send, topicOf, WITHOUT } from './support.js';

const MEGABYTE = 1_000_000;
const [COUNT, BYTES] = [120_000, 2_000];

describe.skipIf(!BROKER)(`a topic of ${(COUNT * BYTES) / MEGABYTE} MB (${WITHOUT})`, () => {
  it('is fetched as it is taken, and what waits is bounded', async () => {
    const topic = await topicOf(4);
    const text = 'x'.repeat(BYTES);
    for (let at = 0; at < COUNT; at += 10_000)
      await send(
        topic,
        Array.from({ length: 10_000 }, (_, i) => ({
          partition: i % 4,
          value: JSON.stringify({ ...reading(at + i), text }),
        })),
      );
    const hosts = new TestHosts();
    const config = { brokers: BROKER, topic, time: 'at', key: 'host', values: { cpu: 'system.cpu.pct' }, follow: false };
    const source = await plugin.create(plugin.config.parse(config), hosts.source());
    const before = process.memoryUsage().arrayBuffers;
    const held = () => process.memoryUsage().arrayBuffers - before;
    let [rows, most] = [0, 0];
    for await (const { observations } of source.read(null, new AbortController().signal)) {
      // Nobody takes more until no more comes.
      for (let last = -1; rows === 0 && held() > last; ) {
        last = held();
        await sleep(1_000);
      }
      rows += observations.length;
      if (rows <= 10_000) most = Math.max(most, held());
    }
    await source.close?.();
    hosts.dispose();
    expect(rows).toBe(COUNT);
    expect(most).toBeLessThan(80 * MEGABYTE);
  });
});
