import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { squaredAmplitudes, transform } from './fourier.js';

describe('the fast transform', () => {
  it('is the discrete one, for every power of two', () => {
    const length = fc.integer({ min: 1, max: 7 }).map((bits) => 2 ** bits);
    const numbers = (count: number) =>
      fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: count, maxLength: count });
    const samples = length.chain((count) => fc.tuple(numbers(count), numbers(count)));
    fc.assert(
      fc.property(samples, ([re, im]) => {
        const [real, imaginary] = [Float64Array.from(re), Float64Array.from(im)];
        transform(real, imaginary);
        const size = 1e-9 * Math.max(1, ...re.map(Math.abs), ...im.map(Math.abs)) * re.length;
        for (let k = 0; k < re.length; k++) {
          let [sumRe, sumIm] = [0, 0];
          for (let n = 0; n < re.length; n++) {
            const angle = (-2 * Math.PI * k * n) / re.length;
            sumRe += re[n]! * Math.cos(angle) - im[n]! * Math.sin(angle);
            sumIm += re[n]! * Math.sin(angle) + im[n]! * Math.cos(angle);
          }
          expect(Math.abs(real[k]! - sumRe)).toBeLessThan(size);
          expect(Math.abs(imaginary[k]! - sumIm)).toBeLessThan(size);
        }
      }),
    );
  });
});

describe('squared amplitudes', () => {
  it('have that of a sine at its frequency, whatever the length is filled up to, and nothing of the mean', () => {
    for (const count of [1_024, 1_000, 600]) {
      const samples = Float64Array.from({ length: count }, (_, i) => 9.8 + 3 * Math.sin((2 * Math.PI * 125 * i) / 1_000));
      const power = squaredAmplitudes(samples);
      const most = power.indexOf(Math.max(...power));
      expect((most * 1_000) / (2 * power.length)).toBeCloseTo(125, 0);
      expect(Math.sqrt(power[most]!)).toBeCloseTo(3, 1);
      expect(Math.sqrt(power[4]!)).toBeLessThan(0.01);
    }
  });
});
