// What people say of an episode, and whom nobody calls for.

/** What a person says of an episode. */
export interface EpisodeLabel {
  readonly episode: string;
  readonly key: string;
  /** Event times of the episode's first and last row, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly label: 'anomaly' | 'normal';
  readonly note?: string;
  /** Nobody is to be called for this key before this moment of the clock, ms since the epoch. */
  readonly muteUntil?: number;
  /** When it was said, ms since the epoch. */
  readonly at: number;
}

/** A key that nobody is to be called for, until a moment of the clock, ms since the epoch. */
export interface Mute {
  readonly key: string;
  readonly until: number;
}
