import { random } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, deviation, makeSeries, mean, push } from './series.js';

/** The textbook's two passes over a plain array. */
function plain(numbers: readonly number[]): { mean: number; deviation: number } {
  const average = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const squares = numbers.reduce((sum, x) => sum + (x - average) ** 2, 0);
  return { mean: average, deviation: Math.sqrt(squares / (numbers.length - 1)) };
}

describe('a window of a series', () => {
  it('is worked out by hand for a few numbers', () => {
    const series = makeSeries(5);
    for (const x of [2, 4, 4, 4, 5, 5, 7, 9]) push(series, x);
    expect(mean(series, 4)).toBe(6.5);
    expect(deviation(series, 4)).toBeCloseTo(Math.sqrt(11 / 3), 14);
    expect(mean(series, 4, 1)).toBe(5.25);
    expect([at(series, 0), at(series, 3)]).toEqual([9, 5]);
  });

  it('has no value before it is full', () => {
    const series = makeSeries(4);
    for (const x of [1, 2, 3]) push(series, x);
    expect([mean(series, 4), deviation(series, 4), mean(series, 3, 1), at(series, 3)]).toEqual(Array(4).fill(Number.NaN));
    expect(mean(series, 3)).toBe(2);
  });

  it('agrees with the textbook for short windows and for long ones summed by blocks, however full the ring is', () => {
    const shape = fc.record({
      window: fc.oneof(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1_000, max: 1_700 })),
      skip: fc.integer({ min: 0, max: 1 }),
      more: fc.integer({ min: 0, max: 4_000 }),
      seed: fc.nat(1e6),
    });
    fc.assert(
      fc.property(shape, ({ window, skip, more, seed }) => {
        const uniform = random(seed);
        const numbers = Array.from({ length: window + skip + more }, () => 1_000 + uniform());
        const series = makeSeries(window + skip);
        for (const x of numbers) push(series, x);
        const expected = plain(numbers.slice(more, more + window));
        expect(mean(series, window, skip)).toBeCloseTo(expected.mean, 9);
        expect(deviation(series, window, skip)).toBeCloseTo(expected.deviation, 9);
      }),
      { numRuns: 120, seed: 5 },
    );
  });

  it.each([20, 5_000])('of %i equal numbers deviates by exactly nothing, also right after a giant has left it', (window) => {
    const series = makeSeries(window);
    push(series, 1e15);
    for (let i = 0; i < window; i++) push(series, 0.1);
    expect(deviation(series, window)).toBe(0);
    expect(mean(series, window)).toBe(0.1);
  });

  it.each([20, 5_000])('of %i numbers far from zero keeps its digits', (window) => {
    const series = makeSeries(window);
    for (let i = 0; i < window; i++) push(series, 1e9 + (i % 2));
    expect(deviation(series, window)).toBeCloseTo(0.5 * Math.sqrt(window / (window - 1)), 12);
  });
});
