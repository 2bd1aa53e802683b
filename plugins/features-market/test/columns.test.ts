import plugin from '@quantstream/features-market';
import { describe, expect, it } from 'vitest';
import { run } from './run.js';
import { trade } from './trades.js';

/** One trade a second at these closes; the values of one column. */
function column(name: string, closes: readonly number[], quantities: readonly number[] = []): number[] {
  const log = closes.map((price, i) => trade(i * 1_000, price, quantities[i] ?? 1));
  return run({ columns: [name] }, log).map((row) => row[name]);
}

describe('columns of prices', () => {
  it("follow Wilder's example: the first RSI after N changes, then smoothed", () => {
    const values = column('rsi_3', [10, 11, 13, 12, 12, 15]);
    expect(values.slice(0, 3)).toEqual(Array(3).fill(Number.NaN));
    expect(values[3]).toBeCloseTo(75, 12); // gains 1 + 2, losses 1
    expect(values[4]).toBeCloseTo(75, 12); // both shrink alike in a flat bar
    expect(values[5]).toBeCloseTo((100 * (4 / 9 + 1)) / (4 / 9 + 1 + 4 / 27), 10);
  });

  it('have no RSI in a market that never moved, 100 in one that only rises, 0 in one that only falls', () => {
    expect(column('rsi_2', [5, 5, 5, 5])).toEqual(Array(4).fill(Number.NaN));
    expect(column('rsi_2', [5, 6, 7, 8]).at(-1)).toBe(100);
    expect(column('rsi_2', [8, 7, 6, 5]).at(-1)).toBe(0);
  });

  it('have volatility from the N-th close on, exactly zero where the price stands still', () => {
    const values = column('volatility_3', [1, 2, 3, 3, 3]);
    expect(values.slice(0, 3)).toEqual([Number.NaN, Number.NaN, 1]);
    expect(values[3]).toBeCloseTo(Math.sqrt(1 / 3), 14);
    expect(values[4]).toBe(0);
  });

  it('have returns over one and several bars', () => {
    expect(column('log_return', [1, Math.E])[1]).toBeCloseTo(1, 15);
    const values = column('log_return_2', [1, 5, Math.E, 5]);
    expect(values.slice(0, 2)).toEqual([Number.NaN, Number.NaN]);
    expect([values[2], values[3]]).toEqual([1, 0]);
  });

  it('measure a return against returns that do not contain it', () => {
    const closes = [0, 0.01, 0, 0.01, 0, 0.5].map(Math.exp);
    const values = column('return_z_4', closes);
    expect(values.slice(0, 5)).toEqual(Array(5).fill(Number.NaN));
    // Before: +1, −1, +1, −1 %; deviation 0.01·√(4/3).
    expect(values[5]).toBeCloseTo(0.5 / (0.01 * Math.sqrt(4 / 3)), 8);
    expect(column('jump_4', closes)[5]).toBeCloseTo(0.5 / 0.01, 8);
  });

  it('have a finite jump out of a still market, and 0 while nothing moves', () => {
    const values = column('jump_3', [5, 5, 5, 5, 5, 6]);
    expect(values[4]).toBe(0);
    expect(values[5]).toBeCloseTo(Math.sqrt(12), 10);
  });

  it('have the range and the distance to the volume-weighted mean of the bar', () => {
    const [row] = run({ columns: ['range', 'vwap_deviation'] }, [trade(0, 10, 3), trade(1, 20, 1)]);
    expect(row.range).toBeCloseTo(Math.log(2), 15);
    expect(row.vwap_deviation).toBeCloseTo(Math.log(20 / 12.5), 15);
  });
});

