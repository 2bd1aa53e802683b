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
    if (typeof value === 'number') this.number(value);
    else if (typeof value === 'string') this.text(value);
    else if (typeof value === 'boolean') this.byte(value ? TRUE : FALSE);
    else if (value === undefined) this.byte(UNDEFINED);
    else if (value === null) this.byte(NULL);
    else if (typeof value === 'object') this.object(value);
    else this.other(value);
  }

  private number(x: number): void {
    if (x === Math.floor(x) && x <= LARGEST_WHOLE && x >= -LARGEST_WHOLE && (x !== 0 || 1 / x > 0)) {
      if (x >= 0 && x < 256 - SMALL) this.byte(SMALL + x);
      else {
        this.byte(x < 0 ? NEGATIVE : WHOLE);
        this.count(Math.abs(x));
      }
    } else if (Number.isNaN(x)) this.byte(NOT_A_NUMBER);
    else if (x === Number.POSITIVE_INFINITY) this.byte(INFINITY);
    else if (x === Number.NEGATIVE_INFINITY) this.byte(MINUS_INFINITY);
    else {
      this.byte(DOUBLE);
      this.room(8);
      this.at = this.bytes.writeDoubleLE(x, this.at);
    }
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
    const type = typeOf(value);
    if (Array.isArray(value)) {
      this.byte(ARRAY);
      this.count(value.length);
      for (let i = 0; i < value.length; i++) this.value(value[i]);
    } else if (type !== undefined) this.numbers(value as Float64Array, type);
    else if (isPlain(value)) this.fields(value as Record<string, unknown>);
    else this.other(value);
  }

  private fields(value: Record<string, unknown>): void {
    const names = Object.keys(value);
    const shape = this.shapes?.numberOf(names) ?? -1;
    this.byte(shape < 0 ? OBJECT : SHAPED);
    this.count(shape < 0 ? names.length : shape);
    for (const name of names) {
      if (shape < 0) this.text(name);
      this.value(value[name]);
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

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
