/**
 * What happened to one entity at one moment. Immutable: nobody changes one after a source has yielded it.
 */
export interface Observation<Values = Readonly<Record<string, number>>> {
  /** The entity: a sensor, an account, a host. State is kept per key. See {@link isKey}: others are dropped as `bad_key`. */
  readonly key: string;
  /** One of the types that the source declares in `emits`. */
  readonly type: string;
  /** Grows per key and type: the origin's own id where it has one, else a counter of the source. Repeats are dropped. */
  readonly sequence: number;
  /** Event time: milliseconds since the Unix epoch at the origin; fractions allowed. */
  readonly time: number;
  /** Milliseconds since the Unix epoch at our door. For latency only: no result may depend on it, and the kits poison it. */
  readonly received: number;
  /** The numbers, in the units that the source declares. An optional field may be absent; `NaN` never stands for a value. */
  readonly values: Values;
  /** What is not a number: a status text, a flight mode. */
  readonly text?: Readonly<Record<string, string>>;
  /** Who said so, where a source can tell those who speak apart and not everybody is to be believed: an address, a link. Caps how many keys one of them may make up. */
  readonly sender?: string;
}

/** The longest key, in UTF-16 units: keys stand in every record, and databases index them. */
export const LONGEST_KEY = 512;

/** Whether something is fit to be the key of an entity: a text that is not empty, not too long, and whole characters only. */
export function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_KEY && value.isWellFormed();
}

/** The furthest time from the epoch that a calendar has, ms: databases and people refuse others. */
export const FURTHEST_TIME = 8.64e15;

/** Whether something is fit to be an event time. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= FURTHEST_TIME;
}

/** Whether something is fit to be the sequence of an observation: a number that is no more than 64 bits hold. */
export function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < 2 ** 63;
}

/** The reason of a stretch in which nobody here looked: what may have happened then is not to be judged, silence least of all. */
export const NOT_OBSERVED = 'not observed';

/** A stretch of observations that is known to be lost: data, not an exception. */
export interface Missing {
  /** The entity, or `*` for all of them. */
  readonly key: string;
  /** Milliseconds since the epoch: nothing is known from here … */
  readonly from: number;
  /** … to here. Both ends may coincide when only the count is known. */
  readonly to: number;
  /** Why, in a few words: `sequence gap`, `disconnected`, {@link NOT_OBSERVED}. */
  readonly reason: string;
  /** How many observations, where that is known. */
  readonly count?: number;
}
