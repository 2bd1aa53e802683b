// Episodes of several keys that begin together, as one thing.

import type { Severity } from '../plugin.js';
import type { EpisodeTopic } from './episode.js';

/**
 * Episodes of several keys that began together, more of them than chance would bring. Sent again, with the same id, whenever a key, a topic or
 * a higher severity comes to it, and when it is over.
 */
export interface Incident {
  /** `pipeline/incident/start/first key`: the same on every replay. */
  readonly id: string;
  readonly pipeline: string;
  /** Closed once all its episodes are, and nothing can join it any more. */
  readonly status: 'open' | 'closed';
  /** Event times of its first and its latest anomalous row, ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** The key that began first. */
  readonly key: string;
  /** How many keys are in it. */
  readonly keys: number;
  /** Their names in the order in which they began, and the ids of their episodes; at most a hundred each. */
  readonly names: readonly string[];
  readonly episodes: readonly string[];
  /** The columns that at least half of its episodes are led by, those of most first; at most three. */
  readonly columns: readonly string[];
  /** The worst of its episodes. */
  readonly severity: Severity;
  /** The topics of its episodes, each once with its first sentence; at most twenty. */
  readonly topics: readonly EpisodeTopic[];
  /** What is said of the key that began first. */
  readonly reason: string;
}
