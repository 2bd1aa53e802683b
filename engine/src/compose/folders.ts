// The folders that a pipeline keeps its state in, and what they hold.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspectCheckpoint, inspectKeys } from '../adapters/file-checkpoints/inspect.js';
import { FileCheckpoints } from '../adapters/file-checkpoints/store.js';
import { FileRequests } from '../adapters/file-requests.js';
import { makeFolder, messageOf, QuantStreamError, tryFolder } from '../api/index.js';
import type { EntityState } from '../judge/entity.js';
import type { LifeState } from '../judge/life/life.js';
import { type CheckpointStore, MemoryCheckpoints } from '../ports/checkpoints.js';
import type { Plan } from '../spec/planned.js';
import { decode } from '../state/codec.js';
import { decodeSaved, type Saved } from '../state/saved.js';
import { Shapes } from '../state/shapes.js';
import type { Role } from '../vitals/vitals.js';

/** The folder of a pipeline's checkpoint, within its data folder; with a channel, one of each half and partition. */
export const checkpointDirectory = (dataDirectory: string, part?: 'ingest' | number): string =>
  part === undefined
    ? join(dataDirectory, 'checkpoint')
    : join(dataDirectory, part === 'ingest' ? 'checkpoint-ingest' : `checkpoint-partition-${part}`);

/** Every folder of checkpoints that a pipeline may have in its data folder. */
export function checkpointDirectories(dataDirectory: string): string[] {
  if (!existsSync(dataDirectory)) return [];
  return readdirSync(dataDirectory)
    .filter((name) => /^checkpoint(-ingest|-partition-\d+)?$/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(dataDirectory, name));
}

/** Where the state of a pipeline, or of a half or partition of it, survives. */
export function checkpointStore({ config, dataDirectory }: Plan, part?: 'ingest' | number): CheckpointStore {
  return config.checkpoint.store === 'memory'
    ? new MemoryCheckpoints()
    : new FileCheckpoints(checkpointDirectory(dataDirectory, part));
}

/** Forgets the state that a role of a pipeline keeps. @throws QS_STATE_LOCKED while an engine runs on it */
export async function forgetState({ dataDirectory }: Plan, role: Role): Promise<void> {
  for (const directory of checkpointDirectories(dataDirectory)) {
    const ingest = directory.endsWith('ingest');
    if (role === 'all' || ingest === (role === 'ingest')) await new FileCheckpoints(directory).reset();
  }
}

/** What a folder of checkpoints holds, for people; the state of a pipeline that runs may be looked at. */
export interface CheckpointFolder {
  readonly saved: Saved;
  readonly keys: number;
  /** Bytes of its log, and those of them that are not outdated. */
  readonly bytes: number;
  readonly live: number;
}

/** The last checkpoint in a folder, without going through its log. */
export function readCheckpoint(directory: string): CheckpointFolder | undefined {
  const found = inspectCheckpoint(directory);
  return found && { saved: decodeSaved(found.meta), keys: found.keys, bytes: found.bytes, live: found.live };
}

/** The keys in a folder of checkpoints, and the bytes of each. */
export function readKeys(directory: string): { key: string; bytes: number }[] {
  const keys: { key: string; bytes: number }[] = [];
  inspectKeys(directory, (key, bytes) => keys.push({ key, bytes }));
  return keys;
}

/** The lives of the models in a folder of checkpoints, key by key and model by model. */
export function readLives(directory: string): { key: string; model: string; life: LifeState }[] {
  const shapes = new Shapes(readCheckpoint(directory)?.saved.shapes);
  const found: { key: string; model: string; life: LifeState }[] = [];
  inspectKeys(directory, (key, _, state) => {
    const { lives } = decode(state(), shapes) as EntityState;
    for (const [model, life] of Object.entries(lives)) found.push({ key, model, life });
  });
  return found;
}

/** Forgets the state in a folder of checkpoints. @throws QS_STATE_LOCKED while an engine runs on it */
export function forgetCheckpoint(directory: string): Promise<void> {
  return new FileCheckpoints(directory).reset();
}

/** Where requests to a pipeline wait. */
export const requestsOf = (dataDirectory: string): FileRequests => new FileRequests(join(dataDirectory, 'requests'));

/** @throws QS_DATA_FOLDER */
export const makeDataFolder = (path: string): void => orElse(path, makeFolder);

/** Whether the folder of a pipeline can be written, without making it. @throws QS_DATA_FOLDER */
export const tryDataFolder = (path: string): void => orElse(path, tryFolder);

function orElse(path: string, attempt: (path: string) => void): void {
  try {
    attempt(path);
  } catch (error) {
    throw new QuantStreamError('QS_DATA_FOLDER', `the folder ${path} cannot be made: ${messageOf(error)}; name another one`, {
      cause: error,
    });
  }
}
