import { describe, expect, it } from 'vitest';
import { simulate, type Trade } from '../../../test/simulated-trades.js';
import type { Anomaly } from '../anomalies.js';
import { isOpen, openFrom } from './hours.js';
import { VARIANT_NAMES, type VariantName } from './variants.js';

/** Three hours of trades without anomalies. */
const tradesOf = (variant?: VariantName): Trade[] => simulate(3, 0, 5, variant).trades;

/** Turns of takers, and those of them at the price of the trade before. */
function turns(trades: readonly Trade[]): { all: number; atPrice: number } {
  const turned = trades.filter((trade, i) => i > 0 && trade.sold !== trades[i - 1]!.sold);
  return { all: turned.length, atPrice: turned.filter((t) => t.price === trades[trades.indexOf(t) - 1]!.price).length };
}

/** Distinct distances between prices of trades that follow one another. */
const steps = (trades: readonly Trade[]) => new Set(trades.slice(1).map((t, i) => Math.abs(t.price - trades[i]!.price)));

/** Deviation of the log return over ten seconds, of each hour. */
function volatilityByHour(trades: readonly Trade[], hours: number): number[] {
  const closes: number[] = [];
  for (const { time, price } of trades) closes[Math.floor(time / 10)] = price;
  for (let i = 1; i < hours * 360; i++) closes[i] ??= closes[i - 1]!;
  const squares = closes.map((close, i) => (i > 0 ? Math.log(close / closes[i - 1]!) ** 2 || 0 : 0));
  return Array.from({ length: hours }, (_, hour) => {
    const part = squares.slice(hour * 360, (hour + 1) * 360);
    return Math.sqrt(part.reduce((sum, square) => sum + square, 0) / part.length);
  });
}

describe('a variant of the simulated market', () => {
  it.each(VARIANT_NAMES)('%s is the same for the same seed, and not the usual one', (variant) => {
    const hours = variant === 'opening-hours' ? 5 : 0.5;
    const { trades } = simulate(hours, 0, 5, variant);
    expect(trades.length).toBeGreaterThan(20);
    expect(simulate(hours, 0, 5, variant).trades).toEqual(trades);
    expect(simulate(hours, 0, 5).trades).not.toEqual(trades);
  });

  it.each(VARIANT_NAMES)('%s does in an anomaly what its kind says', (variant) => {
    const { trades, begun } = simulate(8, 900, variant === 'thin' ? 40 : 4, variant);
    const during = ({ from, to }: Anomaly) => trades.filter(({ time }) => time >= from && time < to - 0.001);
    const before = ({ from }: Anomaly) => trades.filter(({ time }) => time >= from - 60 && time < from);
    const of = (kind: string, least = 0) => begun.filter((one) => one.kind === kind && one.magnitude >= least);
    const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const mean = (list: Trade[]) => list.reduce((sum, { quantity }) => sum + quantity, 0) / Math.max(1, list.length);
    const rate = (list: Trade[], seconds: number) => (list.length + 1) / seconds;
    for (const kind of ['feed_gap', 'stuck_price', 'flash_crash', 'liquidity_burst', 'small_order_storm'])
      expect(of(kind).length, kind).toBeGreaterThan(2);
    for (const gap of of('feed_gap')) expect(during(gap)).toEqual([]);
    for (const stuck of of('stuck_price')) expect(new Set(during(stuck).map(({ price }) => price)).size).toBeLessThanOrEqual(1);
    const deep = of('flash_crash', 60).filter((one) => during(one).length > 5 && before(one).length > 0);
    const falls = deep.map((one) => {
      const lowest = Math.min(...during(one).map(({ price }) => price));
      return -Math.log(lowest / before(one).at(-1)!.price) / (one.magnitude * 0.6e-4);
    });
    expect(middle(falls)).toBeGreaterThan(0.5);
    const larger = of('liquidity_burst', 15).map((one) => mean(during(one)) / mean(before(one)));
    expect(middle(larger)).toBeGreaterThan(4);
    const more = of('small_order_storm', 8).map((one) => rate(during(one), one.to - one.from) / rate(before(one), 60));
    expect(middle(more)).toBeGreaterThan(1.5);
  });

  it('has what its name says', () => {
    const usual = tradesOf();
    expect(turns(usual).atPrice).toBe(0);
    const same = turns(tradesOf('no-bounce'));
    expect(same.atPrice / same.all).toBeGreaterThan(0.4);
    const coarse = tradesOf('coarse-ticks');
    expect([...steps(coarse)].every((step) => step % 20 === 0)).toBe(true);
    expect(turns(coarse).atPrice).toBeGreaterThan(20);
    expect(tradesOf('thin').length / usual.length).toBeGreaterThan(1 / 40);
    expect(tradesOf('thin').length / usual.length).toBeLessThan(1 / 8);
    const bought = (trades: readonly Trade[]) => trades.filter(({ sold }) => !sold).length / trades.length;
    expect(bought(usual)).toBeLessThan(0.6);
    expect(bought(tradesOf('one-sided'))).toBeGreaterThan(0.75);
    const bounces = (trades: readonly Trade[]) => {
      const turned = trades.filter((trade, i) => i > 0 && trade.sold !== trades[i - 1]!.sold);
      const sizes = turned.map((trade) => Math.abs(trade.price - trades[trades.indexOf(trade) - 1]!.price)).sort((a, b) => a - b);
      return sizes[Math.floor(sizes.length / 2)]!;
    };
    expect(bounces(usual)).toBeLessThan(4);
    expect(bounces(tradesOf('wide-spread'))).toBeGreaterThan(7);
    expect(new Set(tradesOf('round-lots').map(({ quantity }) => quantity)).size).toBeLessThan(60);
    expect(new Set(usual.map(({ quantity }) => quantity)).size).toBeGreaterThan(500);
  });

  it('has a volatility of its own over the day, and over hours', () => {
    const ratio = (values: number[]) => Math.max(...values) / Math.min(...values);
    const [usual, daily, clustered] = ([undefined, 'daily-volatility', 'clustered'] as const).map((variant) =>
      ratio(volatilityByHour(simulate(24, 0, 2, variant).trades, 24)),
    );
    expect(daily!).toBeGreaterThan(1.5 * usual!);
    expect(clustered!).toBeGreaterThan(1.2 * usual!);
  });
});

describe('opening hours', () => {
  const hours = { opens: 14.5, closes: 21, days: 5, drift: 0.35 };

  it('know weekends, and when it opens next', () => {
    const friday = Date.parse('2024-08-09T20:59:59.999Z');
    expect(isOpen(hours, friday)).toBe(true);
    expect(openFrom(hours, friday)).toBe(friday);
    expect(new Date(openFrom(hours, friday + 1)).toISOString()).toBe('2024-08-12T14:30:00.000Z');
    expect(new Date(openFrom(hours, Date.parse('2024-08-08T03:00:00Z'))).toISOString()).toBe('2024-08-08T14:30:00.000Z');
  });

  it('have all trades and all anomalies, and the price moves while it is closed', () => {
    const start = Date.UTC(2024, 7, 8, 10);
    const { trades, begun } = simulate(24 * 5, 100, 5, 'opening-hours');
    const open = (seconds: number) => isOpen(hours, start + seconds * 1_000);
    expect(trades.every(({ time }) => open(time))).toBe(true);
    expect(begun.length).toBeGreaterThan(20);
    expect(begun.every(({ from, to }) => open(from) && open(to))).toBe(true);
    const openings = trades.filter((trade, i) => i > 0 && trade.time - trades[i - 1]!.time > 3_600);
    expect(openings.length).toBe(2);
  });
});
