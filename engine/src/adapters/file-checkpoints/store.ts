// Checkpoints in a folder: a log that is appended to, and a manifest that says how much of it counts.

import { join } from 'node:path';
import { corruptState, isNamed, makeFolder, messageOf, QuantStreamError } from '../../api/index.js';
import type { About, CheckpointStore, Found } from '../../ports/checkpoints.js';
import { Contents } from './contents.js';
import { FILE_SYSTEM, type FileSystem, onDisk } from './disk.js';
import { Lock } from './lock.js';
import { LogFile, type Place } from './log.js';
import { logsIn, type Manifest, nextLog, readManifest, removeManifest, writeManifest } from './manifest.js';
import { BLOB, END, makeRecord, STATE } from './record.js';

/** A log larger than this, and more than half outdated, is written anew, bytes. */
const COMPACT_ABOVE = 8 * 1024 * 1024;
/** After a log could not be written anew, it is tried again once it has grown by so much. */
const AGAIN = 1.25;
/** Checkpoints that can be gone back to, the newest included. */
const KEPT = 3;

/**
 * Checkpoints in a folder: an append-only log of records, and a manifest that says how much of it counts. A commit appends what ends
 * the checkpoint, syncs, and then replaces the manifest by renaming, so a crash at any moment leaves the last complete checkpoint. Earlier
 * ones end further up in the same log or in the one before: they are gone back to where the newest is damaged.
 */
export class FileCheckpoints implements CheckpointStore {
  /** A folder has one holder at a time, by its lock; those of other folders it does not know. */
  readonly epoch = undefined;
  private readonly directory: string;
  private readonly fs: FileSystem;
  private readonly holder: Lock;
  private contents = new Contents();
  private log: LogFile | undefined;
  private name = '';
  /** A log whose sync failed: what of it is on disk nobody knows. */
  private doubtful = false;
  private compactAbove = COMPACT_ABOVE;
  /** Checkpoints that end in logs before this one; of those that an earlier run left it is not known. */
  private readonly earlier = new Map<string, number>();

  constructor(directory: string, fs: FileSystem = FILE_SYSTEM) {
    this.directory = directory;
    this.fs = fs;
    this.holder = new Lock(directory, fs);
  }

  async open(): Promise<Found | null> {
    try {
      makeFolder(this.directory);
    } catch (error) {
      const message = `the folder ${this.directory} for the state cannot be made: ${messageOf(error)}; name another one with data:`;
      throw new QuantStreamError('QS_DATA_FOLDER', message, { cause: error });
    }
    try {
      await this.holder.take();
      return this.find();
    } catch (error) {
      await this.close();
      throw corrupt(this.directory, error);
    }
  }

  *entries(): Iterable<{ key: string; wake: number }> {
    for (const [key, { wake }] of this.contents.states) yield { key, wake };
  }

  put(key: string, state: Uint8Array, { wake, blobs }: About): void {
    const place = this.log!.append(makeRecord(STATE, key, wake, blobs, state));
    this.contents.state(key, { ...place, wake, blobs });
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for (const key of keys) {
      const place = this.contents.states.get(key);
      if (place) found.set(key, this.read(place, key));
    }
    return found;
  }

  hasBlob(hash: string): boolean {
    return this.contents.blobs.has(hash);
  }

  putBlob(hash: string, bytes: Uint8Array): void {
    this.contents.blob(hash, this.log!.append(makeRecord(BLOB, hash, Number.NaN, [], bytes)));
  }

  async getBlobs(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for (const hash of hashes) {
      const place = this.contents.blobs.get(hash);
      if (!place) throw corrupt(this.directory, new Error(`the immutable part ${hash} is not in the log`));
      found.set(hash, this.read(place, hash));
    }
    return found;
  }

  /** What is put is written; where that fails, it is not taken. */
  readonly full = false;
  async makeRoom(): Promise<void> {}

  async commit(meta: Uint8Array): Promise<void> {
    this.holder.check();
    this.contents.forgetUnused();
    const { length } = this.log!;
    if (this.doubtful || (length > this.compactAbove && length > 2 * this.contents.live)) this.compact();
    const end = this.log!.append(makeRecord(END, '', Number.NaN, [], meta));
    try {
      this.log!.sync();
    } catch (error) {
      // After a failed sync the system may forget what it could not write, and say nothing the next time.
      this.doubtful = true;
      throw error;
    }
    this.contents.end = end;
    this.contents.ends++;
    this.writeManifest();
    this.removeOutdated();
  }

  async reset(): Promise<void> {
    await this.close();
    if (!this.fs.existsSync(this.directory)) return;
    await this.holder.take();
    removeManifest(this.directory, this.fs);
    this.removeLogs(() => true);
    await this.close();
  }

  async close(): Promise<void> {
    this.log?.close();
    this.log = undefined;
    this.contents = new Contents();
    this.holder.release();
  }

  /** Finds the newest checkpoint that is whole, and makes it what the log ends with. */
  private find(): Found | null {
    const manifest = readManifest(this.directory, this.fs);
    if (typeof manifest !== 'object') return this.search(undefined, manifest ?? 'manifest.json is not there');
    try {
      return { meta: this.take(manifest.log, manifest.length), warnings: [] };
    } catch (error) {
      if (isNamed(error)) throw error;
      return this.search(manifest, messageOf(error));
    }
  }

