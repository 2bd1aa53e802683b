/** The content of an open file or stream, piece by piece: as it is, or inflated. */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { crc32, type Gunzip, type InflateRaw } from 'node:zlib';
import { messageOf } from '../api/index.js';

/** Where pieces come from. */
export interface Pieces {
  /** Bytes of the file itself; 0 for a stream, which has no size. */
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
export const MOUTHFUL = 32 * 1024;

/** A stretch of a file as it is. */
export class Stretch implements Pieces {
  readonly size: number;
  consumed: number;
  readonly truncated: string | undefined;
  private readonly file: FileHandle;
  private readonly end: number;
  private readonly piece: number;

  /** @param end byte of the file behind the stretch; `Infinity` for all that there is, and all that is added while it is read */
  constructor(file: FileHandle, size: number, [start, end]: readonly [number, number], piece = PIECE, truncated?: string) {
    this.file = file;
    this.size = size;
    this.consumed = start;
    this.end = end;
    this.piece = piece;
    this.truncated = truncated;
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

/** What comes through a pipe: once, from front to back. Closing it ends a read that waits. */
export class Piped implements Pieces {
  readonly size = 0;
  consumed = 0;
  truncated: string | undefined;
  private readonly stream: Readable;
  private readonly pieces: AsyncIterator<Buffer>;
  private ready: Buffer[] = [];
  private closed = false;

  constructor(stream: Readable) {
    this.stream = stream;
    this.pieces = stream[Symbol.asyncIterator]();
  }

  /** The first bytes, which are still to be read; fewer where there are no more. */
  async begin(count: number): Promise<Buffer> {
    let first = Buffer.concat(this.ready);
    while (first.length < count) {
      const piece = await this.next();
      if (!piece) break;
      first = Buffer.concat([first, piece]);
    }
    this.ready = first.length > 0 ? [first] : [];
    return first;
  }

  async read(): Promise<Buffer | undefined> {
    const piece = this.ready.shift() ?? (await this.next());
    if (!piece || piece.length <= MOUTHFUL) return piece;
    this.ready.unshift(piece.subarray(MOUTHFUL));
    return piece.subarray(0, MOUTHFUL);
  }

  private async next(): Promise<Buffer | undefined> {
    try {
      for (;;) {
        const { value, done } = await this.pieces.next();
        if (done) return undefined;
        this.consumed += value.length;
        if (value.length > 0) return value;
      }
    } catch (error) {
      if (!this.closed) this.truncated ??= messageOf(error);
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stream.destroy();
  }
}

/** What an archive says of a file in it. */
export interface Promised {
  readonly size: number;
  readonly crc: number;
}

/**
 * What is deflated in other pieces. Node's streams throw away what they hold when an error comes, so the inflater is fed by hand,
 * piece by piece, and its output is taken before the next: whatever was decoded before a fault is delivered.
 */
export class Inflated implements Pieces {
  truncated: string | undefined;
  private readonly packed: Pieces;
  private readonly inflater: Gunzip | InflateRaw;
  private readonly promised: Promised | undefined;
  private readonly ready: Buffer[] = [];
  private finishing = false;
  private ended = false;
  private size_ = 0;
  private crc = 0;
  /** Ends the wait for a write: one that meets a fault never calls back. */
  private written = () => {};

  /** @param promised what must have come out at the end */
  constructor(packed: Pieces, inflater: Gunzip | InflateRaw, promised?: Promised) {
    this.packed = packed;
    this.inflater = inflater;
    this.promised = promised;
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
    while (this.ready.length === 0 && !this.ended) await this.feed();
    const piece = this.ready.shift();
    if (piece && this.promised) {
      this.size_ += piece.length;
      this.crc = crc32(piece, this.crc);
    } else if (!piece) this.truncated ??= this.packed.truncated ?? this.broken();
    return piece;
  }

  /** What does not fit the promise. */
  private broken(): string | undefined {
    const { promised } = this;
    if (!promised || (promised.size === this.size_ && promised.crc === this.crc)) return undefined;
    return promised.size === this.size_
      ? 'its content does not fit its checksum'
      : `it holds ${this.size_} bytes where the archive says ${promised.size}`;
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
