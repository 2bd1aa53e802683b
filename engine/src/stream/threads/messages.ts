// What this thread and those that judge say to each other.

import type { About, Episode, Missing, Observation } from '../../api/index.js';
import type { Lent, LikesState } from '../../judge/alarms/likes.js';
import type { Taught } from '../../judge/lessons/lessons.js';
import type { SequenceState } from '../../judge/sequences.js';
import type { ModelRequest } from '../../ports/requests.js';
import type { ShapeList } from '../../state/shapes.js';
import type { Counts } from '../../vitals/tally.js';
import type { PackedObservations } from './observations.js';
import type { PackedVerdicts } from './verdicts.js';

/** A batch as far as one thread judges it: what was decided in front, step by step. */
export interface Work {
  readonly observations: PackedObservations;
  /** The step of each observation. */
  readonly steps: Uint32Array;
  /** What is not judged, in between. */
  readonly rest: readonly Rest[];
  /** How far time had come after each step, where it was asked for; −∞: it was not. */
  readonly watermarks: Float64Array;
  /** How much further than that an observation might be, after each step. */
  readonly leaps: Float64Array;
  /** How many keys share what is of all of them, after each step. */
  readonly crowds: Float64Array;
  /** And at the end of the batch. */
  readonly crowd: number;
  /** Keys that are due until then may have to be woken. */
  readonly until: number;
  /** How far time has come at the end of the batch, where the source has said so. */
  readonly told: number | undefined;
  /** What keys borrow from, where the thread does not know it yet. */
  readonly likes?: LikesState | undefined;
}

/** What is not judged, and at which step it came. */
export type Rest =
  | { readonly step: number; readonly missing: Missing }
  | { readonly step: number; readonly ahead: Observation; readonly byMs: number; readonly now: number };

/** What a thread is asked. */
export type Question =
  | {
      readonly ask: 'begin';
      readonly lane: number;
      readonly keys: readonly (readonly [key: string, wake: number])[];
      readonly shapes: ShapeList;
    }
  | { readonly ask: 'judge'; readonly lane: number; readonly work: Work; readonly gone: readonly string[] }
  | { readonly ask: 'finish'; readonly lane: number; readonly work: Work; readonly watermark: number }
  | { readonly ask: 'ids'; readonly lane: number; readonly keys: readonly string[] }
  | { readonly ask: 'save'; readonly lane: number }
  | { readonly ask: 'request'; readonly lane: number; readonly request: ModelRequest }
  | { readonly ask: 'teach'; readonly lane: number; readonly taught: Taught }
  | { readonly ask: 'outlook'; readonly lane: number; readonly key: string; readonly times: readonly number[] }
  | { readonly ask: 'leave'; readonly lane: number };

/** States and immutable parts on their way into the store. */
export interface Parcel {
  readonly states: readonly (readonly [key: string, state: Uint8Array, about: About])[];
  readonly parts: readonly (readonly [hash: string, bytes: Uint8Array])[];
}

/** What has come of a batch in one thread. */
export interface Judged {
  readonly verdicts: PackedVerdicts;
  readonly episodes: readonly Episode[];
  readonly missing: readonly Missing[];
  /** Where each of them stands among those of all threads: a step and a time each. */
  readonly places: Readonly<Record<'verdicts' | 'episodes' | 'missing', readonly number[]>>;
  readonly counted: Counted;
  readonly parcel: Parcel;
  readonly keys: number;
  readonly keysInMemory: number;
  /** When the next of its keys wants to be woken. */
  readonly next: number;
  /** What its keys have lent to others. */
  readonly lent?: Lent | undefined;
}

/** What a thread has counted since it was last asked. */
export interface Counted {
  readonly counts: Counts;
  readonly unscored: readonly (readonly [reason: string, rows: number])[];
  readonly notFinite: readonly (readonly [column: string, values: number])[];
  /** Models that have scored nothing yet, with what keeps them from it; columns that never had a value. */
  readonly unheard: readonly (readonly [model: string, reason: string])[];
  readonly silent: readonly string[];
  readonly refused: readonly Refused[];
}

export interface Refused {
  readonly how: 'refuse' | 'late' | 'ahead' | 'behind';
  readonly reason: string;
  readonly detail: string;
  readonly count: number;
}

export interface SavedThread {
  readonly parcel: Parcel;
  readonly shapes: ShapeList;
}

/** What a key knows of the ids that have come. */
export type Ids = Readonly<Record<string, SequenceState>>;

/** What a thread asks, or tells, while it works. */
export type Plea =
  | { readonly plea: 'states'; readonly lane: number; readonly keys: readonly string[] }
  | { readonly plea: 'parts'; readonly lane: number; readonly hashes: readonly string[] }
  | { readonly plea: 'room'; readonly lane: number; readonly parcel: Parcel };
