// What a folder of checkpoints holds, for people; the state of a pipeline that runs may be looked at.

import { join } from 'node:path';
import { messageOf } from '../../api/index.js';
import { Contents, type Kept } from './contents.js';
import { FILE_SYSTEM } from './disk.js';
import { LogFile } from './log.js';
import { logsIn, type Manifest, readManifest } from './manifest.js';
import { corrupt } from './store.js';

export interface Inspected {
  readonly meta: Uint8Array;
  /** Keys, bytes of the folder's logs that count, and those of them that are not outdated. */
  readonly keys: number;
  readonly bytes: number;
  readonly live: number;
}

/** The newest checkpoint in a folder, without going through its log. @throws QS_STATE_CORRUPT, QS_STATE_LAYOUT */
export function inspectCheckpoint(directory: string): Inspected | undefined {
  return looking(directory, (log, manifest) => {
    const meta = log.payload(manifest.end);
    if (!meta) throw new Error(`the end of the checkpoint at byte ${manifest.end.offset} of ${manifest.log} is damaged`);
    return { meta, keys: manifest.keys, bytes: manifest.length, live: manifest.live };
  });
}

/** The keys in a folder of checkpoints, one after the other; `state` reads what is saved of one. */
export function inspectKeys(directory: string, each: (key: string, bytes: number, state: () => Uint8Array) => void): void {
  looking(directory, (log, manifest) => {
    const contents = new Contents();
    const { trouble } = log.walk(manifest.length, false, (head, place) => contents.add(head, place, true));
    if (trouble !== undefined) throw new Error(`${trouble} in ${manifest.log}`);
    for (const [key, kept] of contents.states) each(key, kept.length, () => read(log, kept));
  });
}

function looking<T>(directory: string, look: (log: LogFile, manifest: Manifest) => T): T | undefined {
  const manifest = FILE_SYSTEM.existsSync(directory) ? readManifest(directory, FILE_SYSTEM) : undefined;
  try {
    if (typeof manifest === 'string') throw new Error(manifest);
    if (!manifest) {
      const logs = FILE_SYSTEM.existsSync(directory) ? logsIn(directory, FILE_SYSTEM) : [];
      if (logs.length > 0)
        throw new Error(`manifest.json is not there, but ${logs[0]} is; the next start looks for a checkpoint in it`);
      return undefined;
    }
    const log = new LogFile(FILE_SYSTEM, join(directory, manifest.log), 'r');
    try {
      return look(log, manifest);
    } finally {
      log.close();
    }
  } catch (error) {
    throw corrupt(directory, error instanceof Error ? error : new Error(messageOf(error)));
  }
}

function read(log: LogFile, kept: Kept): Uint8Array {
  const payload = log.payload(kept);
  if (!payload) throw new Error(`the record at byte ${kept.offset} is damaged`);
  return payload;
}
