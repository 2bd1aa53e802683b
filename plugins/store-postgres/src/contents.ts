// What the checkpoint that is being made consists of: which state of each key, which immutable parts.

import { added, taken } from './digest.js';

/** The latest state of a key. */
export interface Kept {
  /** The checkpoint that it first belonged to. */
  readonly number: number;
  readonly wake: number;
  readonly blobs: readonly string[];
  readonly bytes: number;
  readonly check: number;
}

const NONE: readonly string[] = [];

export class Contents {
  readonly states = new Map<string, Kept>();
  /** Immutable parts that are in the database or about to be, and their bytes. */
  readonly blobs = new Map<string, number>();
  /** Bytes of what is current. */
  live = 0;
  /** Over the checks of all states. */
  sum = 0;
  private readonly uses = new Map<string, number>();
  /** Immutable parts that nothing refers to any more, and since which checkpoint: older ones still do. */
  private readonly unused = new Map<string, number>();

  set(key: string, kept: Kept): void {
    const before = this.states.get(key);
    this.states.set(key, kept);
    this.live += kept.bytes - (before?.bytes ?? 0);
    this.sum = added(before ? taken(this.sum, before.check) : this.sum, kept.check);
    for (const hash of kept.blobs) this.use(hash);
    for (const hash of before?.blobs ?? NONE) this.letGo(hash, kept.number);
  }

  blob(hash: string, bytes: number, since: number): void {
    this.live += bytes - (this.blobs.get(hash) ?? 0);
    this.blobs.set(hash, bytes);
    if (!this.uses.has(hash)) this.unused.set(hash, since);
  }

  /** Every immutable part that states refer to. */
  get used(): string[] {
    return [...this.uses.keys()];
  }

  /** Immutable parts that no checkpoint from `oldest` on refers to. */
  unusedSince(oldest: number): string[] {
    return [...this.unused].filter(([, since]) => since <= oldest).map(([hash]) => hash);
  }

  forget(hashes: readonly string[]): void {
    for (const hash of hashes) {
      this.live -= this.blobs.get(hash) ?? 0;
      this.blobs.delete(hash);
      this.unused.delete(hash);
    }
  }

  private use(hash: string): void {
    this.uses.set(hash, (this.uses.get(hash) ?? 0) + 1);
    this.unused.delete(hash);
  }

  private letGo(hash: string, number: number): void {
    const left = this.uses.get(hash)! - 1;
    if (left > 0) this.uses.set(hash, left);
    else {
      this.uses.delete(hash);
      this.unused.set(hash, number);
    }
  }
}
