// Bytes to values.

import { deserialize } from 'node:v8';
import {
  ARRAY,
  DOUBLE,
  FALSE,
  HEADER,
  INFINITY,
  MINUS_INFINITY,
  NEGATIVE,
  NOT_A_NUMBER,
  NULL,
  NUMBERS,
  OBJECT,
  OTHER,
  SHAPED,
  SMALL,
  TEXT,
  TRUE,
  UNDEFINED,
  WHOLE,
  WIDE_TEXT,
} from './format.js';
import { unpack } from './packing.js';
import type { Shapes } from './shapes.js';

/** Reads one encoded value. What it makes shares no memory with the bytes, as states are changed in place. */
export class Reader {
  private readonly bytes: Buffer;
  private readonly shapes: Shapes | undefined;
  private at = HEADER.length;

  constructor(bytes: Uint8Array, shapes: Shapes | undefined) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.shapes = shapes;
  }

  /** @throws {Error} where the bytes are no value of this format */
  read(): unknown {
    for (let i = 0; i < HEADER.length; i++)
      if (this.bytes[i] !== HEADER[i]) throw new Error('not a state of this engine version');
    const value = this.value();
    if (this.at !== this.bytes.length) throw new Error('a state goes on behind its end');
    return value;
  }

  private value(): unknown {
    const kind = this.byte();
    if (kind >= SMALL) return kind - SMALL;
    switch (kind) {
      case UNDEFINED:
        return undefined;
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NOT_A_NUMBER:
        return Number.NaN;
      case INFINITY:
        return Number.POSITIVE_INFINITY;
      case MINUS_INFINITY:
        return Number.NEGATIVE_INFINITY;
      case WHOLE:
        return this.count();
      case NEGATIVE:
        return -this.count();
      case DOUBLE:
        return this.bytes.readDoubleLE(this.pass(8));
      case TEXT:
      case WIDE_TEXT:
        return this.text(kind);
      case ARRAY:
        return Array.from({ length: this.size() }, () => this.value());
      case OBJECT:
        return this.object();
      case SHAPED:
        return this.shaped();
      case NUMBERS:
        return this.numbers();
      case OTHER:
        return this.other();
      default:
        throw new Error('not a state of this engine version');
    }
  }

  private text(kind: number): string {
    const length = this.count();
    const bytes = kind === TEXT ? length : 2 * length;
    const start = this.pass(bytes);
    return this.bytes.toString(kind === TEXT ? 'latin1' : 'utf16le', start, start + bytes);
  }

  private object(): object {
    const object: Record<string, unknown> = {};
    for (let left = this.size(); left > 0; left--) put(object, this.text(this.byte()), this.value());
    return object;
  }

  private shaped(): object {
    const names = this.shapes?.list[this.count()];
    if (!names) throw new Error('a state has fields whose names are not known');
    const object: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) put(object, names[i]!, this.value());
    return object;
  }

  private numbers(): object {
    const type = this.byte();
    const how = this.byte();
    const [array, end] = unpack(type, how, this.count(), this.bytes, this.at);
    this.at = end;
    return array;
  }

  private other(): unknown {
    const length = this.count();
    const start = this.pass(length);
    return deserialize(Buffer.from(this.bytes.subarray(start, start + length)));
  }

  private byte(): number {
    return this.bytes[this.pass(1)]!;
  }

  /** A count of things that follow, each of which takes a byte at least. */
  private size(): number {
    const size = this.count();
    if (size > this.bytes.length - this.at) throw new Error('a state ends too early');
    return size;
  }

  private count(): number {
    let n = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.byte();
      n += (byte & 0x7f) * unit;
      if (byte < 0x80) return n;
    }
  }

  /** Goes past so many bytes. @returns where they begin */
  private pass(bytes: number): number {
    const start = this.at;
    this.at += bytes;
    if (this.at > this.bytes.length) throw new Error('a state ends too early');
    return start;
  }
}

function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
