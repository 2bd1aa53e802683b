import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeExchange, type FakeSettings } from './fake/exchange.mjs';
import { liveConfig, pause, Session, whole } from './live-helpers.js';
import { SqueezedClock } from './squeezed-clock.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const START = Date.UTC(2024, 7, 8);

let hosts: TestHosts;
let clock: SqueezedClock;
let fake: FakeExchange;
let live: Session;

/** A source and an exchange on one clock, whose steps are seconds. */
async function begin(settings: FakeSettings, more: object = {}, limits: object = {}): Promise<void> {
  clock = new SqueezedClock(START);
  fake = new FakeExchange({ clock, tickMs: 2_000, tradesPerSecond: 0.5, ...settings });
  const urls = await fake.listen();
  const raw = liveConfig(urls, { ...more }, { retry: '60s', reorder: '2s', hold: '30s', giveUp: '1h', ...limits });
  live = new Session(hosts, raw, null, { clock, settings: { tickMs: 2_000 } });
  await pause(50);
}
const pass = (ms: number) => clock.pass(clock.now() + ms, () => live.source.pending + fake.busy);

/** All trades from the first that was heard of are there, once and in order. */
function expectWhole(): void {
  expect(live.missing).toEqual([]);
  expect(live.ids()).toEqual(whole(live.ids()));
  expect(live.ids().at(-1)).toBeGreaterThan(fake.tapes.get('BTCUSDT')!.nextId - 5);
  expect(fake.counts).toMatchObject({ overWeight: 0, banned: 0, tooManyMessages: 0, tooManyConnections: 0 });
  const marks = live.batches.map(({ watermark }) => watermark ?? 0);
  expect(marks.every((mark, i) => i === 0 || mark >= marks[i - 1]!)).toBe(true);
}

beforeEach(() => {
  hosts = new TestHosts();
});
afterEach(async () => {
  await live.stop();
  await fake.close();
  hosts.dispose();
});

describe('a day', { timeout: 120_000 }, () => {
  it('of disconnects, stalls, bans, losses and farewells loses no trade and stays within every limit', async () => {
    await begin({}, {}, { connectionAge: '5h' });
    await pass(10 * MINUTE);
    for (let hour = 0; hour < 24; hour++) {
      const { faults } = fake;
      const troubles = [
        () => fake.disconnect(),
        () => fake.silence(5 * MINUTE),
        () => fake.shutdownNotice(),
        () => Object.assign(faults, { lose: 0.05, duplicate: 0.05 }),
        () => {
          Object.assign(faults, { restStatus: 418, restCount: 1, retryAfter: 900 });
          fake.disconnect();
        },
        () => {
          Object.assign(faults, { restStatus: 429, restCount: 1, retryAfter: 30, lose: 0.02 });
        },
        () => {
          Object.assign(faults, { refuseHandshakes: 4, restStatus: 500, restCount: 2 });
          fake.disconnect();
        },
        () => fake.oversized(),
      ];
      troubles[hour % troubles.length]!();
      await pass(25 * MINUTE);
      Object.assign(faults, { lose: 0, duplicate: 0, restCount: 0, refuseHandshakes: 0 });
      await pass(35 * MINUTE);
    }
    expect(live.ids().length).toBeGreaterThan(40_000);
    expectWhole();
    expect(fake.counts.aged).toBe(0);
    expect(hosts.repairs).toBeGreaterThan(500);
  });

  it('of a connection that the exchange ends after 24 hours costs no trade', async () => {
    await begin({}, {}, { connectionAge: '48h' });
    await pass(25 * HOUR);
    expect(fake.counts.aged).toBe(1);
    expectWhole();
  });

  it('of a connection that is replaced in time is never without one', async () => {
    await begin({});
    await pass(25 * HOUR);
    expect(fake.counts).toMatchObject({ aged: 0, connections: 2 });
    expect(live.logs.join('\n')).not.toContain('lost the connection');
    expect(hosts.repairs).toBe(0);
    expectWhole();
  });

  it('of history is fetched within the weight of many minutes', async () => {
    await begin({ perMinute: 400 }, { backfill: '2h' });
    await live.stop();
    for (let i = 0; i < 60_000; i++) fake.record('BTCUSDT', clock.now() - 2 * HOUR + i * 120);
    const raw = liveConfig(fake.urls, { backfill: '2h' }, { reorder: '2s' });
    live = new Session(hosts, raw, null, { clock, settings: { tickMs: 2_000 } });
    await pass(20 * MINUTE);
    expect(live.ids().length).toBeGreaterThan(60_000);
    expect(fake.counts.mostWeight).toBeLessThanOrEqual(400);
    expectWhole();
  });
});
