// Consecutive anomalies as one thing.

import type { Topic } from '../model.js';
import type { Severity } from '../plugin.js';

/** Consecutive anomalies of one key as one thing. Sent again, with the same id, whenever it changes. */
export interface Episode {
  /** The id of the verdict that opened it. */
  readonly id: string;
  readonly pipeline: string;
  readonly key: string;
  readonly kind: string;
  readonly status: 'open' | 'closed';
  /** Event times of its first, its last and its oddest row, ms since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly peak: number;
  readonly peakScore: number;
  /** The threshold at the peak. */
  readonly threshold: number;
  /** The p-value at the peak; `NaN` where unknown. */
  readonly pValue: number;
  /** The leading model at the peak, and its version. */
  readonly model: string;
  readonly version: string;
  readonly severity: Severity;
  /** Anomalous rows in it. */
  readonly rows: number;
  /** The columns that carry four fifths of it, over all its rows, the strongest first; at most sixteen. */
  readonly columns: readonly string[];
  /** A sentence: what is odd at the peak, by how much, and how often that is to be expected. */
  readonly reason: string;
  /**
   * What models that decide by themselves have found wrong in it, and what the entity itself has said meanwhile (`said`), each once with its latest
   * sentence, in order; at most twenty of either.
   */
  readonly topics: readonly EpisodeTopic[];
  /** The incident that it is part of, where that is known; it is sent once more when it joins one. */
  readonly incident?: string;
}

/** A topic of an episode; event times in ms since the epoch. */
export interface EpisodeTopic extends Topic {
  /** When it was first found. */
  readonly time: number;
  /** When it was found last; absent in episodes of before this was kept. */
  readonly last?: number;
  /** It is over: for longer than the cool-down it was not found, while something else went on. */
  readonly over?: true;
  /** How often it has come back after it was over, and when it did so last. */
  readonly again?: number;
  readonly since?: number;
}

/** A topic that people have not heard of yet. */
export interface NewTopic extends Topic {
  /** How often it has come back after it was over. */
  readonly again?: number;
}
