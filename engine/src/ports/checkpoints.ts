// Where a pipeline's state survives.

/** What a store knows of a state without reading it. */
export interface About {
  /** When the key wants to be woken, in event time; `Infinity`: never. */
  readonly wake: number;
  /** Hashes of the immutable parts that the state refers to: others are forgotten with the next commit. */
  readonly blobs: readonly string[];
}

/** What a store found when it was opened. */
export interface Found {
  readonly meta: Uint8Array;
  /** What is not as it should be, and what was done about it, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Where a pipeline's state survives. Keys' states are put one by one, also between checkpoints (idle keys are spilled here);
 * `commit` makes everything put so far, together with `meta`, the checkpoint that `open` finds: all of it, or none. What fails with an error
 * that may be tried again leaves the store as it was.
 */
export interface CheckpointStore {
  /** Opens the store and takes its lock. @returns the last checkpoint that is whole, or `null` if there never was one */
  open(): Promise<Found | null>;
  /** Keys that have a state, and when each wants to be woken. */
  entries(): Iterable<{ readonly key: string; readonly wake: number }>;
  put(key: string, state: Uint8Array, about: About): void;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Immutable parts, by the hash of their content: written once however many states refer to them. */
  hasBlob(hash: string): boolean;
  putBlob(hash: string, bytes: Uint8Array): void;
  getBlob(hash: string): Uint8Array;
  commit(meta: Uint8Array): Promise<void>;
  /** Forgets everything. */
  reset(): Promise<void>;
  /** Releases the lock; twice is fine. */
  close(): Promise<void>;
}

interface Saved {
  readonly state: Uint8Array;
  readonly about: About;
}

/** A store that lives as long as the process, or as the object in a test. */
export class MemoryCheckpoints implements CheckpointStore {
  private committed: { meta: Uint8Array; states: Map<string, Saved> } | null = null;
  private states = new Map<string, Saved>();
  private readonly blobs = new Map<string, Uint8Array>();

  async open(): Promise<Found | null> {
    this.states = new Map(this.committed?.states);
    return this.committed && { meta: this.committed.meta, warnings: [] };
  }
  *entries(): Iterable<{ key: string; wake: number }> {
    for (const [key, { about }] of this.states) yield { key, wake: about.wake };
  }
  put(key: string, state: Uint8Array, about: About): void {
    this.states.set(key, { state, about });
  }
  async get(key: string): Promise<Uint8Array | undefined> {
    return this.states.get(key)?.state;
  }
  hasBlob(hash: string): boolean {
    return this.blobs.has(hash);
  }
  putBlob(hash: string, bytes: Uint8Array): void {
    this.blobs.set(hash, bytes);
  }
  getBlob(hash: string): Uint8Array {
    const bytes = this.blobs.get(hash);
    if (!bytes) throw new Error(`no immutable part ${hash}`);
    return bytes;
  }
  async commit(meta: Uint8Array): Promise<void> {
    this.committed = { meta, states: new Map(this.states) };
    const used = new Set([...this.states.values()].flatMap(({ about }) => about.blobs));
    for (const hash of this.blobs.keys()) if (!used.has(hash)) this.blobs.delete(hash);
  }
  async reset(): Promise<void> {
    this.committed = null;
    this.states.clear();
    this.blobs.clear();
  }
  async close(): Promise<void> {}
}
