import type { z } from 'zod';
import type { Missing, Observation } from './observation.js';
import type { Operating, View } from './people/views.js';
import type { Words } from './people/words.js';
import type { Host, PluginDeclaration, Severity } from './plugin.js';
import type { Emits } from './source.js';

/** Where an extractor puts its rows. */
export interface Rows {
  /**
   * A row to fill, one number per declared column in declared order, stamped with its own event time (ms since the epoch).
   * The array is lent until the next call of anything: do not keep it. Write every column, NaN for what is missing (the kit
   * checks it; a column left alone comes out as NaN). An infinite value is taken for missing and counted.
   */
  next(time: number): Float64Array;
  /**
   * What the entity itself has said until the row that `next` gave last: its own alarms, in its own words. `warning` and `critical` make the row
   * an anomaly, as a rule does, and are a topic of its episode; `info` is kept by an episode that is open, and nobody is called for it. A topic of
   * one name is told once in an episode. Texts are data: they are cut ({@link LONGEST_WORDS}) and made printable, and of a row the first {@link MOST_WORDS}
   * count; others are dropped as `too_many_words`.
   * @throws {Error} where no row is being filled
   */
  say(words: Words): void;
}

/** Turns the observations of ONE entity into rows. The engine makes one per key and keeps its state. */
export interface FeatureExtractor {
  /**
   * One observation, in log order. Emits none, one or several rows. `o.time` is never below the last `watermark` that
   * `advance` was given, but with a lateness may be below an earlier observation's time. Throwing ends the pipeline.
   */
  update(observation: Observation, rows: Rows): void;
  /**
   * Silence is data too: no observation before `watermark` will follow. Called once it has reached the time that the
   * last call returned (at or after it, always before the update that moved it there) and after the first update.
   * @param watermark ms since the epoch; `Infinity` at the end of a recording: emit what is open and invent nothing
   * @returns the event time at which to be called again; `Infinity`: after the next update
   */
  advance?(watermark: number, rows: Rows): number;
  /** A stretch is known to be lost. Called in log order, before the observations that follow it. */
  missing?(missing: Missing): void;
}

/** The side of its usual on which a column can be odd. */
export type Side = 'up' | 'down' | 'both';

/** One number of a row. */
export interface Column {
  /** snake_case, carrying its window: `rsi_14`. */
  readonly name: string;
  readonly unit: string;
  readonly about: string;
  /** How it is computed, so that a reader could. */
  readonly formula: string;
  /**
   * `feature` is fit for a model; `condition` as well, but is never a reason by itself: the hour, the weekday; `context` is for people and
   * tables (open, close, latitude).
   */
  readonly role: 'feature' | 'condition' | 'context';
  /** The side of its usual on which it can be odd at all; default: both. `alarms.columns` of a pipeline overrules it. */
  readonly judge?: Side;
  /** Differences from its usual up to this are never odd, in its unit; default: none. Overruled in the same way. */
  readonly ignoreBelow?: number;
  /** Rows until the first value. */
  readonly warmUp?: number;
  /** Paper, standard or page that defines it. */
  readonly source?: string;
  /** Optional inputs that it cannot do without, as `type.field`: choosing it without them is a plan error. */
  readonly needs?: readonly string[];
}

/** The rows that a features plugin emits. */
export interface RowKind {
  /** A singular noun that names tables and ids: `bar`, `telemetry`. */
  readonly kind: string;
  readonly about: string;
  readonly columns: readonly Column[];
}

/** What a features plugin reads: by type and field, the unit that it expects; `*` takes any. */
export type Consumes = Readonly<
  Record<string, Readonly<Record<string, string | { readonly unit: string; readonly optional: true }>>>
>;

/** A closed line to draw beside the track of an entity: what it must stay in, or out of. */
export interface Outline {
  readonly name: string;
  readonly inside: boolean;
  /** Latitude and longitude, deg (WGS84), in order; the last is joined to the first. */
  readonly points: readonly (readonly [number, number])[];
}

/** How one thing was set in what was recorded: a parameter, say. */
export interface Setting {
  readonly name: string;
  readonly value: number | string;
  /** What is shown apart from the others, by what they are: `calibration`. */
  readonly group?: string;
}

