/** A plain file as it grows: what was added is read, and that it was cut or written anew is noticed. */
import type { FileHandle } from 'node:fs/promises';
import { type Pieces, type Print, Remembered } from '@quantstream/engine/recordings';
import type { Peeked } from '../piped.js';

/** Bytes that are read at once. */
const PIECE = 128 * 1024;
/** So many bytes in front of the place are compared whenever something was read. */
const COMPARED = 256;

/** A file that grows is dry where it has been read to its end; then more may come. */
export class Growing implements Peeked {
  readonly truncated = undefined;
  /** It was read to its end, and more may come. */
  dry = false;
  /** It holds less than was read of it, or something else: it was cut, or written anew. Nothing more is read then. */
  cut = false;
  private readonly file: FileHandle;
  private readonly remembered: Remembered;
  /** What is read next, byte of the file; and those before it. */
  private at: number;
  private before: Buffer;
  private over = false;
  /** When it was changed last, as far as it was looked at, ms since the epoch. */
  private changed = Number.NaN;

  /** @param before the last bytes in front of `at`, 256 at most */
  constructor(file: FileHandle, at: number, before: Buffer, known?: Print) {
    this.file = file;
    this.at = at;
    this.before = before;
    const pieces: Pieces = {
      size: 0,
      consumed: 0,
      truncated: undefined,
      read: () => this.piece(),
      close: () => this.file.close(),
    };
    this.remembered = new Remembered(pieces, at, known);
  }

  get size(): number {
    return this.at;
  }

  get consumed(): number {
    return this.at;
  }

  /** Nothing more is waited for: its last line is taken as it is. */
  finish(): void {
    this.over = true;
    this.dry = false;
  }

  begin(): Promise<Buffer> {
    throw new Error('what a followed file begins with is looked at before');
  }

  async read(): Promise<Buffer | undefined> {
    const piece = await this.remembered.read();
    this.dry = piece === undefined && !this.over;
    return piece;
  }

  private async piece(): Promise<Buffer | undefined> {
    const { file, at } = this;
    if (this.cut) return undefined;
    const { size, mtimeMs } = await file.stat();
    if (size < at) this.cut = true;
    if (size <= at) {
      // It may have been written anew, and be as long as it was.
      if (size === at && mtimeMs !== this.changed) this.cut = !(await this.isSame());
      this.changed = mtimeMs;
      return undefined;
    }
    const length = Math.min(PIECE, size - at);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    const piece = buffer.subarray(0, bytesRead);
    // Looked at behind that: as long as the bytes in front are the same, what was read is what follows them.
    this.cut = !(await this.isSame());
    if (this.cut || bytesRead === 0) return undefined;
    this.at += bytesRead;
    this.before = Buffer.concat([this.before, piece.subarray(-COMPARED)]).subarray(-COMPARED);
    return piece;
  }

  /** Whether the bytes in front of the place are those that were read. */
  private async isSame(): Promise<boolean> {
    const { file, at, before } = this;
    if (before.length === 0) return true;
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(before.length), 0, before.length, at - before.length);
    return buffer.subarray(0, bytesRead).equals(before);
  }

  print(at: number): Print {
    return this.remembered.print(at);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** The last bytes in front of a place, for comparing. */
export async function bytesBefore(file: FileHandle, at: number): Promise<Buffer> {
  const length = Math.min(COMPARED, at);
  if (length === 0) return Buffer.alloc(0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at - length);
  return buffer.subarray(0, bytesRead);
}
