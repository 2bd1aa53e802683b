import { describe, expect, it } from 'vitest';
import type { Column } from '../api/index.js';
import { oftenOnce, describe as say, sayOthers } from './explain.js';
import { initialUsual, learnUsual } from './usual.js';

const column = (name: string, unit = '1'): Column => ({ name, unit, about: name, formula: name, role: 'feature' });

describe('what is usual', () => {
  const usual = initialUsual(3);
  for (let i = 0; i < 500; i++) learnUsual(usual, Float64Array.of(40 + (i % 5), (i % 2 ? 1 : -1) * 1e-4, Number.NaN));

  it('is said as a multiple where a column stays on one side of zero, and as a range where it does not', () => {
    expect(say(usual, 0, column('volume', 'base'), 588)).toBe('volume 588 base, 14× its usual');
    expect(say(usual, 0, column('volume'), 63)).toBe('volume 63, 1.5× its usual');
    expect(say(usual, 0, column('volume'), 45)).toBe('volume 45 (usually 40 … 44)');
    expect(say(usual, 1, column('log_return'), -0.009)).toMatch(/^log_return −0\.009 \(usually −0\.00016 … 0\.00016\)$/);
    expect(say(usual, 2, column('silent', 's'), 7)).toBe('silent 7 s');
    expect(say(usual, 0, column('since_change', 's'), 43_200)).toBe('since_change 12 h, 1,029× its usual');
    expect(say(usual, 0, column('volume', 'base'), Number.NaN)).toBe('volume has no value');
  });

  it('at an hour that differs did not come where a value is as at other hours, and not where it is a little off', () => {
    // At other hours 42, give or take 2.
    const at = (value: number, low: number, high: number) => say(usual, 0, column('cpu'), value, { low, high });
    expect(at(42, 67, 72)).toBe('cpu 42, at this hour usually 67 … 72: the usual rise did not come');
    expect(at(43, 10, 12)).toBe('cpu 43, at this hour usually 10 … 12: the usual fall did not come');
    expect(at(43, 44, 48)).toBe('cpu 43, at this hour usually 44 … 48');
    expect(at(60, 67, 72)).toBe('cpu 60, at this hour usually 67 … 72');
    expect(at(80, 67, 72)).toBe('cpu 80, at this hour usually 67 … 72');
  });

  it('of the first value is that value: it is far from nothing', () => {
    const young = initialUsual(1);
    learnUsual(young, [1_000]);
    expect([young.mean[0], young.distance[0]]).toEqual([1_000, 0]);
    learnUsual(young, [1_002]);
    expect([young.mean[0], young.distance[0]]).toEqual([1_001, 1]);
  });

  it('is forgotten slowly, and a missing value teaches nothing', () => {
    expect(usual.count[2]).toBe(0);
    expect(usual.mean[0]).toBeCloseTo(42, 0);
  });
});

describe('how often something is to be expected', () => {
  const DAY = 86_400_000;
  it.each([
    [1e-5, 86_400, 30 * DAY, 'expected about once in 28 hours'],
    [1e-6, 86_400, 30 * DAY, 'expected about once in 12 days'],
    [1e-3, 86_400, DAY, 'expected about once in 17 minutes'],
    [1 / 1_440, 1_440 * 60 * 0.9, DAY, 'expected about once in 27 minutes'],
    [1e-7, 86_400, 400 * DAY, 'expected about once in 4 months'],
    [1e-8, 86_400, 4_000 * DAY, 'expected about once in 3 years'],
    // Nobody has seen ten years, nor a day where six hours were looked at.
    [1e-20, 86_400, 30 * DAY, 'rarer than anything in 30 days of calibration'],
    [1e-5, 86_400, DAY / 4, 'rarer than anything in 6 h of calibration'],
    [0.7, 86_400, DAY, 'expected about once in 1 minute'],
    [Number.NaN, 86_400, DAY, ''],
  ])('%d of %d rows a day, of a past of %d ms: %s', (p, rows, past, expected) => {
    expect(oftenOnce(p, rows, past)).toBe(expected);
  });
});

describe('columns beside those that are described', () => {
  const carriers = ['a', 'b', 'c', 'd', 'e'];

  it('are named with their ways, in order', () => {
    expect(sayOthers(carriers, 3, { a: 3, b: -2, c: 1, d: 0.5, e: -0.1 })).toBe(' and 2 more columns: d high, e low');
    expect(sayOthers(carriers, 2, { a: 3, b: -2, c: 1, d: 0.5 })).toBe(' and 3 more columns: c, d high, e');
    expect(sayOthers(['a', 'b'], 2, { a: 1, b: 1 })).toBe('');
  });

  it('are said as one where all of them move together', () => {
    expect(sayOthers(carriers, 3, { a: 3, b: 2, c: 1, d: 0.5, e: 0.1 })).toBe(' and 2 more columns, all high together: d, e');
    expect(sayOthers(carriers.slice(0, 4), 3, { a: -3, b: -2, c: -1, d: -1 })).toBe(' and 1 more column, all low together: d');
  });
});
