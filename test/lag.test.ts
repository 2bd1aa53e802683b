// The model of lag behind docs/scaling.md: what must hold of any such model, and that the page says what it gives.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limitOf, simulateLag, unequal } from '../scripts/lib/lag.mjs';
import { ROOT } from './command-line.js';

const setup = {
  rate: () => 1_000,
  weights: [1, 1, 1, 1],
  detectors: 2,
  detector: 1_000,
  partition: 1_000,
  database: Number.POSITIVE_INFINITY,
  stored: 1,
  seconds: 100,
};
const last = (points: readonly { lag: number }[]) => points.at(-1)!.lag;

describe('the model of lag', () => {
  it('lets nothing wait where everything takes more than comes', () => {
    expect(simulateLag(setup).every(({ lag }) => lag === 0)).toBe(true);
    expect(limitOf(setup)).toBe('nothing');
  });

  it('falls behind by what is too much, second by second', () => {
    const points = simulateLag({ ...setup, rate: () => 2_500 });
    for (const { at, lag } of points) expect(Math.abs(lag - 500 * at)).toBeLessThan(250);
    expect(limitOf({ ...setup, rate: () => 2_500 })).toBe('detector');
  });

  it('catches up after a burst in the time that what waits takes', () => {
    const burst = { ...setup, rate: (second: number) => (second >= 10 && second < 20 ? 4_000 : 1_000) };
    const points = simulateLag(burst);
    // 20,000 wait, and 1,000 a second more are judged than come.
    expect(Math.max(...points.map(({ lag }) => lag))).toBeCloseTo(20_000, -3);
    expect(points.find(({ at, lag }) => at > 20 && lag < 500)!.at).toBeCloseTo(40, -0.5);
    expect(last(points)).toBe(0);
  });

  it('is held up by one partition that has too much, however many detectors there are', () => {
    const hot = { ...setup, detector: 1_500, weights: [9, 1, 1, 1], rate: () => 1_600, detectors: 4 };
    expect(limitOf(hot)).toBe('partition');
    expect(last(simulateLag({ ...hot, detectors: 8 }))).toBe(last(simulateLag(hot)));
    expect(last(simulateLag({ ...hot, weights: [1, 1, 1, 1] }))).toBe(0);
  });

  it('is held up by the database that all share', () => {
    const stored = { ...setup, database: 800 };
    expect(limitOf(stored)).toBe('database');
    expect(last(simulateLag(stored))).toBeCloseTo(200 * 100, -3);
    expect(last(simulateLag({ ...stored, stored: 0.5 }))).toBe(0);
  });

  it('has keys that weigh unequally weigh on partitions', () => {
    const weights = unequal(4, 100);
    expect(weights).toHaveLength(4);
    expect(weights[0]! / weights[3]!).toBeGreaterThan(1.5);
  });
});

it('gives the table that docs/scaling.md shows', () => {
  const { stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'simulate-lag.mjs')], { encoding: 'utf8' });
  expect(stdout).toContain('1,000,000/s');
  expect(readFileSync(join(ROOT, 'docs', 'scaling.md'), 'utf8')).toContain(stdout.trim());
});
