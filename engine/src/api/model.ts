import type { z } from 'zod';
import type { Column } from './features.js';
import type { Limit } from './people/views.js';
import type { Host, PluginDeclaration, Severity } from './plugin.js';

/** One thing that is wrong, by a name that stays the same while its numbers change: a rule, say. */
export interface Topic {
  readonly name: string;
  readonly severity: Severity;
  /** A sentence for people. */
  readonly reason: string;
  /** The entity itself has said so: no model found it. */
  readonly said?: true;
  /** The part of the whole that is at fault by it, in a word of the domain: `gps`, `database`. */
  readonly subsystem?: string;
}

/** Why a row got its score. Reused between calls: a model fills it, the engine copies what it keeps. */
export interface Explanation {
  /** One share per column of the model. They sum to `total − baseline`; what the total is, the plugin documents. */
  readonly contributions: Float64Array;
  /** By column: above 0 if its value is higher than the model is used to, below 0 if lower, 0 where it cannot say. */
  readonly directions: Float64Array;
  baseline: number;
  total: number;
  /** Up to three short reasons, the strongest first: `volume_change 41 (99.9 % of training rows lie below 6.2)`. */
  reasons: string[];
  /** From a model that decides by itself. */
  severity?: Severity | undefined;
  /** From a model that decides by itself: everything that it finds wrong, the worst first. A topic is told once in an episode. */
  topics?: readonly Topic[] | undefined;
}

/** An empty explanation for a model of so many columns. */
export function newExplanation(columns: number): Explanation {
  return {
    contributions: new Float64Array(columns),
    directions: new Float64Array(columns),
    baseline: 0,
    total: 0,
    reasons: [],
  };
}

/** Takes back what an explanation says of columns and score, before it is filled anew. */
export function clearExplanation(out: Explanation): void {
  out.contributions.fill(0);
  out.directions.fill(0);
  out.baseline = out.total = 0;
  out.reasons = [];
}

/** A column with a smaller part of the total is not worth a reason. */
const WORTH_SAYING = 0.1;
const MOST_REASONS = 3;

/**
 * The columns to give reasons for, the strongest first: those that lift a score, each by a tenth of `total` or more, and three at most;
 * none that is a condition, such as the hour.
 * @param wanted leaves out columns of which there is nothing to say
 */
export function strongestColumns(
  columns: readonly Column[],
  contributions: Float64Array,
  total: number,
  wanted: (column: number) => boolean = () => true,
): number[] {
  return [...contributions.keys()]
    .filter(
      (c) => columns[c]!.role !== 'condition' && contributions[c]! > 0 && contributions[c]! >= WORTH_SAYING * total && wanted(c),
    )
    .sort((a, b) => contributions[b]! - contributions[a]!)
    .slice(0, MOST_REASONS);
}

/**
 * Scores rows of one key (or of all keys, with `scope: shared`). Rows hold the model's own columns in the order of
 * `host.columns`, and are borrowed until the call returns. The engine's order per row: score, alarms, explain
 * (anomalies only), learn. So every score is given before the row was learned.
 */
export interface Model {
  /** Names what the next row is judged with; changes whenever a refit changes the scores. Stored with every verdict. */
  readonly version: string;
  /** How odd the row is, higher is odder; `NaN` while still learning. Changes nothing. */
  score(row: Float64Array, time: number): number;
  /**
   * Takes the row in. Called for every scored row and for rows seen while learning, never with a missing value unless
   * the declaration accepts them.
   * @param p how ordinary the row was judged by this model, 0 (never seen the like) … 1; 1 while uncalibrated
   */
  learn(row: Float64Array, time: number, p: number): void;
  /**
   * The rows to come do not follow from those before: their columns are measured otherwise from now on, because an hour begins to explain
   * them. For models that expect a row from the ones before it.
   */
  interrupt?(): void;
  /** Why a row gets its score. Called between `score` and `learn` of an anomaly, with the same row and time; changes nothing. */
  explain?(row: Float64Array, out: Explanation, time?: number): void;
  /** Ascending scores of the rows that this version was fitted on, the basis of `contamination`. Absent before the first fit. */
  trainingScores?(): Float64Array | undefined;
}

/** Rows to train on: n × d, row-major. */
export interface TrainingRows {
  readonly columns: readonly Column[];
  readonly count: number;
  readonly values: Float64Array;
}

/** What `train` made: JSON for the artifact file, and the ascending scores of the training rows. */
export interface Trained {
  readonly payload: unknown;
  readonly scores: Float64Array;
}

export interface ModelHost extends Host {
  /** The columns of its rows. */
  readonly columns: readonly Column[];
  /** What `load` made of the trained artifact that the pipeline names; shared by all keys, so never changed. */
  readonly artifact?: LoadedArtifact;
}

export interface LoadedArtifact {
  readonly version: string;
  readonly payload: unknown;
  /** Ascending training scores, as far as the file holds them: see `docs/model-artifacts.md`. */
  readonly scores: Float64Array;
}

export interface ModelDeclaration<Schema extends z.ZodType, State> extends PluginDeclaration<Schema> {
  /** True if rows with NaN may be scored and learned. Default: the engine keeps them away. */
  readonly acceptsMissing?: boolean;
  /**
   * True if its scores are decisions: above 0 is an anomaly, whatever `alarms` says, and needs no calibration; `explain` then gives
   * the severity and, as its first reason, the message. `topics` tell apart what it finds. Rules are of this kind. Default: scores are measured against their like.
   */
  readonly decides?: boolean;
  /** What is wrong between this configuration and the columns that it is to judge, a sentence each; asked before anything opens. */
  check?(config: z.output<Schema>, columns: readonly Column[]): string[];
  /** Limits of single columns among what this configuration says, to be drawn beside them. Pure. */
  limits?(config: z.output<Schema>, columns: readonly Column[]): readonly Limit[];
  readonly stateVersion: number;
  /** See {@link FeaturesDeclaration.initialState}. Large parts that rarely change go through `immutable()`. */
  initialState(config: z.output<Schema>, columns: number): State;
  /** The most bytes that the saved state of a key takes, whatever comes; parts that go through `immutable()` left out. The kit holds a model to it. */
  stateBytes?(config: z.output<Schema>, columns: number): number;
  migrate?(state: unknown, version: number, config: z.output<Schema>): State | undefined;
  create(config: z.output<Schema>, state: State, host: ModelHost): Model;
  /** Fits on a recording, for `engine train`. May take long: it runs outside the stream. */
  train?(rows: TrainingRows, config: z.output<Schema>): Trained;
  /** Checks and prepares the payload of an artifact. Throws with a sentence that says what is wrong with it. */
  load?(payload: unknown, columns: readonly Column[]): unknown;
}

/** A part of a state that is replaced as a whole and never changed in place. */
export interface Immutable<T> {
  /** Content hash, filled in by the engine when it is first saved. */
  hash?: string;
  readonly value: T;
  readonly immutable: true;
}

/**
 * Marks a value at the top level of a state as replaced as a whole: a checkpoint stores it once and then only its hash,
 * so a fitted forest is not written again every five seconds.
 * @example state.forest = immutable(fit(rows));
 */
export function immutable<T>(value: T): Immutable<T> {
  return { value, immutable: true };
}
