import { gaussian } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { factorise, inverseRoot, squaredLength } from './linear.js';

/** A random covariance of d columns as a lower triangle, and its correlation matrix plus ridge in full. */
function randomMatrix(d: number, seed: number, ridge: number) {
  const normal = gaussian(seed);
  const parts = Array.from({ length: 2 * d }, () => Float64Array.from({ length: d }, (_, j) => normal() * 10 ** (j % 4)));
  const full = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => parts.reduce((sum, p) => sum + p[i] * p[j], 0)),
  );
  const scale = Float64Array.from({ length: d }, (_, i) => Math.sqrt(full[i][i]));
  const covariance = Float64Array.from(full.flatMap((row, i) => row.slice(0, i + 1)));
  const matrix = full.map((row, i) => row.map((value, j) => value / scale[i] / scale[j] + (i === j ? ridge : 0)));
  return { covariance, scale, matrix };
}

/** Solution of a linear system by Gauss–Jordan elimination. */
function solve(matrix: number[][], right: ArrayLike<number>): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const d = rows.length;
  for (let i = 0; i < d; i++) {
    const pivot = rows.slice(i).reduce((best, row, k) => (Math.abs(row[i]) > Math.abs(rows[best][i]) ? i + k : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let k = 0; k < d; k++) {
      if (k === i) continue;
      const times = rows[k][i] / rows[i][i];
      for (let j = i; j <= d; j++) rows[k][j] -= times * rows[i][j];
    }
  }
  return rows.map((row, i) => row[d] / row[i]);
}

describe.each([1, 2, 7, 40])('with %i columns', (d) => {
  const ridge = 1e-4;
  const { covariance, scale, matrix } = randomMatrix(d, d, ridge);
  const factor = new Float64Array(covariance.length);
  factorise(covariance, scale, ridge, factor);
  const normal = gaussian(99);
  const z = Float64Array.from({ length: d }, () => normal());

  it('the factor gives the quadratic form that elimination gives', () => {
    const plain = solve(matrix, z).reduce((sum, x, i) => sum + x * z[i], 0);
    expect(Math.abs(squaredLength(factor, z.slice()) / plain - 1)).toBeLessThan(1e-9);
  });

  it('the inverse root is symmetric, and twice applied undoes the matrix', () => {
    const root = inverseRoot(factor, d);
    const times = (x: ArrayLike<number>) =>
      matrix.map((_, i) => Array.from(x).reduce((sum, v, j) => sum + root[i * d + j] * v, 0));
    for (let i = 0; i < d; i++)
      for (let j = 0; j < i; j++) expect(Math.abs(root[i * d + j] - root[j * d + i])).toBeLessThan(1e-9);
    const back = matrix.map((row) => row.reduce((sum, value, j) => sum + value * times(times(z))[j], 0));
    back.forEach((value, i) => {
      expect(Math.abs(value - z[i])).toBeLessThan(1e-8);
    });
  });
});

describe('columns that determine each other', () => {
  it('still have a factor, which the ridge keeps finite', () => {
    const covariance = Float64Array.of(1, 1, 1, 2, 2, 4);
    const factor = new Float64Array(6);
    factorise(covariance, Float64Array.of(1, 1, 2), 1e-12, factor);
    expect(factor.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(squaredLength(factor, Float64Array.of(1e300, -1e300, 1e300)))).toBe(true);
  });
});
