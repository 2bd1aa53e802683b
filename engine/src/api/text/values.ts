// Values of columns as people say them.

import { sayDuration } from './units.js';

/** What a value is of: a column, or anything else with a name and a unit. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
}

const MINUS = '−';
/** What is smaller than this is a rounding error of something that is zero. */
const NOTHING = 1e-15;
/** Digits before the point are written out up to here. */
const WRITTEN_OUT = 1e15;
/** Units of time, in ms. */
const TIME: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** A number with three significant digits and a real minus sign: `0.00123`, `41.2`, `5,120,000`. */
export function sayNumber(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (!(size >= NOTHING)) return Number.isNaN(value) ? 'no value' : '0';
  return `${value < 0 ? MINUS : ''}${written(Number(size.toPrecision(digits)))}`;
}

function written(size: number): string {
  if (size === Number.POSITIVE_INFINITY) return 'infinite';
  if (size >= WRITTEN_OUT || size < 1e-6) return size.toExponential().replace('e+', 'e').replace('e-', `e${MINUS}`);
  return String(size).replace(/\B(?=(?:\d{3})+$)(?<!\.\d*)/g, ',');
}

/** A value with its unit: `41.2 m`, `12 h` of seconds, `0.3` of what has none. */
export function sayWithUnit(value: number, unit: string, digits = 3): string {
  const time = TIME[unit];
  if (time !== undefined && Number.isFinite(value)) return `${value < 0 ? MINUS : ''}${sayDuration(Math.abs(value * time))}`;
  return unit === '1' || Number.isNaN(value) ? sayNumber(value, digits) : `${sayNumber(value, digits)} ${unit}`;
}

/** A column and its value: `level 41.2 m`, `since_change 12 h`, `flow has no value`. */
export function sayValue({ name, unit }: Measured, value: number, digits = 3): string {
  return Number.isNaN(value) ? `${name} has no value` : `${name} ${sayWithUnit(value, unit, digits)}`;
}