/** Which observations say how something was set. */
export interface Settings {
  /** Their type. */
  readonly type: string;
  /** The setting in one of them; `undefined` for what is no setting of people, such as a counter. Pure. */
  of(observation: Observation): Setting | undefined;
}

/** What people must know of a recording as such before they read what was found in it. */
export interface Remark {
  readonly severity: Severity;
  /** A sentence without a period: `it ends in flight, at 100 m`. */
  readonly text: string;
  /** It says what was recorded and how that was set, and nothing of how it went: it counts as nothing that was found. */
  readonly describes?: true;
}

/** Recordings that `engine check FILE` judges without a pipeline file, because this plugin brings one. */
export interface Check {
  /** How the names of such files end, in lower case: `.tlog`. */
  readonly endings: readonly string[];
  /** Absolute path of a pipeline file in this package; in it `${RECORDING}` stands for the absolute path of the recording. */
  readonly pipeline: string;
}

/** A subsystem at fault that can make another one look so, and how long after it. */
export interface Disturbance {
  readonly from: string;
  readonly to: string;
  readonly withinMs: number;
}

/** A column that says how worn an entity is: each recording of it is compared with those before. */
export interface Wear {
  readonly column: string;
  /** What of the judged values of a recording: the middle one, or the one that one in twenty exceeds. */
  readonly of: 'median' | 'high';
  /** On which side it is worse. */
  readonly worse: 'up' | 'down';
  /** Differences up to this are worth no word, in the unit of the column. */
  readonly least: number;
}

export interface FeaturesDeclaration<Schema extends z.ZodType, State> extends PluginDeclaration<Schema> {
  /** Observations of other types are not handed to `update`. Pure. */
  consumes(config: z.output<Schema>): Consumes;
  /** The row of this configuration. Pure. */
  row(config: z.output<Schema>): RowKind;
  /**
   * The part of the configuration that the values of columns depend on: a trained model is refused where it differs. Default:
   * all of it, so that choosing one column more would refuse every model trained before.
   */
  basis?(config: z.output<Schema>): unknown;
  readonly check?: Check;
  /** How people of this domain look at a row of this configuration, the most telling first; only of columns that it has. Pure. */
  views?(config: z.output<Schema>): readonly View[];
  /** When an entity does what it is there for: the time that a report speaks of. Pure. */
  operating?(config: z.output<Schema>): Operating;
  /** What to draw on the map of a report for an entity with this state; rows with `latitude` and `longitude` in deg are its track. Pure. */
  outlines?(config: z.output<Schema>, state: State): readonly Outline[];
  /** What a report begins with for an entity that ended with this state, the worst first. Pure. */
  remarks?(config: z.output<Schema>, state: State): readonly Remark[];
  /** What an entity with this state is known by in every recording of it; empty: nobody knows. Pure. */
  identity?(config: z.output<Schema>, state: State): string;
  /** What is compared over recordings of one entity; only columns of the row. Pure. */
  wear?(config: z.output<Schema>): readonly Wear[];
  /** Which subsystem can disturb which: what came first then explains the rest. By the subsystems that topics name. */
  readonly disturbs?: readonly Disturbance[];
  /** What `engine check --against` compares; absent: nothing. */
  readonly settings?: Settings;
  /**
   * What stands for `columns: all` in `with`, by what the source emits; absent: there is no such thing. Pure.
   * @param given `with` as it was written
   * @throws {Error} where the source emits nothing for it
   */
  all?(emits: Emits, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** All columns that can be chosen, for the reference page; a window is written as N. */
  readonly catalogue?: readonly Column[];
  /** Raise it when the shape of the state changes. */
  readonly stateVersion: number;
  /** The state of a key that was never seen: plain data and flat typed arrays, nothing with a prototype of its own. */
  initialState(config: z.output<Schema>): State;
  /** State of an older version as one of this version, or `undefined` for a fresh start (which the engine reports). */
  migrate?(state: unknown, version: number, config: z.output<Schema>): State | undefined;
  /** Borrows `state` and changes it in place; all that must survive a restart is in it. */
  create(config: z.output<Schema>, state: State, host: Host): FeatureExtractor;
}
