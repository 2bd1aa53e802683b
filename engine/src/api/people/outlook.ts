// What is expected of a key, and what it must stay in: what a key has learned, for those who draw it.

import type { Outline } from '../features.js';

/** Between which values a column is expected, at each moment that was asked for; `NaN` where nothing can be said. */
export interface ExpectedBand {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** What a key knows just now, beyond its rows. Plain data. */
export interface Outlook {
  /** What its features would have drawn on a map. */
  readonly outlines: readonly Outline[];
  /** By the name of a column that the hour explains: four fifths of its values lie within, as known now; other columns are not there. */
  readonly expected: Readonly<Record<string, ExpectedBand>>;
}

export const NO_OUTLOOK: Outlook = { outlines: [], expected: {} };
