import { describe, expect, it } from 'vitest';
import { simulate, type Trade } from '../../test/simulated-trades.js';
import type { Anomaly } from './anomalies.js';

describe('a simulated market', () => {
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
