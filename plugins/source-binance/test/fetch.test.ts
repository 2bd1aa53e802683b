import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FetchHost } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicationsOf } from '../src/archive/published.js';
import binance from '../src/index.js';
import { FakeExchange, type Urls } from './fake/exchange.mjs';
import { readAll } from './helpers.js';

const fetching = binance.fetch!;
const diagnose = binance.diagnose!;
const DAY = 86_400_000;
const FIRST = Date.UTC(2024, 11, 30);

let hosts: TestHosts;
let fake: FakeExchange;
let urls: Urls;
let logs: string[];
let progress: number[];

beforeEach(async () => {
  hosts = new TestHosts();
  logs = [];
  progress = [];
  fake = new FakeExchange();
  urls = await fake.listen();
  // Four days around the moment at which stamps turned into microseconds.
  for (let i = 0; i < 4_000; i++) fake.record('BTCUSDT', FIRST + i * (DAY / 1_000));
});
afterEach(async () => {
  await fake.close();
  hosts.dispose();
});

function fetch(from: number, to: number, more: object = {}) {
  const host: FetchHost = {
    log: { debug() {}, info: (_, text) => logs.push(text), warn: (_, text) => logs.push(text), error() {} },
    clock: { now: () => Date.now(), sleep: async () => {} },
    signal: hosts.abort.signal,
    progress: (done) => progress.push(done),
  };
  const options = fetching.options.parse({ endpoints: { archive: urls.archive }, ...more });
  return fetching.run({ what: 'btcusdt', from, to, folder: hosts.directory }, options, host);
}
const spot = (name: string) => join(hosts.directory, 'spot', name);

describe('fetching recordings', () => {
  it.each(['aggTrade', 'trade'])('brings verified archives of %s that the source reads, each trade once', async (stream) => {
    const found = await fetch(FIRST, FIRST + 4 * DAY, { stream });
    expect(found.files).toHaveLength(4);
    expect(found.bytes).toBeGreaterThan(10_000);
    expect([found.kept, found.absent]).toEqual([0, []]);
    const { observations } = await readAll(hosts, found.with);
    expect(observations).toHaveLength(4_000);
    expect(observations.at(-1)!.time).toBe(FIRST + 3_999 * (DAY / 1_000));
    expect(progress.length).toBeGreaterThan(4);
  });

  it('keeps what is whole without asking again, and fetches again what is not', async () => {
    const first = await fetch(FIRST, FIRST + 2 * DAY);
    const { requests } = fake.counts;
    const again = await fetch(FIRST, FIRST + 2 * DAY);
    expect(again).toMatchObject({ files: first.files, bytes: 0, kept: 2 });
    expect(fake.counts.requests).toBe(requests);
    appendFileSync(first.files[0]!, 'x');
    expect(await fetch(FIRST, FIRST + 2 * DAY)).toMatchObject({ kept: 1 });
    expect((await fetch(FIRST, FIRST + 2 * DAY)).kept).toBe(2);
  });

  it('goes on where a download was cut off', async () => {
    fake.faults.cutDownloads = 2;
    const found = await fetch(FIRST, FIRST + DAY);
    expect(found.files).toHaveLength(1);
    expect(fake.counts.rangeRequests).toBe(2);
    expect(readdirSync(join(hosts.directory, 'spot')).filter((name) => name.endsWith('.part'))).toEqual([]);
    const [whole] = await fetch(FIRST, FIRST + DAY).then(({ files }) => files.map((file) => readFileSync(file).length));
    expect(found.bytes).toBe(whole);
  });

  it('fetches a damaged archive once more, and says so when that is damaged as well', async () => {
    fake.faults.corruptArchives = 1;
    expect((await fetch(FIRST, FIRST + DAY)).files).toHaveLength(1);
    expect(logs.join('\n')).toContain('arrived damaged');
    fake.faults.corruptArchives = 2;
    await expect(fetch(FIRST + DAY, FIRST + 2 * DAY)).rejects.toThrow(
      /BTCUSDT-aggTrades-2024-12-31.zip does not match its checksum/,
    );
    expect(existsSync(spot('BTCUSDT-aggTrades-2024-12-31.zip'))).toBe(false);
  });

  it('takes up a part that is too long for what it is', async () => {
    await fetch(FIRST, FIRST + DAY);
    writeFileSync(spot('BTCUSDT-aggTrades-2024-12-31.zip.part'), Buffer.alloc(200_000));
    expect((await fetch(FIRST + DAY, FIRST + 2 * DAY)).files).toHaveLength(1);
  });

  it('says what is not published, and goes on', async () => {
    const found = await fetch(FIRST - DAY, FIRST + DAY);
    expect(found.files).toHaveLength(1);
    expect(found.absent).toEqual([expect.stringMatching(/^BTCUSDT-aggTrades-2024-12-29.zip is not published: nothing at http/)]);
    const tomorrow = Math.floor(Date.now() / DAY) * DAY;
    expect((await fetch(tomorrow, tomorrow + DAY)).absent).toEqual([expect.stringContaining('that day has not ended')]);
  });

  it('prefers a whole month to its days, and takes the days where the month is not published', async () => {
    const january = Date.UTC(2025, 0, 1);
    const found = await fetch(january - DAY, january + 31 * DAY);
    expect(found.files.map((file) => file.split(/[\\/]/).at(-1))).toEqual([
      'BTCUSDT-aggTrades-2024-12-31.zip',
      'BTCUSDT-aggTrades-2025-01.zip',
    ]);
    const wanted = { symbol: 'BTCUSDT', stream: 'trade', market: 'usdm' } as const;
    const names = publicationsOf(wanted, january, january + 33 * DAY, january + 40 * DAY);
    expect(names.map(({ path }) => path)).toEqual([
      '/data/futures/um/monthly/trades/BTCUSDT/BTCUSDT-trades-2025-01.zip',
      '/data/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2025-02-01.zip',
      '/data/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2025-02-02.zip',
    ]);
    expect(publicationsOf(wanted, january, january + 31 * DAY, january + 20 * DAY)).toHaveLength(31);
  });

  it('refuses what is no symbol', async () => {
    const wrong = fetching.run({ what: '../x', from: 0, to: DAY, folder: hosts.directory }, fetching.options.parse({}), {
      log: { debug() {}, info() {}, warn() {}, error() {} },
      clock: { now: () => 0, sleep: async () => {} },
      signal: hosts.abort.signal,
      progress() {},
    });
    await expect(wrong).rejects.toMatchObject({ code: 'QS_CONFIG_VALUE' });
  });
});

