// Writes states and immutable parts, many in one statement.

import type { About } from '@quantstream/engine';
import type { Ask } from './connection.js';
import { packHashes } from './digest.js';
import { BLOBS, STATES } from './tables.js';

/** Bytes in one statement, at most, unless a single state has more. */
const PIECE = 8 << 20;

/** A state that is not in the database yet. */
export interface Waiting {
  readonly key: Buffer;
  readonly number: number;
  readonly about: About;
  readonly state: Uint8Array;
  readonly digest: Buffer;
}

/** Many values as one: where each begins, counted from 1, its length, and all of them in a row. */
function packed(values: readonly Uint8Array[]) {
  const starts: number[] = [];
  let at = 1;
  for (const { length } of values) {
    starts.push(at);
    at += length;
  }
  return [starts, values.map(({ length }) => length), Buffer.concat(values)];
}

// A parameter of bytes travels as it is; an array of them would travel as text, twice as long.
const INSERT_STATES = `
  INSERT INTO ${STATES} (pipeline, part, key, number, wake, blobs, state, digest)
  SELECT $1, $2, substring($5::bytea FROM key_at FOR key_length), number, wake, substring($8::bytea FROM blobs_at FOR blobs_length),
    substring($11::bytea FROM state_at FOR state_length), substring($12::bytea FROM (32 * (i - 1) + 1)::int FOR 32)
  FROM unnest($3::int[], $4::int[], $6::int[], $7::int[], $9::int[], $10::int[], $13::bigint[], $14::float8[])
    WITH ORDINALITY AS one (key_at, key_length, blobs_at, blobs_length, state_at, state_length, number, wake, i)
  ON CONFLICT (pipeline, part, key, number) DO UPDATE
    SET wake = excluded.wake, blobs = excluded.blobs, state = excluded.state, digest = excluded.digest`;

const INSERT_BLOB = `INSERT INTO ${BLOBS} (pipeline, part, hash, bytes) VALUES ($1, $2, $3, $4)
  ON CONFLICT (pipeline, part, hash) DO UPDATE SET bytes = excluded.bytes`;

export async function writeStates(ask: Ask, owner: readonly [string, string], waiting: Iterable<Waiting>): Promise<void> {
  let piece: Waiting[] = [];
  let bytes = 0;
  const write = async () => {
    if (piece.length === 0) return;
    const [keysAt, keyLengths, keys] = packed(piece.map(({ key }) => key));
    const [blobsAt, blobLengths, blobs] = packed(piece.map(({ about }) => packHashes(about.blobs)));
    const [statesAt, stateLengths, states] = packed(piece.map(({ state }) => state));
    const digests = Buffer.concat(piece.map(({ digest }) => digest));
    const numbers = piece.map(({ number }) => number);
    const wakes = piece.map(({ about }) => about.wake);
    const packs = [keysAt, keyLengths, keys, blobsAt, blobLengths, blobs, statesAt, stateLengths, states];
    await ask(INSERT_STATES, [...owner, ...packs, digests, numbers, wakes]);
    piece = [];
    bytes = 0;
  };
  for (const one of waiting) {
    if (bytes + one.state.length > PIECE) await write();
    piece.push(one);
    bytes += one.state.length;
  }
  await write();
}

export async function writeBlobs(
  ask: Ask,
  owner: readonly [string, string],
  blobs: Iterable<readonly [hash: string, bytes: Uint8Array]>,
): Promise<void> {
  for (const [hash, bytes] of blobs) await ask(INSERT_BLOB, [...owner, Buffer.from(hash, 'hex'), bufferOf(bytes)]);
}

/** The client sends a Buffer as bytes, and any other view as well, as long as it says where it ends. */
export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
