// What a folder of checkpoints holds, for people; the state of a pipeline that runs may be looked at.

import { join } from 'node:path';
import { messageOf } from '../../api/index.js';
import { Contents, type Kept } from './contents.js';
import { FILE_SYSTEM } from './disk.js';
import { LogFile } from './log.js';
import { logsIn, type Manifest, readManifest } from './manifest.js';
import { END } from './record.js';
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

/** The keys in a folder of checkpoints, one after the other; `read` reads what is saved of one, until the next is asked for. */
export function* inspectKeys(directory: string): Generator<{ key: string; bytes: number; read: () => Uint8Array }> {
  const found = named(directory, () => newestIn(directory));
  if (!found) return;
  const { log, manifest } = found;
  try {
    const contents = new Contents();
    const { trouble } = named(directory, () =>
      log.walk(manifest.length, false, (head, place) => contents.add(head, place, true)),
    );
    if (trouble !== undefined) throw corrupt(directory, new Error(`${trouble} in ${manifest.log}`));
    for (const [key, kept] of contents.states)
      yield { key, bytes: kept.length, read: () => named(directory, () => read(log, kept)) };
  } finally {
    log.close();
  }
}

/** A checkpoint, by its manifest or by its log alone. */
type Found = Omit<Manifest, 'format'>;

function looking<T>(directory: string, look: (log: LogFile, manifest: Found) => T): T | undefined {
  return named(directory, () => {
    const found = newestIn(directory);
    try {
      return found && look(found.log, found.manifest);
    } finally {
      found?.log.close();
    }
  });
}

function newestIn(directory: string): { log: LogFile; manifest: Found } | undefined {
  if (!FILE_SYSTEM.existsSync(directory)) return undefined;
  const written = readManifest(directory, FILE_SYSTEM);
  if (typeof written === 'string') throw new Error(written);
  // A run that was killed just before it wrote its manifest: the next start finds the checkpoint in the log.
  const manifest = written ?? lastIn(directory);
  return manifest && { log: new LogFile(FILE_SYSTEM, join(directory, manifest.log), 'r'), manifest };
}

/** Does something with a folder of checkpoints. @throws QS_STATE_CORRUPT, QS_STATE_LAYOUT */
function named<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw corrupt(directory, error instanceof Error ? error : new Error(messageOf(error)));
  }
}

/** The last checkpoint that a log of a folder holds; none before the first one of all. */
function lastIn(directory: string): Found | undefined {
  for (const name of logsIn(directory, FILE_SYSTEM)) {
    const log = new LogFile(FILE_SYSTEM, join(directory, name), 'r');
    try {
      let length = 0;
      log.walk(log.length, true, (head, place, sound) => {
        if (head.kind === END && sound) length = place.offset + place.length;
      });
      if (length === 0) continue;
      const contents = new Contents();
      log.walk(length, false, (head, place) => contents.add(head, place, true));
      return { log: name, length, end: contents.end!, keys: contents.states.size, live: contents.live };
    } finally {
      log.close();
    }
  }
  return undefined;
}

function read(log: LogFile, kept: Kept): Uint8Array {
  const payload = log.payload(kept);
  if (!payload) throw new Error(`the record at byte ${kept.offset} is damaged`);
  return payload;
}
