import type { SourceHost } from '@quantstream/engine';
import type { Config } from '../config.js';
import type { Connection } from '../links/connections.js';
import type { Counters } from '../vehicle/counters.js';
import type { Drafts, Streams } from '../vehicle/streams.js';

/** One recording, from front to back. */
export interface RecordingReader {
  /** The file's name without its folder. */
  readonly name: string;
  /** Bytes of the file, and how many of them were read. */
  readonly size: number;
  readonly consumed: number;
  /**
   * What it has come to, as JSON: opened again with it, `next` gives what it would give now. A reader may count a loss before such a
   * point again.
   */
  state(): unknown;
  /** The next observations, at most about `limit`, perhaps none; `undefined` at the end. What lies at the end of `missing` belongs to what follows. */
  next(limit: number): Promise<Drafts | undefined>;
  /** Frees the file. Twice is fine. */
  close(): Promise<void>;
}

/** Opens one recording, at a state that its reader has given, or at its beginning. */
export type OpenRecording = (
  path: string,
  connection: Connection,
  config: Config,
  streams: Streams,
  counters: Counters,
  host: SourceHost,
  state?: unknown,
) => Promise<RecordingReader>;
