// Values to bytes.

import { serialize } from 'node:v8';
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
import { pack, packingOf, typeOf } from './packing.js';
import type { Shapes } from './shapes.js';

const FIRST_ROOM = 4_096;
/** What a large state made of it is let go again. */
const MOST_ROOM = 1 << 20;
const LARGEST_WHOLE = 2 ** 32 - 1;

/** Writes values, one after the other, in an array that it keeps. */
export class Writer {
  private bytes = Buffer.allocUnsafe(FIRST_ROOM);
  private at = 0;
  private shapes: Shapes | undefined;

  write(value: unknown, shapes: Shapes | undefined): Uint8Array {
    this.shapes = shapes;
    this.at = 0;
    this.room(HEADER.length);
    this.bytes.set(HEADER);
    this.at = HEADER.length;
    this.value(value);
    const written = new Uint8Array(this.bytes.subarray(0, this.at));
    if (this.bytes.length > MOST_ROOM) this.bytes = Buffer.allocUnsafe(FIRST_ROOM);
    return written;
  }

  private value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        return this.number(value);
      case 'string':
        return this.text(value);
      case 'boolean':
        return this.byte(value ? TRUE : FALSE);
      case 'undefined':
        return this.byte(UNDEFINED);
      case 'object':
        return value === null ? this.byte(NULL) : this.object(value);
      default:
        return this.other(value);
    }
  }

  private number(x: number): void {
    if (x === Math.floor(x) && x <= LARGEST_WHOLE && x >= -LARGEST_WHOLE && (x !== 0 || 1 / x > 0)) {
      if (x >= 0 && x < 256 - SMALL) return this.byte(SMALL + x);
      this.byte(x < 0 ? NEGATIVE : WHOLE);
      return this.count(Math.abs(x));
    }
    if (Number.isNaN(x)) return this.byte(NOT_A_NUMBER);
    if (x === Number.POSITIVE_INFINITY) return this.byte(INFINITY);
    if (x === Number.NEGATIVE_INFINITY) return this.byte(MINUS_INFINITY);
    this.byte(DOUBLE);
    this.room(8);
    this.at = this.bytes.writeDoubleLE(x, this.at);
  }

  private text(text: string): void {
    let wide = false;
    for (let i = 0; !wide && i < text.length; i++) wide = text.charCodeAt(i) > 0xff;
    this.byte(wide ? WIDE_TEXT : TEXT);
    this.count(text.length);
    this.room(2 * text.length);
    this.at += this.bytes.write(text, this.at, wide ? 'utf16le' : 'latin1');
  }

  private object(value: object): void {
    if (Array.isArray(value)) {
      this.byte(ARRAY);
      this.count(value.length);
      for (let i = 0; i < value.length; i++) this.value(value[i]);
      return;
    }
    const type = typeOf(value);
    if (type !== undefined) return this.numbers(value as Float64Array, type);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.other(value);
    const names = Object.keys(value);
    const shape = this.shapes?.numberOf(names) ?? -1;
    this.byte(shape < 0 ? OBJECT : SHAPED);
    this.count(shape < 0 ? names.length : shape);
    for (let i = 0; i < names.length; i++) {
      if (shape < 0) this.text(names[i]!);
      this.value((value as Record<string, unknown>)[names[i]!]);
    }
  }

  private numbers(array: Float64Array, type: number): void {
    const packing = packingOf(array, type);
    this.byte(NUMBERS);
    this.byte(type);
    this.byte(packing.how);
    this.count(packing.count);
    this.room(packing.bytes);
    pack(array, packing, this.bytes, this.at);
    this.at += packing.bytes;
  }

  private other(value: unknown): void {
    const bytes = serialize(value);
    this.byte(OTHER);
    this.count(bytes.length);
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private byte(byte: number): void {
    this.room(1);
    this.bytes[this.at++] = byte;
  }

  /** A whole number from 0 to 2³² − 1, seven bits a byte. */
  private count(n: number): void {
    this.room(5);
    let rest = n;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.at++] = rest;
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.at + bytes));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}
