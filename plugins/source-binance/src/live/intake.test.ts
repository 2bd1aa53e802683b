// What the exchange says beside trades, thousands of times over.
import type { SourceHost } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { Assembly } from './assembly.js';
import { Intake } from './intake.js';
import { Lateness } from './watermark.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

describe('what comes in live', () => {
  it('tells of 5,000 farewells once in a while, with their number, and acts on each', () => {
    const told: (readonly [object, string])[] = [];
    const keep = (fields: object, message: string) => void told.push([fields, message]);
    let now = 1_700_000_000_000;
    const own = hosts.source();
    const host: SourceHost = {
      ...own,
      clock: { ...own.clock, now: () => now },
      log: { debug: keep, info: keep, warn: keep, error: keep },
    };
    const intake = new Intake({ stream: 'trade', market: 'spot' }, host, new Assembly(10, 1_000), new Lateness(), () => {});
    let left = 0;
    const frames = ['{"e":"serverShutdown","E":1}', '{"data":{"e":"serverShutdown"}}', '{"e":"news"}', '{"result":null,"id":7}'];
    for (let i = 0; i < 20_000; i++) {
      intake.take(frames[i % 4]!, () => left++);
      // 25 s in all.
      now += 1.25;
    }
    expect(left).toBe(10_000);
    // At 0, 10 and 20 s: the first, and those since.
    const counts = told.map(([fields]) => (fields as { count: number }).count);
    expect(counts).toEqual([1, 4_000, 4_000]);
    expect(new Set(told.map(([, message]) => message)).size).toBe(1);
    // The host tells of these once in a while.
    expect(Object.fromEntries(hosts.dropped)).toEqual({ other_event: 5_000 });
  });
});
