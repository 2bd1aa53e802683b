import type { Missing } from '@quantstream/engine';
import plugin from '@quantstream/features-market';
import { describe, expect, it } from 'vitest';
import { barStart } from '../src/bar.js';
import { run } from './run.js';
import { jumble, makeTrades, trade } from './trades.js';

const config = { columns: ['volume_change', 'log_return'] };
const lost = (from: number, to: number): Missing => ({ key: 'BTCUSDT', from, to, reason: 'sequence gap' });

describe('bars', () => {
  it('hold open, high, low, close, volume and trades, and are stamped with their start', () => {
    const log = [trade(1_200, 10, 1), trade(1_300, 12, 2), trade(1_400, 9, 3), trade(1_999.9, 11, 4), trade(2_000, 20, 5)];
    const [first, second] = run(config, log);
    expect(first).toMatchObject({ time: 1_000, open: 10, high: 12, low: 9, close: 11, volume: 10, trades: 4 });
    expect(second).toMatchObject({ time: 2_000, open: 20, close: 20, volume: 5, trades: 1, volume_change: -0.5 });
  });

  it('count the trades that an aggregate stands for', () => {
    const log = [trade(1_000, 10, 1, 1, { trades: 3 }), trade(1_500, 10, 1, 2, { trades: 2 })];
    expect(run(config, log)[0]).toMatchObject({ trades: 5, volume: 2 });
  });

  it('begin at multiples of their length since the epoch, whatever rounding does to a quotient', () => {
    expect(barStart(1_767_225_600_999.999, 1_000)).toBe(1_767_225_600_000);
    expect(barStart(1_767_225_601_000, 1_000)).toBe(1_767_225_601_000);
    expect(barStart(-1, 1_000)).toBe(-1_000);
    for (let i = 0; i < 2_000; i++) {
      const time = 1_767_225_600_000 + i * 17.333_007;
      for (const length of [1, 7, 250, 1_000]) {
        const start = barStart(time, length);
        expect(start % length).toBe(0);
        expect(start <= time && time < start + length).toBe(true);
      }
    }
  });

  it('close when event time reaches their end, not before, and at the end of a recording', () => {
    const log = [trade(1_000, 10), trade(1_999, 11)];
    expect(run(config, log, 0, false)).toEqual([]);
    expect(run(config, [...log, trade(2_000, 12)], 0, false)).toHaveLength(1);
    expect(run(config, log)).toHaveLength(1);
  });

  it('skip seconds without trades, and compare with the last bar that had some', () => {
    const rows = run(config, [trade(1_000, 10, 1), trade(9_000, 20, 3)]);
    expect(rows.map((row) => row.time)).toEqual([1_000, 9_000]);
    expect(rows[1].volume_change).toBe(2);
    expect(rows[1].log_return).toBeCloseTo(Math.log(2), 15);
  });
});

describe('bars under a lateness', () => {
  it('are those of the trades in order, whatever order they come in', () => {
    const trades = makeTrades(800);
    const late = jumble(trades, 3_000);
    expect(late).not.toEqual(trades);
    const columns = ['rsi_14', 'volatility_20', 'trade_count', 'range'];
    const inOrder = run({ columns }, trades);
    const rows = run({ columns }, late, 3_000);
    expect(rows.length).toBe(inOrder.length);
    rows.forEach((row, i) => {
      // Only sums depend on the order, in their last digits.
      expect({ ...row, volume: 0 }).toEqual({ ...inOrder[i], volume: 0 });
      expect(row.volume).toBeCloseTo(inOrder[i].volume, 9);
    });
  });

  it('close at the trade with the largest time, and the largest id within it', () => {
    const log = [trade(1_500, 10, 1, 7), trade(1_900, 11, 1, 9), trade(1_900, 12, 1, 8), trade(1_400, 13, 1, 6)];
    expect(run(config, log, 1_000)[0]).toMatchObject({ open: 13, close: 11, high: 13, low: 10, trades: 4 });
  });

  it('are emitted in order when a late trade opens an earlier one', () => {
    const rows = run(config, [trade(5_000, 10), trade(3_000, 9), trade(9_500, 8)], 4_000);
    expect(rows.map((row) => row.time)).toEqual([3_000, 5_000, 9_000]);
  });
});

