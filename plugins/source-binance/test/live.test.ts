import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeExchange, type FakeSettings, type Urls } from './fake/exchange.mjs';
import { listening, liveConfig, pause, Session, until, whole } from './live-helpers.js';

let hosts: TestHosts;
let fake: FakeExchange;
let urls: Urls;
let sessions: Session[];

async function exchange(settings: FakeSettings = {}): Promise<void> {
  fake = new FakeExchange(settings);
  urls = await fake.listen();
}

function session(more: Record<string, unknown> = {}, limits: Record<string, unknown> = {}, from: string | null = null): Session {
  const made = new Session(hosts, liveConfig(urls, more, limits), from);
  sessions.push(made);
  return made;
}

/** Trades until `count` have been made in all, a few at a time, so that frames are spread over some milliseconds. */
async function trade(count: number, symbol?: string): Promise<void> {
  for (let i = 0; i < count; i++) {
    fake.trade(symbol);
    if (i % 10 === 9) await pause(1);
  }
}

const last = (symbol = 'BTCUSDT') => fake.tapes.get(symbol)!.nextId - 1;
const arrived = (live: Session, symbol = 'BTCUSDT') =>
  until(
    () => live.ids(symbol).at(-1) === last(symbol),
    `trade ${last(symbol)} of ${symbol} has arrived; last is ${live.ids(symbol).at(-1)}`,
  );

/** A source that listens to an exchange of its own. */
async function begin(settings: FakeSettings = {}, more?: Record<string, unknown>, limits?: Record<string, unknown>) {
  await exchange(settings);
  const made = session(more, limits);
  await listening(fake, made);
  return made;
}

/** Trades until `count` have been made and the last has arrived. */
async function deliver(live: Session, count: number): Promise<void> {
  await trade(count);
  await arrived(live);
}

/** Makes trades that no stream tells of. */
async function lose(count: number): Promise<void> {
  fake.faults.lose = 1;
  await trade(count);
  fake.faults.lose = 0;
}

beforeEach(() => {
  hosts = new TestHosts();
  sessions = [];
});
afterEach(async () => {
  for (const one of sessions) await one.stop();
  await fake.close();
  hosts.dispose();
});

