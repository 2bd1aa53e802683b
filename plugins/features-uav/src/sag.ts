import { clamp, smooth } from './smoothing.js';

/** Estimate of V = V₀ − I·R: voltage without load, internal resistance, and their covariance. */
export interface Sag {
  rest: number;
  /** Ω. */
  resistance: number;
  restVariance: number;
  covariance: number;
  resistanceVariance: number;
  /** V below the model, smoothed; below 0 if above it. */
  below: number;
}

/** Variance of V₀ per ms, V²: 10 mV/√s. */
const WANDER = 1e-4 / 1_000;
/** Of R per ms, Ω²: it changes with charge and warmth over minutes. */
const RESISTANCE_WANDER = 1e-9 / 1_000;
/** Of a measured voltage, V². */
const NOISE = 0.03 ** 2;
/** Of V₀ while nothing is known, V². */
const UNKNOWN = 0.25;
const ODD = 5;
const ODD_WEIGHT = 0.05;
const LEAST_RESISTANCE = 0.001;

export function makeSag(): Sag {
  return {
    rest: Number.NaN,
    resistance: 0.02,
    restVariance: UNKNOWN,
    covariance: 0,
    resistanceVariance: 0.02 ** 2,
    below: 0,
  };
}

/**
 * One measurement, V and A, `dt` ms after the one before (NaN before the first). The Kalman filter tells load from a change of the pack; an
 * innovation beyond five standard deviations is a fault rather than a change and moves the estimate with a twentieth of the gain. A pack can be
 * exchanged while the motors are disarmed: whatever there is then is its voltage.
 */
export function stepSag(sag: Sag, voltage: number, current: number, dt: number, armed = true): void {
  if (Number.isNaN(sag.rest)) {
    sag.rest = voltage + current * sag.resistance;
    return;
  }
  const elapsed = Math.min(Math.max(dt, 0) || 0, 10_000);
  sag.restVariance = armed ? sag.restVariance + WANDER * elapsed : Math.max(sag.restVariance, UNKNOWN);
  sag.resistanceVariance += RESISTANCE_WANDER * elapsed;
  const error = voltage - (sag.rest - sag.resistance * current);
  const own = sag.restVariance - current * sag.covariance;
  const cross = sag.covariance - current * sag.resistanceVariance;
  const variance = own - current * cross + NOISE;
  sag.below = smooth(sag.below, -error, elapsed, 500);
  const limit = ODD * Math.sqrt(variance);
  const odd = armed && Math.abs(error) > limit;
  const weight = odd ? ODD_WEIGHT : 1;
  const [k0, k1] = [(own / variance) * weight, (cross / variance) * weight];
  const taken = odd ? clamp(error, 10 * limit) : error;
  sag.rest += k0 * taken;
  if (!odd) sag.resistance = Math.max(LEAST_RESISTANCE, sag.resistance + k1 * taken);
  sag.restVariance = Math.max(1e-8, sag.restVariance - k0 * own);
  sag.covariance -= k0 * cross;
  sag.resistanceVariance = Math.max(1e-10, sag.resistanceVariance - k1 * cross);
}
