// What an entity says of itself, in its own words.

import type { Severity } from '../plugin.js';

/** What an entity says of itself: its own alarm, state or message. */
export interface Words {
  /** Stays the same while numbers in it change: it is told once in an episode by this name. */
  readonly name: string;
  /** `info`: it is worth knowing, and nothing is wrong. */
  readonly severity: Severity;
  /** A sentence for people: who speaks, and what. */
  readonly reason: string;
  /** The part of the whole that it speaks of, in a word of the domain: `gps`. */
  readonly subsystem?: string;
}

/** What leads a verdict where nobody but the entity itself finds anything wrong, and what topics that it says are named after: `said/NAME`. */
export const SAID = 'said';

/** The longest name and sentence of what an entity says of itself, UTF-16 units. */
export const LONGEST_WORDS = 240;
/** How much of what an entity says of itself one row takes. */
export const MOST_WORDS = 32;
