// Where a pipeline's state survives: the contract of stores, and the one that forgets.

import {
  type About,
  type CheckpointStore,
  type Checkpoints,
  corruptState,
  type Found,
  type KeptState,
  type Look,
} from '../api/index.js';

export type { About, CheckpointStore, Checkpoints, Found, KeptState, Look } from '../api/index.js';

/** The layout of states and of what is saved beside them. Another one is refused by name. */
export const STATE_LAYOUT = 3;

interface Saved {
  readonly state: Uint8Array;
  readonly about: About;
}

/** A store that lives as long as the process, or as the object in a test. */
export class MemoryCheckpoints implements CheckpointStore {
  private committed: { meta: Uint8Array; states: Map<string, Saved> } | null = null;
  private states = new Map<string, Saved>();
  private readonly blobs = new Map<string, Uint8Array>();
  readonly epoch = undefined;

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
  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for (const key of keys) {
      const saved = this.states.get(key);
      if (saved) found.set(key, saved.state);
    }
    return found;
  }
  hasBlob(hash: string): boolean {
    return this.blobs.has(hash);
  }
  putBlob(hash: string, bytes: Uint8Array): void {
    this.blobs.set(hash, bytes);
  }
  async getBlobs(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for (const hash of hashes) {
      const bytes = this.blobs.get(hash);
      if (!bytes) throw corruptState('in memory', `there is no immutable part ${hash}`);
      found.set(hash, bytes);
    }
    return found;
  }
  readonly full = false;
  async makeRoom(): Promise<void> {}
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

/** Checkpoints that end with the process: each part begins anew whenever it is asked for. */
export class MemoryParts implements Checkpoints {
  of(): CheckpointStore {
    return new MemoryCheckpoints();
  }
  async parts(): Promise<string[]> {
    return [];
  }
  place(): string {
    return 'memory';
  }
  async look(): Promise<Look | undefined> {
    return undefined;
  }
  async *states(): AsyncGenerator<KeptState> {}
  async close(): Promise<void> {}
}
