// The store of the checkpoints, as a thread sees it: it is in another one.

import type { About, CheckpointStore, Found } from '../../api/index.js';
import type { Line } from '../../ports/threads.js';
import type { Parcel, Plea } from './messages.js';

/** What is handed on in one go, bytes, unless it has to be at once. */
const PARCEL = 1 << 20;

/** Keeps what is put until it is handed on, and asks for what it needs. */
export class FarStore implements CheckpointStore {
  readonly epoch = undefined;
  private readonly line: Line;
  private readonly lane: number;
  private readonly keys: readonly (readonly [key: string, wake: number])[];
  private states = new Map<string, readonly [state: Uint8Array, about: About]>();
  private parts: [hash: string, bytes: Uint8Array][] = [];
  /** Bytes that are not handed on yet. */
  private waiting = 0;
  /** Immutable parts that the store has, as far as it is known here. */
  private readonly known = new Set<string>();

  constructor(line: Line, lane: number, keys: readonly (readonly [key: string, wake: number])[]) {
    this.line = line;
    this.lane = lane;
    this.keys = keys;
  }

  *entries(): Iterable<{ key: string; wake: number }> {
    for (const [key, wake] of this.keys) yield { key, wake };
  }
  put(key: string, state: Uint8Array, about: About): void {
    this.waiting += state.length - (this.states.get(key)?.[0].length ?? 0);
    this.states.set(key, [state, about]);
  }
  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const away = keys.filter((key) => !this.states.has(key));
    const asked = away.length > 0 ? await this.ask({ plea: 'states', lane: this.lane, keys: away }) : [];
    const found = new Map(asked as ReadonlyMap<string, Uint8Array>);
    for (const key of keys) {
      const waiting = this.states.get(key)?.[0];
      if (waiting) found.set(key, waiting);
    }
    return found;
  }
  hasBlob(hash: string): boolean {
    return this.known.has(hash);
  }
  putBlob(hash: string, bytes: Uint8Array): void {
    this.known.add(hash);
    this.waiting += bytes.length;
    this.parts.push([hash, bytes]);
  }
  async getBlobs(hashes: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const waiting = new Map(this.parts);
    const away = hashes.filter((hash) => !waiting.has(hash));
    const asked = away.length > 0 ? await this.ask({ plea: 'parts', lane: this.lane, hashes: away }) : [];
    const found = new Map(asked as ReadonlyMap<string, Uint8Array>);
    for (const hash of hashes) {
      const bytes = waiting.get(hash);
      if (bytes) found.set(hash, bytes);
      this.known.add(hash);
    }
    return found;
  }
  get full(): boolean {
    return this.waiting >= PARCEL;
  }
  async makeRoom(): Promise<void> {
    if (this.full) await this.ask({ plea: 'room', lane: this.lane, parcel: this.parcel() });
  }

  /** What was put since it was last asked. */
  parcel(): Parcel {
    const parcel: Parcel = { states: [...this.states].map(([key, [state, about]]) => [key, state, about]), parts: this.parts };
    this.states = new Map();
    this.parts = [];
    this.waiting = 0;
    return parcel;
  }

  /** The store has let go of immutable parts that no state refers to any more. */
  gone(hashes: readonly string[]): void {
    for (const hash of hashes) this.known.delete(hash);
  }

  private ask(plea: Plea): Promise<unknown> {
    return this.line.ask(plea);
  }

  // Opened, committed and closed where it is.
  async open(): Promise<Found | null> {
    return null;
  }
  async commit(): Promise<void> {}
  async reset(): Promise<void> {}
  async close(): Promise<void> {}
}
