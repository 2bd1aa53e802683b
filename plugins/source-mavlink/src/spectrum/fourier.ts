// The fast Fourier transform of real samples, and what of them each frequency has.

/** Twiddle factors and bit reversal by length: a log needs one or two. */
const plans = new Map<number, { readonly cos: Float64Array; readonly sin: Float64Array; readonly order: Uint32Array }>();

function planOf(length: number) {
  let plan = plans.get(length);
  if (!plan) {
    const bits = Math.log2(length);
    const order = new Uint32Array(length);
    for (let i = 1; i < length; i++) order[i] = (order[i >> 1]! >> 1) | ((i & 1) << (bits - 1));
    const angle = (i: number) => (2 * Math.PI * i) / length;
    plan = {
      cos: Float64Array.from({ length: length / 2 }, (_, i) => Math.cos(angle(i))),
      sin: Float64Array.from({ length: length / 2 }, (_, i) => -Math.sin(angle(i))),
      order,
    };
    plans.set(length, plan);
  }
  return plan;
}

/**
 * The discrete Fourier transform in place, X[k] = Σ x[n] · exp(−2πi·k·n/N).
 * Source: Cooley and Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series", 1965, with radix 2.
 * @param real and @param imaginary part, of one length that is a power of two
 */
export function transform(real: Float64Array, imaginary: Float64Array): void {
  const { length } = real;
  const { cos, sin, order } = planOf(length);
  for (let i = 0; i < length; i++) {
    const j = order[i]!;
    if (j <= i) continue;
    [real[i], real[j]] = [real[j]!, real[i]!];
    [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
  }
  for (let half = 1; half < length; half *= 2) {
    const stride = length / (2 * half);
    for (let start = 0; start < length; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [c, s] = [cos[k * stride]!, sin[k * stride]!];
        const [even, odd] = [start + k, start + k + half];
        const re = real[odd]! * c - imaginary[odd]! * s;
        const im = real[odd]! * s + imaginary[odd]! * c;
        real[odd] = real[even]! - re;
        imaginary[odd] = imaginary[even]! - im;
        real[even] = real[even]! + re;
        imaginary[even] = imaginary[even]! + im;
      }
    }
  }
}

/** The shortest power of two that holds so many samples. */
export const roomFor = (samples: number): number => 2 ** Math.ceil(Math.log2(samples));

/**
 * The squared amplitude of a sine at each frequency of a window of samples: the mean is taken off, the samples are weighted by a Hann window and
 * filled up with zeros to a power of two. Element k stands for k · rate / length Hz; there are length / 2 of them.
 * Source: Heinzel, Rüdiger and Schilling, "Spectrum and spectral density estimation by the DFT", 2002, equation 22.
 */
export function squaredAmplitudes(samples: Float64Array): Float64Array {
  const count = samples.length;
  const length = roomFor(count);
  const real = new Float64Array(length);
  let [mean, weights] = [0, 0];
  for (const sample of samples) mean += sample / count;
  for (let i = 0; i < count; i++) {
    const weight = hann(i, count);
    weights += weight;
    real[i] = (samples[i]! - mean) * weight;
  }
  const imaginary = new Float64Array(length);
  transform(real, imaginary);
  const perBin = (2 / weights) ** 2;
  return Float64Array.from({ length: length / 2 }, (_, k) => (real[k]! ** 2 + imaginary[k]! ** 2) * perBin);
}

const hann = (i: number, count: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / count);

/** How many elements of `squaredAmplitudes` the energy of one sine spreads over: the equivalent noise bandwidth of a Hann window, 1.5 samples' worth. */
export const spreadOf = (samples: number): number => (1.5 * roomFor(samples)) / samples;
