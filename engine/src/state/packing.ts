// Typed arrays as few bytes: what is all alike, mostly 0, small whole numbers or exact in 32 bits is written as that.

import { NO_NUMBERS } from '../api/index.js';

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;
type Make = new (from: number | ArrayBuffer) => Numbers;

/** By number in the format; only ever add at the end. */
const TYPES: readonly Make[] = [
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray as unknown as Make,
];
const SIZES = TYPES.map((type) => type.prototype.BYTES_PER_ELEMENT as number);
const NUMBER_OF = new Map<unknown, number>(TYPES.map((type, i) => [type, i]));
const [F64, F32, U32, U16, U8] = [0, 1, 3, 5, 7];
/** Bits of the byte that says how: elements that are 0 are left out and stand in a bit mask; one element stands for all. */
const SPARSE = 0x10;
const ALIKE = 0x20;
const WIDTH = 0x0f;

/** The number of a type of array in the format; `undefined` for what is none. */
export const typeOf = (value: object): number | undefined => NUMBER_OF.get(value.constructor);

/** How the elements of an array are written: in which type, and whether zeros are left out. */
export interface Packing {
  readonly how: number;
  readonly count: number;
  readonly kept: number;
  readonly bytes: number;
}

/** Finds the leanest way to write an array. */
export function packingOf(array: Numbers, type: number): Packing {
  const count = array.length;
  let zeros = 0;
  let alike = true;
  let whole = true;
  let most = 0;
  let single = type === F64;
  const first = array[0]!;
  for (let i = 0; i < count; i++) {
    const x = array[i]!;
    if (x === 0 && 1 / x > 0) zeros++;
    else if (whole && x > 0 && x <= 0xffffffff && x === Math.floor(x)) {
      if (x > most) most = x;
    } else whole = false;
    if (single && !whole && !exact(x)) single = false;
    if (alike && !Object.is(x, first)) alike = false;
  }
  // What was whole so far may still not be exact in 32 bits.
  if (single && !whole) for (let i = 0; single && i < count; i++) single = exact(array[i]!);
  const size = sizeOf(type);
  const lean = whole ? (most <= 0xff ? U8 : most <= 0xffff ? U16 : U32) : single ? F32 : type;
  const width = sizeOf(lean) < size ? lean : type;
  if (alike && count > 1) return { how: width | ALIKE, count, kept: 1, bytes: sizeOf(width) };
  const mask = (count + 7) >> 3;
  const kept = count - zeros;
  if (mask + kept * sizeOf(width) < count * sizeOf(width))
    return { how: width | SPARSE, count, kept, bytes: mask + kept * sizeOf(width) };
  return { how: width, count, kept: count, bytes: count * sizeOf(width) };
}

/** Whether a number is the same in 32 bits. */
const exact = (x: number): boolean => Math.fround(x) === x || Number.isNaN(x);

/** Elements on their way, seen as each type. An array of a few numbers lies within its object, and asking for its buffer would move it out for good. */
const SCRATCH = 4_096;
const scratch = TYPES.map((Type) => new Type(SCRATCH));
const scratchBytes = scratch.map(({ buffer }) => new Uint8Array(buffer));

/** Writes an array as found. */
export function pack(array: Numbers, { how, count, kept, bytes }: Packing, out: Buffer, at: number): void {
  const width = how & WIDTH;
  if (kept > SCRATCH && how === width && array.constructor === TYPES[width]) {
    out.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    return;
  }
  const elements = kept > SCRATCH ? new TYPES[width]!(kept) : scratch[width]!;
  const size = kept * sizeOf(width);
  const mask = bytes - size;
  if (mask > 0) out.fill(0, at, at + mask);
  if (how & SPARSE) {
    for (let i = 0, k = 0; i < count; i++) {
      const x = array[i]!;
      if (x === 0 && 1 / x > 0) continue;
      elements[k++] = x;
      out[at + (i >> 3)]! |= 1 << (i & 7);
    }
  } else for (let i = 0; i < kept; i++) elements[i] = array[i]!;
  const whole = kept > SCRATCH ? new Uint8Array(elements.buffer) : scratchBytes[width]!;
  for (let i = 0, to = at + mask; i < size && size <= SHORT; i++) out[to + i] = whole[i]!;
  if (size > SHORT) out.set(whole.subarray(0, size), at + mask);
}

/** Reads an array back. @returns it, and where what follows begins */
export function unpack(type: number, how: number, count: number, bytes: Buffer, at: number): [Numbers, number] {
  const width = how & WIDTH;
  const To = TYPES[type];
  if (!TYPES[width] || !To) throw new Error('not a state of this engine version');
  const mask = how & SPARSE ? (count + 7) >> 3 : 0;
  if (at + mask > bytes.length) throw new Error('a state ends too early');
  let kept = how & ALIKE ? 1 : count;
  if (mask > 0) {
    kept = 0;
    for (let i = 0; i < mask; i++) for (let b = bytes[at + i]!; b !== 0; b &= b - 1) kept++;
  }
  const start = at + mask;
  const end = start + kept * sizeOf(width);
  if (end > bytes.length) throw new Error('a state ends too early');
  if (count === 0 && type === F64) return [NO_NUMBERS, end];
  const elements = elementsAt(width, kept, bytes, start, end);
  const array = new To(count);
  if (how & ALIKE) array.fill(elements[0]!);
  else if (mask > 0) {
    for (let i = 0, k = 0; i < count; i++) if (bytes[at + (i >> 3)]! & (1 << (i & 7))) array[i] = elements[k++]!;
  } else if (kept > SCRATCH) array.set(elements);
  else for (let i = 0; i < count; i++) array[i] = elements[i]!;
  return [array, end];
}

function elementsAt(width: number, kept: number, bytes: Buffer, start: number, end: number): Numbers {
  if (kept > SCRATCH)
    return new TYPES[width]!(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + end) as ArrayBuffer);
  const whole = scratchBytes[width]!;
  if (end - start > SHORT) whole.set(bytes.subarray(start, end));
  else for (let i = 0; i < end - start; i++) whole[i] = bytes[start + i]!;
  return scratch[width]!;
}

/** So few bytes are copied one by one: a view costs more. */
const SHORT = 64;

const sizeOf = (type: number): number => SIZES[type]!;
