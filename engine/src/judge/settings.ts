import type { Column, FeaturesPlugin, LoadedArtifact, ModelPlugin, PipelineSchema } from '../api/index.js';
import type { AlarmSettings } from './alarms/alarms.js';
import type { LifeSettings } from './life/life.js';
import type { CalendarSettings } from './rhythm/calendar.js';
import type { Sense } from './scale/sense.js';
import type { TransformSettings } from './scale/transform.js';

/** One model of a pipeline, ready to be made for a key. */
export interface ModelSettings {
  readonly name: string;
  readonly plugin: ModelPlugin;
  readonly config: unknown;
  /** Its columns, and where they stand in the row. */
  readonly columns: readonly Column[];
  readonly indexes: readonly number[];
  readonly scope: 'key' | 'shared';
  readonly artifact?: LoadedArtifact;
  readonly transform?: TransformSettings | undefined;
  /** By column, what of it is judged; absent where all of all is. */
  readonly senses?: readonly (Sense | undefined)[] | undefined;
  readonly life?: LifeSettings | undefined;
}

/** What the judging core needs to know; all of it checked. */
export interface CoreSettings {
  readonly schema: PipelineSchema;
  readonly features: { readonly plugin: FeaturesPlugin; readonly config: unknown };
  readonly models: readonly ModelSettings[];
  readonly alarms: AlarmSettings;
  /** The group of each key that is in one: the entity that its observations belong to. */
  readonly groups: ReadonlyMap<string, string>;
  readonly time: { readonly latenessMs: number; readonly maxAheadMs: number };
  /** What days and weeks are, where life has a rhythm. */
  readonly calendar: CalendarSettings;
  /** Keys whose state stays in memory; beyond that the idle ones are spilled to the checkpoint store. */
  readonly keysInMemory: number;
  /** Keys beyond these are refused: of all, and of those that one sender made up. */
  readonly maxKeys: number;
  readonly maxKeysPerSender: number;
}
