// The bytes of keys and of what refers to them, and the checks that show damage: here, and the same in SQL.

import { createHash } from 'node:crypto';

const HASH = 32;
/** No UTF-8 begins with it: what follows is a key with half a surrogate pair, two bytes a letter. */
const WIDE = Buffer.of(0xff);

/** A key is whatever a source calls it, also what PostgreSQL's text cannot hold. */
export function bytesOf(key: string): Buffer {
  return /\p{Surrogate}/u.test(key) ? Buffer.concat([WIDE, Buffer.from(key, 'utf16le')]) : Buffer.from(key);
}

export function keyOf(bytes: Buffer): string {
  return bytes[0] === WIDE[0] ? bytes.toString('utf16le', 1) : bytes.toString();
}

export const packHashes = (hashes: readonly string[]): Buffer => Buffer.from(hashes.join(''), 'hex');

export function unpackHashes(bytes: Buffer): string[] {
  const hashes: string[] = [];
  for (let at = 0; at < bytes.length; at += HASH) hashes.push(bytes.toString('hex', at, at + HASH));
  return hashes;
}

/** The check of a state with all that stands beside it: a flipped number or name would otherwise hide it behind an older one. */
export function stateDigest(key: Buffer, number: number, wake: number, blobs: Buffer, state: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(24);
  head.writeInt32BE(key.length, 0);
  head.writeBigInt64BE(BigInt(number), 4);
  head.writeDoubleBE(wake, 12);
  head.writeInt32BE(blobs.length, 20);
  return createHash('sha256').update(head).update(key).update(blobs).update(state).digest();
}
export const STATE_DIGEST =
  'sha256(int4send(octet_length(key)) || int8send(number) || float8send(wake) || int4send(octet_length(blobs)) || key || blobs || state)';

/** The check of a checkpoint itself. */
export function checkpointDigest(number: number, layout: number, keys: number, sum: number, meta: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(24);
  head.writeBigInt64BE(BigInt(number), 0);
  head.writeInt32BE(layout, 8);
  head.writeInt32BE(keys, 12);
  head.writeBigInt64BE(BigInt(sum), 16);
  return createHash('sha256').update(head).update(meta).digest();
}
export const CHECKPOINT_DIGEST = 'sha256(int8send(number) || int4send(layout) || int4send(keys) || int8send(sum) || meta)';

/** A check as a number that can be added up: states that are gone or older than they should be change the sum over all. */
export const partOfSum = (digest: Buffer): number => digest.readUIntBE(0, 6);
const MODULUS = 2 ** 48;
export const added = (sum: number, part: number): number => (sum + part) % MODULUS;
export const taken = (sum: number, part: number): number => (sum - part + MODULUS) % MODULUS;
