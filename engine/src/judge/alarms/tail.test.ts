import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calibrator, initialCalibrator } from './calibrator.js';
import { excessAt, fitTail, survival } from './tail.js';

/** The middles of n equal parts of a generalised Pareto distribution, ascending. */
const sample = (shape: number, scale: number, n: number) =>
  Float64Array.from({ length: n }, (_, i) => {
    const u = (i + 0.5) / n;
    return Math.abs(shape) < 1e-9 ? -scale * Math.log(1 - u) : (scale / shape) * ((1 - u) ** -shape - 1);
  });

describe('a generalised Pareto tail', () => {
  it.each([
    [0, 2],
    [0.25, 1],
    [-0.25, 3],
    [0.4, 0.01],
  ])('of shape %f and scale %f is found again', (shape, scale) => {
    const fit = fitTail(sample(shape, scale, 500), new Float64Array(500).fill(1), 500);
    expect(fit.shape).toBeCloseTo(shape, 1.2);
    expect(fit.scale / scale).toBeCloseTo(1, 1);
  });

  it('weights count as repetitions', () => {
    const some = sample(0.2, 1, 300);
    const twice = fitTail(Float64Array.from([...some, ...some]).sort(), new Float64Array(600).fill(1), 600);
    const weighted = fitTail(some, new Float64Array(300).fill(2), 300);
    expect(weighted.shape).toBeCloseTo(twice.shape, 9);
    expect(weighted.scale).toBeCloseTo(twice.scale, 9);
  });

  it('falls for ever and is undone by its quantiles, also where the fitted one has an end', () => {
    const shapes = fc.constantFrom(-0.4, -0.2, 0, 1e-7, 0.2, 0.5);
    fc.assert(
      fc.property(
        shapes,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: -25, max: -0.01, noNaN: true }),
        (shape, scale, log) => {
          const share = Math.exp(log);
          const excess = excessAt({ shape, scale }, share);
          expect(survival({ shape, scale }, excess) / share).toBeCloseTo(1, 5);
          expect(survival({ shape, scale }, excess * 1.01 + 1e-9)).toBeLessThan(share);
        },
      ),
      { seed: 1 },
    );
  });
});

describe('a calibrator', () => {
  it('says nothing before it has seen some scores, and never 0 afterwards', () => {
    const calibrator = new Calibrator(initialCalibrator(), 1e9);
    for (let i = 0; i < 199; i++) calibrator.add(i % 17, i);
    expect(calibrator.p(5)).toBeNaN();
    calibrator.add(3, 200);
    expect(calibrator.p(5)).toBeGreaterThan(0.5);
    expect(calibrator.p(1e300)).toBeGreaterThan(0);
  });

  it('gives p-values that fall as scores rise, and scores that give the p-values asked for', () => {
    const calibrator = new Calibrator(initialCalibrator(), 1e9);
    for (let i = 0; i < 5_000; i++) calibrator.add(((i * 7_919) % 5_000) / 100 - 10, i);
    let last = 1;
    for (let score = -12; score < 80; score += 0.37) {
      const p = calibrator.p(score);
      expect(p).toBeLessThanOrEqual(last);
      last = p;
    }
    for (const p of [0.5, 0.1, 0.01, 0.004, 1e-5]) expect(calibrator.p(calibrator.scoreAt(p)) / p).toBeCloseTo(1, 0.7);
    // Scores lie evenly between −10 and 40.
    expect(calibrator.p(15)).toBeCloseTo(0.5, 1.5);
    expect(calibrator.p(35)).toBeCloseTo(0.1, 2);
  });

  it('forgets: after many half-lives only the present counts', () => {
    const calibrator = new Calibrator(initialCalibrator(), 1_000);
    for (let i = 0; i < 5_000; i++) calibrator.add(100 + (i % 50), i);
    for (let i = 5_000; i < 30_000; i++) calibrator.add(i % 50, i);
    expect(calibrator.p(60)).toBeLessThan(0.01);
    expect(calibrator.p(25)).toBeCloseTo(0.5, 1);
  });

  it('scores that are all alike leave nothing above them but what was never seen', () => {
    const calibrator = new Calibrator(initialCalibrator(), 1e9);
    for (let i = 0; i < 1_000; i++) calibrator.add(2, i);
    expect(calibrator.p(2)).toBeGreaterThan(0.2);
    expect(calibrator.p(2.5)).toBeLessThan(0.002);
  });
});