describe('a diagnosis', () => {
  const live = (more: object = {}) =>
    binance.config.parse({
      connect: 'live',
      symbols: ['BTCUSDT'],
      endpoints: { websocket: urls.websocket, rest: urls.rest },
      limits: { answer: '2s' },
      ...more,
    });

  it('finds what a live source needs, and how far the clocks are apart', async () => {
    const findings = await diagnose(live(), hosts.outside());
    expect(findings.map(({ subject, state }) => [subject, state])).toEqual([
      [urls.rest, 'good'],
      ['clock', 'good'],
      ['symbols', 'good'],
      [urls.websocket, 'good'],
    ]);
  });

  it('says what is wrong and what to do, and never throws', async () => {
    const unknown = await diagnose(live({ symbols: ['NOPEUSDT'] }), hosts.outside());
    expect(unknown.find(({ subject }) => subject === 'symbols')).toMatchObject({
      state: 'bad',
      detail: expect.stringContaining('NOPEUSDT'),
    });
    await fake.close();
    const dark = await diagnose(live(), hosts.outside());
    expect(dark.map(({ state }) => state)).toEqual(['bad', 'bad']);
    expect(dark.every(({ detail }) => detail.includes('ECONNREFUSED') && detail.includes('proxy'))).toBe(true);
  });

  it('looks at recordings', async () => {
    writeFileSync(join(hosts.directory, 'BTCUSDT-trades.csv'), '');
    writeFileSync(join(hosts.directory, 'broken.zip'), 'PK\x03\x04, but no archive');
    const of = (files: readonly string[]) => diagnose(binance.config.parse({ connect: 'file', files }), hosts.outside());
    const { files } = await fetch(FIRST, FIRST + DAY);
    expect((await of(files)).map(({ state }) => state)).toEqual(['good']);
    expect((await of(['BTCUSDT-trades.csv', 'broken.zip'])).map(({ state }) => state)).toEqual(['doubtful', 'bad']);
    expect((await of(['gone.csv']))[0]).toMatchObject({ state: 'bad', detail: expect.stringContaining('does not exist') });
    expect((await diagnose(binance.config.parse({ connect: 'simulator' }), hosts.outside()))[0]!.state).toBe('good');
  });
});
