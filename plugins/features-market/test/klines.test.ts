// Bars as input: the same market, once as trades and once as the bars that an exchange would publish of it.

import type { Observation } from '@quantstream/engine';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { run } from './run.js';
import { makeTrades } from './trades.js';

/** The klines of trades, those of silent stretches included, as an exchange publishes them: by their definition, not by the code under test. */
function klinesOf(trades: readonly Observation[], seconds: number): Observation[] {
  const length = seconds * 1_000;
  const first = Math.floor(trades[0].time / length);
  const last = Math.floor(trades.at(-1)!.time / length);
  let close = Number.NaN;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const start = (first + i) * length;
    const mine = trades.filter(({ time }) => time >= start && time < start + length).map(({ values }) => values);
    const prices = mine.length > 0 ? mine.map(({ price }) => price!) : [close];
    const sum = (of: (values: (typeof mine)[number]) => number) => mine.reduce((total, values) => total + of(values), 0);
    close = prices.at(-1)!;
    const values = {
      open: prices[0],
      high: Math.max(...prices),
      low: Math.min(...prices),
      close,
      volume: sum(({ quantity }) => quantity!),
      length: seconds,
      turnover: sum(({ price, quantity }) => price! * quantity!),
      trades: mine.length,
      taker_buy_volume: sum(({ quantity, buyer_is_maker }) => (buyer_is_maker === 0 ? quantity! : 0)),
    };
    return { key: 'BTCUSDT', type: 'bar', sequence: start, time: start + length - 1, received: 0, values } as Observation;
  });
}

const ALL = plugin.catalogue!.filter(({ role }) => role === 'feature').map(({ name }) => name.replace(/_N$/, '_5'));
const OF_TRADES = [
  'rush_orders',
  'rush_buy_orders',
  'log_orders_5',
  'size_shift_5',
  'turns_at_price',
  'skipped_trades',
  'trades_since_move',
  'standstill',
  'order_burst_5',
  'missed_orders_5',
];
const COLUMNS = ALL.filter((name) => !OF_TRADES.includes(name));

describe('bars as input', () => {
  it.each([
    ['1s', 1, 'skip'],
    ['1s', 1, 'carry'],
    ['5s', 1, 'skip'],
    ['5s', 5, 'carry'],
    ['1m', 5, 'skip'],
  ])('give bars of %s of klines of %i s (%s) every column that trades give, to nine digits', (bar, seconds, empty) => {
    const trades = makeTrades(3_000, 3);
    const expected = run({ bar, empty, columns: COLUMNS }, trades);
    const found = run({ bar, empty, columns: COLUMNS, input: 'bars' }, klinesOf(trades, seconds));
    expect(found.length).toBe(expected.length);
    expect(expected.length).toBeGreaterThan(5);
    let compared = 0;
    const differ: string[] = [];
    for (const [i, row] of expected.entries()) {
      for (const [name, value] of Object.entries(row)) {
        const other = found[i][name];
        if (Number.isNaN(value) && Number.isNaN(other)) continue;
        compared++;
        // What is a small difference of sums has their absolute error.
        const same = Math.abs(other - value) <= 1e-9 * Math.max(1, Math.abs(value));
        if (!same) differ.push(`${name} of bar ${i}: ${other}, not ${value}`);
      }
    }
    expect(differ).toEqual([]);
    expect(compared).toBeGreaterThan(expected.length * COLUMNS.length * 0.5);
  });

  it('refuse columns of single trades by name, and need of optional fields what their columns are made of', () => {
    for (const name of OF_TRADES) {
      const { error } = plugin.config.safeParse({ input: 'bars', columns: ['rsi_14', name] });
      expect(error?.issues).toMatchObject([
        { path: ['columns', 1], message: expect.stringContaining(`${name} is made of single trades`) },
      ]);
    }
    const settings = plugin.config.parse({
      input: 'bars',
      columns: ['volume_imbalance', 'trade_count', 'vwap_deviation', 'rsi_14'],
    });
    expect(
      plugin
        .row(settings)
        .columns.slice(6)
        .map(({ needs }) => needs),
    ).toEqual([['bar.taker_buy_volume'], ['bar.trades'], ['bar.turnover'], undefined]);
  });

  it('leave columns empty whose fields are not given', () => {
    const bare = klinesOf(makeTrades(500), 1).map(({ values: { open, high, low, close, volume }, ...rest }) => {
      return { ...rest, values: { open, high, low, close, volume } } as Observation;
    });
    const rows = run({ input: 'bars', columns: ['trade_count', 'volume_imbalance', 'vwap_deviation', 'log_return'] }, bare);
    expect(rows.every((row) => Number.isNaN(row.trade_count + row.volume_imbalance + row.vwap_deviation + row.trades))).toBe(
      true,
    );
    expect(rows.slice(1).every((row) => Number.isFinite(row.log_return))).toBe(true);
  });

  it('longer than the bars that are to be made of them are refused', () => {
    const minutes = klinesOf(makeTrades(2_000), 60);
    expect(() => run({ input: 'bars', bar: '1s' }, minutes)).toThrow(/bars of 1 s cannot be made of the bars of .* of BTCUSDT/);
    expect(() => run({ input: 'bars', bar: '90s' }, klinesOf(makeTrades(2_000), 60))).toThrow(/or a multiple of it/);
  });
});
