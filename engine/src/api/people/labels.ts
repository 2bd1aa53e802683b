// What people say of episodes.

import type { EpisodeLabel } from '../judged/label.js';

/** What somebody says of an episode just now. */
export interface Said {
  readonly episode: string;
  readonly key: string;
  /** Event times of the episode's first and last row, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly label: 'anomaly' | 'normal';
  readonly note?: string;
  /** Nobody is to be called for this key before this moment of the clock, ms since the epoch. */
  readonly muteUntil?: number;
  /** Who says it, in their own words. */
  readonly by?: string;
  /** It is only to mute the key, and says nothing of its rows. */
  readonly muteOnly?: true;
}

/** A label with who said it; one that was taken back stays in the past of its episode. */
export interface KeptLabel extends EpisodeLabel {
  readonly by?: string;
  /** Rows later than this are judged by it, event time, ms since the epoch; absent while no pipeline has heard of it. */
  readonly since?: number;
  /** It only mutes the key. */
  readonly muteOnly?: true;
}

/** The engine's own store of what people say: it lives where the checkpoints live. */
export interface LabelStore {
  /** Keeps what is said; it takes the place of what was said of the same episode before. Resolves once it is on disk. */
  put(said: Said): Promise<KeptLabel>;
  /** Takes back what was said of an episode. @returns what holds again, or nothing */
  undo(episode: string): Promise<KeptLabel | undefined>;
  /** What holds of every episode, in order of their beginnings. */
  list(): Promise<readonly KeptLabel[]>;
  /** Everything that was ever said of an episode, the oldest first; what was taken back as well. */
  past(episode: string): Promise<readonly (KeptLabel & { readonly takenBack?: true })[]>;
}