  /** Looks for a checkpoint in what is there. @param why the one that there should be cannot be used */
  private search(manifest: Manifest | undefined, why: string): Found | null {
    let begun = true;
    for (const name of logsIn(this.directory, this.fs)) {
      const { ends, committed } = this.endsOf(name, manifest);
      begun &&= !committed;
      for (const end of ends.reverse()) {
        const meta = this.take(name, end);
        const warnings = manifest
          ? [
              `the newest checkpoint in ${this.directory} is damaged (${why}): an older one is used, and what came after it is judged again`,
            ]
          : [`${why} in ${this.directory}: the newest checkpoint of ${name} is used`];
        this.writeManifest();
        return { meta, warnings };
      }
    }
    // A run that was killed before its first checkpoint leaves a log, and nothing is lost with it.
    if (manifest || !begun || why !== 'manifest.json is not there') throw new Error(`${why}, and no older checkpoint is whole`);
    this.start(nextLog(undefined));
    this.removeLogs((name) => name !== this.name);
    return null;
  }

  /** Where whole checkpoints end in a log, and whether there ever was one. */
  private endsOf(name: string, manifest: Manifest | undefined): { ends: number[]; committed: boolean } {
    const log = new LogFile(this.fs, join(this.directory, name), 'r');
    try {
      const contents = new Contents();
      const ends: number[] = [];
      const to = name === manifest?.log ? Math.min(log.length, manifest.length) : log.length;
      const { damaged } = log.walk(to, true, (head, place, sound) => {
        contents.add(head, place, sound);
        if (head.kind === END && sound && contents.trouble === undefined) ends.push(place.offset + place.length);
      });
      return { ends, committed: damaged || contents.ends > 0 };
    } finally {
      log.close();
    }
  }

  /** Goes on with a log as far as a checkpoint reaches. @returns what was saved with it */
  private take(name: string, length: number): Uint8Array {
    const log = new LogFile(this.fs, join(this.directory, name), 'r+');
    try {
      if (log.length < length) throw new Error(`its log ${name} is shorter than its manifest says`);
      const contents = new Contents();
      const { end, trouble } = log.walk(length, true, (head, place, sound) => contents.add(head, place, sound));
      const wrong =
        trouble ?? contents.trouble ?? (end !== endOf(contents.end) ? 'the end of the checkpoint is not there' : undefined);
      const meta = wrong === undefined ? log.payload(contents.end!) : undefined;
      if (!meta) throw new Error(`${wrong ?? 'the end of the checkpoint is damaged'} in ${name}`);
      log.cut(length);
      this.removeLogs((other) => other > name);
      this.log = log;
      this.name = name;
      this.contents = contents;
      return meta;
    } catch (error) {
      log.close();
      throw error;
    }
  }

  private start(name: string): void {
    this.log = new LogFile(this.fs, join(this.directory, name), 'w+');
    this.name = name;
  }

  private read(place: Place, what: string): Uint8Array {
    const payload = this.log!.payload(place);
    if (!payload)
      throw corrupt(this.directory, new Error(`the record of ${what} at byte ${place.offset} of ${this.name} is damaged`));
    return payload;
  }

  /** Copies what is current into a new log. Where that cannot be done, the old one stays. */
  private compact(): void {
    const old = { log: this.log!, name: this.name, contents: this.contents };
    try {
      this.start(nextLog(old.name));
      const contents = new Contents();
      for (const [hash, place] of old.contents.blobs) contents.blob(hash, this.copy(old.log, place));
      for (const [key, kept] of old.contents.states) contents.state(key, { ...kept, ...this.copy(old.log, kept) });
      this.log!.flush();
      this.contents = contents;
      this.compactAbove = COMPACT_ABOVE;
    } catch (error) {
      if (this.log !== old.log) this.log?.close();
      this.fs.rmSync(join(this.directory, nextLog(old.name)), { force: true });
      Object.assign(this, old);
      this.compactAbove = AGAIN * old.log.length;
      if (this.doubtful) throw error;
      return;
    }
    this.doubtful = false;
    this.earlier.set(old.name, old.contents.ends);
    old.log.close();
  }

  private copy(from: LogFile, place: Place): Place {
    if (!from.payload(place)) throw new Error(`the record at byte ${place.offset} of ${from.path} is damaged`);
    return this.log!.append(from.record(place));
  }

  private writeManifest(): void {
    const { end, states, live } = this.contents;
    writeManifest(this.directory, { log: this.name, length: endOf(end), end: end!, keys: states.size, live }, this.fs);
  }

  /** Removes logs that none of the checkpoints that can be gone back to ends in. */
  private removeOutdated(): void {
    let kept = 0;
    for (const name of logsIn(this.directory, this.fs)) {
      if (kept >= KEPT) onDisk(join(this.directory, name), 'removed', () => this.fs.rmSync(join(this.directory, name)));
      else kept += name === this.name ? this.contents.ends : (this.earlier.get(name) ?? 1);
    }
  }

  private removeLogs(which: (name: string) => boolean): void {
    for (const name of logsIn(this.directory, this.fs))
      if (which(name)) onDisk(join(this.directory, name), 'removed', () => this.fs.rmSync(join(this.directory, name)));
  }
}

const endOf = (place: Place | undefined): number => (place ? place.offset + place.length : -1);

/** Names what is wrong with a checkpoint, and the way on. */
export function corrupt(directory: string, cause: unknown): QuantStreamError {
  return isNamed(cause) ? cause : corruptState(`in ${directory}`, messageOf(cause), cause);
}
