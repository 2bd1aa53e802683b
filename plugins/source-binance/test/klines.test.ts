// Recorded klines: as the archives have them, with and without a header, in milli- and microseconds, packed or not.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import binance from '../src/index.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  hosts.dropped.clear();
  hosts.drops.length = 0;
});
const T = 1_725_148_800_000;
const HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const put = (name: string, content: string | Buffer) => writeFileSync(join(hosts.directory, name), content);
const read = (name: string, more: object = {}, from: string | null = null) =>
  readAll(hosts, { connect: `file:${name}`, observations: 'bar', ...more }, from);

/** A kline of a minute; `scale` 1000 makes its stamps microseconds. */
const kline = (i: number, scale = 1) => {
  const start = (T + i * 60_000) * scale;
  return `${start},100.5,202,99.25,${100 + i},12.5,${start + 60_000 * scale - 1},1250.75,321,6.25,625,0`;
};
const bar = (i: number) => ({
  key: 'BTCUSDT',
  type: 'bar',
  sequence: T + i * 60_000,
  values: {
    open: 100.5,
    high: 202,
    low: 99.25,
    close: 100 + i,
    volume: 12.5,
    length: 60,
    turnover: 1250.75,
    trades: 321,
    taker_buy_volume: 6.25,
  },
});

describe('recorded klines', () => {
  it.each([
    ['without a header', (lines: string[]) => lines.join('\n'), 1],
    ['with one', (lines: string[]) => [HEADER, ...lines].join('\n'), 1],
    ['in microseconds', (lines: string[]) => lines.join('\r\n'), 1_000],
    ['with a header of other tools', (lines: string[]) => [HEADER.replaceAll('_', ' ').toUpperCase(), ...lines].join('\n'), 1],
  ])('%s are bars, stamped with their last moment', async (_, text, scale) => {
    put('BTCUSDT-1m-2024-09-01.csv', text([0, 1, 2].map((i) => kline(i, scale))));
    put('BTCUSDT-1m-2024-09-01.csv.gz', gzipSync(text([0, 1, 2].map((i) => kline(i, scale)))));
    for (const name of ['BTCUSDT-1m-2024-09-01.csv', 'BTCUSDT-1m-2024-09-01.csv.gz']) {
      const found = essence((await read(name)).observations);
      const times = [0, 1, 2].map((i) => T + (i + 1) * 60_000 - 1 / scale);
      expect(found).toEqual([0, 1, 2].map((i) => ({ ...bar(i), time: times[i] })));
    }
  });

  it('go on from every cursor, and those of a month and of its days are told once', async () => {
    put('ETHUSDT-1m-2024-09.csv', [0, 1, 2, 3, 4].map((i) => kline(i)).join('\n'));
    put('ETHUSDT-1m-2024-09-01.csv', [2, 3, 4, 5, 6].map((i) => kline(i)).join('\n'));
    const { batches } = await read('ETHUSDT-1m-*.csv', { batch: 2 });
    const closes = batches.flatMap(({ observations }) => observations.map(({ values }) => values.close));
    expect(closes).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => 100 + i));
    for (const [i, { cursor }] of batches.entries()) {
      const rest = (await read('ETHUSDT-1m-*.csv', { batch: 2 }, cursor)).observations;
      expect(rest.map(({ values }) => values.close)).toEqual(closes.slice(2 * (i + 1)));
    }
  });

  it('that cannot be are dropped, by reason', async () => {
    const bad = [
      kline(1).replace('99.25', '101'),
      kline(2).replace('12.5', '-1'),
      kline(3).replace('202', 'x'),
      kline(4).replace(/^\d+/, '5'),
      '1,2,3',
    ];
    put('BTCUSDT-1m-odd.csv', [kline(0), ...bad, kline(6)].join('\n'));
    expect((await read('BTCUSDT-1m-odd.csv')).observations).toHaveLength(2);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ bad_price: 2, bad_quantity: 1, bad_time: 1, bad_line: 1 });
  });

  it('are not taken for trades, nor trades for them', async () => {
    put('BTCUSDT-1m-a.csv', kline(0));
    put('BTCUSDT-trades-a.csv', `1,100,1,100,${T},true`);
    await expect(read('BTCUSDT-1m-a.csv', { observations: 'trade' })).rejects.toThrow(
      /holds klines: set observations: bar in the source, and input: bars in the market features/,
    );
    await expect(read('BTCUSDT-trades-a.csv')).rejects.toThrow(/holds trades: set observations: trade/);
    await expect(readAll(hosts, { connect: 'live', symbols: ['BTCUSDT'], observations: 'bar' })).rejects.toThrow(
      /recordings of klines/,
    );
    const emitted = binance.emits(binance.config.parse({ connect: 'file:x.csv', observations: 'bar' }));
    expect(Object.keys(emitted)).toEqual(['bar']);
  });
});
