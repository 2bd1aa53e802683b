import { QuantStreamError } from '@quantstream/engine';
import type { Named } from './paths.js';
import type { Position } from './reader.js';

/** Where a run stands, as JSON. */
export interface Cursor {
  readonly version: 1;
  /** Observations handed over: the sequence of the last. */
  readonly count: number;
  /** By name of each file that was begun: bytes (or rows of Parquet) and lines taken; −1 where it was read to its end. */
  readonly files: Readonly<Record<string, readonly [at: number, line: number]>>;
}

export const DONE: readonly [number, number] = [-1, 0];
const ADVICE = 'put it back, or start afresh with --reset-state';
const failure = (message: string) => new QuantStreamError('QS_SOURCE_FAILED', `file: ${message}`);

/** @throws QS_SOURCE_FAILED where it is none, or does not fit the files */
export function readCursor(text: string, files: readonly Named[]): Cursor {
  let cursor: Partial<Cursor> | undefined;
  try {
    cursor = JSON.parse(text) as Partial<Cursor>;
  } catch {
    // Told below.
  }
  if (cursor?.version !== 1 || cursor.files === undefined)
    throw failure('the saved position is not one of files: start afresh with --reset-state, or give the pipeline another name');
  for (const [name, [at]] of Object.entries(cursor.files)) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined && at >= 0) throw failure(`${name}, where reading stopped, is gone: ${ADVICE}`);
    if (file && !/\.(gz|parquet|pq)$/i.test(name) && at > file.size)
      throw failure(`${file.path} has ${file.size} bytes and had at least ${at} when reading stopped: ${ADVICE}`);
  }
  return cursor as Cursor;
}

export function toPosition([at, line]: readonly [number, number]): Position {
  return { at, line };
}
