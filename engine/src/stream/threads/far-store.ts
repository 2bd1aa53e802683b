// The store of the checkpoints, as a thread sees it: it is in another one.

import type { About, CheckpointStore, Found } from '../../api/index.js';
import type { Line } from '../../ports/threads.js';
import type { Parcel, Plea } from './messages.js';

/** Keeps what is put until it is handed on, and asks for what it needs. */
export class FarStore implements CheckpointStore {
  readonly epoch = undefined;
  private readonly line: Line;
  private readonly lane: number;
  private readonly keys: readonly (readonly [key: string, wake: number])[];
  private states = new Map<string, readonly [state: Uint8Array, about: About]>();
  private parts: [hash: string, bytes: Uint8Array][] = [];
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
    this.states.set(key, [state, about]);
  }
  async get(key: string): Promise<Uint8Array | undefined> {
    const waiting = this.states.get(key)?.[0];
    return waiting ?? ((await this.ask({ plea: 'state', lane: this.lane, key })) as Uint8Array | undefined);
  }
  hasBlob(hash: string): boolean {
    return this.known.has(hash);
  }
  putBlob(hash: string, bytes: Uint8Array): void {
    this.known.add(hash);
    this.parts.push([hash, bytes]);
  }
  async getBlob(hash: string): Promise<Uint8Array> {
    const waiting = this.parts.find(([name]) => name === hash)?.[1];
    const bytes = waiting ?? ((await this.ask({ plea: 'part', lane: this.lane, hash })) as Uint8Array);
    this.known.add(hash);
    return bytes;
  }
  async makeRoom(): Promise<void> {
    if (this.states.size > 0) await this.ask({ plea: 'room', lane: this.lane, parcel: this.parcel() });
  }

  /** What was put since it was last asked. */
  parcel(): Parcel {
    const parcel: Parcel = { states: [...this.states].map(([key, [state, about]]) => [key, state, about]), parts: this.parts };
    this.states = new Map();
    this.parts = [];
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
