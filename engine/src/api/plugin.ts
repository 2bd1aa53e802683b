import type { z } from 'zod';

/** The version of these contracts. A plugin declares the one it was written against; the engine refuses another. */
export const API_VERSION = 1;

export type PluginKind = 'source' | 'features' | 'model' | 'sink' | 'store';

/** How bad a rule says that it is. What a learned model finds is a `warning`. */
export type Severity = 'info' | 'warning' | 'critical';

/** What every plugin declares about itself. Validation, the reference pages and the editor's JSON Schema all derive from it. */
export interface PluginDeclaration<Schema extends z.ZodType> {
  /** Short and unique within its kind: `file` is found under `sinks: { out: { use: file } }`. */
  readonly name: string;
  readonly api: typeof API_VERSION;
  /** One sentence for `engine plugins` and the reference page. */
  readonly about: string;
  /** Schema of `with:` in the pipeline file: every field has a description, and its unit where it has one. */
  readonly config: Schema;
  /** A small valid `with:` for the reference page. */
  readonly example?: Readonly<Record<string, unknown>>;
  /** Markdown for the end of the reference page: limits, formats, formulas that belong to no single field. */
  readonly notes?: string;
}

/** A number with a name: what an observation carries or a row holds. */
export interface Field {
  /** The unit as a term that both sides of a match spell the same: `quote`, `base`, `V`, `m/s²`, `1` for a pure number. */
  readonly unit: string;
  readonly about: string;
  /** What it is called where it comes from, where its name was made or chosen: `engine validate` shows both. */
  readonly from?: string;
  /** True where an observation may come without it. */
  readonly optional?: boolean;
}

/** A logger as pino's: an object of fields, then a sentence. Never call it per observation. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type Labels = Readonly<Record<string, string>>;
export interface Counter {
  add(amount?: number, labels?: Labels): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}
/** Prometheus metrics under the prefix `quantstream_`. Asking twice for one name returns the same metric. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
}

/** The only clock of a plugin that talks to the outside. Features and models have none: replay must be exact. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What the engine lends to every plugin. */
export interface Host {
  /** The pipeline's name. */
  readonly pipeline: string;
  /** The plugin's name in the pipeline file: `source`, `features`, or the key under `models:` or `sinks:`. */
  readonly part: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What a plugin that does input or output may use as well. */
export interface OutsideHost extends Host {
  readonly clock: Clock;
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal;
  /** A path from the pipeline file, relative to that file, as an absolute path. */
  resolvePath(path: string): string;
  /** The folder for this pipeline's own data, made on demand. */
  dataPath(name: string): string;
}

/** What `engine doctor` says of one thing that a plugin needs. */
export interface Finding {
  /** What was looked at: `wss://example.org`, `clock`. */
  readonly subject: string;
  readonly state: 'good' | 'doubtful' | 'bad';
  /** What was found and, unless good, what to do. */
  readonly detail: string;
}
