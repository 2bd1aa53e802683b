// Finds the newest checkpoint that is whole, and makes it what counts.

import { corruptState, otherLayout } from '@quantstream/engine';
import { type Ask, THOROUGH } from './connection.js';
import { Contents } from './contents.js';
import { CHECKPOINT_DIGEST, keyOf, partOfSum, STATE_DIGEST, unpackHashes } from './digest.js';
import { BLOBS, CHECKPOINTS, PARTS, STATES } from './tables.js';

/** States that are looked at in one go. */
const PIECE = 5_000;

export interface Opened {
  readonly epoch: number;
  /** The number of the checkpoint that counts; 0 before the first. */
  readonly last: number;
  readonly meta: Uint8Array | undefined;
  readonly warnings: readonly string[];
  readonly contents: Contents;
}

type Owner = readonly [pipeline: string, part: string];

// The clock of the server: a store that was made anew begins above all that came before it, so that nobody who has
// seen an epoch takes a new holder for an old one.
const TAKE = `
  INSERT INTO ${PARTS} AS p (pipeline, part, epoch, last)
  VALUES ($1, $2, greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
    1 + (SELECT coalesce(max(epoch), 0) FROM ${CHECKPOINTS} WHERE pipeline = $1 AND part = $2)), 0)
  ON CONFLICT (pipeline, part) DO UPDATE SET epoch = greatest(p.epoch + 1, excluded.epoch)
  RETURNING epoch::float8 AS epoch, last::float8 AS last, xmax = 0 AS fresh`;

/** Takes the next epoch of a part, which shuts out whoever had it; waits for what that one is writing just now. */
export async function takeEpoch(ask: Ask, owner: Owner): Promise<{ epoch: number; last: number; fresh: boolean }> {
  const [row] = await ask<{ epoch: number; last: number; fresh: boolean }>(TAKE, [...owner]);
  return row!;
}

/** @throws QS_STATE_CORRUPT, QS_STATE_LAYOUT */
export async function openPart(ask: Ask, owner: Owner, place: string, layout: number): Promise<Opened> {
  const { epoch, last, fresh } = await takeEpoch(ask, owner);
  const wrong: string[] = [];
  if (fresh) wrong.push('the row that names the newest one is gone');
  const found = await checkpointsOf(ask, owner);
  if (!fresh && last > 0 && found[0]?.number !== last) wrong.push(`checkpoint ${last} is gone`);
  for (const { number, sound, ...checkpoint } of found) {
    if (!sound) {
      wrong.push(`checkpoint ${number} is damaged`);
      continue;
    }
    if (checkpoint.layout !== layout) throw otherLayout(place, checkpoint.layout, layout);
    const contents = await contentsAt(ask, owner, number, checkpoint);
    if (typeof contents === 'string') {
      wrong.push(contents);
      continue;
    }
    const meta = await metaOf(ask, owner, number);
    await cut(ask, owner, number);
    const warnings =
      wrong.length === 0
        ? []
        : [`the checkpoint ${place} is damaged (${wrong.join('; ')}): ${newestOr(found, number, last)}, which is whole, is used`];
    return { epoch, last: number, meta, warnings, contents };
  }
  // A run that ended before its first checkpoint leaves states that nothing was built on; what else there is must have had one.
  if (last > 0 || found.length > 0 || (fresh && (await anyState(ask, owner))))
    throw corruptState(place, `${wrong.join('; ')}, and no older one is whole`);
  await cut(ask, owner, 0);
  return { epoch, last: 0, meta: undefined, warnings: [], contents: new Contents() };
}

function newestOr(found: readonly { number: number }[], number: number, last: number): string {
  return number >= last && found[0]?.number === number
    ? 'the newest that there is'
    : `an older one (${number}), what came after it is judged again`;
}

interface Head {
  readonly number: number;
  readonly layout: number;
  readonly keys: number;
  readonly sum: number;
  readonly sound: boolean;
}

const checkpointsOf = (ask: Ask, owner: Owner): Promise<Head[]> =>
  ask<Head>(
    `SELECT number::float8 AS number, layout, keys, sum::float8 AS sum, digest = ${CHECKPOINT_DIGEST} AS sound
     FROM ${CHECKPOINTS} WHERE pipeline = $1 AND part = $2 ORDER BY number DESC`,
    [...owner],
    THOROUGH,
  );

