// A pipeline as planned: every part resolved, every configuration checked.

import type {
  Column,
  FeaturesPlugin,
  LoadedArtifact,
  ModelPlugin,
  PipelineSchema,
  Plugin,
  SinkPlugin,
  SourcePlugin,
  StorePlugin,
} from '../api/index.js';
import type { Tree } from './file/tree.js';
import type { PipelineConfig } from './schema.js';

export interface PlannedPart<P extends Plugin> {
  /** As written in the file. */
  readonly use: string;
  /** Of the package that it is in; empty where that says none. */
  readonly version: string;
  readonly plugin: P;
  /** What its schema made of `with`. */
  readonly config: unknown;
}

export interface PlannedModel extends PlannedPart<ModelPlugin> {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly number[];
  readonly scope: 'key' | 'shared';
  readonly artifact?: LoadedArtifact;
  readonly transform?: {
    readonly rhythm?: 'auto' | 'day' | 'week';
    readonly standardizeMs?: number | undefined;
    readonly signedLog: boolean;
  };
  /** By column, what of it is judged; absent where all of all is. */
  readonly senses?: readonly (PlannedSense | undefined)[];
  readonly life?: NonNullable<PipelineConfig['models'][string]['life']>;
}

/** What of a column's distance from its usual is judged: on which side, and beyond which difference, in its unit and as a part of the usual. */
export interface PlannedSense {
  readonly side: 'up' | 'down' | 'both';
  readonly absolute: number;
  readonly relative: number;
}

/** An address, and who may come in there. */
export type Listening = NonNullable<PipelineConfig['http']> & {
  /** Whether another port does as well when this one is taken. */
  readonly orAnother?: boolean;
};

/** When rows are anomalies, and when those are an episode. */
export interface PlannedAlarms {
  readonly rule:
    | { readonly contamination: number }
    | { readonly threshold: number }
    | {
        readonly perDay: number;
        /** The part of it that a lane has, or with a given number of keys a key. */
        readonly part: number;
        /** Whether the keys that a lane has seen share it. */
        readonly shared: boolean;
        readonly combine: 'sum' | 'max' | 'any';
        readonly smooth: number;
        readonly onset: number;
        readonly release: number;
        readonly atLeastMs: number;
        readonly halfLifeMs: number;
        readonly bandMs: number;
        readonly longestMs: number;
      };
  readonly combine: 'any' | 'all' | 'sum' | 'max';
  readonly cooldownMs: number;
  readonly minimumMs: number;
}

/** A checked pipeline: everything that can be known before a socket opens. */
export interface Plan {
  /** The pipeline file as the user named it. */
  readonly file: string;
  /** What it was read from: the file, what it extends, and secrets. */
  readonly files: readonly string[];
  /** The folder that paths in it are relative to. */
  readonly directory: string;
  readonly config: PipelineConfig;
  /** Where it answers over HTTP, if at all. */
  readonly http?: Listening;
  readonly alarms: PlannedAlarms;
  readonly source: PlannedPart<SourcePlugin> & { readonly resumable: boolean };
  /** The group of each key that is in one. */
  readonly groups: ReadonlyMap<string, string>;
  /** By year, the local dates of the holidays of the countries that the file names. */
  readonly holidays?: (year: number) => readonly string[];
  readonly features: PlannedPart<FeaturesPlugin>;
  readonly models: readonly PlannedModel[];
  /** Whether the file names them; else they are those of the engine. */
  readonly namesModels: boolean;
  readonly sinks: readonly (PlannedPart<SinkPlugin> & { readonly name: string })[];
  /** Where checkpoints are kept, unless in files or in memory. */
  readonly store?: PlannedPart<StorePlugin>;
  readonly schema: PipelineSchema;
  /** Where state, embedded databases and dead letters of this pipeline go. */
  readonly dataDirectory: string;
  /** Folder of data where the file names none. */
  readonly dataRoot: string;
  /** What it was planned from: the file with what it extends, variables and secrets filled in. */
  readonly tree: Tree;
  /** The configuration that the state depends on, part by part. */
  readonly signature: Readonly<Record<string, string>>;
  /** Stands for the settings that rows are judged by. */
  readonly judgement: string;
  /** The file as it was read, variables filled in and secrets masked, for people. */
  readonly shown: unknown;
}

/** What a plan can be made of once more. */
export type Replan = Pick<Plan, 'file' | 'files' | 'directory' | 'dataRoot' | 'tree'>;

export interface PlanOptions {
  /** `path.to=value` arguments. */
  readonly set?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Folder of data when the file names none: an absolute path. */
  readonly dataRoot: string;
}
