// Recordings as other tools write them: sides in words, zero quantities, nameless columns, other markets, overlaps.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readAll, spotLine } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  hosts.dropped.clear();
  hosts.drops.length = 0;
});
const T = 1_725_148_800_000;
const put = (name: string, lines: readonly string[]) => writeFileSync(join(hosts.directory, name), `${lines.join('\n')}\n`);
const read = (name: string, more: object = {}) => readAll(hosts, { connect: `file:${name}`, ...more });

describe('the side of the taker', () => {
  it.each([
    ['buy', 0],
    ['sell', 1],
    ['SELL', 1],
    ['Buy', 0],
    ['B', 0],
    ['s', 1],
    ['"sell"', 1],
    ['unknown', undefined],
    ['', undefined],
  ])('%s is buyer_is_maker %s, first and later', async (side, maker) => {
    put('side.csv', ['timestamp,symbol,side,price,amount', ...[0, 1, 2].map((i) => `${T + i},BTC-USDT,${side},100,1`)]);
    const { observations } = await read('side.csv');
    expect(observations.map(({ values }) => values.buyer_is_maker)).toEqual([maker, maker, maker]);
  });

  it('that is neither is dropped, and a flag beside it counts more', async () => {
    const lines = ['long', 'buy', 'sell'].map((side, i) => `${T + i},BTCUSDT,${side},100,1`);
    put('side.csv', ['timestamp,symbol,side,price,amount', ...lines]);
    expect((await read('side.csv')).observations).toHaveLength(2);
    expect(hosts.drops).toEqual(['bad_line: side.csv:2: side "long" is neither buy nor sell']);
    put('both.csv', [
      'time,symbol,side,is_buyer_maker,price,amount',
      `${T},BTCUSDT,buy,true,100,1`,
      `${T},BTCUSDT,x,false,100,1`,
    ]);
    expect((await read('both.csv')).observations.map(({ values }) => values.buyer_is_maker)).toEqual([1, 0]);
  });
});

describe('recordings of other tools', () => {
  it('keep what has no quantity under its id, so that nobody takes it for lost', async () => {
    put(
      'BTCUSDT-trades.csv',
      [1, 2, 3, 4].map((id) => spotLine(id, T + id, '100', id % 2 ? '0.00000000' : '1')),
    );
    const { observations } = await read('BTCUSDT-trades.csv');
    expect(observations.map(({ sequence, values }) => [sequence, values.quantity])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 1],
    ]);
  });

  it('may have a first column without a name, and times in UTC by name', async () => {
    for (const head of [',', '"",']) {
      put('index.csv', [
        `${head}timestamp,symbol,price,amount`,
        ...[0, 1].map((i) => `${i},2024-09-01 00:00:0${i} UTC,X1,100,1`),
      ]);
      expect((await read('index.csv')).observations.map(({ time }) => time)).toEqual([T, T + 1_000]);
    }
  });

  it.each([
    ['09/01/2024 00:00:00', '100', 'Month and day could be either way round there'],
    ['2024-09-01 00:00:00 PST', '100', 'Write the zone as Z, as UTC, or as an offset'],
    ['noon', '100', 'A time is written as'],
    [String(T), '"50,000.25"', 'Write numbers without separators between thousands'],
    [String(T), '50 000.25', 'Write numbers without separators between thousands'],
  ])('of which no line can be read are refused: time %s, price %s', async (time, price, help) => {
    put('bad.csv', ['time,symbol,price,quantity', ...Array(5).fill(`${time},BTCUSDT,${price},1`)]);
    await expect(read('bad.csv')).rejects.toThrow(/none of the first 5 lines of .*bad\.csv can be read: line 2: /);
    await expect(read('bad.csv')).rejects.toThrow(help);
  });

  it('of which no line can be read, or whose header names no trade, name the source for other tables', async () => {
    // As ccxt and pandas write them: texts with commas within quotes, and candles.
    put('info.csv', ['info,timestamp,symbol,price,amount', ...Array(5).fill(`"{""a"": 1, ""p"": 2}",${T},BTC/USDT,100,1`)]);
    put('candles.csv', ['timestamp,open,high,low,close', `${T},1,2,0,1`]);
    for (const name of ['info.csv', 'candles.csv']) await expect(read(name)).rejects.toThrow('use: file');
  });

  it('overlap, a month and its days: what was told is not told again, also from every cursor', async () => {
    mkdirSync(join(hosts.directory, 'overlap'), { recursive: true });
    const line = (id: number) => spotLine(id, T + id * 10);
    const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    put('overlap/BTCUSDT-trades-2024-09.csv', ids(1, 60).map(line));
    put('overlap/BTCUSDT-trades-2024-09-01.csv', ids(20, 40).map(line));
    put('overlap/BTCUSDT-trades-2024-09-02.csv', ids(50, 90).map(line));
    const raw = { connect: 'file:overlap/*.csv', batch: 7 };
    const { observations, batches } = await readAll(hosts, raw);
    expect(observations.map(({ sequence }) => sequence)).toEqual(ids(1, 90));
    for (const { cursor, observations: some } of batches) {
      const rest = await readAll(hosts, raw, cursor);
      expect(rest.observations.map(({ sequence }) => sequence)).toEqual(ids(some.at(-1)!.sequence + 1, 90));
    }
  });

  it('that repeat no ids but begin anew are all read', async () => {
    mkdirSync(join(hosts.directory, 'anew'), { recursive: true });
    put('anew/BTCUSDT-trades-1.csv', [spotLine(7, T), spotLine(8, T + 1)]);
    put('anew/BTCUSDT-trades-2.csv', [spotLine(1, T + 5), spotLine(2, T + 6)]);
    expect((await readAll(hosts, { connect: 'file:anew/*.csv' })).observations).toHaveLength(4);
  });
});

