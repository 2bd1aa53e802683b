// The checkpoints of one part of a pipeline, as rows.

import { type About, type CheckpointStore, corruptState, type Found, fenced, QuantStreamError } from '@quantstream/engine';
import type { Ask, Connection } from './connection.js';
import { Contents } from './contents.js';
import { bytesOf, checkpointDigest, packHashes, partOfSum, STATE_DIGEST, stateDigest } from './digest.js';
import { openPart, takeEpoch } from './opening.js';
import { BLOBS, CHECKPOINTS, makeTables, PARTS, STATES } from './tables.js';
import { bufferOf, type Waiting, writeBlobs, writeStates } from './writing.js';

/** Checkpoints that can be gone back to, the newest included. */
const KEPT = 3;
/** So many bytes of a part wait in memory before they are written. */
const WAITING = 4 << 20;
/** No more than this should wait of all parts together. */
const WAITING_IN_ALL = 32 << 20;

export interface StoreParts {
  readonly connection: Connection;
  readonly pipeline: string;
  readonly part: string;
  readonly layout: number;
  /** Bytes that wait in memory, of all parts of this process. */
  readonly room: { waiting: number };
}

/**
 * The checkpoints of one part. A checkpoint has a number; of each key it holds the state with the greatest number up to its own. What a
 * commit writes (states, immutable parts, the row of the checkpoint) is one transaction, whose first statement makes sure that nobody
 * else has opened the part since: each opening takes the next epoch.
 */
export class PostgresCheckpoints implements CheckpointStore {
  epoch: number | undefined;
  private readonly parts: StoreParts;
  private readonly owner: readonly [string, string];
  private contents = new Contents();
  private last = 0;
  /** What is not in the database yet. */
  private states = new Map<string, Waiting>();
  private blobs = new Map<string, Uint8Array>();
  private waiting = 0;

  constructor(parts: StoreParts) {
    this.parts = parts;
    this.owner = [parts.pipeline, parts.part];
  }

  /** Where it stands, for people. */
  get place(): string {
    const { connection, pipeline, part } = this.parts;
    return `of ${pipeline}${part === '' ? '' : `, ${part},`} in ${connection.place}`;
  }

  async open(): Promise<Found | null> {
    const { layout } = this.parts;
    const opened = await this.atStart(async (ask) => {
      await makeTables(ask);
      return openPart(ask, this.owner, this.place, layout);
    });
    this.forget();
    this.contents = opened.contents;
    this.epoch = opened.epoch;
    this.last = opened.last;
    return opened.meta ? { meta: opened.meta, warnings: opened.warnings } : null;
  }

  *entries(): Iterable<{ key: string; wake: number }> {
    for (const [key, { wake }] of this.contents.states) yield { key, wake };
  }

  put(key: string, state: Uint8Array, about: About): void {
    const number = this.last + 1;
    const bytes = bytesOf(key);
    const digest = stateDigest(bytes, number, about.wake, packHashes(about.blobs), state);
    this.wait(state.length - (this.states.get(key)?.state.length ?? 0));
    this.states.set(key, { key: bytes, number, about, state, digest });
    this.contents.set(key, { number, ...about, bytes: state.length, check: partOfSum(digest) });
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const away: { key: string; number: number }[] = [];
    for (const key of keys) {
      const waiting = this.states.get(key);
      const kept = this.contents.states.get(key);
      if (waiting) found.set(key, waiting.state);
      else if (kept) away.push({ key, number: kept.number });
    }
    if (away.length === 0) return found;
    const rows = await this.parts.connection.query<{ epoch: number; state: Buffer | null; sound: boolean | null; i: number }>(
      `SELECT p.epoch::float8 AS epoch, s.state, s.digest = ${STATE_DIGEST.replaceAll(/\b(key|number|wake|blobs|state)\b/g, 's.$1')} AS sound, w.i::int AS i
       FROM ${PARTS} p CROSS JOIN unnest($3::bytea[], $4::bigint[]) WITH ORDINALITY AS w (key, number, i)
         LEFT JOIN ${STATES} s ON s.pipeline = $1 AND s.part = $2 AND s.key = w.key AND s.number = w.number
       WHERE p.pipeline = $1 AND p.part = $2`,
      [...this.owner, away.map(({ key }) => bytesOf(key)), away.map(({ number }) => number)],
    );
    this.insist(rows[0]?.epoch);
    for (const { i, state, sound } of rows) {
      const { key } = away[i - 1]!;
      if (!sound) throw corruptState(this.place, `the state of ${key} is damaged`);
      found.set(key, state!);
    }
    return found;
  }

  hasBlob(hash: string): boolean {
    return this.contents.blobs.has(hash);
  }

  putBlob(hash: string, bytes: Uint8Array): void {
    this.blobs.set(hash, bytes);
    this.wait(bytes.length);
    this.contents.blob(hash, bytes.length, this.last + 1);
  }

  async getBlobs(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const away: string[] = [];
    for (const hash of hashes) {
      const waiting = this.blobs.get(hash);
      if (waiting) found.set(hash, waiting);
      else away.push(hash);
    }
    if (away.length === 0) return found;
    const rows = await this.parts.connection.query<{ epoch: number; bytes: Buffer | null; sound: boolean | null; i: number }>(
      `SELECT p.epoch::float8 AS epoch, b.bytes, b.hash = sha256(b.bytes) AS sound, w.i::int AS i
       FROM ${PARTS} p CROSS JOIN unnest($3::bytea[]) WITH ORDINALITY AS w (hash, i)
         LEFT JOIN ${BLOBS} b ON b.pipeline = $1 AND b.part = $2 AND b.hash = w.hash
       WHERE p.pipeline = $1 AND p.part = $2`,
      [...this.owner, away.map((hash) => Buffer.from(hash, 'hex'))],
    );
    this.insist(rows[0]?.epoch);
    for (const { i, bytes, sound } of rows) {
      const hash = away[i - 1]!;
      if (!sound) throw corruptState(this.place, `the immutable part ${hash} is damaged or gone`);
      found.set(hash, bytes!);
    }
    return found;
  }

