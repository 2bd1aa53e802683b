import { describe, expect, it } from 'vitest';
import type { Model } from '../../api/index.js';
import { Calibration, initialWindow } from './alarms.js';

const model = (training?: number[], version = 'v1'): Model & { version: string } => ({
  version,
  score: () => 0,
  learn: () => {},
  ...(training ? { trainingScores: () => Float64Array.from(training).sort() } : {}),
});
const thousand = Array.from({ length: 1_000 }, (_, i) => i / 1_000);

describe('the threshold', () => {
  it('of a contamination is the percentile of the training scores that scikit-learn takes', () => {
    // numpy.percentile(range(1000)/1000, 99): position 0.99 · 999 = 989.01.
    const calibration = new Calibration({ contamination: 0.01 }, model(thousand), initialWindow());
    expect(calibration.threshold()).toBeCloseTo(0.98901, 12);
    expect(thousand.filter((score) => score > calibration.threshold())).toHaveLength(10);
  });

  it('follows the version of the model', () => {
    const refitting = model(thousand);
    const calibration = new Calibration({ contamination: 0.5 }, refitting, initialWindow());
    expect(calibration.threshold()).toBeCloseTo(0.4995);
    Object.assign(refitting, { version: 'v2', trainingScores: () => Float64Array.of(1, 2, 3) });
    expect(calibration.threshold()).toBe(2);
  });

  it('that is fixed is fixed, with p-values where there are training scores', () => {
    const calibration = new Calibration({ threshold: 0.7 }, model([1, 2, 3, 4]), initialWindow());
    expect(calibration.threshold()).toBe(0.7);
    expect([calibration.pValue(0), calibration.pValue(3), calibration.pValue(9)]).toEqual([1, 3 / 5, 1 / 5]);
    expect(new Calibration({ threshold: 0.7 }, model(), initialWindow()).pValue(3)).toBeNaN();
  });

  it('without training scores comes from a window of past scores, which a restart keeps', () => {
    const window = initialWindow();
    const calibration = new Calibration({ contamination: 0.1 }, model(), window);
    for (let i = 0; i < 999; i++) calibration.add(i);
    expect(calibration.threshold()).toBeNaN();
    calibration.add(999);
    expect(calibration.threshold()).toBeCloseTo(0.9 * 999);
    expect(new Calibration({ contamination: 0.1 }, model(), window).threshold()).toBeCloseTo(0.9 * 999);
    // Another ten thousand push the first ones out.
    for (let i = 0; i < 10_000; i++) calibration.add(5);
    expect(calibration.threshold()).toBe(5);
  });

  it('without training scores never comes from the score at hand', () => {
    const calibration = new Calibration({ contamination: 0.1 }, model(), initialWindow());
    for (let i = 0; i < 1_000; i++) calibration.add(i % 10);
    const before = calibration.threshold();
    calibration.add(1e9);
    expect(calibration.threshold()).toBe(before);
  });
});
