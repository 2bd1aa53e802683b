import { checkSaved, type Print, readPosition } from '@quantstream/engine/recordings';
import type { Named } from './files.js';
import type { Position } from './formats/reader.js';

/** Where reading stopped in a file, as numbers: place and line, what it is recognised by, whether its last row had no end of line. */
export type Mark = readonly [at: number, line: number, ...print: Print | readonly [], torn: 0 | 1];

/** Of a file that was read to its end: its size and when it was changed last. As long as both are the same, there is nothing new. */
export type Whole = readonly [size: number, changed: number];

/** Where the files stand, as JSON. */
export interface Cursor {
  readonly version: 2;
  /** By name of each file that was begun. */
  readonly files: Readonly<Record<string, { readonly mark: Mark; readonly whole?: Whole }>>;
}

/** @throws QS_SOURCE_FAILED where it is none, or a file that was begun and not ended is gone */
export function readCursor(text: string, files: readonly Named[]): Cursor {
  const cursor = readPosition<Cursor>(text, 'file', 'files', ({ version, files }) => version === 2 && files !== undefined);
  for (const [name, { mark, whole }] of Object.entries(cursor.files)) {
    if (!whole && !files.some((file) => file.name === name))
      checkSaved('file', { name, size: mark[0], atLeast: true }, undefined);
  }
  return cursor;
}

export function toMark({ at, line, print, torn }: Position): Mark {
  return [at, line, ...(print ?? ([] as const)), torn ? 1 : 0];
}

export function toPosition(mark: Mark): Position {
  const [at, line, ...rest] = mark as readonly number[];
  const torn = rest.pop() === 1;
  return { at: at!, line: line!, ...(rest.length > 0 && { print: rest as unknown as Print }), ...(torn && { torn }) };
}