describe('a live source', () => {
  it.each([
    ['trade', 'spot', 'BTCUSDT'],
    ['aggTrade', 'spot', 'BTCUSDT'],
    ['aggTrade', 'usdm', 'BTCUSDT-PERP'],
  ] as const)('hands over every %s of %s as it comes', async (stream, market, key) => {
    const live = await begin({ market }, { stream, market });
    await trade(50);
    await until(() => live.observations.length === 50, 'all have arrived');
    expect(live.ids(key)).toEqual(whole(live.ids(key)));
    expect(live.observations[0]).toMatchObject({
      type: 'trade',
      values: { price: expect.any(Number), quantity: expect.any(Number) },
    });
    expect(live.missing).toEqual([]);
  });

  it('closes a gap over REST, in order, and counts what it repaired', async () => {
    const live = await begin();
    await deliver(live, 5);
    await lose(2_300);
    await deliver(live, 5);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(live.ids()).toHaveLength(2_310);
    expect(hosts.repairs).toBe(2_300);
    expect(live.missing).toEqual([]);
  });

  it('takes disorder for disorder and drops repeats silently', async () => {
    const live = await begin({}, {}, { reorder: '5s' });
    await trade(5);
    fake.faults.duplicate = 0.2;
    fake.faults.reorder = 0.2;
    await trade(500);
    Object.assign(fake.faults, { duplicate: 0, reorder: 0 });
    await deliver(live, 5);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect([hosts.repairs, [...hosts.dropped]]).toEqual([0, []]);
    expect(fake.asked.historicalTrades).toBeUndefined();
  });

  it('reconnects after a disconnect and fetches what was traded meanwhile, although nobody trades any more', async () => {
    const live = await begin();
    await deliver(live, 20);
    fake.disconnect();
    await deliver(live, 30);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(live.logs.join('\n')).toMatch(/lost the connection to ws:.*trying again in/);
    expect(hosts.repairs).toBeGreaterThan(0);
  });

  it('ends a connection on which nothing arrives any more', async () => {
    const live = await begin({}, {}, { silence: '150ms', answer: '150ms' });
    await deliver(live, 20);
    fake.silence(600);
    await deliver(live, 20);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(live.logs.join('\n')).toContain('silent for');
    expect(fake.counts.connections).toBeGreaterThan(1);
  });

  it('refuses a frame that is too large, counts it, and goes on without a loss', async () => {
    const live = await begin({}, {}, { frameBytes: 2_048 });
    await deliver(live, 20);
    fake.oversized(5_000);
    await deliver(live, 20);
    await deliver(live, 20);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(hosts.dropped.get('frame_too_large')).toBe(1);
  });

  it('drops what is no frame, by reason, and keeps the connection', async () => {
    const live = await begin();
    fake.say('not JSON');
    fake.say('[]');
    fake.say('{"e":"kline","E":1}');
    fake.say('{"e":"trade","E":1,"s":"ETHUSDT","t":1,"p":"1","q":"1","T":1723161255342,"m":true}');
    fake.say('{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"-1","q":"1","T":1723161255342,"m":true}');
    await deliver(live, 10);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ bad_frame: 1, other_event: 3, bad_price: 1 });
    expect(fake.counts.connections).toBe(1);
  });

  it('opens a successor before a connection grows too old, without a break, and when the exchange says farewell', async () => {
    const live = await begin({ tradesPerSecond: 300 }, {}, { connectionAge: '500ms' });
    await until(() => fake.counts.connections === 2, 'a successor');
    await until(() => fake.clients.size === 1, 'the old one is closed');
    expect(live.logs.join('\n')).not.toContain('lost the connection');
    await live.stop();
    await until(() => fake.clients.size === 0, 'it has gone');
    const patient = session();
    await listening(fake, patient);
    fake.shutdownNotice();
    await until(() => fake.clients.size === 2, 'a successor');
    await until(() => fake.clients.size === 1, 'the old one is closed');
    await until(() => patient.ids().length > 10, 'trades');
    for (const one of [live, patient]) {
      expect(one.ids()).toEqual(whole(one.ids()));
      expect(one.logs.join('\n')).not.toContain('lost the connection');
    }
    expect(hosts.repairs).toBe(0);
    expect([...hosts.dropped]).toEqual([]);
  });

  it('shards its streams over connections, and subscribes by message where the address would grow too long', async () => {
    const symbols = Array.from({ length: 230 }, (_, i) => `COIN${i}USDT`);
    await exchange({ symbols, keep: 1_000 });
    const live = session({ symbols }, { streamsPerConnection: 160 });
    await listening(fake, live, 2);
    await until(() => [...fake.clients].reduce((sum, { streams }) => sum + streams.size, 0) === 230, 'all subscriptions');
    expect([...fake.clients].map(({ streams }) => streams.size).sort()).toEqual([160, 70]);
    for (const symbol of symbols) fake.trade(symbol);
    await until(() => live.observations.length === 230, 'a trade of each');
    expect(fake.counts.tooManyMessages).toBe(0);
    expect([...hosts.dropped]).toEqual([]);
  });

  it('lets the newest go when the engine does not pull, and fetches them when it does', async () => {
    const live = await begin({}, {}, { buffer: 2_000 });
    await deliver(live, 10);
    live.paused = true;
    await pause(60);
    await trade(5_000);
    await pause(50);
    live.paused = false;
    await arrived(live);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(hosts.repairs).toBeGreaterThan(2_500);
  });
});

