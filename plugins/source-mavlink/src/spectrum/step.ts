// How a rate follows what is wanted of it: the step response of one axis, out of ordinary flight.

import { transform } from './fourier.js';

/** The response is looked at for so long, s. */
const LASTS = 0.5;
/** Wanted rates that move less than this (root mean square, rad/s) tell nothing: 5°/s. */
const MOVES = 0.0873;
/** Slower than this noise is let through, Hz: what is wanted has nothing beyond. */
const SHARP = 40;
/** Noise that the division may not blow up, as a share of the mean power of what is wanted below that. */
const FLOOR = 1e-3;
/** Where the response ends up, as a share of what was wanted: beyond this the estimate is none. */
const ENDS = [0.6, 1.4] as const;

export interface Step {
  /** From a step to half of its end, ms. */
  readonly delay: number;
  /** How far the highest point lies above the end, %. */
  readonly overshoot: number;
  /** Where it ends, as a share of what was wanted. */
  readonly end: number;
}

/**
 * The step response by Wiener deconvolution: cross spectrum over power spectrum of segments of two seconds that overlap by half, back to an impulse
 * response and summed up. Source: Plasmatree PID-Analyzer, https://github.com/Plasmatree/PID-Analyzer, with means over segments as of Welch (1967).
 * @param wanted and @param measured rates, rad/s, @param rate samples a second
 * @returns nothing where what is wanted hardly moves, or where the two have little to do with each other
 */
export function stepOf(wanted: Float64Array, measured: Float64Array, rate: number): Step | undefined {
  const length = 2 ** Math.round(Math.log2(2 * rate));
  if (wanted.length < 2 * length) return undefined;
  const half = length / 2;
  const [power, crossRe, crossIm] = [0, 1, 2].map(() => new Float64Array(length)) as [Float64Array, Float64Array, Float64Array];
  let moves = 0;
  for (let start = 0; start + length <= wanted.length; start += half) {
    const x = spectrum(wanted, start, length);
    const y = spectrum(measured, start, length);
    for (let k = 0; k < length; k++) {
      power[k]! += x.re[k]! ** 2 + x.im[k]! ** 2;
      crossRe[k]! += x.re[k]! * y.re[k]! + x.im[k]! * y.im[k]!;
      crossIm[k]! += x.re[k]! * y.im[k]! - x.im[k]! * y.re[k]!;
    }
  }
  const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
  for (const value of wanted) moves += (value - mean) ** 2 / wanted.length;
  if (!(Math.sqrt(moves) >= MOVES)) return undefined;
  const sharp = Math.min(half, Math.ceil((SHARP * length) / rate));
  let usual = 0;
  for (let k = 1; k <= sharp; k++) usual += power[k]! / sharp;
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  for (let k = 0; k < length; k++) {
    const frequency = Math.min(k, length - k) * (rate / length);
    const weight = Math.exp(-0.5 * (frequency / SHARP) ** 2) / (power[k]! + FLOOR * usual);
    // The inverse transform is the transform of the conjugate.
    re[k] = crossRe[k]! * weight;
    im[k] = -crossIm[k]! * weight;
  }
  transform(re, im);
  const step = new Float64Array(Math.floor(LASTS * rate));
  let sum = 0;
  // What the smoothing has spread to before the step belongs to it.
  const before = Math.ceil((3 * rate) / (2 * Math.PI * SHARP));
  for (let i = 1; i <= before; i++) sum += re[length - i]! / length;
  for (let i = 0; i < step.length; i++) {
    sum += re[i]! / length;
    step[i] = sum;
  }
  return readStep(step, rate);
}

function spectrum(values: Float64Array, start: number, length: number): { re: Float64Array; im: Float64Array } {
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  for (let i = 0; i < length; i++) re[i] = values[start + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
  transform(re, im);
  return { re, im };
}

function readStep(step: Float64Array, rate: number): Step | undefined {
  const from = Math.floor(step.length / 2);
  let [end, most] = [0, 0];
  for (let i = from; i < step.length; i++) end += step[i]! / (step.length - from);
  if (!(end >= ENDS[0] && end <= ENDS[1])) return undefined;
  for (const value of step) most = Math.max(most, value);
  const at = step.findIndex((value) => value >= end / 2);
  if (at < 0) return undefined;
  const [below, above] = [step[at - 1] ?? 0, step[at]!];
  const exact = at === 0 ? 0 : at - 1 + (end / 2 - below) / (above - below || 1);
  return { delay: (1_000 * exact) / rate, overshoot: 100 * Math.max(0, most / end - 1), end };
}
