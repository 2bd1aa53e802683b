// One key, and the observations of it that are not whole yet.

import type { Observation } from '@quantstream/engine';
import type { Push } from './push.js';
import type { Counted } from './rate.js';

/** An observation of which samples have come. */
export interface Open {
  /** ms since the epoch */
  readonly time: number;
  /** By column; `NaN`: nothing yet. */
  readonly values: Float64Array;
  /** How many series went into each column, where one of them is a mean. */
  readonly counts: Uint32Array | undefined;
  /** Samples that have come, and those of them that say that their series is gone. */
  samples: number;
  gone: number;
  /** When the last one came, by our clock. */
  heard: number;
  /** Whether nothing more belongs to it. */
  whole: boolean;
  /** Who waits for it. */
  readonly pushes: Push[];
}

/** An observation that is whole, and waits until nothing earlier can come of what is open. */
export interface Held {
  readonly time: number;
  readonly entity: Entity;
  readonly observation: Observation;
  readonly pushes: Push[];
}

export interface Entity {
  readonly key: string;
  /** The tenant; empty: there are none. */
  readonly sender: string;
  /** In order of time. */
  readonly open: Open[];
  readonly held: Held[];
  /** Time of the newest one that is whole, ms since the epoch. */
  done: number;
  /** Times of the latest that were whole with nothing missing: of these what comes is a repeat. */
  readonly recent: number[];
  /** How many samples an observation has: as many as the last one. 0: not known yet. */
  expected: number;
  /** By column, of objects that are observations by themselves, where a column is a rate. */
  counted: Counted[] | undefined;
}

export function newEntity(key: string, sender: string): Entity {
  return { key, sender, open: [], held: [], done: Number.NEGATIVE_INFINITY, recent: [], expected: 0, counted: undefined };
}
