import type { z } from 'zod';
import type { RowKind } from './features.js';
import type { Episode } from './judged/episode.js';
import type { Incident } from './judged/incident.js';
import type { EpisodeLabel, Mute } from './judged/label.js';
import type { Verdict } from './judged/verdict.js';
import type { Missing, Observation } from './observation.js';
import type { Door } from './people/door.js';
import type { Hindsight } from './people/hindsight.js';
import type { History } from './people/history.js';
import type { LabelStore } from './people/labels.js';
import type { Outlook } from './people/outlook.js';
import type { Status } from './people/status.js';
import type { Limit, View } from './people/views.js';
import type { Finding, OutsideHost, PluginDeclaration } from './plugin.js';
import type { Emits } from './source.js';

/** What a sink gets: everything that has happened since the last batch, in order. */
export interface SinkBatch {
  readonly observations: readonly Observation[];
  readonly verdicts: readonly Verdict[];
  readonly episodes: readonly Episode[];
  readonly missing: readonly Missing[];
  /** Incidents that have begun, have changed or are over; absent: none. */
  readonly incidents?: readonly Incident[];
  /**
   * Ids of episodes that began a while ago (`schema.alarms.incidents.settleMs` of event time), and with no others: who calls people calls for
   * these, and for incidents. One of them may become part of an incident nevertheless, when others follow it more slowly.
   */
  readonly alone?: readonly string[];
  /** Who sends it, where the store of the checkpoints counts who holds a partition; else absent. */
  readonly holder?: Holder;
}

/** The process that judges a partition. Once another one does, there is a later epoch, and this one may write nothing more. */
export interface Holder {
  /** The partition of the channel; 0 without one. */
  readonly partition: number;
  readonly epoch: number;
}

/** A sink that keeps what people say of episodes, asked for without a pipeline running, or beside one. */
export interface Feedback<Config> {
  /** Stores or replaces the label of an episode. @returns the whole of it, or `undefined` if there is no such episode */
  put(
    config: Config,
    host: OutsideHost,
    label: Pick<EpisodeLabel, 'episode' | 'label' | 'note' | 'muteUntil' | 'at'>,
  ): Promise<EpisodeLabel | undefined>;
  /** All labels of the pipeline, in order of their episodes' beginnings. */
  list(config: Config, host: OutsideHost): Promise<EpisodeLabel[]>;
}

/** The data sources of Grafana that a dashboard asks, each by its uid or name; absent: those that the stack provides. */
export interface DashboardSources {
  /** Reads what the sink has stored. */
  readonly database?: string | undefined;
  /** Reads the engine's metrics. */
  readonly metrics?: string | undefined;
}

export interface Sink {
  /** Called before the source opens, and again with backoff while it fails. Connect and prepare here. */
  open?(): Promise<void>;
  /**
   * Called with one batch at a time, until it succeeds: a rejection is logged, waits and is retried with the same batch, and
   * holds the pipeline meanwhile (nothing is dropped). An error whose `retry` is false ends the pipeline with exit code 1.
   * What can never be written goes to `host.deadLetter`, and the rest of the batch is written. The batch is borrowed.
   */
  write(batch: SinkBatch): Promise<void>;
  /** The keys that are muted just now, from a sink that keeps labels; asked every few seconds, and a rejection is logged only. */
  mutes?(): Promise<readonly Mute[]>;
  /** Called once at the end; twice must be fine. */
  close(): Promise<void>;
}

/** What a sink can know about its pipeline: tables, topics and charts derive from it. */
export interface PipelineSchema {
  readonly pipeline: string;
  readonly observations: Emits;
  readonly row: RowKind;
  readonly models: readonly {
    readonly name: string;
    readonly plugin: string;
    readonly columns: readonly string[];
    /** Whether its scores are decisions, as those of rules. */
    readonly decides: boolean;
  }[];
  /** How people look at a row. */
  readonly views: readonly View[];
  /** What people have set as wrong. */
  readonly limits: readonly Limit[];
  readonly alarms: AlarmsSchema;
}

/** When rows of the pipeline are anomalies, and when those are an episode. */
export interface AlarmsSchema {
  /** The budget, rows a day; absent: a share of the rows, or a fixed threshold. */
  readonly perDay?: number;
  /** Whether each key has the budget, or all keys of the pipeline together. */
  readonly of?: 'key' | 'pipeline';
  /** With a budget: how much event time of a key is to be seen before anything is called anomalous, ms. */
  readonly atLeastMs?: number;
  readonly contamination?: number;
  readonly threshold?: number;
  readonly cooldownMs: number;
  readonly minimumMs: number;
  /** When episodes of several keys are one incident; absent: never. */
  readonly incidents?: IncidentsSchema;
}