describe('requests', () => {
  it('wait out a ban and a 429, lose nothing, and say until when', async () => {
    const live = await begin();
    await deliver(live, 5);
    Object.assign(fake.faults, { restStatus: 418, restCount: 1, retryAfter: 1 });
    await lose(20);
    await deliver(live, 5);
    expect(live.logs.join('\n')).toMatch(/has banned this address: nothing is fetched until 20.*, in 1(\.\d)? s/);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect([live.missing, fake.counts.banned]).toEqual([[], 0]);
  });

  it('that fail for good end in a missing stretch with its ends and its count, in front of what follows', async () => {
    const live = await begin({}, {}, { tries: 1 });
    await deliver(live, 5);
    Object.assign(fake.faults, { restStatus: 500, restCount: 1_000 });
    await lose(20);
    await deliver(live, 5);
    expect(live.missing).toEqual([
      { key: 'BTCUSDT', from: expect.any(Number), to: expect.any(Number), reason: expect.stringContaining('500'), count: 20 },
    ]);
    expect(live.ids()).toHaveLength(10);
    const batch = live.batches.find(({ missing }) => missing);
    expect(batch!.observations[0]!.sequence).toBe(last() - 4);
    expect(batch!.missing![0]!.to).toBe(batch!.observations[0]!.time);
  });

  it('that a ban forbids for too long are given up, and the stream goes on', async () => {
    const live = await begin({}, {}, { giveUp: '300ms' });
    await deliver(live, 5);
    Object.assign(fake.faults, { restStatus: 418, restCount: 1, retryAfter: 3_600 });
    await lose(20);
    await deliver(live, 5);
    expect(live.missing).toMatchObject([{ key: 'BTCUSDT', reason: 'not fetched in time', count: 20 }]);
    expect(live.ids()).toHaveLength(10);
  });

  it('that the exchange answers without the trades are repeated, for it may lag behind its own streams', async () => {
    const live = await begin();
    await deliver(live, 5);
    Object.assign(fake.faults, { restLag: 30 });
    await lose(20);
    await trade(5);
    await pause(300);
    fake.faults.restLag = 0;
    await arrived(live);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(live.missing).toEqual([]);
  });

  it.each([
    [451, 'does not serve this region'],
    [403, 'a firewall'],
  ])('that are refused with %i say what to do', async (status, what) => {
    await exchange();
    Object.assign(fake.faults, { restStatus: status, restCount: 1_000, refuseHandshakes: 1, refuseStatus: status });
    const live = session();
    await until(() => live.logs.filter((line) => line.includes(what)).length >= 2, 'both are said');
    expect(live.logs.some((line) => line.startsWith('cannot reach ws:') && line.includes(String(status)))).toBe(true);
    expect(live.failure).toBeUndefined();
  });

  it('name the nearest symbol when one does not exist', async () => {
    await exchange();
    const live = session({ symbols: ['BTCUSDTT'] });
    await until(() => live.failure !== undefined, 'it fails');
    expect(live.failure).toMatchObject({ code: 'QS_PLAN_DECLARATION' });
    expect(String(live.failure)).toContain('spot has no symbol BTCUSDTT; did you mean BTCUSDT?');
  });

  it('of USD-M single trades need a key', async () => {
    await exchange({ market: 'usdm' });
    for (const apiKey of [undefined, 'key']) {
      const live = session({ market: 'usdm', ...(apiKey ? { apiKey } : {}) });
      await listening(fake, live);
      await trade(5);
      await lose(5);
      await trade(5);
      await until(() => live.ids('BTCUSDT-PERP').at(-1) === last(), 'the last');
      expect(live.missing.map(({ count }) => count)).toEqual(apiKey ? [] : [5]);
      expect(live.logs.some((line) => line.includes('without an apiKey'))).toBe(apiKey === undefined);
      await live.stop();
      await until(() => fake.clients.size === 0, 'it has gone');
    }
  });
});

describe('a proxy', () => {
  it('carries streams and requests, and its password is never shown', async () => {
    await exchange();
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket, head) => {
      asked.push(String(request.headers['proxy-authorization']));
      const [host, port] = String(request.url).split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const { port } = proxy.address() as AddressInfo;
    const live = session({ proxy: `http://anna:s3cret@127.0.0.1:${port}` });
    await listening(fake, live);
    await trade(5);
    await lose(5);
    await deliver(live, 5);
    expect(live.ids()).toEqual(whole(live.ids()));
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked)).toEqual(new Set([`Basic ${Buffer.from('anna:s3cret').toString('base64')}`]));
    proxy.close();
    proxy.closeAllConnections();
    fake.disconnect();
    await until(() => live.logs.some((line) => line.startsWith('cannot reach')), 'it cannot reach the proxy');
    expect(live.logs.find((line) => line.startsWith('cannot reach'))).toContain(`through the proxy 127.0.0.1:${port}`);
    expect(live.logs.join('\n')).not.toContain('s3cret');
  });
});

describe('without a network', () => {
  it('it says so at a falling rate, keeps trying, and begins when there is one', async () => {
    await exchange();
    await fake.close();
    const live = session({}, { retry: '20ms' });
    await pause(1_000);
    const lines = live.logs.filter((line) => /^cannot reach ws:.*ECONNREFUSED\); trying again in/.test(line));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.length).toBeLessThan(9);
    expect(live.batches.length).toBeGreaterThan(3);
    expect(live.watermark).toBeUndefined();
    expect(hosts.trouble).toMatch(/^no connection to ws:.*ECONNREFUSED/);
    const { port } = new URL(urls.websocket);
    fake = new FakeExchange();
    await fake.listen(Number(port));
    await listening(fake, live);
    await deliver(live, 5);
    expect(hosts.trouble).toBeUndefined();
  });
});

