// What has been judged so far, for those who ask: a sink that keeps it answers.

import type { Episode } from '../judged/episode.js';
import type { Missing } from '../observation.js';

/** A stretch of event time, ms since the epoch, both ends included. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A key with rows, and the event times of its first and its last one that are kept. */
export interface KnownKey {
  readonly key: string;
  readonly first: number;
  readonly last: number;
}

/** What one model said of a row that is kept. */
export interface KeptScore {
  readonly score: number;
  readonly threshold: number;
  readonly pValue: number;
}

/** A judged row as it is kept. Numbers that are not there are `NaN`. */
export interface KeptRow {
  readonly time: number;
  /** In the order of the row's columns. */
  readonly values: ArrayLike<number>;
  readonly score: number;
  readonly threshold: number;
  readonly pValue: number;
  readonly anomalous: boolean;
  /** False while a budget had not seen enough. */
  readonly calibrated: boolean;
  readonly reason?: string;
  /** By the name of the model. */
  readonly models: Readonly<Record<string, KeptScore>>;
}

/** What can be asked of what a pipeline has judged. Reads only. */
export interface History {
  /** What is kept, and of how much, for people. */
  readonly about: string;
  /** All keys, in order. */
  keys(): Promise<readonly KnownKey[]>;
  /** Rows of a key in order of time; of more than `most`, the latest. */
  rows(key: string, stretch: Stretch, most?: number): Promise<readonly KeptRow[]>;
  /** Episodes that touch a stretch, of one key or of all, in order of their beginnings, withdrawn ones left out. */
  episodes(stretch: Stretch, key?: string): Promise<readonly Episode[]>;
  /** What is known to be lost in a stretch. */
  missing(stretch: Stretch, key?: string): Promise<readonly Missing[]>;
}