/** When episodes of several keys are one incident, ms. */
export interface IncidentsSchema {
  /** They begin closer together than this. */
  readonly withinMs: number;
  /** What begins so long after the beginning of an incident is no part of it. */
  readonly longestMs: number;
  /** How much event time goes by before it is said whether an episode is part of one. */
  readonly settleMs: number;
}

export interface DeadLetter {
  /** `observation`, `verdict`, `episode`, `missing`: of what the record is one. */
  readonly kind: string;
  /** Why, in snake case, for those who count; default: `refused`. */
  readonly code?: string;
  /** Why, in a sentence. */
  readonly reason: string;
  /** Where it does not fit: `{ table: 'readings' }`. The name of the sink and the record's `key` are put beside it. */
  readonly place?: Readonly<Record<string, string | number>>;
  /** The whole of it, as it was in the batch: it can be given to the sink again. */
  readonly record: unknown;
}

export interface SinkHost extends OutsideHost {
  readonly schema: PipelineSchema;
  /**
   * Stands for the settings that rows are judged by: the same after every restart with the same ones. Where a stretch is judged again under
   * others, an idempotent sink marks what it has stored of that stretch under the earlier ones and what is not said again as withdrawn.
   */
  readonly judgement: string;
  /** Puts away a record that can never be written; resolves once that is on disk. Counted as `deadLettered`. */
  deadLetter(letter: DeadLetter): Promise<void>;
  /** Whether somebody has asked not to be called for a key: for sinks that call people. */
  muted(key: string): boolean;
  /** The engine's own HTTP listener, for a sink that declares `door`. */
  readonly http: Door;
  /** What another sink of the pipeline keeps, ready once that one is open; absent: none does. */
  readonly history?: History;
  readonly labels: LabelStore;
  readonly hindsight: Hindsight;
  /** How the pipeline is just now. */
  status(): Status;
  /**
   * What a key has learned, at moments in order of time, also ahead: as the checkpoint has it where no pipeline runs. Of a key that is not
   * in memory, or not judged in this process, nothing. Worked out between batches, some microseconds a moment and column.
   */
  outlook(key: string, times: readonly number[]): Promise<Outlook>;
}

export interface SinkDeclaration<Schema extends z.ZodType> extends PluginDeclaration<Schema> {
  /** `idempotent`: the same batch twice has the effect of once, whatever the order inside it. */
  readonly delivery: 'idempotent' | 'at-least-once';
  /**
   * That it keeps the greatest epoch of each pipeline and partition in the place that it writes to, compares it in the transaction that
   * writes, and rejects what comes from an earlier holder with QS_FENCED (`fenced`).
   */
  readonly fence?: true;
  /** That it answers on the engine's own HTTP listener, which the pipeline then has, whether its file names one or not. */
  readonly door?: true;
  /**
   * What it keeps, to be asked: opened beside the sink with connections of its own, with a right to read and no more, when somebody asks
   * first; closed with it.
   */
  history?(config: z.output<Schema>, host: OutsideHost, schema: PipelineSchema): History & { close(): Promise<void> };
  /** What is wrong between this configuration and the pipeline that it is to serve, a sentence each; asked before anything opens. */
  check?(config: z.output<Schema>, schema: PipelineSchema): string[];
  /**
   * Makes what earlier runs have stored readable without a pipeline running (`engine serve`), where that needs a process: says where
   * in the log and keeps it up until `host.signal` aborts.
   */
  serve?(config: z.output<Schema>, host: SinkHost): Promise<void>;
  /** `engine dashboard`: a dashboard of what this configuration stores, as Grafana's JSON; derived from the schema, and opens nothing. */
  dashboard?(config: z.output<Schema>, schema: PipelineSchema, sources: DashboardSources): object | Promise<object>;
  /** Where it keeps what people say of episodes (`engine label`). */
  readonly feedback?: Feedback<z.output<Schema>>;
  /** `engine doctor`: whether what this configuration needs can be reached. Changes nothing there. Never throws. */
  diagnose?(config: z.output<Schema>, host: OutsideHost): Promise<readonly Finding[]>;
  create(config: z.output<Schema>, host: SinkHost): Sink | Promise<Sink>;
}
