import { checkSaved, isPacked, readPosition } from '@quantstream/engine/recordings';
import type { Named } from './files.js';
import type { Position } from './formats/reader.js';

/** Where a run stands, as JSON. */
export interface Cursor {
  readonly version: 1;
  /** Observations handed over: the sequence of the last. */
  readonly count: number;
  /** By name of each file that was begun: bytes (or rows of Parquet) and lines taken; −1 where it was read to its end. */
  readonly files: Readonly<Record<string, readonly [at: number, line: number]>>;
}

export const DONE: readonly [number, number] = [-1, 0];

/** @throws QS_SOURCE_FAILED where it is none, or does not fit the files */
export async function readCursor(text: string, files: readonly Named[]): Promise<Cursor> {
  const cursor = readPosition<Cursor>(text, 'file', 'files', ({ version, files }) => version === 1 && files !== undefined);
  for (const [name, [at]] of Object.entries(cursor.files)) {
    const file = files.find((candidate) => candidate.name === name);
    if (at < 0 || (file && at <= file.size)) continue;
    // A place in what is packed, or a number of rows, says nothing of the size of the file.
    if (file && (/\.(gz|parquet|pq)$/i.test(name) || (await isPacked(file.path)))) continue;
    checkSaved('file', { name, size: at, atLeast: true }, file);
  }
  return cursor;
}

export function toPosition([at, line]: readonly [number, number]): Position {
  return { at, line };
}