describe('another market', () => {
  const frame = (more: object) =>
    JSON.stringify({ e: 'aggTrade', E: T, s: 'BTCUSDT', a: 7, p: '100', q: '1', f: 7, l: 7, T, m: true, ...more });

  it.each([
    ['spot', { nq: '1' }, /a frame of market usdm, where market: spot is set\. Set market: usdm$/],
    ['usdm', { M: true }, /a frame of market spot, where market: usdm is set/],
    ['usdm', { s: 'BTCUSD_PERP' }, /BTCUSD_PERP is a COIN-M contract: its quantities count contracts/],
  ])('than %s is refused by name', async (market, more, message) => {
    put('frames.jsonl', Array(4).fill(frame(more)));
    await expect(read('frames.jsonl', { market })).rejects.toThrow(message);
  });

  it('is told from names of files and from columns, and single lines of it are dropped', async () => {
    put('BTCUSD_PERP-trades-2024-09-01.csv', [spotLine(1, T)]);
    await expect(read('BTCUSD_PERP-trades-2024-09-01.csv')).rejects.toThrow(/BTCUSD_PERP is a COIN-M contract/);
    const lines = ['BTCUSDT', 'ETHUSD_240628', 'ETHUSD_240628', 'BTCUSDT'].map((symbol, i) => `${T + i},${symbol},100,1`);
    put('mixed.csv', lines);
    expect((await read('mixed.csv')).observations.map(({ time }) => time - T)).toEqual([0, 3]);
    expect(hosts.dropped.get('other_market')).toBe(2);
    await expect(read('mixed.csv', { symbols: ['BTCUSD_PERP'] })).rejects.toThrow(/COIN-M/);
  });
});

describe('symbols', () => {
  it('may be given as recordings spell them, or as the keys that come of them', async () => {
    put('names.csv', ['time,symbol,price,quantity', ...['BTC-USD', 'ETH/USD', 'SOLUSD'].map((s, i) => `${T + i},${s},100,1`)]);
    const keys = async (symbols: string[], market = 'spot') =>
      (await read('names.csv', { symbols, market })).observations.map(({ key }) => key);
    expect(await keys(['BTC-USD', 'eth/usd'])).toEqual(['BTC-USD', 'ETH/USD']);
    expect(await keys(['SOLUSD-PERP'], 'usdm')).toEqual(['SOLUSD-PERP']);
    // As the exchange spells them, whoever wrote the recording.
    expect(await keys(['BTCUSD', 'ETHUSD', 'SOL-USD'])).toEqual(['BTC-USD', 'ETH/USD', 'SOLUSD']);
    expect(await keys(['BTCUSD'])).toEqual(['BTC-USD']);
  });

  it('of the exchange itself are spelled as it does', async () => {
    for (const connect of ['live', 'simulator']) {
      await expect(readAll(hosts, { connect, symbols: ['BTC-USDT'] })).rejects.toThrow(/as Binance spells it, such as BTCUSDT/);
    }
  });
});