  get full(): boolean {
    return this.waiting > 0 && this.parts.room.waiting >= WAITING_IN_ALL;
  }

  async makeRoom(): Promise<void> {
    if (this.waiting < WAITING && !this.full) return;
    const [states, blobs] = [[...this.states], [...this.blobs]];
    await this.parts.connection.transaction(async (ask) => {
      const [row] = await ask<{ epoch: number }>(
        `SELECT epoch::float8 AS epoch FROM ${PARTS} WHERE pipeline = $1 AND part = $2 FOR SHARE`,
        [...this.owner],
      );
      this.insist(row?.epoch);
      await writeBlobs(ask, this.owner, blobs);
      await writeStates(
        ask,
        this.owner,
        states.map(([, state]) => state),
      );
    });
    // What was put meanwhile waits on.
    for (const [key, written] of states) {
      if (this.states.get(key) !== written) continue;
      this.states.delete(key);
      this.wait(-written.state.length);
    }
    for (const [hash, bytes] of blobs) if (this.blobs.delete(hash)) this.wait(-bytes.length);
  }

  async commit(meta: Uint8Array): Promise<void> {
    const { connection, layout } = this.parts;
    const { contents, owner } = this;
    const number = this.last + 1;
    const oldest = number - KEPT + 1;
    const unused = contents.unusedSince(oldest);
    await connection.transaction(async (ask) => {
      const mine = await ask<{ one: number }>(
        `UPDATE ${PARTS} SET last = $3 WHERE pipeline = $1 AND part = $2 AND epoch = $4 RETURNING 1 AS one`,
        [...owner, number, this.epoch],
      );
      if (mine.length === 0) this.insist(undefined);
      await writeBlobs(ask, owner, this.blobs);
      await writeStates(ask, owner, this.states.values());
      const digest = checkpointDigest(number, layout, contents.states.size, contents.sum, meta);
      const sizes = [contents.states.size, contents.live + meta.length, contents.sum];
      await ask(
        `INSERT INTO ${CHECKPOINTS} (pipeline, part, number, epoch, layout, keys, bytes, sum, meta, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (pipeline, part, number) DO UPDATE SET epoch = excluded.epoch, layout = excluded.layout, saved_at = excluded.saved_at,
           keys = excluded.keys, bytes = excluded.bytes, sum = excluded.sum, meta = excluded.meta, digest = excluded.digest`,
        [...owner, number, this.epoch, layout, ...sizes, bufferOf(meta), digest],
      );
      await this.prune(ask, oldest, unused);
    });
    this.last = number;
    this.forget();
    contents.forget(unused);
  }

  async reset(): Promise<void> {
    await this.atStart(async (ask) => {
      await makeTables(ask);
      // The row stays: whoever runs on this state is shut out, and the next holder is still a later one.
      await takeEpoch(ask, this.owner);
      for (const table of [STATES, BLOBS, CHECKPOINTS])
        await ask(`DELETE FROM ${table} WHERE pipeline = $1 AND part = $2`, [...this.owner]);
      await ask(`UPDATE ${PARTS} SET last = 0 WHERE pipeline = $1 AND part = $2`, [...this.owner]);
    });
    await this.close();
  }

  async close(): Promise<void> {
    this.forget();
    this.contents = new Contents();
  }

  /** Removes what no checkpoint needs that can be gone back to: states that were replaced by the oldest of these. */
  private async prune(ask: Ask, oldest: number, unused: readonly string[]): Promise<void> {
    if (oldest <= 1) return;
    await ask(`DELETE FROM ${CHECKPOINTS} WHERE pipeline = $1 AND part = $2 AND number < $3`, [...this.owner, oldest]);
    await ask(
      `DELETE FROM ${STATES} s USING ${STATES} newer WHERE s.pipeline = $1 AND s.part = $2 AND newer.pipeline = $1 AND newer.part = $2
         AND newer.key = s.key AND newer.number = $3 AND s.number < $3`,
      [...this.owner, oldest],
    );
    if (unused.length === 0) return;
    const hashes = unused.map((hash) => Buffer.from(hash, 'hex'));
    await ask(`DELETE FROM ${BLOBS} WHERE pipeline = $1 AND part = $2 AND hash = ANY ($3::bytea[])`, [...this.owner, hashes]);
  }

  /** @throws QS_FENCED unless the part is still ours */
  private insist(epoch: number | undefined): void {
    if (epoch !== this.epoch || epoch === undefined)
      throw fenced(this.parts.part || 'this pipeline', this.parts.connection.place);
  }

  /** What only a person can mend ends a start, and is waited for later on. */
  private async atStart<T>(action: (ask: Ask) => Promise<T>): Promise<T> {
    try {
      return await this.parts.connection.transaction(action);
    } catch (error) {
      const { code, message } = error as QuantStreamError;
      throw code === 'QS_STORE_REFUSES' ? new QuantStreamError(code, message, { cause: error }) : error;
    }
  }

  private wait(bytes: number): void {
    this.waiting += bytes;
    this.parts.room.waiting += bytes;
  }

  private forget(): void {
    this.states.clear();
    this.blobs.clear();
    this.wait(-this.waiting);
  }
}
