import type { Observation, Rows } from '@quantstream/engine';
import { featuresLaws, random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.js';

const trade = (key: string, time: number, price: number): Observation => ({
  key,
  type: 'trade',
  sequence: time,
  time,
  received: time,
  values: { price },
});

function trades(count: number, seed = 1): Observation[] {
  const uniform = random(seed);
  const prices = { A: 100, B: 50 };
  let time = 1_767_225_600_000;
  return Array.from({ length: count }, () => {
    time += uniform() > 0.97 ? 4_000 * uniform() : 300 * uniform();
    const key = uniform() < 0.6 ? 'A' : 'B';
    const shared = (uniform() - 0.5) * 0.01;
    prices.A *= 1 + shared;
    prices.B *= 1 + shared * 0.8;
    return trade(key, time, prices[key]);
  });
}

const columns = plugin.catalogue!.filter(({ role }) => role === 'feature').map(({ name }) => name.replace(/_N$/, '_12'));
const config = { legs: ['A', 'B'], columns, staleAfter: '3s' };
featuresLaws(plugin, { config, observations: trades(500), grouped: true });

/** Runs observations and gives rows as objects; time is told up to `until`. */
function run(given: object, observations: readonly Observation[], until?: number) {
  const settings = plugin.config.parse(given);
  const names = plugin.row(settings).columns.map(({ name }) => name);
  const out: Record<string, number>[] = [];
  const rows: Rows = {
    next(time) {
      const values = new Float64Array(names.length);
      out.push(
        new Proxy({ time } as Record<string, number>, {
          get: (o, name) => (name === 'time' ? o.time : values[names.indexOf(String(name))]),
        }),
      );
      return values;
    },
    say: () => undefined,
  };
  const extractor = plugin.create(settings, plugin.initialState(settings), { log: {} } as never);
  let wake = Number.POSITIVE_INFINITY;
  for (const o of observations) {
    while (o.time >= wake) wake = extractor.advance!(wake, rows);
    extractor.update(o, rows);
    if (wake === Number.POSITIVE_INFINITY) wake = extractor.advance!(o.time, rows);
  }
  while (until !== undefined && wake <= until) wake = extractor.advance!(wake, rows);
  return out;
}

/** Prices of both legs, second by second. */
function bars(count: number, prices: (i: number) => [number, number]): Observation[] {
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = prices(i);
    return [trade('A', i * 1_000 + 100, a), trade('B', i * 1_000 + 200, b)];
  }).flat();
}

describe('a pair', () => {
  it('has no row before both prices are known, and one a bar from then on', () => {
    const rows = run({ legs: ['A', 'B'], columns: ['first_return'] }, [
      trade('A', 100, 10),
      trade('A', 1_100, 11),
      trade('B', 2_100, 5),
      trade('A', 5_100, 12),
    ]);
    expect(rows.map(({ time }) => time)).toEqual([2_000, 3_000, 4_000]);
    expect(rows.map((row) => [row.first_price, row.second_price])).toEqual([
      [11, 5],
      [11, 5],
      [11, 5],
    ]);
  });

  it('its spread is 1 % when the first leg jumps by 1 %, at the very bar, and fades as the mean follows', () => {
    const noise = random(3);
    const rows = run(
      { legs: ['A', 'B'], columns: ['spread_60', 'spread_z_60', 'hedged_spread_60', 'hedge_ratio_60', 'correlation_60'] },
      bars(200, (i) => {
        const market = 1 + 0.001 * Math.sin(i / 3) + 1e-5 * noise();
        return [30_000 * market * (i >= 150 ? 1.01 : 1), 2_000 * market];
      }),
    );
    expect(rows[59]!.spread_60).toBeNaN();
    expect(Math.abs(rows[149]!.spread_60!)).toBeLessThan(1e-6);
    expect(rows[150]!.spread_60).toBeCloseTo(Math.log(1.01), 6);
    expect(rows[150]!.hedged_spread_60).toBeCloseTo(Math.log(1.01), 4);
    expect(rows[149]!.hedge_ratio_60).toBeCloseTo(1, 4);
    expect(rows[149]!.correlation_60).toBeCloseTo(1, 4);
    expect(rows[150]!.spread_z_60!).toBeGreaterThan(100);
    expect(rows[190]!.spread_60!).toBeLessThan(Math.log(1.01) / 2);
  });

  it('agrees with sums written out', () => {
    const observations = bars(40, (i) => [100 + Math.sin(i) * 3 + i / 10, 50 + Math.cos(i * 1.7) * 2]);
    const rows = run(
      { legs: ['A', 'B'], columns: ['spread_20', 'spread_z_20', 'hedge_ratio_20', 'correlation_20', 'return_difference_5'] },
      observations,
    );
    const a = Array.from({ length: 40 }, (_, i) => Math.log(100 + Math.sin(i) * 3 + i / 10));
    const b = Array.from({ length: 40 }, (_, i) => Math.log(50 + Math.cos(i * 1.7) * 2));
    const mean = (x: number[]) => x.reduce((s, v) => s + v, 0) / x.length;
    const cov = (x: number[], y: number[]) => mean(x.map((v, i) => (v - mean(x)) * (y[i]! - mean(y))));
    const t = 35;
    const ratio = a.map((v, i) => v - b[i]!);
    const before = ratio.slice(t - 20, t);
    expect(rows[t]!.spread_20).toBeCloseTo(ratio[t]! - mean(before), 12);
    expect(rows[t]!.spread_z_20).toBeCloseTo((ratio[t]! - mean(before)) / Math.sqrt((cov(before, before) * 20) / 19), 10);
    const [ba, bb] = [a.slice(t - 20, t), b.slice(t - 20, t)];
    expect(rows[t]!.hedge_ratio_20).toBeCloseTo(cov(ba, bb) / cov(bb, bb), 10);
    const returns = (x: number[]) => x.slice(1).map((v, i) => v - x[i]!);
    const [ra, rb] = [returns(a).slice(t - 20, t), returns(b).slice(t - 20, t)];
    expect(rows[t]!.correlation_20).toBeCloseTo(cov(ra, rb) / Math.sqrt(cov(ra, ra) * cov(rb, rb)), 10);
    expect(rows[t]!.return_difference_5).toBeCloseTo(a[t]! - a[t - 5]! - (b[t]! - b[t - 5]!), 12);
  });

  it('does not know its spread while one leg is silent, and stops when both are', () => {
    const both = bars(30, () => [100, 50]);
    const only = Array.from({ length: 20 }, (_, i) => trade('A', (30 + i) * 1_000 + 100, 100 + i));
    const rows = run({ legs: ['A', 'B'], columns: ['spread_10'], staleAfter: '5s' }, [...both, ...only], 120_000);
    expect(rows[29]!.spread_10).toBe(0);
    expect(rows[33]!.spread_10! > 0).toBe(true);
    expect(rows[35]!.spread_10).toBeNaN();
    expect(rows.at(-1)!.time).toBeGreaterThan(49_000);
    expect(rows.at(-1)!.time).toBeLessThan(56_000);
  });

  it('refuses columns and legs that make no sense, with the nearest that does', () => {
    const complaint = (given: object) => plugin.config.safeParse({ legs: ['A', 'B'], ...given }).error?.issues[0]?.message;
    expect(complaint({ columns: ['spraed_z_60'] })).toContain('Did you mean spread_z_60?');
    expect(complaint({ columns: ['spread_1'] })).toContain('expected 2 to');
    expect(complaint({ columns: ['spread_9', 'spread_9'] })).toContain('chosen twice');
    expect(complaint({ legs: ['A', 'A'] })).toContain('two different keys');
  });
});
