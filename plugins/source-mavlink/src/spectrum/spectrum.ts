// What shakes in a window of samples: its strongest peak, and how much there is in each band.

import { spreadOf, squaredAmplitudes } from './fourier.js';

/** Bands of a sixth of an octave from 16 Hz to 512 Hz: rotors, their blades and their harmonics. Source of the division: IEC 61260-1. */
export const BANDS = 30;
const FIRST = 16;
const PER_OCTAVE = 6;

/** Where a band begins, Hz; `BANDS` is where the last one ends. */
export const edgeOf = (band: number): number => FIRST * 2 ** (band / PER_OCTAVE);

/** Manoeuvres and wind are slower than this, Hz: no peak is looked for below. */
const SLOWEST = 10;
/** The floor beside a peak is the median of what lies within this factor of its frequency. */
const AROUND = 1.5;
/** A peak stands so far above that, dB; noise alone reaches 12 in one window of a thousand. */
const STANDS_OUT = 14;

/** Three axes of one sensor. */
export type Axes = readonly [Float64Array, Float64Array, Float64Array];

/**
 * What shakes in a window of samples, by names of fields: `frequency` (Hz), `amplitude` (of the three axes together, in the unit of the samples) and
 * `level` (dB above the median around it) of the strongest peak, where one stands out, with `amplitude_x` … of each axis at it; `band_0` … the root
 * mean square of each band that lies below half the rate.
 * @param rate samples a second, Hz
 */
export function spectrumOf(axes: Axes, rate: number): Record<string, number> {
  const samples = axes[0].length;
  const each = axes.map(squaredAmplitudes);
  const [x, y, z] = each as [Float64Array, Float64Array, Float64Array];
  const together = x.map((value, k) => value + y[k]! + z[k]!);
  const perBin = rate / (2 * together.length);
  const values: Record<string, number> = { rate, samples };
  addBands(values, together, perBin, spreadOf(samples));
  const peak = strongest(together, Math.max(2, Math.ceil(SLOWEST / perBin)));
  if (peak === undefined) return values;
  const level = 10 * Math.log10(together[peak]! / medianAround(together, peak));
  if (!(level >= STANDS_OUT)) return values;
  // A parabola through the logarithms of three elements says where the sine is; what its lobe holds together, how high.
  const [before, at, after] = [together[peak - 1]!, together[peak]!, together[peak + 1]!].map((value) => Math.log(value + 1e-30));
  const away = (before! - after!) / (2 * (before! - 2 * at! + after!)) || 0;
  values.frequency = (peak + away) * perBin;
  values.amplitude = heightOf(together, peak, samples);
  values.level = level;
  each.forEach((axis, i) => {
    values[`amplitude_${'xyz'[i]}`] = heightOf(axis, peak, samples);
  });
  return values;
}

/** The amplitude of the sine whose lobe, two samples' worth to either side in a Hann window, lies around an element. */
function heightOf(power: Float64Array, peak: number, samples: number): number {
  const reach = Math.ceil((4 * power.length) / samples);
  let sum = 0;
  for (let k = Math.max(0, peak - reach); k <= Math.min(power.length - 1, peak + reach); k++) sum += power[k]!;
  return Math.sqrt(sum / spreadOf(samples));
}

/** The highest element that is higher than both beside it, from `first` on. */
function strongest(power: Float64Array, first: number): number | undefined {
  let found: number | undefined;
  for (let k = first; k < power.length - 1; k++) {
    if (power[k]! > power[k - 1]! && power[k]! >= power[k + 1]! && power[k]! > (power[found ?? -1] ?? 0)) found = k;
  }
  return found;
}

function medianAround(power: Float64Array, peak: number): number {
  const around = power.slice(Math.floor(peak / AROUND), Math.ceil(peak * AROUND) + 1).sort();
  return around[around.length >> 1]!;
}

function addBands(values: Record<string, number>, power: Float64Array, perBin: number, spread: number): void {
  for (let band = 0; band < BANDS; band++) {
    // An element counts for the band that its frequency lies in.
    const [first, end] = [Math.ceil(edgeOf(band) / perBin), Math.ceil(edgeOf(band + 1) / perBin)];
    if (end > power.length) return;
    if (end === first) continue;
    let sum = 0;
    for (let k = first; k < end; k++) sum += power[k]!;
    values[`band_${band}`] = Math.sqrt(sum / (2 * spread));
  }
}
