// Checkpoints in a folder: a log that is appended to, and a manifest that says how much of it counts.

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isNamed, messageOf, QuantStreamError } from '../api/index.js';
import type { CheckpointStore } from '../ports/checkpoints.js';

/** Kinds of records in the log. */
const STATE = 1;
const BLOB = 2;
const META = 3;

/**
 * kind u8, key length u32, payload length u32, then the first 4 bytes of the SHA-256 of these and the key (a flipped kind
 * would otherwise hide a state behind an older one), and the first 8 bytes of the SHA-256 of key and payload
 */
const HEADER = 21;
const HEADER_CHECK = 9;
const BODY_CHECK = 13;
const FORMAT = 'quantstream-checkpoint/1';
/** A log larger than this, and mostly dead, is written anew, bytes. */
const COMPACT_ABOVE = 32 * 1024 * 1024;

interface Place {
  readonly offset: number;
  readonly length: number;
}

interface Manifest {
  readonly format: typeof FORMAT;
  readonly log: string;
  /** Bytes of the log that belong to the checkpoint; what follows is cut off. */
  readonly length: number;
  readonly meta: Place;
}

/**
 * Checkpoints in a folder: an append-only log of records, and a manifest that says how much of it counts. A commit appends,
 * syncs, and then replaces the manifest by renaming, so a crash at any moment leaves the last complete checkpoint.
 */
export class FileCheckpoints implements CheckpointStore {
  private readonly directory: string;
  private readonly states = new Map<string, Place>();
  private readonly blobs = new Map<string, Place>();
  private log = '';
  private file: number | undefined;
  private length = 0;
  private locked = false;

  constructor(directory: string) {
    this.directory = directory;
  }

  async open(): Promise<Uint8Array | null> {
    try {
      mkdirSync(this.directory, { recursive: true });
    } catch (error) {
      const message = `the folder ${this.directory} for the state cannot be made: ${messageOf(error)}; name another one with data:`;
      throw new QuantStreamError('QS_DATA_FOLDER', message, { cause: error });
    }
    this.lock();
    const manifest = readManifest(this.directory);
    if (!manifest) {
      this.start(nextLog(undefined));
      return null;
    }
    this.log = manifest.log;
    try {
      this.file = openSync(join(this.directory, manifest.log), 'r+');
      if (fstatSync(this.file).size < manifest.length) throw new Error('its log is shorter than its manifest says');
      ftruncateSync(this.file, manifest.length);
      this.length = manifest.length;
      this.index();
      return this.read(manifest.meta, 'meta');
    } catch (error) {
      await this.close();
      throw corrupt(this.directory, error);
    }
  }

  keys(): Iterable<string> {
    return this.states.keys();
  }

  put(key: string, state: Uint8Array): void {
    this.states.set(key, this.append(STATE, key, state));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const place = this.states.get(key);
    return place && this.read(place, key);
  }

  hasBlob(hash: string): boolean {
    return this.blobs.has(hash);
  }

  putBlob(hash: string, bytes: Uint8Array): void {
    this.blobs.set(hash, this.append(BLOB, hash, bytes));
  }

  getBlob(hash: string): Uint8Array {
    const place = this.blobs.get(hash);
    if (!place) throw corrupt(this.directory, new Error(`the immutable part ${hash} is not in the log`));
    return this.read(place, hash);
  }

  async commit(meta: Uint8Array, blobs: ReadonlySet<string>): Promise<void> {
    for (const hash of this.blobs.keys()) if (!blobs.has(hash)) this.blobs.delete(hash);
    const old = this.length > COMPACT_ABOVE && this.length > 3 * this.liveBytes() ? this.compact() : undefined;
    const place = this.append(META, 'meta', meta);
    fsyncSync(this.file!);
    const manifest: Manifest = { format: FORMAT, log: this.log, length: this.length, meta: place };
    const temporary = join(this.directory, 'manifest.json.new');
    const descriptor = openSync(temporary, 'w');
    writeSync(descriptor, JSON.stringify(manifest));
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(temporary, join(this.directory, 'manifest.json'));
    if (old) rmSync(join(this.directory, old), { force: true });
  }

  async reset(): Promise<void> {
    await this.close();
    this.states.clear();
    this.blobs.clear();
    if (!existsSync(this.directory)) return;
    this.lock();
    rmSync(join(this.directory, 'manifest.json'), { force: true });
    for (const name of readdirSync(this.directory)) if (name.endsWith('.log')) rmSync(join(this.directory, name));
    await this.close();
  }

  async close(): Promise<void> {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
    if (this.locked) rmSync(join(this.directory, 'lock'), { force: true });
    this.locked = false;
  }

  private lock(): void {
    if (this.locked) return;
    const path = join(this.directory, 'lock');
    for (;;) {
      try {
        writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
        this.locked = true;
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        if (holderLives(path)) {
          throw new QuantStreamError(
            'QS_STATE_LOCKED',
            `another engine runs on the state in ${this.directory}; stop it, or give this pipeline another name (if none runs, delete ${path})`,
          );
        }
        rmSync(path, { force: true });
      }
    }
  }

  private start(log: string): void {
    this.log = log;
    this.file = openSync(join(this.directory, log), 'w+');
    this.length = 0;
  }

  private append(kind: number, key: string, payload: Uint8Array): Place {
    const name = Buffer.from(key);
    const record = Buffer.allocUnsafe(HEADER + name.length + payload.length);
    record.writeUInt8(kind, 0);
    record.writeUInt32LE(name.length, 1);
    record.writeUInt32LE(payload.length, 5);
    name.copy(record, HEADER);
    record.set(payload, HEADER + name.length);
    headerCheck(record, name).copy(record, HEADER_CHECK);
    checksum(record.subarray(HEADER)).copy(record, BODY_CHECK);
    let written = 0;
    while (written < record.length)
      written += writeSync(this.file!, record, written, record.length - written, this.length + written);
    const place = { offset: this.length, length: record.length };
    this.length += record.length;
    return place;
  }

