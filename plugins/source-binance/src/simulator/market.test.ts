import { describe, expect, it } from 'vitest';
import { FrameParser } from '../wire/frames.js';
import type { Anomaly } from './anomalies.js';
import { Market } from './market.js';

interface Trade {
  time: number;
  price: number;
  quantity: number;
}

function simulate(hours: number, anomaliesPerDay: number, tradesPerSecond: number) {
  const start = Date.UTC(2024, 7, 8, 10);
  const begun: Anomaly[] = [];
  const market = new Market({
    symbol: 'BTCUSDT',
    seed: 5,
    start,
    stream: 'trade',
    market: 'spot',
    tradesPerSecond,
    anomaliesPerDay,
    begin: (_, anomaly) => begun.push(anomaly),
  });
  const parser = new FrameParser('trade');
  const trades: Trade[] = [];
  const frames: string[] = [];
  while (market.time < start + hours * 3_600_000) {
    frames.length = 0;
    market.step(frames);
    for (const frame of frames) {
      parser.parse(frame);
      trades.push({ time: (parser.time - start) / 1_000, price: parser.price, quantity: parser.quantity });
    }
  }
  return { trades, begun };
}

describe('a simulated market', () => {
  const { trades } = simulate(3, 0, 20);

  it('trades as often as it was asked to, in bursts', () => {
    const counts = new Float64Array(3 * 3_600);
    for (const { time } of trades) counts[Math.floor(time)]!++;
    const mean = trades.length / counts.length;
    // Afternoon hours are busier than the day.
    expect(mean).toBeGreaterThan(14);
    expect(mean).toBeLessThan(40);
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(variance / mean, 'a Poisson stream would have 1').toBeGreaterThan(20);
    const shared = trades.filter((trade, i) => i > 0 && trade.time === trades[i - 1]!.time).length / trades.length;
    expect(shared).toBeGreaterThan(0.5);
    expect(shared).toBeLessThan(0.8);
  });

  it('has returns with heavy tails', () => {
    const close: number[] = [];
    for (const { time, price } of trades) close[Math.floor(time)] = price;
    for (let i = 1; i < close.length; i++) close[i] ??= close[i - 1]!;
    const returns = close.slice(1).flatMap((price, i) => (close[i] ? [Math.log(price / close[i])] : []));
    const moment = (power: number) => returns.reduce((sum, r) => sum + r ** power, 0) / returns.length;
    expect(moment(4) / moment(2) ** 2, 'a normal distribution has 3').toBeGreaterThan(8);
    expect(Math.sqrt(moment(2)) * 1e4).toBeGreaterThan(0.2);
    expect(Math.sqrt(moment(2)) * 1e4).toBeLessThan(2.5);
  });

  it('does in an anomaly what its kind says', () => {
    const { trades, begun } = simulate(24, 400, 8);
    const during = (anomaly: Anomaly) => trades.filter(({ time }) => time >= anomaly.from && time < anomaly.to);
    const before = (anomaly: Anomaly) => trades.filter(({ time }) => time >= anomaly.from - 30 && time < anomaly.from);
    const of = (kind: string) => begun.filter((anomaly) => anomaly.kind === kind);
    const volume = (list: Trade[]) => list.reduce((sum, { quantity }) => sum + quantity, 0);
    for (const gap of of('feed_gap')) expect(during(gap)).toEqual([]);
    for (const stuck of of('stuck_price')) expect(new Set(during(stuck).map(({ price }) => price)).size).toBeLessThanOrEqual(1);
    const deep = of('flash_crash').filter(({ magnitude }) => magnitude > 100);
    expect(deep.length).toBeGreaterThan(5);
    for (const crash of deep) {
      const lowest = Math.min(...during(crash).map(({ price }) => price));
      expect(Math.log(lowest / before(crash).at(-1)!.price)).toBeLessThan(-0.25 * crash.magnitude * 0.6e-4);
    }
    const ratio = (kind: string, of_: (list: Trade[], seconds: number) => number, least: number) => {
      const ratios = of(kind)
        .filter(({ magnitude }) => magnitude >= least)
        .map((anomaly) => of_(during(anomaly), anomaly.to - anomaly.from) / of_(before(anomaly), 30))
        .sort((a, b) => a - b);
      return ratios[Math.floor(ratios.length / 2)]!;
    };
    expect(ratio('liquidity_burst', (list, seconds) => volume(list) / seconds, 20)).toBeGreaterThan(8);
    expect(ratio('small_order_storm', (list, seconds) => list.length / seconds, 10)).toBeGreaterThan(2);
    expect(begun.length).toBeGreaterThan(200);
  });
});
