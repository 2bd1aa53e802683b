// One record of the log: what stands in its head, and the checks that show damage.

import { crc32 } from 'node:zlib';

/** What a record holds: the state of a key, an immutable part by its hash, or the end of a checkpoint. */
export const STATE = 1;
export const BLOB = 2;
export const END = 3;

/**
 * kind u8, wide name u8, blobs u16, name length u32, payload length u32, wake f64, CRC of these with name and blobs u32, CRC of the
 * payload u32; then the name, 32 bytes for each blob, and the payload. The head has a check of its own: a flipped kind or name
 * would otherwise hide a state behind an older one.
 */
export const HEAD = 28;
const CHECKED = 20;
const HASH = 32;
/** A name longer than this, or more immutable parts, is damage. */
const LONGEST_NAME = 1 << 24;
const LARGEST_PAYLOAD = 2 ** 32 - 1;
// One for all keys without immutable parts.
const NONE: string[] = [];

export interface Head {
  readonly kind: number;
  readonly name: string;
  /** When a key wants to be woken, and which immutable parts its state refers to. */
  readonly wake: number;
  readonly blobs: readonly string[];
  /** Bytes up to the payload, and those of all. */
  readonly before: number;
  readonly length: number;
  readonly check: number;
}

export function makeRecord(kind: number, name: string, wake: number, blobs: readonly string[], payload: Uint8Array): Buffer {
  // UTF-8 has no letters for half a surrogate pair, and keys are whatever a source calls them.
  const wide = /\p{Surrogate}/u.test(name);
  const letters = Buffer.from(name, wide ? 'utf16le' : 'utf8');
  const before = HEAD + letters.length + blobs.length * HASH;
  if (payload.length > LARGEST_PAYLOAD || letters.length > LONGEST_NAME)
    throw new RangeError(`the state of ${name.slice(0, 100)} is too large to be saved`);
  const record = Buffer.allocUnsafe(before + payload.length);
  record[0] = kind;
  record[1] = wide ? 1 : 0;
  record.writeUInt16LE(blobs.length, 2);
  record.writeUInt32LE(letters.length, 4);
  record.writeUInt32LE(payload.length, 8);
  record.writeDoubleLE(wake, 12);
  letters.copy(record, HEAD);
  for (const [i, hash] of blobs.entries()) record.write(hash, HEAD + letters.length + i * HASH, 'hex');
  record.set(payload, before);
  record.writeUInt32LE(headCheck(record, before), CHECKED);
  record.writeUInt32LE(crc32(payload), CHECKED + 4);
  return record;
}

/** How many bytes there are in front of the payload, from the first {@link HEAD} of them; more than any record has where they are damaged. */
export function headLength(bytes: Buffer): number {
  const name = bytes.readUInt32LE(4);
  return name > LONGEST_NAME ? Number.POSITIVE_INFINITY : HEAD + name + bytes.readUInt16LE(2) * HASH;
}

/** Reads what stands in front of a payload; `undefined` where it is damaged. */
export function readHead(bytes: Buffer): Head | undefined {
  const before = bytes.length;
  if (headCheck(bytes, before) !== bytes.readUInt32LE(CHECKED)) return undefined;
  const letters = bytes.readUInt32LE(4);
  const name = bytes.toString(bytes[1] === 1 ? 'utf16le' : 'utf8', HEAD, HEAD + letters);
  const blobs: string[] = before > HEAD + letters ? [] : NONE;
  for (let at = HEAD + letters; at < before; at += HASH) blobs.push(bytes.toString('hex', at, at + HASH));
  const length = before + bytes.readUInt32LE(8);
  return { kind: bytes[0]!, name, wake: bytes.readDoubleLE(12), blobs, before, length, check: bytes.readUInt32LE(CHECKED + 4) };
}

const headCheck = (bytes: Buffer, before: number): number =>
  crc32(bytes.subarray(HEAD, before), crc32(bytes.subarray(0, CHECKED)));
