import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency.js';

describe('the latency histogram', () => {
  it('gives quantiles to two per cent', () => {
    const times = fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (list, q) => {
        const histogram = new LatencyHistogram();
        for (const ms of list) histogram.add(ms);
        const ascending = [...list].sort((a, b) => a - b);
        const exact = ascending[Math.ceil(q * list.length - 1e-9) - 1]!;
        expect(histogram.quantile(q)! / exact).toBeGreaterThan(0.999);
        expect(histogram.quantile(q)! / exact).toBeLessThan(1.021);
      }),
    );
  });

  it('measures nothing as null, and takes times that a wrong clock makes negative', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.quantile(0.5)).toBeNull();
    histogram.add(-1_270);
    histogram.add(Number.NaN);
    expect(histogram.quantile(0.5)).toBeCloseTo(0.01);
  });
});
