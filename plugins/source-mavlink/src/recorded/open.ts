/** Which reader a recording is opened with. */
import { basename } from 'node:path';
import { DataflashReader } from '../dataflash/reader.js';
import { ONBOARD, ONBOARD_TEXT, ULOG } from '../links/connections.js';
import { UlogReader } from '../ulog/reader.js';
import type { OpenRecording } from './reader.js';
import { TlogReader } from './tlog-reader.js';

const openTlog: OpenRecording = (path, { name }, config, streams, counters, host, state) =>
  TlogReader.open(path, basename(path), { ...config, name, timing: 'recorded' }, streams, counters, host, state);

/** What reads a recording, by the ending of its name; anything else is a telemetry log. */
const READERS: readonly (readonly [ending: RegExp, open: OpenRecording])[] = [
  [/\.tlog(?:\.gz)?$/i, openTlog],
  [ONBOARD, DataflashReader.open],
  [ONBOARD_TEXT, DataflashReader.open],
  [ULOG, UlogReader.open],
];

/** The reader of a file. @throws QS_SOURCE_FAILED when the file cannot be opened */
export const openRecording: OpenRecording = (path, ...rest) => {
  const [, open] = READERS.find(([ending]) => ending.test(path)) ?? [/$/, openTlog];
  return open(path, ...rest);
};
