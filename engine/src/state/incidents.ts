// What is known of episodes that began lately and of incidents that go on, as a checkpoint keeps it.

import type { Episode, EpisodeTopic, Severity } from '../api/index.js';

/** An episode that began, and how far event time had come when that was known, or when it was placed. */
export interface Beginning {
  /** The lane of its key. */
  readonly lane: number;
  episode: Episode;
  at: number;
  /** Whether it was said that it stands alone. */
  said: boolean;
}

/** An episode of an incident. */
export interface Member {
  /** The lane of its key. */
  readonly lane: number;
  readonly id: string;
  readonly key: string;
  readonly start: number;
  columns: readonly string[];
  reason: string;
  open: boolean;
}

/** An incident that goes on. */
export interface Running {
  readonly id: string;
  readonly key: string;
  readonly start: number;
  end: number;
  /** When the latest of its episodes began, and when that was known. */
  last: number;
  at: number;
  severity: Severity;
  topics: readonly EpisodeTopic[];
  readonly members: Member[];
  /** Members beyond those that are kept. */
  more: number;
}

export interface IncidentsState {
  /** How far event time has come. */
  now: number;
  begun: Begun;
  /** Not placed yet, in order of their beginnings. */
  waiting: Beginning[];
  /** Placed by themselves, in order of their beginnings. */
  alone: Beginning[];
  running: Running[];
}

/** What is remembered of how often episodes begin: a number that fades, as of a moment, and since when that was counted. */
export interface Begun {
  amount: number;
  at: number;
  since: number;
  /** How often something was counted: of two that counted the same, the one that has counted more knows more. */
  times: number;
  /** Ids of what was counted lately, so that what a restart brings again counts once. */
  lately: string[];
}
