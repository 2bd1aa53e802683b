/**
 * Where a pipeline's state survives. Keys' states are put one by one, also between checkpoints (idle keys are spilled here);
 * `commit` makes everything put so far, together with `meta`, the checkpoint that `open` finds: all of it, or none.
 */
export interface CheckpointStore {
  /** Opens the store and takes its lock. @returns the meta of the last checkpoint, or `null` if there is none */
  open(): Promise<Uint8Array | null>;
  /** Keys that have a state. */
  keys(): Iterable<string>;
  put(key: string, state: Uint8Array): void;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Immutable parts, by the hash of their content: written once however many states refer to them. */
  hasBlob(hash: string): boolean;
  putBlob(hash: string, bytes: Uint8Array): void;
  getBlob(hash: string): Uint8Array;
  /** @param blobs the hashes that the current states refer to; others may be forgotten */
  commit(meta: Uint8Array, blobs: ReadonlySet<string>): Promise<void>;
  /** Forgets everything. */
  reset(): Promise<void>;
  /** Releases the lock; twice is fine. */
  close(): Promise<void>;
}

/** A store that lives as long as the process, or as the object in a test. */
export class MemoryCheckpoints implements CheckpointStore {
  private committed: { meta: Uint8Array; states: Map<string, Uint8Array> } | null = null;
  private states = new Map<string, Uint8Array>();
  private readonly blobs = new Map<string, Uint8Array>();

  async open(): Promise<Uint8Array | null> {
    this.states = new Map(this.committed?.states);
    return this.committed?.meta ?? null;
  }
  keys(): Iterable<string> {
    return this.states.keys();
  }
  put(key: string, state: Uint8Array): void {
    this.states.set(key, state);
  }
  async get(key: string): Promise<Uint8Array | undefined> {
    return this.states.get(key);
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
  }
  async reset(): Promise<void> {
    this.committed = null;
    this.states.clear();
    this.blobs.clear();
  }
  async close(): Promise<void> {}
}