describe('silence with empty: carry', () => {
  const carry = { ...config, empty: 'carry' };

  it('repeats the last close without volume', () => {
    const rows = run(carry, [trade(1_000, 10, 2), trade(4_000, 20, 3)]);
    expect(rows.map((row) => row.time)).toEqual([1_000, 2_000, 3_000, 4_000]);
    expect(rows[1]).toMatchObject({
      open: 10,
      high: 10,
      low: 10,
      close: 10,
      volume: 0,
      trades: 0,
      volume_change: -1,
      log_return: 0,
    });
    // After a bar without volume a change is undefined.
    expect(rows[2].volume_change).toBeNaN();
    expect(rows[3].volume_change).toBeNaN();
  });

  it('ends carryFor after the last trade, so a dead symbol falls silent', () => {
    const rows = run({ ...carry, carryFor: '3s' }, [trade(1_000, 10), trade(100_000, 20)]);
    expect(rows.map((row) => row.time)).toEqual([1_000, 2_000, 3_000, 4_000, 100_000]);
  });

  it('is not invented after the last trade of a recording', () => {
    expect(run(carry, [trade(1_000, 10), trade(3_000, 10)]).map((row) => row.time)).toEqual([1_000, 2_000, 3_000]);
  });

  it('asks to be woken at each boundary while silence counts, and then not before the next trade', () => {
    const settings = plugin.config.parse({ ...carry, carryFor: '2s' });
    const extractor = plugin.create(settings, plugin.initialState(settings), {} as never);
    const times: number[] = [];
    const rows = {
      next(time: number) {
        times.push(time);
        return new Float64Array(8);
      },
      say: () => undefined,
    };
    extractor.update(trade(1_200, 10), rows);
    expect(extractor.advance!(1_200, rows)).toBe(2_000);
    expect(extractor.advance!(2_000, rows)).toBe(3_000);
    expect(extractor.advance!(3_700, rows)).toBe(4_000);
    expect(extractor.advance!(4_000, rows)).toBe(Number.POSITIVE_INFINITY);
    expect(times).toEqual([1_000, 2_000, 3_000]);
  });
});

describe('a stretch that is known to be lost', () => {
  const columns = ['volume_change', 'log_return', 'range', 'vwap_deviation', 'trade_count', 'rush_orders', 'volume_imbalance'];

  it('leaves prices, but neither volume and counts of its bars nor the change after them', () => {
    const rows = run({ columns }, [
      trade(1_000, 10),
      trade(2_000, 11),
      lost(2_000, 2_900),
      trade(2_900, 12),
      trade(3_000, 13),
      trade(4_000, 14),
    ]);
    expect(rows[1]).toMatchObject({ open: 11, close: 12, log_return: Math.log(12 / 10) });
    for (const name of ['volume', 'trades', ...columns.filter((column) => column !== 'log_return')])
      expect(rows[1][name], name).toBeNaN();
    expect(rows[2]).toMatchObject({ volume: 1, trades: 1, trade_count: 1 });
    expect(rows[2].volume_change).toBeNaN();
    expect(rows[3].volume_change).toBe(0);
  });

  it('may lie in bars to come, and spans all that it overlaps', () => {
    const rows = run(config, [trade(1_000, 10), lost(1_500, 4_200), trade(4_200, 10), trade(5_000, 10)]);
    expect(rows.map((row) => [row.time, row.volume])).toEqual([
      [1_000, Number.NaN],
      [4_000, Number.NaN],
      [5_000, 1],
    ]);
  });

  it('counts where it has no length, or ends where a bar begins', () => {
    const volumes = (gap: Missing) =>
      run(config, [trade(1_000, 10), gap, trade(2_000, 10), trade(3_000, 10)]).map((row) => row.volume);
    expect(volumes(lost(1_000, 1_000))).toEqual([Number.NaN, 1, 1]);
    expect(volumes(lost(1_999, 2_000))).toEqual([Number.NaN, Number.NaN, 1]);
    expect(volumes(lost(2_000, 2_000))).toEqual([1, Number.NaN, 1]);
  });

  it('makes carried bars as unknown as others', () => {
    const rows = run({ ...config, empty: 'carry' }, [trade(1_000, 10), lost(2_100, 2_200), trade(4_000, 10)]);
    expect(rows.map((row) => row.volume)).toEqual([1, Number.NaN, 0, 1]);
  });

  it('is remembered briefly however many there are in one bar, and across a save', () => {
    const settings = plugin.config.parse(config);
    const state = plugin.initialState(settings);
    const extractor = plugin.create(settings, state, {} as never);
    for (let i = 0; i < 1_000; i++) extractor.missing!(lost(5_000 + i / 2, 5_000.2 + i / 2));
    expect(state.lost).toEqual([{ from: 5_000, to: 5_499.7 }]);
  });

  it('stays out of windows of volume, which run over complete bars', () => {
    const log = [1, 2, 4].map((quantity, i) => trade(1_000 + i * 1_000, 10, quantity));
    const rows = run({ columns: ['log_volume_ratio_2'] }, [
      ...log,
      lost(4_000, 4_100),
      trade(4_500, 10, 99),
      trade(5_000, 10, 6),
    ]);
    expect(rows[3].log_volume_ratio_2).toBeNaN();
    expect(rows[4].log_volume_ratio_2).toBeCloseTo(Math.log(6 / 3), 14);
  });
});
