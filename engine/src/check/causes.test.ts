import { describe, expect, it } from 'vitest';
import { type Caused, rootsOf } from './causes.js';

const DISTURBS = [
  { from: 'pump', to: 'pressure', withinMs: 10_000 },
  { from: 'pressure', to: 'valve', withinMs: 10_000 },
  { from: 'valve', to: 'pressure', withinMs: 10_000 },
];
/** Findings by second and subsystem, of one episode unless another is named. */
const found = (...all: [second: number, subsystem?: string | undefined, episode?: number][]): Caused[] =>
  all.map(([second, subsystem, episode = 0]) => ({ episode, time: second * 1_000, subsystem }));
const roots = (findings: Caused[], alike = (_: number, __: number) => false) => rootsOf(findings, DISTURBS, alike);

describe('what explains a finding', () => {
  it('is what can disturb it and came before, and what explains that', () => {
    expect(roots(found([0, 'pump'], [8, 'pressure'], [16, 'valve']))).toEqual([-1, 0, 0]);
    // Too late, the wrong way round, or nothing that anybody knows.
    expect(roots(found([0, 'pump'], [11, 'pressure']))).toEqual([-1, -1]);
    expect(roots(found([0, 'pressure'], [8, 'pump']))).toEqual([-1, -1]);
    expect(roots(found([0, 'pump'], [1, 'light'], [2]))).toEqual([-1, -1, -1]);
  });

  it('may be told a little later where it cannot have been the other way round', () => {
    expect(roots(found([0, 'pressure'], [1.5, 'pump']))).toEqual([1, -1]);
    expect(roots(found([0, 'pressure'], [2.5, 'pump']))).toEqual([-1, -1]);
    // Of two that can disturb each other the first one has.
    expect(roots(found([0, 'valve'], [1, 'pressure']))).toEqual([-1, 0]);
    expect(roots(found([0, 'pressure'], [0, 'valve']))).toEqual([-1, 0]);
  });

  it('may be of an episode before; of one subsystem, or about the same, only of the same', () => {
    expect(roots(found([0, 'pump', 0], [8, 'pressure', 1]))).toEqual([-1, 0]);
    expect(roots(found([0, 'light'], [8, 'light']))).toEqual([-1, 0]);
    expect(roots(found([0, 'light', 0], [8, 'light', 1]))).toEqual([-1, -1]);
    expect(roots(found([0], [8]), (i, j) => i === 0 && j === 1)).toEqual([-1, 0]);
    expect(roots(found([0, 'light', 0], [8, undefined, 1]), () => true)).toEqual([-1, -1]);
  });
});
