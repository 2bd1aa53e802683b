import { gaussian } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { configSchema } from './config.js';
import { initialState } from './state.js';
import { newLatest, Windows } from './windows.js';

/** Distance of the latest window to each earlier one, from the values themselves, and the nearest of them. */
function naive(values: readonly number[], window: number, memory: number, usual: (end: number) => number) {
  const normal = (end: number) => {
    const part = values.slice(end - window + 1, end + 1);
    const mean = part.reduce((a, b) => a + b, 0) / window;
    const deviation = Math.sqrt(part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / window);
    const scale = Math.min(Math.max(deviation, 0.25 * usual(end)), 1.2 * usual(end));
    return part.map((x) => (x - mean) / scale);
  };
  const last = values.length - 1;
  const latest = normal(last);
  let [distance, lag] = [Number.POSITIVE_INFINITY, 0];
  for (let back = window; back < window + memory && last - back - window + 1 >= 0; back++) {
    const other = normal(last - back);
    const square = latest.reduce((sum, x, i) => sum + (x - other[i]!) ** 2, 0) / window;
    if (square < distance) [distance, lag] = [square, back];
  }
  return { distance: Math.sqrt(distance), lag };
}

describe('windows', () => {
  it.each([
    [8, 40, 0],
    [12, 100, 1e7],
    [30, 31, -3e5],
  ])('of %i rows among %i, far from zero by %f, are as far apart as their values say', (window, memory, away) => {
    const settings = configSchema.parse({ window, memory });
    const state = initialState(settings, 1).columns[0]!;
    const windows = new Windows(settings, state);
    const normal = gaussian(window);
    const values: number[] = [];
    const usual: number[] = [];
    let compared = 0;
    for (let seen = 0; seen < 900; seen++) {
      // A level that wanders a long way, so that it is kept as differences from somewhere else at times.
      const value = away + 40 * seen + Math.sin(seen / 3) + 0.3 * normal();
      const latest = newLatest();
      if (seen === 0) windows.begin(value);
      windows.look(value, seen, seen, latest);
      usual.push(state.deviation || state.spread);
      values.push(value);
      if (seen > 3 * window && seen % 7 === 0) {
        const plain = naive(values, window, memory, (end) => usual[end]!);
        expect(Math.abs(latest.distance - plain.distance), `row ${seen}`).toBeLessThan(1e-6 * Math.max(1, Math.abs(away) / 1e6));
        expect(latest.lag === plain.lag || Math.abs(latest.distance - plain.distance) < 1e-9).toBe(true);
        compared++;
      }
      windows.take(seen, seen % memory, latest);
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('renew every sum of products before rounding adds up', () => {
    const settings = configSchema.parse({ window: 10, memory: 37 });
    const state = initialState(settings, 1).columns[0]!;
    const windows = new Windows(settings, state);
    const normal = gaussian(3);
    const latest = newLatest();
    windows.begin(0);
    for (let seen = 0; seen < 2_000; seen++) {
      windows.look(normal(), seen, seen, latest);
      windows.take(seen, seen % 37, latest);
      if (seen === 500) state.products.fill(1e6);
    }
    for (let lag = 10; lag < 47; lag++) expect(Math.abs(state.products[lag]!)).toBeLessThan(100);
  });
});
