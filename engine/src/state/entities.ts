import { type Entity, type EntityFactory, type EntityState, pluginStatesOf, withPluginStates } from '../judge/entity.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import { attach, type Blobs, decode, detach, encode, hashesOf } from './codec.js';
import { WakeQueue } from './wake-queue.js';

/**
 * All keys of a pipeline. Those in use are in memory; idle ones beyond `keysInMemory` are spilled to the checkpoint store and
 * come back when an observation or their own wake-up time asks for them. Loading is asynchronous and therefore happens between batches
 * (`prepare`), so that judging itself never awaits.
 */
export class Entities {
  readonly queue = new WakeQueue();
  private readonly live = new Map<string, Entity>();
  private readonly factory: EntityFactory;
  private readonly store: CheckpointStore;
  private readonly capacity: number;
  private readonly blobs: Blobs;
  /** Immutable parts that were read back, so that states share them. */
  private readonly shared = new Map<string, unknown>();
  private readonly spilled = new Set<string>();
  /** The immutable parts that the saved state of each key refers to. */
  private readonly references = new Map<string, string[]>();
  private batch = 0;

  constructor(factory: EntityFactory, store: CheckpointStore, capacity: number) {
    this.factory = factory;
    this.store = store;
    this.capacity = capacity;
    this.blobs = {
      has: (hash) => store.hasBlob(hash),
      put: (hash, bytes) => store.putBlob(hash, bytes),
      get: (hash) => store.getBlob(hash),
    };
  }

  get size(): number {
    return this.live.size + this.spilled.size;
  }

  get inMemory(): number {
    return this.live.size;
  }

  /** After `store.open()`: learns which keys exist and when they want to be woken. */
  async restore(): Promise<void> {
    for (const key of this.store.keys()) this.spilled.add(key);
    for (const key of [...this.spilled]) {
      const { wake } = await this.read(key);
      if (wake !== Number.POSITIVE_INFINITY) this.queue.push(wake, key);
    }
  }

  /** Brings back the keys that a batch will touch: those it names, and those that fall due before `until`. */
  async prepare(keys: Iterable<string>, until: number): Promise<void> {
    this.batch++;
    if (this.spilled.size === 0) return;
    for (const key of keys) if (this.spilled.has(key)) await this.load(key);
    for (const key of this.queue.due(until)) if (this.spilled.has(key)) await this.load(key);
  }

  /** The entity of a key that `prepare` has seen; made on first sight. */
  get(key: string): Entity {
    let entity = this.live.get(key);
    if (!entity) {
      entity = this.factory.create(key);
      this.live.set(key, entity);
    }
    entity.used = this.batch;
    entity.dirty = true;
    return entity;
  }

  /** Every key, one at a time, spilled ones included. */
  async *all(): AsyncGenerator<Entity> {
    for (const key of [...this.live.keys(), ...this.spilled].sort()) {
      if (this.spilled.has(key)) await this.load(key);
      yield this.get(key);
    }
  }

  /** Keys that are known, in order, without loading them. */
  keys(): string[] {
    return [...this.live.keys(), ...this.spilled].sort();
  }

  /** Spills the keys that were idle longest, if there are too many. Between batches only. */
  spill(): void {
    if (this.live.size <= this.capacity) return;
    const idle = [...this.live.values()].filter((entity) => entity.used < this.batch).sort((a, b) => a.used - b.used);
    for (const entity of idle.slice(0, this.live.size - this.capacity)) {
      if (entity.dirty) this.store.put(entity.key, this.save(entity));
      this.live.delete(entity.key);
      this.spilled.add(entity.key);
    }
  }

  /** Puts what has changed since the last time into the store. */
  saveDirty(): void {
    for (const entity of this.live.values()) {
      if (!entity.dirty) continue;
      this.store.put(entity.key, this.save(entity));
      entity.dirty = false;
    }
  }

  /** The immutable parts that saved states refer to. */
  blobsInUse(): ReadonlySet<string> {
    const used = new Set([...this.references.values()].flat());
    for (const hash of this.shared.keys()) if (!used.has(hash)) this.shared.delete(hash);
    return used;
  }

  private save({ key, state }: Entity): Uint8Array {
    const parts = withPluginStates(state, (part) => detach(part, this.blobs));
    this.refer(key, parts);
    return encode(parts);
  }

  private async read(key: string): Promise<EntityState> {
    const bytes = await this.store.get(key);
    if (!bytes) throw new Error(`the checkpoint store lost the state of ${key}`);
    const state = decode(bytes) as EntityState;
    this.refer(key, state);
    return state;
  }

  private refer(key: string, state: EntityState): void {
    this.references.set(key, pluginStatesOf(state).flatMap(hashesOf));
  }

  private async load(key: string): Promise<void> {
    const state = await this.read(key);
    for (const part of pluginStatesOf(state)) attach(part, this.blobs, this.shared);
    const entity = this.factory.create(key, state);
    entity.dirty = false;
    entity.used = this.batch;
    this.live.set(key, entity);
    this.spilled.delete(key);
  }
}
