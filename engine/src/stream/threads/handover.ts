// What threads have handed over, on its way into the store.

import type { About, CheckpointStore } from '../../api/index.js';
import type { Parcel } from './messages.js';

/**
 * States and immutable parts between a thread, which has forgotten them, and the store, which may refuse them for a while: nothing of it is
 * lost, and whoever asks for it finds it here. The store does one thing at a time.
 */
export class Handover {
  private readonly store: CheckpointStore;
  private readonly states = new Map<string, readonly [state: Uint8Array, about: About]>();
  private readonly parts = new Map<string, Uint8Array>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(store: CheckpointStore) {
    this.store = store;
  }

  take({ states, parts }: Parcel): void {
    for (const [hash, bytes] of parts) this.parts.set(hash, bytes);
    for (const [key, state, about] of states) {
      // What comes later is newer, wherever it stands.
      this.states.delete(key);
      this.states.set(key, [state, about]);
    }
  }

  /** Puts into the store what waits, and has it make room. @throws what the store throws; the rest waits on */
  passOn(): Promise<void> {
    return this.inTurn(async () => {
      this.put();
      await this.store.makeRoom();
    });
  }

  get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.inTurn(async () => {
      const away = keys.filter((key) => !this.states.has(key));
      const found = new Map(away.length > 0 ? await this.store.get(away) : []);
      for (const key of keys) {
        const waiting = this.states.get(key);
        if (waiting) found.set(key, waiting[0]);
      }
      return found;
    });
  }

  getParts(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.inTurn(async () => {
      const away = hashes.filter((hash) => !this.parts.has(hash));
      const found = new Map(away.length > 0 ? await this.store.getBlobs(away) : []);
      for (const hash of hashes) {
        const waiting = this.parts.get(hash);
        if (waiting) found.set(hash, waiting);
      }
      return found;
    });
  }

  private put(): void {
    for (const [hash, bytes] of this.parts) {
      if (!this.store.hasBlob(hash)) this.store.putBlob(hash, bytes);
      this.parts.delete(hash);
    }
    for (const [key, [state, about]] of this.states) {
      this.store.put(key, state, about);
      this.states.delete(key);
    }
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.turn.then(action);
    this.turn = done.catch(() => {});
    return done;
  }
}
