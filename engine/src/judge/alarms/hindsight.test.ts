import { describe, expect, it } from 'vitest';
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

const MINUTE = 60_000;
const ALARMS = {
  rule: {
    perDay: 1,
    combine: 'sum' as const,
    atLeastMs: MINUTE,
    halfLifeMs: 86_400_000,
    bandMs: 120_000,
    longestMs: 3_600_000,
    release: 10,
  },
  combine: 'sum' as const,
  cooldownMs: MINUTE,
  minimumMs: 0,
};
const { name } = testSchema.models[0]!;

/** A row every ten minutes. */
const row = (n: number, more: Partial<KeptRow> = {}): KeptRow => ({
  time: n * 10 * MINUTE,
  values: new Float64Array(testSchema.row.columns.length),
  score: 0,
  threshold: 3,
  pValue: 0.5,
  anomalous: false,
  calibrated: true,
  models: { [name]: { score: 0, threshold: 3, pValue: 0.5 } },
  ...more,
});

describe('what another budget would have raised', () => {
  it('has what was decided whatever is allowed: before a calibration was over, or by what a person said', () => {
    const rows = Array.from({ length: 300 }, (_, n) => row(n));
    const odd = { score: 4, pValue: 1e-4, anomalous: true };
    rows[10] = row(10, { ...odd, calibrated: false });
    rows[100] = row(100, odd);
    rows[200] = row(200, { ...odd, taught: { episode: 'e', label: 'anomaly' } });
    // What was called normal stands there as ordinary.
    rows[250] = row(250, { pValue: 1, taught: { episode: 'f', label: 'normal' } });
    const starts = (perDay: number) =>
      hindsightOf(ALARMS, testSchema)
        .episodes(rows, perDay)
        .map(({ start }) => start / (10 * MINUTE));
    expect(starts(1e-3)).toEqual([10, 200]);
    expect(starts(1)).toEqual([10, 100, 200]);
  });
});
