import type { Column, Consumes } from '@quantstream/engine';
import type { Flight } from './flight.js';

/** Numbers of one message, by field. */
export type Values = Readonly<Record<string, number>>;

/** When a column means something: `always`, while armed, or while airborne above the height from which flights are judged. */
export type Gate = 'always' | 'armed' | 'airborne';

/** A column before the gate is written into its formula. */
export interface PartColumn extends Omit<Column, 'role' | 'warmUp'> {
  readonly gate: Gate;
}

/**
 * One subsystem of the aircraft: what it reads, what it remembers and which columns come of it. `S` is plain data, all that must survive a
 * restart. Observations arrive in order of event time; times are ms since the epoch.
 */
export interface Part<S = object> {
  readonly name: string;
  readonly consumes: Consumes;
  readonly columns: readonly PartColumn[];
  initial(): S;
  update(state: S, type: string, values: Values, time: number, flight: Flight): void;
  /** Writes its columns into `out`, in order; NaN is missing. Called once a row, with the time of the row. */
  write(state: S, out: Float64Array, time: number, flight: Flight): void;
}

/** Makes the type of the state a detail of the part. */
export function part<S extends object>(definition: Part<S>): Part {
  return definition as unknown as Part;
}

export const optional = (unit: string) => ({ unit, optional: true }) as const;

/** Optional inputs of one type that share a unit. */
export function fields(unit: string, ...names: readonly string[]): Record<string, { unit: string; optional: true }> {
  return Object.fromEntries(names.map((name) => [name, optional(unit)]));
}

/**
 * Exponentially weighted mean of samples at uneven times.
 * @param tau time constant, ms
 * @param dt since the sample before, ms; NaN before the first
 */
export function smooth(mean: number, sample: number, dt: number, tau: number): number {
  if (Number.isNaN(mean) || Number.isNaN(dt)) return sample;
  return mean + (sample - mean) * (1 - Math.exp(-Math.max(0, dt) / tau));
}

/** The same, but a sample farther than `limit` from the mean pulls only as strongly as one at `limit`: outbursts move it slowly. */
export function smoothClipped(mean: number, sample: number, dt: number, tau: number, limit: number): number {
  if (Number.isNaN(mean) || Number.isNaN(dt)) return sample;
  return smooth(mean, mean + clamp(sample - mean, limit), dt, tau);
}

/** What is usual in this flight is learned over so long, ms; before the flight is judged it follows quickly. */
const USUAL = 60_000;
const SETTLING = 3_000;

/**
 * The slow mean that the present is held against. In flight a sample farther than `limit` pulls no more than one at `limit`, so a fault does not
 * become the usual; before, it follows whatever there is.
 */
export function usualOf(usual: number, sample: number, dt: number, limit: number, judged: boolean): number {
  return judged ? smoothClipped(usual, sample, dt, USUAL, limit) : smooth(usual, sample, dt, SETTLING);
}

export const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** `value` while it is not older than `age`, else NaN. */
export const fresh = (value: number, at: number, time: number, age: number): number => (time - at <= age ? value : Number.NaN);

export const COMMON = 'https://mavlink.io/en/messages/common.html';
export const ARDUPILOT = 'https://mavlink.io/en/messages/ardupilotmega.html';