describe('columns of volume', () => {
  it('compare with the bar before, or with the mean of N bars before', () => {
    expect(column('volume_change', [1, 1, 1], [2, 3, 6])).toEqual([Number.NaN, 0.5, 1]);
    expect(column('log_volume_ratio_2', [1, 1, 1], [2, 4, 6])[2]).toBeCloseTo(Math.log(2), 15);
    expect(column('log_trade_size_ratio_2', [1, 1, 1], [2, 4, 6])[2]).toBeCloseTo(Math.log(2), 15);
  });

  it('have the trade rate against the mean rate of bars before', () => {
    const log = [
      trade(0, 1),
      trade(1_000, 1),
      trade(1_001, 1),
      trade(1_002, 1),
      trade(2_000, 1),
      trade(2_500, 1),
      trade(2_501, 1),
      trade(2_502, 1),
    ];
    expect(run({ columns: ['trade_intensity_2'] }, log)[2].trade_intensity_2).toBe(2);
  });

  it('take the side of the taker: a maker that bought means that the taker sold', () => {
    const log = [
      trade(0, 1, 3, 1, { buyer_is_maker: 0 }),
      trade(1, 1, 1, 2, { buyer_is_maker: 1 }),
      trade(1_000, 1, 2, 3, { buyer_is_maker: 1 }),
    ];
    const rows = run({ columns: ['volume_imbalance', 'volume_imbalance_2'] }, log);
    expect(rows.map((row) => row.volume_imbalance)).toEqual([0.5, -1]);
    expect(rows[1].volume_imbalance_2).toBe(0);
  });

  it('have no imbalance in a bar with a trade of unknown side, and none of it in windows', () => {
    const log = [
      trade(0, 1, 1, 1, { buyer_is_maker: 0 }),
      trade(1_000, 1, 1, 2, { buyer_is_maker: undefined }),
      trade(2_000, 1, 1, 3, { buyer_is_maker: 0 }),
    ];
    const rows = run({ columns: ['volume_imbalance', 'volume_imbalance_2'] }, log);
    expect(rows.map((row) => row.volume_imbalance)).toEqual([1, Number.NaN, 1]);
    expect(rows[2].volume_imbalance_2).toBe(1);
  });

  it('count milliseconds with two trades or more once each, and those of buyers by themselves', () => {
    const side = (buyer_is_maker: number, trades = 1) => ({ buyer_is_maker, trades });
    const log = [
      trade(10.1, 1, 1, 1, side(0)),
      trade(10.5, 1, 1, 2, side(1)),
      trade(10.9, 1, 1, 3, side(0)),
      trade(11, 1, 1, 4, side(1)),
      trade(12, 1, 1, 5, side(1, 4)),
      trade(13, 1, 1, 6, side(0)),
    ];
    expect(run({ columns: ['rush_orders', 'rush_buy_orders'] }, log)[0]).toMatchObject({ rush_orders: 2, rush_buy_orders: 1 });
  });
});