/** The newest checkpoint, without a look at what it rests on. */
export async function newestOf(ask: Ask, owner: Owner) {
  const [row] = await ask<Head & { meta: Buffer; bytes: number }>(
    `SELECT number::float8 AS number, layout, keys, sum::float8 AS sum, bytes::float8 AS bytes, meta, digest = ${CHECKPOINT_DIGEST} AS sound
     FROM ${CHECKPOINTS} WHERE pipeline = $1 AND part = $2 ORDER BY number DESC LIMIT 1`,
    [...owner],
  );
  return row;
}

async function metaOf(ask: Ask, owner: Owner, number: number): Promise<Uint8Array> {
  const [row] = await ask<{ meta: Buffer }>(`SELECT meta FROM ${CHECKPOINTS} WHERE pipeline = $1 AND part = $2 AND number = $3`, [
    ...owner,
    number,
  ]);
  return row!.meta;
}

interface Row {
  readonly key: Buffer;
  readonly number: number;
  readonly wake: number;
  readonly blobs: Buffer;
  readonly bytes: number;
  readonly digest: Buffer;
  readonly sound: boolean;
}

/** Of each key its latest state up to a checkpoint, a piece at a time, by the order of their bytes. */
export async function* statesAt(ask: Ask, owner: Owner, number: number): AsyncGenerator<Row> {
  let after: Buffer = Buffer.alloc(0);
  for (let first = true; ; first = false) {
    const rows = await ask<Row>(
      `SELECT DISTINCT ON (key) key, number::float8 AS number, wake, blobs, octet_length(state) AS bytes, digest, digest = ${STATE_DIGEST} AS sound
       FROM ${STATES} WHERE pipeline = $1 AND part = $2 AND number <= $3 AND key ${first ? '>=' : '>'} $4
       ORDER BY key, number DESC LIMIT ${PIECE}`,
      [...owner, number, after],
      THOROUGH,
    );
    yield* rows;
    if (rows.length < PIECE) return;
    after = rows.at(-1)!.key;
  }
}

/** @returns what a checkpoint consists of, or why it cannot be used */
async function contentsAt(ask: Ask, owner: Owner, number: number, head: Pick<Head, 'keys' | 'sum'>): Promise<Contents | string> {
  const contents = new Contents();
  for await (const row of statesAt(ask, owner, number)) {
    if (!row.sound) return `in checkpoint ${number} the state of ${keyOf(row.key)} is damaged`;
    const { wake, bytes } = row;
    const kept = { number: row.number, wake, bytes, blobs: unpackHashes(row.blobs), check: partOfSum(row.digest) };
    contents.set(keyOf(row.key), kept);
  }
  if (contents.states.size !== head.keys || contents.sum !== head.sum)
    return `checkpoint ${number} has ${head.keys} states, and not all of them are there as they were`;
  const blobs = await ask<{ hash: Buffer; bytes: number; sound: boolean }>(
    `SELECT hash, octet_length(bytes) AS bytes, hash = sha256(bytes) AS sound FROM ${BLOBS} WHERE pipeline = $1 AND part = $2`,
    [...owner],
    THOROUGH,
  );
  const whole = new Set(blobs.filter(({ sound }) => sound).map(({ hash }) => hash.toString('hex')));
  const missing = contents.used.find((hash) => !whole.has(hash));
  if (missing !== undefined) return `an immutable part of checkpoint ${number} is damaged or gone`;
  for (const { hash, bytes, sound } of blobs) if (sound) contents.blob(hash.toString('hex'), bytes, number + 1);
  return contents;
}

/** Forgets what came after a checkpoint. */
async function cut(ask: Ask, owner: Owner, number: number): Promise<void> {
  for (const table of [STATES, CHECKPOINTS])
    await ask(`DELETE FROM ${table} WHERE pipeline = $1 AND part = $2 AND number > $3`, [...owner, number], THOROUGH);
  await ask(`UPDATE ${PARTS} SET last = $3 WHERE pipeline = $1 AND part = $2`, [...owner, number]);
}

async function anyState(ask: Ask, owner: Owner): Promise<boolean> {
  const rows = await ask<{ one: number }>(`SELECT 1 AS one FROM ${STATES} WHERE pipeline = $1 AND part = $2 LIMIT 1`, [...owner]);
  return rows.length > 0;
}
