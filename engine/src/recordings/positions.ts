/** What sources check of a saved position before they go on from it. */
import { QuantStreamError } from '../api/index.js';

/**
 * Reads a position that was saved as JSON.
 * @param of what it must be a position of, for the message: `recordings`
 * @param fits whether it is one; what it throws counts as no
 * @throws QS_SOURCE_FAILED where it is none
 */
export function readPosition<Position>(
  text: string,
  plugin: string,
  of: string,
  fits: (position: Position) => boolean,
): Position {
  try {
    const position = JSON.parse(text) as Position;
    if (fits(position)) return position;
  } catch {
    // Told below.
  }
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `${plugin}: the saved position is not one of ${of}: start afresh with --reset-state, or give the pipeline another name`,
  );
}

/** A file as a saved position knows it. */
export interface SavedFile {
  readonly name: string;
  /** Bytes that it had when reading stopped, or that had been read of it by then. */
  readonly size: number;
  /** Whether `size` is what had been read, so that it may have had more. */
  readonly atLeast?: boolean;
  /** Whose file it is, where a source has several streams: `where reading pier stopped`. */
  readonly stream?: string;
}

/**
 * The file of a saved position must still be there, and hold at least what it held.
 * @param file what stands in its place now, `undefined` where nothing does
 * @throws QS_SOURCE_FAILED where it is gone or became shorter
 */
export function checkSaved(
  plugin: string,
  saved: SavedFile,
  file: { readonly path: string; readonly size: number } | undefined,
): void {
  const { name, size, atLeast, stream } = saved;
  const refusal = (what: string) =>
    new QuantStreamError('QS_SOURCE_FAILED', `${plugin}: ${what}: put it back, or start afresh with --reset-state`);
  if (!file) throw refusal(`${name}, where reading ${stream === undefined ? '' : `${stream} `}stopped, is gone`);
  if (file.size < size)
    throw refusal(`${file.path} has ${file.size} bytes and had ${atLeast ? 'at least ' : ''}${size} when reading stopped`);
}
