// Where a pipeline's state survives: what a store of checkpoints is asked to do, and how it declares itself.

import type { z } from 'zod';
import { QuantStreamError } from './errors.js';
import type { Finding, OutsideHost, PluginDeclaration } from './plugin.js';

/** What a store knows of a state without reading it. */
export interface About {
  /** When the key wants to be woken, in event time; `Infinity`: never. */
  readonly wake: number;
  /** Hashes (SHA-256, hex) of the immutable parts that the state refers to: others are forgotten with the next commit. */
  readonly blobs: readonly string[];
}

/** What a store found when it was opened. */
export interface Found {
  readonly meta: Uint8Array;
  /** What is not as it should be, and what was done about it, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Where the state of a pipeline, or of one part of it, survives. Keys' states are put one by one, also between checkpoints (idle keys are
 * spilled here); `commit` makes everything put so far, together with `meta`, the checkpoint that `open` finds: all of it, or none. What
 * fails with an error that may be tried again leaves the store as it was.
 */
export interface CheckpointStore {
  /**
   * Opens the store: what was put and never committed is forgotten, and whoever held it before can write nothing any more.
   * @returns the last checkpoint that is whole, or `null` if there never was one
   * @throws QS_STATE_LOCKED, QS_STATE_CORRUPT, QS_STATE_LAYOUT
   */
  open(): Promise<Found | null>;
  /** Which holder this is, counted over all processes: a later one has a greater number. `undefined`: the store cannot say. */
  readonly epoch: number | undefined;
  /** Keys that have a state, and when each wants to be woken. */
  entries(): Iterable<{ readonly key: string; readonly wake: number }>;
  put(key: string, state: Uint8Array, about: About): void;
  /** The states of some keys, of those that have one: as few round trips as can be, and as many keys as may be in memory at once. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Immutable parts, by the hash of their content: written once however many states refer to them. */
  hasBlob(hash: string): boolean;
  putBlob(hash: string, bytes: Uint8Array): void;
  /** @throws QS_STATE_CORRUPT unless it has all of them */
  getBlobs(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Whether so much waits in memory that no more should come until it was written. */
  readonly full: boolean;
  /** Between batches, and while states are put: writes out what was put, where that is more than should wait in memory. @throws QS_FENCED */
  makeRoom(): Promise<void>;
  /** @throws QS_FENCED once another process has opened it */
  commit(meta: Uint8Array): Promise<void>;
  /** Forgets everything. */
  reset(): Promise<void>;
  /** Lets go of it; twice is fine. */
  close(): Promise<void>;
}

/** Lines that are only ever added, by any process, and read by all: what people say. */
export interface Notebook {
  /** Resolves once it stays. */
  add(line: string): Promise<void>;
  /** All lines in their order; nothing where none were added since they were read last. */
  read(): Promise<readonly string[] | undefined>;
}

/** The newest checkpoint of a part, for people. */
export interface Look {
  readonly meta: Uint8Array;
  /** Keys, bytes that the checkpoints take, and those of them that are not outdated. */
  readonly keys: number;
  readonly bytes: number;
  readonly live: number;
}

/** The state of a key as it is kept. */
export interface KeptState {
  readonly key: string;
  readonly bytes: number;
  read(): Promise<Uint8Array>;
}

/**
 * The checkpoints of one pipeline: `''` for the whole of it; with a channel `ingest`, and `partition-0` and so on. They may be looked at
 * while the pipeline runs.
 */
export interface Checkpoints {
  of(part: string): CheckpointStore;
  /** The parts that have one. */
  parts(): Promise<string[]>;
  /** Where that of a part stands, for people: without a password. */
  place(part: string): string;
  /** @throws QS_STATE_CORRUPT, QS_STATE_LAYOUT */
  look(part: string): Promise<Look | undefined>;
  /** The keys of the newest checkpoint of a part. */
  states(part: string): AsyncIterable<KeptState>;
  /** What people say of the pipeline's episodes. Without it that lies in the data folder of each machine. */
  readonly notebook?: Notebook;
  close(): Promise<void>;
}

export interface StoreHost extends OutsideHost {
  /** The layout of the states: a store keeps it with each checkpoint, and refuses another one (`otherLayout`). */
  readonly layout: number;
}

export interface StoreDeclaration<Schema extends z.ZodType> extends PluginDeclaration<Schema> {
  /** `engine doctor`: whether what this configuration needs can be reached. Changes nothing there. Never throws. */
  diagnose?(config: z.output<Schema>, host: OutsideHost): Promise<readonly Finding[]>;
  /** Opens nothing yet. */
  create(config: z.output<Schema>, host: StoreHost): Checkpoints | Promise<Checkpoints>;
}

/** A state whose layout this version does not read. @param place where it stands, after "the state" */
export function otherLayout(place: string, found: number, mine: number): QuantStreamError {
  const older = found < mine;
  const way = older
    ? 'start afresh with --reset-state, give the pipeline another name and keep both, or go on with the version that wrote it'
    : 'go on with the version that wrote it, or start afresh with --reset-state';
  return new QuantStreamError(
    'QS_STATE_LAYOUT',
    `the state ${place} has the layout of ${older ? 'an earlier' : 'a later'} version (${found}; this one reads ${mine}): ${way}`,
  );
}

/** A state that cannot be read back, and the way on. @param place where it stands, after "the checkpoint" */
export function corruptState(place: string, why: string, cause?: unknown): QuantStreamError {
  return new QuantStreamError(
    'QS_STATE_CORRUPT',
    `the checkpoint ${place} cannot be read: ${why}; start afresh with --reset-state`,
    {
      cause,
    },
  );
}

/** What a holder is told whose part another process has opened. @param what of the pipeline, as `partition 3` */
export function fenced(what: string, place: string): QuantStreamError {
  return new QuantStreamError(
    'QS_FENCED',
    `another process has taken over ${what}: ${place} takes nothing from this one any more`,
  );
}
