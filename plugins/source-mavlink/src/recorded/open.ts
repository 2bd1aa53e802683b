import { basename } from 'node:path';
import type { SourceHost } from '@quantstream/engine';
import type { Config } from '../config.js';
import { type Connection, ONBOARD } from '../connections.js';
import type { Counters } from '../counters.js';
import { DataflashReader } from '../dataflash/reader.js';
import type { Streams } from '../streams.js';
import type { RecordingReader } from './reader.js';
import { TlogReader } from './tlog-reader.js';

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

const openTlog: OpenRecording = (path, { name }, config, streams, counters, host, state) =>
  TlogReader.open(path, basename(path), { ...config, name, timing: 'recorded' }, streams, counters, host, state);

/** What reads a recording, by the ending of its name; anything else is a telemetry log. */
const READERS: readonly (readonly [ending: RegExp, open: OpenRecording])[] = [
  [/\.tlog(?:\.gz)?$/i, openTlog],
  [ONBOARD, DataflashReader.open],
];

/** The reader of a file. @throws QS_SOURCE_FAILED when the file cannot be opened */
export const openRecording: OpenRecording = (path, ...rest) => {
  const [, open] = READERS.find(([ending]) => ending.test(path)) ?? [/$/, openTlog];
  return open(path, ...rest);
};