describe('single trades that the exchange has lost between aggregated ones', () => {
  const told = (live: Session) => live.missing.map(({ key, to, reason, count }) => [key, to, reason, count]);

  it('are told once each, whatever else is lost, repeated, out of order or fetched, over reconnects and a restart', async () => {
    const live = await begin({ seed: 7 }, { stream: 'aggTrade' });
    const tape = fake.tapes.get('BTCUSDT')!;
    const lostAt: number[] = [];
    const arrive = (one: Session) => until(() => one.ids().at(-1) === last() - 5_000, 'the last one has arrived');
    const make = async (count: number) => {
      for (let i = 0; i < count; i++) {
        if (tape.nextId % 37 === 0) tape.jumps.push(tape.nextId);
        const id = fake.trade();
        if (id % 37 === 0) lostAt.push(tape.at(id).time);
        if (i % 10 === 9) await pause(1);
      }
    };
    await make(100);
    Object.assign(fake.faults, { lose: 0.1, duplicate: 0.2, reorder: 0.2 });
    await make(300);
    Object.assign(fake.faults, { lose: 0, duplicate: 0, reorder: 0 });
    await make(1);
    await arrive(live);
    fake.disconnect();
    await make(100);
    await arrive(live);
    const restart = lostAt.length;
    await live.stop();
    // The first one behind the checkpoint is one of them.
    tape.jumps.push(tape.nextId);
    const first = fake.trade();
    lostAt.push(tape.at(first).time);
    await make(100);
    const next = session({ stream: 'aggTrade' }, {}, live.cursor);
    await arrive(next);
    const expected = lostAt.map((time) => ['BTCUSDT', time, 'trade ids jump', 1]);
    expect(hosts.repairs).toBeGreaterThan(50);
    expect(restart).toBeGreaterThan(10);
    expect([live.ids(), next.ids()].map((ids) => ids.length)).toEqual([501, 101]);
    expect(told(live)).toEqual(expected.slice(0, restart));
    expect(told(next)).toEqual(expected.slice(restart));
    for (const { batches } of [live, next])
      for (const { missing = [], observations } of batches) for (const { to } of missing) expect(observations[0]!.time).toBe(to);
  });
});

describe('history', () => {
  it.each(['trade', 'aggTrade'])(
    'is fetched before the live %s stream and joined to it without a gap or a repeat',
    async (stream) => {
      await exchange({ symbols: ['BTCUSDT', 'ETHUSDT'] });
      const now = Date.now();
      for (let i = 0; i < 3_500; i++) fake.record('BTCUSDT', now - 7_000_000 + i * 1_990);
      for (let i = 0; i < 700; i++) fake.record('ETHUSDT', now - 7_000_000 + i * 9_950);
      fake.rate = 500;
      const live = session({ symbols: ['BTCUSDT', 'ETHUSDT'], backfill: '1h', stream });
      await until(() => live.observations.length > 2_600, 'history and live trades');
      for (const key of ['BTCUSDT', 'ETHUSDT']) expect(live.ids(key)).toEqual(whole(live.ids(key)));
      const before = live.observations.filter(({ time }) => time < now - 60_000);
      expect(before.every((o, i) => i === 0 || o.time >= before[i - 1]!.time)).toBe(true);
      expect(before[0]!.time - (now - 3_600_000)).toBeLessThan(3_000);
      expect([hosts.repairs, live.missing]).toEqual([0, []]);
    },
  );

  it('since a checkpoint takes the place of a backfill', async () => {
    await exchange({ tradesPerSecond: 500 });
    const first = session();
    await until(() => first.ids().length > 100, 'trades');
    await first.stop();
    await pause(100);
    const second = session({ backfill: '2h' }, {}, first.cursor);
    await until(() => second.ids().length > 200, 'trades');
    expect(second.ids()[0]).toBe(first.ids().at(-1)! + 1);
    expect(second.ids()).toEqual(whole(second.ids()));
  });

  it('that lies further back than catchUp is given up as missing, and counted', async () => {
    await exchange();
    const now = Date.now();
    for (let i = 0; i < 200; i++) fake.record('BTCUSDT', now - 7_200_000 + i * 36_000);
    const first = fake.tapes.get('BTCUSDT')!.firstId;
    const cursor = JSON.stringify({
      kind: 'live',
      market: 'spot',
      stream: 'trade',
      since: now - 7_200_000,
      keys: { BTCUSDT: [first + 9, now - 7_200_000] },
    });
    const live = session({ catchUp: '1h' }, {}, cursor);
    await until(() => live.ids().length > 0, 'trades');
    const [stretch] = live.missing;
    expect(stretch).toMatchObject({ key: 'BTCUSDT', from: now - 7_200_000, count: live.ids()[0]! - first - 10 });
    expect(live.ids()[0]! - first).toBeGreaterThan(95);
    expect(live.ids()[0]! - first).toBeLessThan(105);
  });

  it('of a symbol that had not traded before the checkpoint begins when the source began to listen', async () => {
    const first = await begin({ symbols: ['BTCUSDT', 'ETHUSDT'] }, { symbols: ['BTCUSDT', 'ETHUSDT'] });
    expect(first.cursor).toBeNull();
    await deliver(first, 5);
    await first.stop();
    await trade(5, 'ETHUSDT');
    const second = session({ symbols: ['BTCUSDT', 'ETHUSDT'] }, {}, first.cursor);
    await until(() => second.ids('ETHUSDT').length === 5, 'the trades in between');
  });

  it('lets symbols come and go between two runs', async () => {
    const first = await begin({ symbols: ['BTCUSDT', 'ETHUSDT'] }, { symbols: ['BTCUSDT'] });
    await deliver(first, 5);
    await first.stop();
    const second = session({ symbols: ['ETHUSDT'] }, {}, first.cursor);
    await listening(fake, second);
    await trade(5, 'ETHUSDT');
    await until(() => second.ids('ETHUSDT').length === 5, 'the trades of the new symbol');
    expect([second.ids('BTCUSDT'), second.missing, second.failure]).toEqual([[], [], undefined]);
  });

  it('refuses a cursor of something else', async () => {
    await exchange();
    const live = session({}, {}, '{"kind":"files"}');
    await until(() => live.failure !== undefined, 'it fails');
    expect(String(live.failure)).toContain('--reset-state');
  });
});

