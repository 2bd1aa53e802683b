import type { z } from 'zod';
import type { Missing, Observation } from './observation.js';
import type { Door } from './people/door.js';
import type { Clock, Field, Finding, Log, OutsideHost, PluginDeclaration } from './plugin.js';

/** One step of a source. How a stream is cut into batches never changes a result. */
export interface SourceBatch {
  readonly observations: readonly Observation[];
  /** Stretches known to be lost; applied before `observations`. */
  readonly missing?: readonly Missing[];
  /** Where the source stands after this batch. Handing it to `read` goes on exactly behind it. `null`: it cannot be resumed. */
  readonly cursor: string | null;
  /** How far event time has come, from a source that knows (a live one says so at least every 100 ms, silence included). */
  readonly watermark?: number;
}

export interface Source {
  /**
   * Called once. Yields until the input ends or `signal` aborts, and returns within a second of that.
   * `from` is a cursor that this source yielded before, or `null` to begin at the beginning (or at now, when live).
   * Bad input is reported with `host.drop` and skipped. What throws ends the pipeline with exit code 1, so a source
   * that can reconnect does so itself.
   */
  read(from: string | null, signal: AbortSignal): AsyncIterable<SourceBatch>;
  /** Called after a checkpoint that holds `cursor`: everything up to it may be forgotten upstream. Advisory. */
  commit?(cursor: string): Promise<void>;
  /** Called once after `read` has ended; twice must be fine. */
  close?(): Promise<void>;
}

/** What one type of observation carries. */
export interface ObservationType {
  readonly about: string;
  /** `contiguous`: each id follows the last, so a jump means that some are missing. `growing`: a jump means nothing. */
  readonly sequence: 'contiguous' | 'growing';
  readonly fields: Readonly<Record<string, Field>>;
  /** Named texts, with what they are. */
  readonly text?: Readonly<Record<string, string>>;
}
export type Emits = Readonly<Record<string, ObservationType>>;

export interface SourceHost extends OutsideHost {
  /**
   * The engine's own HTTP listener, for a source that declares `door`. What is mounted in `create` answers as soon as the pipeline listens,
   * which is before `read`; `mount` resolves only then, so do not wait for it in `create`.
   */
  readonly http: Door;
  /** The pipeline's `time`: how late an observation may be, and how far ahead of all others it is believed at once, ms. */
  readonly time: { readonly lateness: number; readonly maxAhead: number };
  /**
   * Counts what is thrown away (`quantstream_dropped_total{reason}`, the summary) and logs a sample once in a while.
   * @param reason snake_case, from a small fixed set: `bad_line`, `bad_price`; `repeated` is what was there before, which is no loss
   * @param detail where and what: `readings.csv:17: level "abc"`
   */
  drop(reason: string, detail: string, count?: number): void;
  /** Counts observations that were lost on the way and fetched again, in order (`quantstream_repaired_total`, the summary). */
  repaired(count: number): void;
  /** Why nothing can come just now, a sentence that `/ready` shows; `undefined`: it can again. What it tries it logs itself. */
  trouble(why: string | undefined): void;
  /** How far a source with an end has come, for the progress bar. */
  progress(done: number, total: number, unit: 'bytes' | 'observations' | 'ms'): void;
}

/** What `engine fetch` brings: recordings that this source can read, from where they are published. */
export interface Fetching<Options extends z.ZodType = z.ZodType> {
  readonly about: string;
  /** Arguments after the plugin's name, for help texts: `STATION 2024-08-01..2024-08-07`. */
  readonly example: string;
  /** Schema of what `--with name=value` may say, as strict and as described as `config`. */
  readonly options: Options;
  /**
   * Downloads and verifies; what is in the folder already and is whole is not fetched again, what was interrupted goes on.
   * @throws what cannot be had, in a sentence with the address; what was fetched stays
   */
  run(request: FetchRequest, options: z.output<Options>, host: FetchHost): Promise<Fetched>;
}

export interface FetchRequest {
  /** What to get, in the source's own words. */
  readonly what: string;
  /** Event times, ms since the epoch; `to` is not included. */
  readonly from: number;
  readonly to: number;
  /** Where the recordings go: an absolute path of a folder that exists. */
  readonly folder: string;
}

export interface FetchHost {
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  progress(done: number, total: number, unit: 'bytes' | 'files'): void;
}

export interface Fetched {
  /** Absolute paths, in order of time. */
  readonly files: readonly string[];
  /** Bytes that were downloaded now, and files that were here already. */
  readonly bytes: number;
  readonly kept: number;
  /** What is not published, a sentence each: a day that has not ended. */
  readonly absent: readonly string[];
  /** What to put over the source's `with` to read these files: `{ connect: 'file', files: […] }`. */
  readonly with: Readonly<Record<string, unknown>>;
}

export interface SourceDeclaration<Schema extends z.ZodType> extends PluginDeclaration<Schema> {
  /** The types that this configuration emits. Pure. */
  emits(config: z.output<Schema>): Emits;
  /**
   * What of the configuration a cursor and the state behind it depend on; default: all of it. Changing the rest (an address, a proxy, a
   * limit) keeps the state. Pure.
   */
  basis?(config: z.output<Schema>): unknown;
  /**
   * What to set so that this source comes to an end, where it never does by itself: what needs an end (`engine evaluate`, `backtest`,
   * `train`) then refuses it with this advice. Default: it has an end. Pure.
   */
  endless?(config: z.output<Schema>): string | undefined;
  /**
   * Whether cursors are ever other than `null` with this configuration. Default: true. It may look at what kind of file a path is (a FIFO
   * cannot be read twice), and opens nothing.
   * @param resolvePath the host's
   */
  resumable?(config: z.output<Schema>, resolvePath: (path: string) => string): boolean;
  /**
   * `engine validate`: looks at what this configuration names without opening a socket or taking anything away: files, and their first rows.
   * Absent: there is nothing that can be seen. @throws what is wrong, with what would help @returns whether it has seen everything
   */
  look?(config: z.output<Schema>, host: SourceHost): Promise<boolean>;
  /** Where its recordings are published and can be had, if anywhere. */
  readonly fetch?: Fetching;
  /**
   * That others come to it, on the engine's own HTTP listener, which the pipeline then has, whether its file names one or not: at the address
   * that it always has, as they know no other.
   */
  readonly door?: true;
  /** `engine doctor`: whether what this configuration needs can be reached, and how far its clock is from ours. Never throws. */
  diagnose?(config: z.output<Schema>, host: OutsideHost): Promise<readonly Finding[]>;
  create(config: z.output<Schema>, host: SourceHost): Source | Promise<Source>;
}
