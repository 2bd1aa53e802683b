/** The content of an open file, piece by piece: as it is, or inflated. */
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { Gunzip, InflateRaw } from 'node:zlib';
import { messageOf } from '../api/index.js';

/** The decoded content of a file, from front to back. */
export interface Content {
  /** Bytes of the file itself. */
  readonly size: number;
  /** Of these, how many were read: for the progress bar. */
  readonly consumed: number;
  /** Why the content ended before its end, if it did. Known once `read` has returned `undefined`. */
  readonly truncated: string | undefined;
  /** The next piece, never empty, which stays the caller's; `undefined` at the end. Rejects where the disk cannot be read. */
  read(): Promise<Buffer | undefined>;
  /** Frees the file. Twice is fine. */
  close(): Promise<void>;
}

/** Bytes of a piece, at most. */
export const PIECE = 128 * 1024;
/** Bytes that are inflated at once, at most: deflate makes up to 1,032 times as much of them. */
const MOUTHFUL = 32 * 1024;

/** A stretch of a file as it is. */
export class Stretch implements Content {
  readonly size: number;
  consumed: number;
  readonly truncated = undefined;
  private readonly file: FileHandle;
  private readonly end: number;
  private readonly piece: number;

  /** @param end byte of the file behind the stretch; `Infinity` for all that there is, and all that is added while it is read */
  constructor(file: FileHandle, size: number, start: number, end = Number.POSITIVE_INFINITY, piece = PIECE) {
    this.file = file;
    this.size = size;
    this.consumed = start;
    this.end = end;
    this.piece = piece;
  }

  async read(): Promise<Buffer | undefined> {
    const length = Math.min(this.piece, this.end - this.consumed);
    if (length <= 0) return undefined;
    const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(length), 0, length, this.consumed);
    this.consumed += bytesRead;
    return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/**
 * A deflated stretch of a file. Node's streams throw away what they hold when an error comes, so the inflater is fed by hand,
 * piece by piece, and its output is taken before the next: whatever was decoded before a fault is delivered.
 */
export class Inflated implements Content {
  truncated: string | undefined;
  private readonly packed: Stretch;
  private readonly inflater: Gunzip | InflateRaw;
  private readonly ready: Buffer[] = [];
  /** Decoded bytes that are still to be passed over. */
  private skip: number;
  private finishing = false;
  private ended = false;
  /** Ends the wait for a write: one that meets a fault never calls back. */
  private written = () => {};

  /** @param skip decoded bytes that are left out */
  constructor(
    file: FileHandle,
    size: number,
    [start, end]: readonly [number, number],
    inflater: Gunzip | InflateRaw,
    skip: number,
  ) {
    this.packed = new Stretch(file, size, start, end, MOUTHFUL);
    this.inflater = inflater;
    this.skip = skip;
    inflater.on('data', (piece: Buffer) => this.ready.push(piece));
    inflater.on('end', () => {
      this.ended = true;
    });
    inflater.on('error', (error) => {
      this.truncated ??= messageOf(error);
      this.ended = true;
      this.written();
    });
    inflater.on('close', () => {
      this.ended = true;
      this.written();
    });
  }

  get size(): number {
    return this.packed.size;
  }

  get consumed(): number {
    return this.packed.consumed;
  }

  async read(): Promise<Buffer | undefined> {
    for (;;) {
      while (this.ready.length === 0 && !this.ended) await this.feed();
      const piece = this.ready.shift();
      if (!piece || this.skip === 0) return piece;
      const rest = piece.subarray(this.skip);
      this.skip -= piece.length - rest.length;
      if (rest.length > 0) return rest;
    }
  }

  private async feed(): Promise<void> {
    const piece = this.finishing ? undefined : await this.packed.read();
    if (piece) {
      await new Promise<void>((resolve) => {
        this.written = resolve;
        this.inflater.write(piece, () => resolve());
      });
    } else if (!this.finishing) {
      this.finishing = true;
      this.inflater.end();
    }
    // The callback comes when the whole piece is decoded; one turn later its output has arrived as well.
    await turn();
  }

  async close(): Promise<void> {
    this.inflater.destroy();
    await this.packed.close();
  }
}
