import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countAtLeast, quantile, quantilesOf } from './quantile.js';

describe('quantile', () => {
  // numpy.quantile([1, 2, 4, 8], q), worked out by hand: position q·3 between order statistics.
  it.each([
    [0, 1],
    [0.25, 1.75],
    [0.5, 3],
    [0.75, 5],
    [0.9, 6.8],
    [1, 8],
  ])('%f of 1, 2, 4, 8 is %f', (q, expected) => {
    expect(quantile([1, 2, 4, 8], q)).toBeCloseTo(expected, 12);
  });

  it('of one value is that value, of none is missing', () => {
    expect(quantile([7], 0.3)).toBe(7);
    expect(quantile([], 0.3)).toBeNaN();
  });

  it('lies between the extremes and grows with its share', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, share, share, (list, a, b) => {
        const ascending = Float64Array.from(list).sort();
        const [low, high] = [quantile(ascending, Math.min(a, b)), quantile(ascending, Math.max(a, b))];
        expect(low).toBeLessThanOrEqual(high + 1e-9);
        expect(low).toBeGreaterThanOrEqual(ascending[0]! - 1e-9);
        expect(high).toBeLessThanOrEqual(ascending.at(-1)! + 1e-9);
      }),
    );
  });

  it('countAtLeast counts as a plain loop does, equal values included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: -1, max: 10 }), (list, value) => {
        const ascending = Float64Array.from(list).sort();
        expect(countAtLeast(ascending, value)).toBe(list.filter((one) => one >= value).length);
      }),
    );
  });

  it('is the same of values in any order, equal ones included', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.float({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (list, given) => {
        const shares = given.sort((a, b) => a - b);
        const ascending = Float32Array.from(list).sort();
        expect(quantilesOf(Float32Array.from(list), shares)).toEqual(shares.map((q) => quantile(ascending, q)));
      }),
      { numRuns: 500 },
    );
  });
});
