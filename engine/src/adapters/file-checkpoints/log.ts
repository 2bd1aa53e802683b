// A log of records: appended to, read from by place, and gone through in pieces.

import { crc32 } from 'node:zlib';
import { type FileSystem, onDisk } from './disk.js';
import { HEAD, type Head, headLength, readHead } from './record.js';

/** Records are collected and files are gone through in so many bytes. */
const PIECE = 1 << 20;

export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A record that was gone past. `sound` is false where its payload is damaged. */
export type Visit = (head: Head, place: Place, sound: boolean) => void;

/** Where a walk ended, and why before the end that it was given. */
export interface Walked {
  readonly end: number;
  readonly trouble?: string;
  /** A record that is cut off at the end is what a crash leaves; anything else is damage. */
  readonly damaged: boolean;
}

export class LogFile {
  readonly path: string;
  /** Bytes, those included that are not written yet. */
  length: number;
  private readonly fs: FileSystem;
  private readonly file: number;
  /** What was appended since the last flush, and where that begins in the file. */
  private readonly pending = Buffer.allocUnsafe(PIECE);
  private waiting = 0;

  /** @param flags `w+` to begin one, `r+` to go on with one, `r` to look at one */
  constructor(fs: FileSystem, path: string, flags: 'w+' | 'r+' | 'r') {
    this.fs = fs;
    this.path = path;
    this.file = onDisk(path, flags === 'w+' ? 'written' : 'read', () => fs.openSync(path, flags));
    this.length = onDisk(path, 'read', () => fs.fstatSync(this.file).size);
  }

  /** Adds a record. Where that fails, the log is as it was, and the same can be tried again. */
  append(record: Buffer): Place {
    if (this.waiting + record.length > PIECE) this.flush();
    const place = { offset: this.length, length: record.length };
    if (record.length > PIECE) this.write(record, this.length);
    else {
      record.copy(this.pending, this.waiting);
      this.waiting += record.length;
    }
    this.length += record.length;
    return place;
  }

  /** The whole record at a place, as bytes. */
  record({ offset, length }: Place): Buffer {
    const flushed = this.length - this.waiting;
    if (offset >= flushed) return Buffer.from(this.pending.subarray(offset - flushed, offset - flushed + length));
    const record = Buffer.allocUnsafe(length);
    const got = this.fill(record, 0, length, offset);
    return record.subarray(0, got);
  }

  /** The payload of the record at a place; `undefined` where it is damaged. */
  payload(place: Place): Uint8Array | undefined {
    const record = this.record(place);
    if (record.length < place.length) return undefined;
    const before = headLength(record);
    const head = before <= record.length ? readHead(record.subarray(0, before)) : undefined;
    if (head?.length !== place.length) return undefined;
    const payload = record.subarray(before);
    return crc32(payload) === head.check ? payload : undefined;
  }

  /** Writes what waits. */
  flush(): void {
    if (this.waiting === 0) return;
    this.write(this.pending.subarray(0, this.waiting), this.length - this.waiting);
    this.waiting = 0;
  }

  sync(): void {
    this.flush();
    onDisk(this.path, 'written', () => this.fs.fsyncSync(this.file));
  }

  /** Forgets what lies behind. */
  cut(length: number): void {
    if (this.length !== length) onDisk(this.path, 'written', () => this.fs.ftruncateSync(this.file, length));
    this.length = length;
  }

  close(): void {
    this.fs.closeSync(this.file);
  }

  /**
   * Goes past the records from the beginning up to `to`, a piece at a time.
   * @param verify whether payloads are read to see that they are sound; else large ones are jumped over
   */
  walk(to: number, verify: boolean, visit: Visit): Walked {
    const window = new Window((into, at, length, from) => this.fill(into, at, length, from), to);
    let offset = 0;
    while (offset < to) {
      if (offset + HEAD > to) return { end: offset, trouble: `the record at byte ${offset} is cut off`, damaged: false };
      const before = headLength(window.at(offset, HEAD));
      const head = offset + before <= to ? readHead(window.at(offset, before)) : undefined;
      if (!head) {
        // Cut off within its name, or damaged: where it cannot be told, the number in front of a name is right more often than not.
        const damaged = offset + before <= to || before === Number.POSITIVE_INFINITY;
        return { end: offset, trouble: `the record at byte ${offset} is damaged`, damaged };
      }
      if (offset + head.length > to) return { end: offset, trouble: `the record at byte ${offset} is cut off`, damaged: false };
      const sound = !verify || window.check(offset + before, head.length - before) === head.check;
      visit(head, { offset, length: head.length }, sound);
      offset += head.length;
    }
    return { end: offset, damaged: false };
  }

  private write(bytes: Buffer, position: number): void {
    onDisk(this.path, 'written', () => {
      for (let written = 0; written < bytes.length; )
        written += this.fs.writeSync(this.file, bytes, written, bytes.length - written, position + written);
    });
  }

  /** @returns how many bytes there were */
  private fill(into: Buffer, at: number, length: number, from: number): number {
    return onDisk(this.path, 'read', () => {
      let read = 0;
      while (read < length) {
        const got = this.fs.readSync(this.file, into, at + read, length - read, from + read);
        if (got === 0) break;
        read += got;
      }
      return read;
    });
  }
}

/** A part of a file in memory that moves forward. */
class Window {
  private readonly fill: (into: Buffer, at: number, length: number, from: number) => number;
  private readonly end: number;
  private bytes = Buffer.allocUnsafe(PIECE);
  private start = 0;
  private filled = 0;

  constructor(fill: Window['fill'], end: number) {
    this.fill = fill;
    this.end = end;
  }

  /** Bytes of the file, lent until the next call. */
  at(offset: number, length: number): Buffer {
    if (offset < this.start || offset + length > this.start + this.filled) {
      if (length > this.bytes.length) this.bytes = Buffer.allocUnsafe(length);
      this.start = offset;
      this.filled = this.fill(this.bytes, 0, Math.min(this.bytes.length, this.end - offset), offset);
      if (this.filled < length) this.bytes.fill(0, this.filled, length);
    }
    return this.bytes.subarray(offset - this.start, offset - this.start + length);
  }

  /** The CRC of a stretch, however long. */
  check(offset: number, length: number): number {
    let sum = 0;
    for (let done = 0; done < length; ) {
      const known = offset + done - this.start < this.filled ? this.start + this.filled - (offset + done) : PIECE;
      const part = Math.min(known, length - done, PIECE);
      sum = crc32(this.at(offset + done, part), sum);
      done += part;
    }
    return sum;
  }
}
