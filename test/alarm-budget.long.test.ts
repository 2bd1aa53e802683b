import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const columns = ['log_return', 'log_return_5', 'log_return_30', 'trade_count', 'range'];
/** Two cheap models on a sparse market; the recommended pipeline is measured by scripts/alarm-budget.mjs. */
const pipeline = (seed: number) => ({
  name: 'budget',
  source: {
    use: 'binance',
    with: {
      connect: 'simulator',
      stream: 'trade',
      batch: 10_000,
      simulator: { seed, start: '2024-08-01', duration: '5d', tradesPerSecond: 0.3 },
    },
  },
  features: { use: 'market', with: { empty: 'carry', columns } },
  models: {
    cloud: { use: 'mahalanobis', columns, transform: { standardize: '30m' } },
    tails: { use: 'tails', columns },
  },
  alarms: { perDay: 10 },
});

describe('alarms.perDay: 10 on a market in which nothing is wrong', () => {
  it('gives 5 to 20 anomalous rows a day over four days behind one of calibration, on the average of three seeds', async () => {
    const rates: number[] = [];
    for (const seed of [1, 2, 3]) {
      const out = bench.path(`${seed}.json`);
      const { code, stderr } = await bench.start(['backtest', '-p', bench.write('budget.yaml', pipeline(seed)), '--out', out])
        .exit;
      expect(code, stderr).toBe(0);
      const { keys, unjudged } = JSON.parse(readFileSync(out, 'utf8'));
      expect(keys[0].days).toBeCloseTo(4, 1);
      expect(unjudged.uncalibrated).toBeGreaterThan(80_000);
      rates.push(keys[0].anomaliesPerDay);
    }
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    expect(mean, rates.join()).toBeGreaterThan(5);
    expect(mean, rates.join()).toBeLessThan(20);
    for (const rate of rates) expect(rate, rates.join()).toBeGreaterThan(0);
  }, 300_000);
});
