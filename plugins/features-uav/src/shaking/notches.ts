// Where the notch filters of the gyroscopes are, by the parameters of the vehicle.

import type { Value } from '../parameters/dangers.js';

/** A band that is filtered out, Hz. */
export interface Notch {
  readonly centre: number;
  /** From the centre to either side. */
  readonly half: number;
}

/** INS_HNTCH_MODE. */
const FIXED = 0;
const THROTTLE = 1;
const ESC = 3;
/** Bits of INS_HNTCH_HMNCS, and of IMU_GYRO_DNF_EN: by the speed controllers, by a transform in flight. */
const HARMONICS = 16;
const BY_ESC = 1;
const BY_FFT = 2;

const or = (value: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : value);

/**
 * The notches that are switched on; `undefined` where there is none, or where one follows something that is not known here.
 * Sources: https://ardupilot.org/copter/docs/common-imu-notch-filtering.html, `AP_Vehicle::update_dynamic_notch` of ArduPilot;
 * https://docs.px4.io/main/en/config_mc/filter_tuning.html
 * @param motor speed of the motors, Hz, @param throttle 0 to 1; NaN where not known
 */
export function notchesOf(value: Value, motor: number, throttle: number): Notch[] | undefined {
  const all = [
    ...harmonic(value, 'INS_HNTCH_', motor, throttle),
    ...harmonic(value, 'INS_HNTC2_', motor, throttle),
    ...fixed(value),
  ];
  all.push(...dynamic(value, motor));
  return all.length > 0 && all.every(({ centre, half }) => centre > 0 && half >= 0) ? all : undefined;
}

/** ArduPilot's harmonic notch. What is as wide as it is deep at the fundamental is wider at its harmonics: its quality stays. */
function harmonic(value: Value, prefix: string, motor: number, throttle: number): Notch[] {
  if (value(`${prefix}ENABLE`) !== 1) return [];
  const frequency = or(value(`${prefix}FREQ`), 80);
  const quality = frequency / or(value(`${prefix}BW`), 40);
  const reference = or(value(`${prefix}REF`), 0);
  const least = frequency * or(value(`${prefix}FM_RAT`), 1);
  const mode = or(value(`${prefix}MODE`), THROTTLE);
  let centre = Number.NaN;
  if (mode === FIXED || reference === 0) centre = frequency;
  else if (mode === THROTTLE) centre = Math.max(least, frequency * Math.sqrt(Math.max(0, throttle) / reference));
  else if (mode === ESC) centre = Math.max(least, motor * reference);
  const bits = or(value(`${prefix}HMNCS`), 3);
  return Array.from({ length: HARMONICS }, (_, i) => i)
    .filter((i) => Math.trunc(bits / 2 ** i) % 2 === 1)
    .map((i) => ({ centre: centre * (i + 1), half: (centre * (i + 1)) / quality / 2 }));
}

/** Notches that stay where they are. */
function fixed(value: Value): Notch[] {
  const notches = ['IMU_GYRO_NF0_', 'IMU_GYRO_NF1_']
    .filter((prefix) => value(`${prefix}FRQ`) > 0)
    .map((prefix) => ({ centre: value(`${prefix}FRQ`), half: or(value(`${prefix}BW`), 20) / 2 }));
  if (value('INS_NOTCH_ENABLE') === 1) notches.push({ centre: value('INS_NOTCH_FREQ'), half: value('INS_NOTCH_BW') / 2 });
  return notches;
}

/** PX4's, which follow the motors. */
function dynamic(value: Value, motor: number): Notch[] {
  const by = or(value('IMU_GYRO_DNF_EN'), 0);
  const half = or(value('IMU_GYRO_DNF_BW'), 15) / 2;
  // What the transform finds is not known here.
  const found = Math.trunc(by / BY_FFT) % 2 === 1 ? [{ centre: Number.NaN, half }] : [];
  if (by % 2 !== BY_ESC) return found;
  const harmonics = Math.min(7, Math.max(1, or(value('IMU_GYRO_DNF_HMC'), 3)));
  const centre = Math.max(motor, or(value('IMU_GYRO_DNF_MIN'), 25));
  return [...found, ...Array.from({ length: harmonics }, (_, i) => ({ centre: centre * (i + 1), half }))];
}

/** How far a frequency lies outside of the nearest notch, Hz; 0 within one. */
export const missOf = (frequency: number, notches: readonly Notch[]): number =>
  Math.max(0, Math.min(...notches.map(({ centre, half }) => Math.abs(frequency - centre) - half)));