describe('the watermark', () => {
  it('goes on when nobody trades, at least every 100 ms, and never back', async () => {
    const live = await begin();
    await deliver(live, 5);
    const at = live.batches.length;
    await until(() => {
      const quiet = live.batches.slice(at);
      return quiet.length > 3 && quiet.at(-1)!.watermark! - quiet[0]!.watermark! > 200;
    }, 'time goes on');
    const quiet = live.batches.slice(at);
    const marks = quiet.map(({ watermark }) => watermark!);
    expect(marks.every((mark, i) => i === 0 || mark >= marks[i - 1]!)).toBe(true);
    expect(marks.at(-1)!).toBeLessThanOrEqual(Date.now());
    expect(new Set(quiet.map(({ cursor }) => cursor)).size).toBe(1);
  });

  it('stands while the connection is down and while a gap is being closed', async () => {
    const live = await begin({}, {}, { retry: '60s' });
    await deliver(live, 5);
    await pause(150);
    Object.assign(fake.faults, { refuseHandshakes: Number.POSITIVE_INFINITY });
    fake.disconnect();
    await until(() => /lost the connection to ws:/.test(live.logs.join('\n')), 'the source knows that it hears nothing');
    const stood = live.watermark!;
    fake.trade();
    await pause(300);
    expect(live.watermark).toBe(stood);
    Object.assign(fake.faults, { refuseHandshakes: 0, restStatus: 500, restCount: 2 });
    await arrived(live);
    expect(live.observations.at(-1)!.time).toBeGreaterThanOrEqual(stood);
    await until(() => live.watermark! > stood + 200, 'time goes on');
  });

  it('does not let one symbol run ahead of another whose gap is being closed', async () => {
    const live = await begin({ symbols: ['BTCUSDT', 'ETHUSDT'] }, { symbols: ['BTCUSDT', 'ETHUSDT'] });
    for (let i = 0; i < 200; i++) {
      fake.faults.lose = i % 50 === 20 ? 1 : 0;
      fake.trade('BTCUSDT');
      fake.faults.lose = 0;
      fake.trade('ETHUSDT');
      await pause(3);
    }
    await arrived(live);
    await arrived(live, 'ETHUSDT');
    expect(hosts.repairs).toBeGreaterThan(2);
    let latest = 0;
    for (const { time } of live.observations) {
      expect(time).toBeGreaterThanOrEqual(latest - 60);
      latest = Math.max(latest, time);
    }
  });
});
