import { expect, it } from 'vitest';
import type { KeptRow } from '../../api/index.js';
import { testSchema } from '../../testing/sink/batch.js';
import { hindsightOf } from './hindsight.js';

const DAY = 86_400_000;
const BUDGET = { perDay: 10, combine: 'sum', atLeastMs: DAY, halfLifeMs: 3 * DAY, bandMs: 0, longestMs: 0, release: 1 } as const;
/** So many rows, one a second or as it is told, ms. */
const rows = (count: number, step = 1_000): KeptRow[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ time: n * step, values: [], score: 0, threshold: 1, pValue: 0.5, anomalous: false, calibrated: true },
    models: { forest: { score: 0.1, threshold: 1, pValue: 0.5 } },
  }));

it('says how often by all that a budget has seen, not by the rows at hand', () => {
  const { often } = hindsightOf({ rule: BUDGET, combine: 'sum', cooldownMs: 0, minimumMs: 0 }, testSchema);
  const halfHour = rows(1_800);
  expect(often(1 / 3_600, halfHour)).toBe('about once in 60 minutes');
  expect(often(2 / 86_400, halfHour)).toBe('about once in 12 hours');
  // At the floor of p nothing more is known than that it was not in what was asked for.
  expect(often(1e-30, halfHour)).toBe('rarer than anything in 24 h of calibration');
  // What has faded is not in it either, however many rows there are.
  expect(often(1e-30, rows(960, 3_600_000))).toMatch(/^rarer than anything in 4\.\d days/);
});

it('says at most how often where a share of the training rows is what is known', () => {
  const { often } = hindsightOf({ rule: { contamination: 0.01 }, combine: 'any', cooldownMs: 0, minimumMs: 0 }, testSchema);
  expect(often(1 / 600, rows(1_800))).toBe('at most once in 10 minutes');
});
