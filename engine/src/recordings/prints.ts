/** Recognises a file in which reading goes on: by its first bytes, and by those before the place. */
import { crc32 } from 'node:zlib';
import { PIECE, type Pieces } from './pieces.js';

/** Lengths and checksums (CRC-32) of the first bytes of a decoded content, and of those before a place in it. */
export type Print = readonly [head: number, headCrc: number, tail: number, tailCrc: number];

const HEAD = 1_024;
const TAIL = 256;
/** Bytes that are kept behind the piece that is read: places lie in them. */
const KEPT = 2 * PIECE;

/** Pieces that are smaller, together, are kept as one. */
const SMALL = 4_096;

/** The decoded content of a file, from front to back. */
export interface Content extends Pieces {
  /** What the content is recognised by when reading goes on at this place, which must not lie far behind what was read. */
  print(at: number): Print;
}

/** A content that remembers what it is recognised by. */
export class Remembered implements Content {
  private readonly pieces: Pieces;
  private head: Buffer;
  /** Of a content that was entered behind its beginning: what it was recognised by there. */
  private readonly known: Print | undefined;
  private readonly start: number;
  /** The last pieces, and where they begin. */
  private kept: Buffer[] = [];
  private base: number;
  private length = 0;

  constructor(pieces: Pieces, start = 0, known?: Print) {
    this.pieces = pieces;
    this.known = known;
    this.start = start;
    this.base = start;
    this.head = Buffer.alloc(0);
  }

  get size(): number {
    return this.pieces.size;
  }

  get consumed(): number {
    return this.pieces.consumed;
  }

  get truncated(): string | undefined {
    return this.pieces.truncated;
  }

  async read(): Promise<Buffer | undefined> {
    const piece = await this.pieces.read();
    if (piece) this.note(piece);
    return piece;
  }

  private note(piece: Buffer): void {
    if (this.start === 0 && this.head.length < HEAD)
      this.head = Buffer.concat([this.head, piece.subarray(0, HEAD - this.head.length)]);
    const last = this.kept.at(-1);
    // What grows line by line comes in pieces of a line.
    if (last && last.length + piece.length <= SMALL) this.kept[this.kept.length - 1] = Buffer.concat([last, piece]);
    else this.kept.push(piece);
    this.length += piece.length;
    while (this.length - this.kept[0]!.length >= KEPT) {
      const gone = this.kept.shift()!.length;
      this.base += gone;
      this.length -= gone;
    }
  }

  /**
   * Passes over what lies before a place.
   * @returns what was left of the last piece, or, where the content is another one or ends before the place, `undefined`
   */
  async passTo(at: number, known: Print | undefined): Promise<Buffer | undefined> {
    let passed = 0;
    while (passed < at) {
      const piece = await this.read();
      if (!piece) return undefined;
      passed += piece.length;
      if (passed >= at) return known && !this.isKnown(at, known) ? undefined : piece.subarray(piece.length - passed + at);
    }
    return Buffer.alloc(0);
  }

  print(at: number): Print {
    const { known, start } = this;
    if (known && at <= start) return known;
    const head = Math.min(this.head.length, at);
    return [
      ...(known ? ([known[0], known[1]] as const) : ([head, crc32(this.head.subarray(0, head))] as const)),
      ...this.tail(at, TAIL),
    ];
  }

  /** How many bytes before a place are known, of those that are wanted, and their checksum. */
  private tail(at: number, wanted: number): readonly [length: number, crc: number] {
    const from = Math.max(this.base, at - wanted);
    let length = 0;
    let crc = 0;
    let begin = this.base;
    for (const piece of this.kept) {
      const part = piece.subarray(Math.max(from - begin, 0), Math.max(at - begin, 0));
      crc = crc32(part, crc);
      length += part.length;
      begin += piece.length;
    }
    return [length, crc];
  }

  private isKnown(at: number, [head, headCrc, tail, tailCrc]: Print): boolean {
    const [length, crc] = this.tail(at, tail);
    return this.head.length >= head && crc32(this.head.subarray(0, head)) === headCrc && length === tail && crc === tailCrc;
  }

  close(): Promise<void> {
    return this.pieces.close();
  }
}

/** Whether the bytes of a file are those that a print was made of. @param read gives bytes of the file */
export async function fits(read: (at: number, length: number) => Promise<Buffer>, at: number, known: Print): Promise<boolean> {
  const [head, headCrc, tail, tailCrc] = known;
  const [first, last] = [await read(0, head), await read(at - tail, tail)];
  return first.length === head && crc32(first) === headCrc && last.length === tail && crc32(last) === tailCrc;
}
