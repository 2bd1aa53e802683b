import { describe, expect, it } from 'vitest';
import { simulate } from '../../test/simulated-trades.js';

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
});
