// Whether an entity has become worse in something, by one number of each time that it worked.

import { sayWithUnit, type Wear } from '../../api/index.js';
import { quantile } from '../alarms/quantile.js';

/** What is meant by high: one row in twenty is higher. */
const HIGH = 0.95;
/** Times before one that can be called worse than they were. */
const FEW = 3;
/** So many times the usual distance between them is far. */
const FAR = 3;
/** From a mean deviation that is the median to one of a normal distribution. */
const NORMAL = 1.4826;
/** So many of the latest, each worse than the one before, are a trend. */
const OF_LATE = 3;

/** What a column is worth of all its values at one time. */
export interface Worn extends Wear {
  /** Of the column, and of the value. */
  readonly unit: string;
  readonly value: number;
}

export interface Change {
  readonly column: string;
  readonly unit: string;
  /** The latest time, and the median of those before it, in its unit. */
  readonly value: number;
  readonly usual: number;
  /** How many times that is the median of. */
  readonly before: number;
  /** How many times as far from it as they usually are, or as is worth a word. */
  readonly times: number;
  /** Each of the latest is worse than the one before. */
  readonly rising: boolean;
}

/** The share of values below the one that counts. */
export const levelOf = (which: Wear['of']): number => (which === 'median' ? 0.5 : HIGH);

/** Whether the latest is worse than those before. @param before in order of time */
export function changeOf({ column, unit, value, worse, least }: Worn, before: readonly number[]): Change | undefined {
  if (before.length < FEW) return undefined;
  const usual = median(before);
  const away = NORMAL * median(before.map((one) => Math.abs(one - usual)));
  const side = worse === 'up' ? 1 : -1;
  const times = (side * (value - usual)) / Math.max(least, FAR * away);
  if (!(times > 1)) return undefined;
  const last = [...before, value].slice(-OF_LATE);
  const rising = last.every((one, i) => i === 0 || side * (one - last[i - 1]!) > 0);
  return { column, unit, value, usual, before: before.length, times, rising };
}

/** `vibration is 24.1 m/s², 40 % above the median of the 5 flights before (17.2 m/s²), and worse each time of late`. @param once `flight` */
export function sayChange({ column, unit, value, usual, before, rising }: Change, once: string): string {
  const of = `the median of the ${before} ${once}s before (${sayWithUnit(usual, unit)})`;
  return `${column} is ${sayWithUnit(value, unit)}, ${howFar(value, usual, unit)} ${of}${rising ? ', and worse each time of late' : ''}`;
}

/** `40 % above`, `4.9 times`, `3.2 m/s² below`. */
function howFar(value: number, usual: number, unit: string): string {
  const times = value / usual;
  if (times >= 2) return `${Number(times.toPrecision(2))} times`;
  const side = value > usual ? 'above' : 'below';
  const share = 100 * Math.abs(times - 1);
  return times > 0 ? `${share.toFixed(share < 9.5 ? 1 : 0)} % ${side}` : `${sayWithUnit(Math.abs(value - usual), unit)} ${side}`;
}

const median = (values: readonly number[]): number => quantile(Float64Array.from(values).sort(), 0.5);
