import { random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { bodyTail, fitBody, POINTS } from './body.js';
import { fitTail, TAIL_NUMBERS, tailScore } from './tail.js';

/** Ascending draws of a generalised Pareto distribution of scale 2. */
function draws(shape: number, count: number, seed: number): Float64Array {
  const uniform = random(seed);
  return Float64Array.from({ length: count }, () => (2 / shape) * ((1 - uniform()) ** -shape - 1)).sort();
}

describe('a tail', () => {
  it.each([0.05, 0.2, 0.4])('of shape %f is found again, and its probabilities far out as well', (shape) => {
    const tails = new Float64Array(TAIL_NUMBERS);
    fitTail(draws(shape, 20_000, 1), 4_000_000, 10, 5, tails, 0);
    // Counting a wild excess as 20 medians costs the heaviest tail a little of its shape.
    expect(Math.abs(tails[2] - shape)).toBeLessThan(shape < 0.3 ? 0.03 : 0.06);
    expect(tails[1]).toBe(0.005);
    // The value that one in a million exceeds.
    const excess = (2 / shape) * ((1e-6 / 0.005) ** -shape - 1);
    expect(Math.abs(tailScore(tails, 0, excess) + Math.log(2e-6))).toBeLessThan(shape < 0.3 ? 0.6 : 1);
  });

  it('begins where the body ends', () => {
    const tails = new Float64Array(TAIL_NUMBERS);
    fitTail(draws(0.2, 50, 2), 10_000, 0, 1, tails, 0);
    expect(tailScore(tails, 0, 0)).toBeCloseTo(-Math.log(0.01), 12);
  });

  it('stays finite and rises, however little is known and however far a value lies', () => {
    const cases = [[], [5e-324], [1, 1, 1], [1e-3, 1e300], Array(30).fill(2), [...Array(29).fill(1), 1e300]];
    for (const excesses of cases) {
      for (const body of [0, 1e-300, 1, 1e300]) {
        const tails = new Float64Array(TAIL_NUMBERS);
        fitTail(Float64Array.from(excesses), 100, 0, body, tails, 0);
        let before = 0;
        for (const excess of [5e-324, 1e-10, 1, 1e10, 1e100, 1e300]) {
          const score = tailScore(tails, 0, excess);
          expect(Number.isFinite(score)).toBe(true);
          expect(score).toBeGreaterThanOrEqual(before);
          before = score;
        }
      }
    }
  });
});

describe('a body', () => {
  const fit = (values: number[]) => {
    const body = new Float64Array(POINTS);
    fitBody(Float64Array.from(values).sort(), body, 0);
    return (x: number) => bodyTail(body, 0, x);
  };

  it('gives the smaller tail of a value, negative on the upper side', () => {
    const tail = fit(Array.from({ length: 10_000 }, (_, i) => i + 1));
    for (const rank of [50, 51, 100, 777, 4_000, 4_999]) expect(tail(rank)).toBeCloseTo(rank / 10_000, 4);
    for (const rank of [5_001, 9_000, 9_900, 9_949, 9_950]) expect(tail(rank)).toBeCloseTo(rank / 10_000 - 1, 4);
  });

  it('takes a tie for one value, with the share of all its rows', () => {
    const tail = fit(Array.from({ length: 1_000 }, (_, i) => (i < 700 ? 0 : i < 900 ? 1 : i)));
    expect(Math.abs(tail(0))).toBeGreaterThan(0.5);
    expect(tail(1)).toBeCloseTo(-0.3, 2);
    expect(tail(0.5)).toBeCloseTo(-0.3, 1);
    expect(tail(950)).toBeCloseTo(-0.05, 2);
  });
});
