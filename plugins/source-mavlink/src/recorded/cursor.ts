import { QuantStreamError } from '@quantstream/engine';
import { readPosition } from '@quantstream/engine/recordings';
import type { StreamsState } from '../vehicle/streams.js';

/** Where a recording stands. */
export interface Place {
  readonly file: string;
  /** Bytes of the file when it was read. */
  readonly size: number;
  /** The reader's own state before its last piece, or at the end of the file. */
  readonly state: unknown;
  /** Whether it came to its end: then it is read on only if it has grown. */
  readonly ended: boolean;
  /** Observations of that piece that were handed over already. */
  readonly taken: number;
}

/** What a cursor holds, as JSON. */
export interface Cursor {
  readonly kind: 'recordings';
  readonly places: readonly Place[];
  readonly streams: StreamsState;
}

/** @throws QS_SOURCE_FAILED where it is not the cursor of recordings */
export const readCursor = (text: string): Cursor =>
  readPosition<Cursor>(text, 'mavlink', 'recorded telemetry', ({ kind }) => kind === 'recordings');

/** The recording of a saved place must be the one that is read, and hold at least what was read of it. */
export function checkPlace(place: Place | undefined, name: string, size: number): void {
  if (place !== undefined && place.file === name && place.size <= size) return;
  const was = place ? `in ${place.file} of ${place.size} bytes` : 'in fewer files';
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `mavlink: reading stopped ${was}, and now there is ${name} of ${size} bytes: put it back, start afresh with --reset-state, or give the pipeline another name`,
  );
}