describe('columns of order flow', () => {
  const side = (buyer_is_maker: number | undefined) => ({ buyer_is_maker });

  it('count turns of takers while the price stands still, which a move of the price ends and a silent bar repeats', () => {
    const log = [
      trade(0, 10, 1, 1, side(0)),
      trade(100, 10, 1, 2, side(1)),
      trade(200, 10, 1, 3, side(1)),
      trade(300, 10, 1, 4, side(0)),
      trade(2_000, 10, 1, 5, side(1)),
      trade(2_100, 11, 1, 6, side(0)),
      trade(3_000, 11, 1, 7, side(0)),
    ];
    const rows = run({ columns: ['turns_at_price'], empty: 'carry' }, log);
    expect(rows.map((row) => row.turns_at_price)).toEqual([2, 2, 3, 0]);
  });

  it('take a trade of unknown side for no turn', () => {
    const log = [trade(0, 10, 1, 1, side(0)), trade(1, 10, 1, 2, side(undefined)), trade(2, 10, 1, 3, side(1))];
    expect(run({ columns: ['turns_at_price'] }, log)[0].turns_at_price).toBe(0);
  });

  it('count ids that were skipped, in the bar in which the next one comes, whatever order trades come in', () => {
    const log = [
      trade(0, 1, 1, 10),
      trade(1_000, 1, 1, 12),
      trade(1_001, 1, 1, 11),
      trade(2_000, 1, 1, 20),
      trade(2_001, 1, 1, 22),
    ];
    expect(run({ columns: ['skipped_trades'] }, log).map((row) => row.skipped_trades)).toEqual([0, 0, 8]);
    const late = [log[0], log[2], log[3], log[1], log[4]];
    expect(run({ columns: ['skipped_trades'] }, late, 1_000).map((row) => row.skipped_trades)).toEqual([0, 0, 8]);
  });

  it('take what has no quantity for no trade, and its id for none that is lost', () => {
    const log = [
      trade(0, 1, 1, 10),
      trade(1, 99, 0, 11),
      trade(1_500, 99, 0, 12),
      trade(2_000, 2, 1, 13),
      trade(2_001, 3, 0, 14),
    ];
    const rows = run({ columns: ['skipped_trades', 'log_orders_2'] }, log);
    expect(rows.map(({ time, high, volume, trades, skipped_trades }) => [time, high, volume, trades, skipped_trades])).toEqual([
      [0, 1, 1, 1, 0],
      [2_000, 2, 1, 1, 0],
    ]);
    expect(run({ columns: ['skipped_trades'] }, [...log, trade(4_000, 1, 1, 15)]).at(-1)!.skipped_trades).toBe(0);
  });

  it('count the seconds since a trade where silent bars are carried', () => {
    const rows = run({ columns: ['since_trade'], empty: 'carry' }, [trade(0, 1), trade(3_000, 1), trade(4_000, 1)]);
    expect(rows.map((row) => row.since_trade)).toEqual([0, 1, 2, 0, 0]);
  });

  it('count time and trades since the price moved, which a silent bar goes on with', () => {
    const log = [
      trade(0, 10),
      trade(100, 11),
      trade(200, 11),
      trade(1_000, 11),
      trade(3_000, 11),
      trade(3_500, 12),
      trade(4_000, 12),
      trade(5_000, 12),
    ];
    const rows = run({ columns: ['since_move', 'trades_since_move'], empty: 'carry' }, log);
    expect(rows.map((row) => row.since_move)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(rows.map((row) => row.trades_since_move)).toEqual([2, 3, 3, 4, 2, 3]);
  });

  it('say how improbable a standstill is in this market: a turn at one price is rare where there is a bounce, and worth nothing where there is none', () => {
    const last = (bounce: number) => {
      const market = Array.from({ length: 4_000 }, (_, i) =>
        trade(i * 250, 100 + (i % 2) * bounce + (i % 40 < 20 ? 0 : 1), 1, i, side(1 - (i % 2))),
      );
      const still = Array.from({ length: 8 }, (_, i) => trade(1_000_000 + i * 100, 100, 1, 4_000 + i, side(1 - (i % 2))));
      return run({ columns: ['standstill'] }, [...market, ...still]).at(-1)!.standstill;
    };
    // Seven turns that leave the price, of which there was none in 4,000.
    expect(last(0.01)).toBeGreaterThan(40);
    expect(last(0)).toBeLessThan(2);
    const oneOrder = Array.from({ length: 100 }, () => trade(0, 100, 1, 1, side(1)));
    expect(run({ columns: ['standstill'] }, oneOrder)[0].standstill, 'fills of one order say nothing').toBe(0);
  });

  it('measure orders, volatility and silence against what is usual', () => {
    const usual = Array.from({ length: 80 }, (_, i) => trade(i * 500, 100 + (i % 4 < 2 ? 0 : 1), 1, i));
    const burst = Array.from({ length: 40 }, (_, i) => trade(40_000 + i * 50, 100 + (i < 20 ? 0 : 4), 1, 80 + i));
    const columns = ['order_burst_2', 'volatility_burst_2', 'missed_orders_10'];
    const rows = run({ columns, empty: 'carry' }, [...usual, ...burst, trade(49_000, 100, 1, 130)]);
    expect(rows[39].order_burst_2).toBeCloseTo(0, 12);
    expect(rows[41].order_burst_2).toBeCloseTo(Math.log(41 / 5), 12);
    expect(rows[39].volatility_burst_2).toBeCloseTo(Math.LN2, 2);
    expect(rows[41].volatility_burst_2).toBeGreaterThan(2);
    expect(rows[41].missed_orders_10).toBe(0);
    const early = run({ columns: ['missed_orders_3600'], empty: 'carry' }, [...usual, trade(90_000, 100, 1, 200)]);
    expect(early[58].missed_orders_3600, 'an hour is not there yet, a minute has to be').toBeNaN();
    expect(early[59].missed_orders_3600).toBeCloseTo((20 * 80) / 60, 12);
    // Three silent seconds; ten bars had 5 × 2 + 2 × 20 + 3 × 0 orders.
    expect(rows[44].missed_orders_10).toBeCloseTo((3 * 50) / 10, 12);
  });

  it('measure sizes against those before the window: many somewhat larger trades count, silence counts as nothing', () => {
    // Quantities e and 1/e in turn: ln has mean 0 and variance 1.
    const usual = Array.from({ length: 40 }, (_, i) => trade(i * 100, 1, i % 2 === 0 ? Math.E : 1 / Math.E, i));
    const large = Array.from({ length: 20 }, (_, i) => trade(4_000 + i * 100, 1, Math.E, 40 + i));
    const rows = run({ columns: ['size_shift_2'], empty: 'carry' }, [...usual, ...large, trade(9_500, 1)]);
    expect(rows[3].size_shift_2).toBeCloseTo(0, 12);
    expect(rows[5].size_shift_2).toBeCloseTo(Math.sqrt(20), 12);
    expect(rows[8].size_shift_2).toBe(0);
  });

  it('count milliseconds with trades for orders', () => {
    const log = [trade(0.1, 1), trade(0.9, 1), trade(500, 1), trade(1_000, 1), trade(3_000, 1)];
    const rows = run({ columns: ['log_orders_2'], empty: 'carry' }, log);
    expect(rows.map((row) => row.log_orders_2)).toEqual([Number.NaN, Math.log1p(3), Math.log1p(1), Math.log1p(1)]);
  });
});

describe('declared columns', () => {
  const names = plugin.catalogue!.filter(({ role }) => role === 'feature').map(({ name }) => name.replace(/_N$/, '_7'));
  const settings = plugin.config.parse({ columns: names });
  const declared = plugin.row(settings).columns;

  it('have their first value in the bar that warmUp names', () => {
    // Prices that move in every bar and volumes that never vanish: nothing but the window can be missing.
    const log = Array.from({ length: 90 }, (_, i) =>
      trade(Math.floor(i / 3) * 1_000 + (i % 3) * 10, 100 + ((i * 37) % 11), 1 + ((i * 17) % 5), i, { buyer_is_maker: i % 2 }),
    );
    const rows = run({ columns: names }, log);
    for (const { name, warmUp } of declared) {
      expect(rows.findIndex((row) => !Number.isNaN(row[name])) + 1, name).toBe(warmUp);
    }
  });

  it('come after the six context columns, in the order chosen, and say what they need', () => {
    expect(declared.slice(0, 6).map(({ name, role }) => `${name} ${role}`)).toEqual([
      'open context',
      'high context',
      'low context',
      'close context',
      'volume context',
      'trades context',
    ]);
    expect(declared.slice(6).map(({ name }) => name)).toEqual(names);
    const needing = declared.filter(({ needs }) => needs).map(({ name }) => name);
    expect(needing).toEqual(['volume_imbalance', 'volume_imbalance_7', 'rush_buy_orders', 'turns_at_price']);
  });
});