  private read(place: Place, what: string): Uint8Array {
    const record = Buffer.allocUnsafe(place.length);
    let read = 0;
    while (read < place.length) {
      const got = readSync(this.file!, record, read, place.length - read, place.offset + read);
      if (got === 0) break;
      read += got;
    }
    const body = record.subarray(HEADER);
    if (read < place.length || !checksum(body).equals(record.subarray(BODY_CHECK, HEADER))) {
      throw corrupt(this.directory, new Error(`the record of ${what} at byte ${place.offset} of ${this.log} is damaged`));
    }
    return body.subarray(record.readUInt32LE(1));
  }

  /** Finds where each state and blob stands, from the records' headers. */
  private index(): void {
    const header = Buffer.allocUnsafe(HEADER);
    for (let offset = 0; offset < this.length; ) {
      readSync(this.file!, header, 0, HEADER, offset);
      const nameLength = header.readUInt32LE(1);
      const length = HEADER + nameLength + header.readUInt32LE(5);
      if (offset + length > this.length) throw new Error(`the record at byte ${offset} of ${this.log} runs over its end`);
      const name = Buffer.allocUnsafe(nameLength);
      readSync(this.file!, name, 0, nameLength, offset + HEADER);
      if (!headerCheck(header, name).equals(header.subarray(HEADER_CHECK, BODY_CHECK)))
        throw new Error(`the record at byte ${offset} of ${this.log} is damaged`);
      const kind = header.readUInt8(0);
      if (kind === STATE) this.states.set(name.toString(), { offset, length });
      else if (kind === BLOB) this.blobs.set(name.toString(), { offset, length });
      offset += length;
    }
  }

  private liveBytes(): number {
    let bytes = 0;
    for (const { length } of this.states.values()) bytes += length;
    for (const { length } of this.blobs.values()) bytes += length;
    return bytes;
  }

  /** Copies what is alive into a new log. @returns the name of the old one, to be removed once the manifest names the new one */
  private compact(): string {
    const old = { log: this.log, file: this.file! };
    const read = (place: Place, name: string) => this.read(place, name);
    const states = [...this.states].map(([key, place]) => [key, read(place, key)] as const);
    const blobs = [...this.blobs].map(([hash, place]) => [hash, read(place, hash)] as const);
    this.start(nextLog(old.log));
    for (const [hash, bytes] of blobs) this.putBlob(hash, bytes);
    for (const [key, bytes] of states) this.put(key, bytes);
    closeSync(old.file);
    return old.log;
  }
}

/** What a folder of checkpoints holds, for people; without taking its lock. */
export function inspectCheckpoint(
  directory: string,
): { log: string; bytes: number; meta: Uint8Array; keys: { key: string; bytes: number; state: Uint8Array }[] } | undefined {
  const manifest = readManifest(directory);
  if (!manifest) return undefined;
  const bytes = readFileSync(join(directory, manifest.log)).subarray(0, manifest.length);
  const keys = new Map<string, Uint8Array>();
  for (let offset = 0; offset < bytes.length; ) {
    const nameLength = bytes.readUInt32LE(offset + 1);
    const length = bytes.readUInt32LE(offset + 5);
    const name = bytes.toString('utf8', offset + HEADER, offset + HEADER + nameLength);
    const start = offset + HEADER + nameLength;
    if (bytes[offset] === STATE) keys.set(name, bytes.subarray(start, start + length));
    offset += HEADER + nameLength + length;
  }
  const start = manifest.meta.offset + HEADER + bytes.readUInt32LE(manifest.meta.offset + 1);
  const meta = bytes.subarray(start, manifest.meta.offset + manifest.meta.length);
  return {
    log: manifest.log,
    bytes: manifest.length,
    meta,
    keys: [...keys].map(([key, state]) => ({ key, bytes: state.length, state })),
  };
}

function readManifest(directory: string): Manifest | undefined {
  const path = join(directory, 'manifest.json');
  if (!existsSync(path)) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    if (manifest.format !== FORMAT) throw new Error(`its format is ${manifest.format}, this engine reads ${FORMAT}`);
    return manifest;
  } catch (error) {
    throw corrupt(directory, error);
  }
}

function nextLog(last: string | undefined): string {
  const number = last ? Number.parseInt(last.replace(/\D/g, ''), 10) + 1 : 1;
  return `states-${String(number).padStart(6, '0')}.log`;
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 8);
}

/** Of the first bytes of a record and its key. */
function headerCheck(header: Buffer, name: Buffer): Buffer {
  return createHash('sha256')
    .update(header.subarray(0, HEADER_CHECK))
    .update(name)
    .digest()
    .subarray(0, BODY_CHECK - HEADER_CHECK);
}

function corrupt(directory: string, cause: unknown): QuantStreamError {
  if (isNamed(cause)) return cause;
  return new QuantStreamError(
    'QS_STATE_CORRUPT',
    `the checkpoint in ${directory} cannot be read: ${messageOf(cause)}; start afresh with --reset-state`,
    { cause },
  );
}

/** Whether the process that wrote a lock still runs. A lock of this very process id is a leftover: containers always run as 1. */
function holderLives(path: string): boolean {
  let holder: { pid: number; host: string };
  try {
    holder = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
  if (holder.host !== hostname()) return true;
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
