// Streams that are silent and not dead, on a clock that is squeezed.

import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeExchange, type FakeSettings } from './fake/exchange.mjs';
import { liveConfig, Session, whole } from './live-helpers.js';
import { SqueezedClock } from './squeezed-clock.js';

const START = Date.UTC(2026, 0, 1);
let hosts: TestHosts;
let clock: SqueezedClock;
let fake: FakeExchange;
let live: Session;

async function begin(settings: FakeSettings, symbols = ['BTCUSDT']): Promise<void> {
  clock = new SqueezedClock(START);
  fake = new FakeExchange({ clock, tickMs: 10, symbols, ...settings });
  const urls = await fake.listen();
  live = new Session(hosts, liveConfig(urls, { symbols }), null, { clock });
}

const pass = (seconds: number) => clock.pass(clock.now() + seconds * 1_000, () => live.source.pending + fake.busy);

/** Trades that came behind what had been said of time, and by how much at most, ms. */
function late(): { count: number; byMs: number } {
  let said = Number.NEGATIVE_INFINITY;
  let count = 0;
  let byMs = 0;
  for (const { observations, watermark } of live.batches) {
    for (const { time } of observations) {
      if (time >= said) continue;
      count++;
      byMs = Math.max(byMs, said - time);
    }
    if (watermark !== undefined) said = Math.max(said, watermark);
  }
  return { count, byMs };
}

beforeEach(() => {
  hosts = new TestHosts();
});
afterEach(async () => {
  await live.stop();
  await fake.close();
  hosts.dispose();
});

describe('a stream that is silent and not dead', () => {
  it.each([
    [50, 20],
    [5, 20],
    [400, 3],
  ])('of %i trades a second for %i s: time waits, what it did not tell is fetched', async (tradesPerSecond, seconds) => {
    await begin({ tradesPerSecond });
    await pass(10);
    const before = live.observations.length;
    fake.mute(seconds * 1_000);
    await pass(seconds - 0.5);
    // It is fetched as it goes, so that detection is seconds behind and not minutes.
    expect(live.observations.length - before).toBeGreaterThan((seconds - 2.5) * tradesPerSecond);
    await pass(5);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(hosts.repairs).toBeGreaterThan(tradesPerSecond * seconds * 0.9);
    expect([late(), live.missing, fake.counts.overWeight]).toEqual([{ count: 0, byMs: 0 }, [], 0]);
    expect(live.logs.filter((line) => line.includes('was traded while its stream was silent'))).toHaveLength(1);
    expect(clock.now() - live.watermark!).toBeLessThan(1_000);
  });

  it('although the exchange does not answer either: time stands', async () => {
    await begin({ tradesPerSecond: 50 });
    await pass(10);
    Object.assign(fake.faults, { restStatus: 500, restCount: 1_000 });
    fake.mute(10_000);
    await pass(9);
    expect(clock.now() - live.watermark!).toBeGreaterThan(8_500);
    fake.faults.restCount = 0;
    await pass(20);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect([late(), live.missing]).toEqual([{ count: 0, byMs: 0 }, []]);
  });

  it('holds up no other for longer than hold', async () => {
    await begin({ tradesPerSecond: 100 }, ['BTCUSDT', 'ETHUSDT']);
    await pass(10);
    Object.assign(fake.faults, { restStatus: 500, restCount: 1_000 });
    for (const { streams } of fake.clients) streams.delete('ethusdt@trade');
    await pass(8);
    expect(clock.now() - live.watermark!).toBeLessThan(500);
  });
});

describe('a market that is silent', () => {
  it('lets time go on once the exchange says so, and asks ever more rarely', async () => {
    await begin({ tradesPerSecond: 50 });
    await pass(10);
    fake.rate = 0;
    await pass(600);
    expect(clock.now() - live.watermark!).toBeLessThan(1_000);
    expect(fake.asked.historicalTrades).toBeGreaterThan(3);
    expect(fake.asked.historicalTrades).toBeLessThan(20);
    expect([hosts.repairs, live.missing, late().count]).toEqual([0, [], 0]);
  });

  it('is believed where the exchange refuses to say, and not asked about at every turn', async () => {
    await begin({ tradesPerSecond: 50 });
    await pass(10);
    Object.assign(fake.faults, { restStatus: 403, restCount: 1_000 });
    fake.rate = 0;
    await pass(300);
    expect(clock.now() - live.watermark!).toBeLessThan(1_500);
    expect(fake.asked.historicalTrades).toBe(1);
    expect(live.logs.filter((line) => line.includes('is not known'))).toHaveLength(1);
  });

  it('with a hundred thin symbols costs few requests', { timeout: 30_000 }, async () => {
    const symbols = Array.from({ length: 100 }, (_, i) => `COIN${i}USDT`);
    await begin({ tradesPerSecond: 10, keep: 10_000 }, symbols);
    await pass(600);
    expect(fake.asked.historicalTrades ?? 0).toBeLessThan(600);
    expect([late().count, fake.counts.overWeight]).toEqual([0, 0]);
  });
});
