// What has been judged so far, for those who ask: a sink that keeps it answers.

import type { Episode } from '../judged/episode.js';
import type { Incident } from '../judged/incident.js';
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
  /** What people said of an episode with such rows, where that decided about this one. */
  readonly taught?: { readonly episode: string; readonly label: 'normal' | 'anomaly' };
  /** By the name of the model. */
  readonly models: Readonly<Record<string, KeptScore>>;
}

/** One key over a stretch in equal parts, for a picture: an element for each part that has rows. Numbers that are not there are `NaN`. */
export interface KeptParts {
  /** Event time of the last row of each part. */
  readonly time: ArrayLike<number>;
  /** By column, in the order of the row's: the value of the last row, the least and the most. */
  readonly last: readonly ArrayLike<number>[];
  readonly min: readonly ArrayLike<number>[];
  readonly max: readonly ArrayLike<number>[];
  /** The highest score, and the threshold of the last row. */
  readonly score: ArrayLike<number>;
  readonly threshold: ArrayLike<number>;
  /** What became of the rows: the worst of them. */
  readonly state: readonly ('judged' | 'anomalous' | 'unjudged')[];
}

/** How odd a key was in the parts of a stretch. */
export interface KeptHeat {
  readonly key: string;
  /** Rows in the stretch, and how many of them were judged. */
  readonly rows: number;
  readonly judged: number;
  /** Of rows that a budget could rule on (a threshold above 0, a p-value, calibrated): those beyond it, and how many it allows, Σ 10^−threshold. */
  readonly raised: number;
  readonly allowed: number;
  /** By part: the highest score / threshold of its rows; a score above a threshold of 0 or less is 2; `NaN` without any. */
  readonly odd: ArrayLike<number>;
}

/** What can be asked of what a pipeline has judged. Reads only. */
export interface History {
  /** What is kept, and of how much, for people. */
  readonly about: string;
  /** All keys, in order. */
  keys(): Promise<readonly KnownKey[]>;
  /** Rows of a key in order of time; of more than `most`, the latest. */
  rows(key: string, stretch: Stretch, most?: number): Promise<readonly KeptRow[]>;
  /** The same in parts of so many ms from the beginning of the stretch on, which has to have one. */
  parts(key: string, stretch: Stretch, step: number): Promise<KeptParts>;
  /**
   * All keys with rows in a stretch, in parts of so many ms from its beginning on.
   * @param until by key, a moment from which on its rows are not wanted
   */
  heat(stretch: Stretch, step: number, until: ReadonlyMap<string, number>): Promise<readonly KeptHeat[]>;
  /** Episodes that touch a stretch, of one key or of all, in order of their beginnings, withdrawn ones left out. */
  episodes(stretch: Stretch, key?: string): Promise<readonly Episode[]>;
  /** Incidents that touch a stretch, in order of their beginnings, withdrawn ones left out. */
  incidents(stretch: Stretch): Promise<readonly Incident[]>;
  /** What is known to be lost in a stretch. */
  missing(stretch: Stretch, key?: string): Promise<readonly Missing[]>;
}
