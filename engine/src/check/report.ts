import type { Column, Disturbance, Episode, Limit, Operating, Remark, Severity, View, Wear } from '../api/index.js';
import type { Worn } from '../judge/wear/change.js';
import type { Comparison } from './settings.js';

/** A model as a check needs to know it. */
export interface CheckedModel {
  readonly name: string;
  readonly columns: readonly string[];
  /** Whether its scores are decisions: rules are. */
  readonly decides: boolean;
  readonly config: unknown;
}

/** What a check knows of the run beside its rows. */
export interface CheckRun {
  /** As the user named it. */
  readonly file: string;
  readonly pipeline: string;
  readonly columns: readonly Column[];
  readonly models: readonly CheckedModel[];
  /** What people look at together: what speaks of one view may have one cause. */
  readonly views: readonly View[];
  readonly limits: readonly Limit[];
  /** When an entity does what it is there for, where the features say so. */
  readonly operating?: Operating;
  /** What is compared over recordings of one entity. */
  readonly wear?: readonly Wear[];
  /** Which subsystem can disturb which. */
  readonly disturbs?: readonly Disturbance[];
  readonly observations: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly late: number;
  readonly ahead: number;
  readonly repeated: number;
  /** Observations known to be lost. */
  readonly missing: number;
  readonly seconds: number;
}

/** One thing that is wrong in an episode. Times in ms since the epoch; `since` in ms since the recording began. */
export interface Finding {
  /** A topic (a rule, say), or the learned model that spoke. */
  readonly name: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly time: number;
  readonly since: number;
  /** As that of the episode, when it was first found. */
  readonly clock: number | null;
  /** The column that made it: the one that crossed its limit, or else is named first, or led a learned model; null where none is known. */
  readonly column: string | null;
  /** The entity itself has said so: no model found it. */
  readonly said: boolean;
  /** Then how long after the first of its episode that a model found, ms (below 0: before it); null where none did. */
  readonly afterOurs: number | null;
  /** The part of the whole that is at fault by it; absent where nobody says. */
  readonly subsystem?: string;
  /**
   * The name of the finding that explains it, of this episode or of an earlier one: its subsystem can disturb this one, or, within the
   * episode, both speak of one subsystem, of one column, or of columns of one view; null where none does.
   */
  readonly follows: string | null;
  /** Whether that is the first finding of its episode. */
  readonly explained: boolean;
  /** The columns that its part of the configuration names, in its order, and the texts that name them. */
  readonly columns: readonly string[];
  readonly conditions: Readonly<Record<string, string>>;
}

/** What the entity said of itself in an episode that is only worth knowing: nothing is wrong with it. */
export type CheckedWords = Pick<Finding, 'name' | 'reason' | 'time' | 'since' | 'clock'>;

export interface CheckedEpisode
  extends Pick<Episode, 'id' | 'start' | 'end' | 'peak' | 'rows' | 'severity' | 'model' | 'reason'> {
  /** From 1, in order of time within the key. */
  readonly number: number;
  /** ms since the recording began. */
  readonly since: number;
  /** `boot_time` at its start, s; null where there is none. */
  readonly clock: number | null;
  /** The phase at its start, in the words of the column's description. */
  readonly phase: string | null;
  readonly columns: readonly string[];
  /** In order of time: every topic, and what a learned model said at the peak where it spoke for the episode. */
  readonly findings: readonly Finding[];
  /** In order of time. */
  readonly words: readonly CheckedWords[];
  /** Columns of role `context` at its start, where they have a value. */
  readonly context: Readonly<Record<string, number>>;
}

/** A column that models look at and that had too few values to be judged by. */
export interface BlindColumn {
  readonly name: string;
  readonly unit: string;
  /** Share of the judged rows that have a value, 0 … 1. */
  readonly share: number;
  /** Optional inputs that it needs, and whether they came. */
  readonly needs: readonly { readonly input: string; readonly came: boolean }[];
  readonly formula: string;
  readonly models: readonly string[];
  /** What of the models' configuration names it: rules, say. */
  readonly parts: readonly string[];
}

export interface CheckedKey {
  readonly key: string;
  /** What it is known by in every recording of it; empty where nobody knows. */
  readonly identity: string;
  readonly rows: number;
  /** Event times of its first and its last row. */
  readonly from: number;
  readonly to: number;
  /** ms between the two without long gaps. */
  readonly covered: number;
  readonly judgedRows: number;
  /** The time in which it did what it is there for, in the words of the features; absent where they do not say. */
  readonly operating?: { readonly called: string; readonly ms: number; readonly rows: number; readonly judgedRows: number };
  /** Columns that models look at; `blind` are those of them that the rows could not be judged by. */
  readonly lookedAt: number;
  /** Rows by the reason that they were not judged for. */
  readonly unjudged: Readonly<Record<string, number>>;
  /** What is to be known of it before anything else. */
  readonly remarks: readonly Remark[];
  readonly episodes: readonly CheckedEpisode[];
  /** By column: least and most while judged, and the share of judged rows with a value. */
  readonly columns: Readonly<Record<string, { readonly min: number; readonly max: number; readonly share: number }>>;
  readonly blind: readonly BlindColumn[];
  /** How worn it is, in what this recording shows of it. */
  readonly wear: readonly Worn[];
}

/** What was found in one recording: an element of the JSON of `engine check`. What is not a number is null. */
export interface CheckReport
  extends Omit<CheckRun, 'columns' | 'models' | 'missing' | 'views' | 'limits' | 'operating' | 'wear' | 'disturbs'> {
  readonly from: number;
  readonly to: number;
  readonly missing: {
    readonly observations: number;
    /** Lost stretches, by the reason given. */
    readonly reasons: Readonly<Record<string, { readonly stretches: number; readonly ms: number }>>;
  };
  readonly keys: readonly CheckedKey[];
  /** Settings beside those of another recording, where that was asked for. */
  readonly against?: Comparison;
}

/** What was found in an episode, what explains before what is explained, and what was said meanwhile, in order of time. */
export function toldIn({ findings, words }: CheckedEpisode): readonly (Finding | CheckedWords)[] {
  const told: (Finding | CheckedWords)[] = [...findings];
  for (const one of words) {
    const next = told.findIndex(({ time }) => time > one.time);
    told.splice(next < 0 ? told.length : next, 0, one);
  }
  return told;
}

/** Remarks that say that something is wrong with how it went, not with how it was set. */
export const badRemarks = ({ remarks }: CheckedKey): readonly Remark[] =>
  remarks.filter(({ severity, describes }) => severity !== 'info' && !describes);

/** How many things were found in a recording: episodes, and remarks that say that something is wrong. */
export const foundIn = (report: CheckReport): number =>
  episodesIn(report) + report.keys.reduce((sum, key) => sum + badRemarks(key).length, 0);

/** How many episodes there are in a recording. */
export const episodesIn = ({ keys }: CheckReport): number => keys.reduce((sum, { episodes }) => sum + episodes.length, 0);
