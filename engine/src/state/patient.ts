// A store whose states are waited for.

import type { About, CheckpointStore, Found } from '../ports/checkpoints.js';

/** Does something, again and again until it succeeds, or until nobody waits for it any more. */
export type Patience = <T>(action: () => Promise<T>) => Promise<T>;

/** A store of which is got what is asked for, whenever that comes. What it is given it takes or refuses at once. */
export class PatientStore implements CheckpointStore {
  private readonly store: CheckpointStore;
  private readonly patience: Patience;

  constructor(store: CheckpointStore, patience: Patience) {
    this.store = store;
    this.patience = patience;
  }

  get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.patience(() => this.store.get(keys));
  }
  getBlobs(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.patience(() => this.store.getBlobs(hashes));
  }

  get epoch(): number | undefined {
    return this.store.epoch;
  }
  open(): Promise<Found | null> {
    return this.store.open();
  }
  entries(): Iterable<{ readonly key: string; readonly wake: number }> {
    return this.store.entries();
  }
  put(key: string, state: Uint8Array, about: About): void {
    this.store.put(key, state, about);
  }
  hasBlob(hash: string): boolean {
    return this.store.hasBlob(hash);
  }
  putBlob(hash: string, bytes: Uint8Array): void {
    this.store.putBlob(hash, bytes);
  }
  get full(): boolean {
    return this.store.full;
  }
  makeRoom(): Promise<void> {
    return this.store.makeRoom();
  }
  commit(meta: Uint8Array): Promise<void> {
    return this.store.commit(meta);
  }
  reset(): Promise<void> {
    return this.store.reset();
  }
  close(): Promise<void> {
    return this.store.close();
  }
}
