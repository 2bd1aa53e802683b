/** Where the files stand that are followed, as it is saved. */
import { readPosition } from '@quantstream/engine/recordings';
import type { Mark } from '../cursor.js';

/** A file that is followed, or was. */
export interface SavedPlace {
  /** What the file keeps whatever it is called. */
  readonly identity: string;
  /** Where it was last, as a path, and what it is called in messages. */
  readonly path: string;
  readonly name: string;
  /** What its rows belong to where keys come from the path. */
  readonly key: string;
  /** What is behind it was not read. */
  readonly mark: Mark;
  /** When it was changed last, ms since the epoch. */
  readonly changed: number;
  /** No pattern led to it any more: it was read before what has its name now. */
  readonly nameless?: true;
  /** The columns that it has, where its first line does not name them. */
  readonly columns?: readonly string[];
  /** Nothing more is expected in it: its size when it was read to its end. */
  readonly done?: number;
}

/** Where a run stands that follows files, as JSON. */
export interface FollowedCursor {
  readonly kind: 'followed';
  readonly files: readonly SavedPlace[];
  /** By key of a file, or by '' for all: how many rows were handed over. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The latest time that was handed over; `null` where there is none. */
  readonly latest: number | null;
}

/** @throws QS_SOURCE_FAILED where it is none */
export function readFollowed(text: string): FollowedCursor {
  return readPosition<FollowedCursor>(
    text,
    'file',
    'followed files',
    ({ kind, files, numbers }) => kind === 'followed' && Array.isArray(files) && typeof numbers === 'object',
  );
}
