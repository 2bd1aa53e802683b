import type { Column, Consumes } from '@quantstream/engine';
import type { Flight } from './flight/flight.js';
import type { Values } from './inputs.js';
import type { Value } from './parameters/dangers.js';

/** What a parameter of the vehicle is set to, by its name; NaN where the vehicle has not said it. */
export type ParameterOf = Value;

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
  /** Writes its columns into `out`, in order; NaN is missing. Called once a row, with the time of the row and the parameters that the vehicle has said. */
  write(state: S, out: Float64Array, time: number, flight: Flight, parameter: Value): void;
}

/** Makes the type of the state a detail of the part. */
export function part<S extends object>(definition: Part<S>): Part {
  return definition as unknown as Part;
}
