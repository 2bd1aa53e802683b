// All keys of a pipeline: those in use in memory, the others in the checkpoint store.

import { isNamed } from '../api/index.js';
import type { Crowd } from '../judge/alarms/budget.js';
import { type Entity, type EntityFactory, type EntityState, pluginStatesOf, wakeOf, withPluginStates } from '../judge/entity.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import { attach, type Blobs, decode, detach, encode, hashesOf, hasImmutable } from './codec.js';
import { KeyLimits, type Limits } from './limits.js';
import type { Saved } from './saved.js';
import { type Numbering, type ShapeList, Shapes } from './shapes.js';
import { WakeQueue } from './wake-queue.js';

const NONE: readonly string[] = [];
const NOTHING: ReadonlyMap<string, Uint8Array> = new Map();
/** Keys that are brought back in one go: a round trip is little for each of them, and they take little room beside those in memory. */
const PIECE = 64;

/**
 * All keys of a pipeline. Those in use are in memory; idle ones beyond `keysInMemory` are spilled to the checkpoint store and
 * come back when an observation or their own wake-up time asks for them. Loading is asynchronous and therefore happens between batches
 * (`prepare`), so that judging itself never awaits.
 */
export class Entities {
  readonly queue = new WakeQueue();
  /** In the order in which spilling looks at them. */
  private readonly live = new Map<string, Entity>();
  private readonly factory: EntityFactory;
  private readonly store: CheckpointStore;
  private readonly keysInMemory: number;
  private readonly limits: KeyLimits;
  private readonly numbering: Numbering | undefined;
  private readonly blobs: Blobs;
  /** Immutable parts that were read back, so that states share them. */
  private readonly shared = new Map<string, unknown>();
  /** The immutable parts of the states that are being loaded, as bytes. */
  private fetched: ReadonlyMap<string, Uint8Array> = NOTHING;
  private readonly spilled = new Set<string>();
  /** Keys of the checkpoint that were not loaded yet: of what they are to be looked at for, only the first stands in the queue. */
  private readonly unseen = new Set<string>();
  private batch = 0;
  private names: Shapes;

  /** @param numbering where others save states of the same checkpoint */
  constructor(
    factory: EntityFactory,
    store: CheckpointStore,
    limits: Limits & { readonly keysInMemory: number },
    numbering?: Numbering,
  ) {
    this.factory = factory;
    this.store = store;
    this.keysInMemory = limits.keysInMemory;
    this.limits = new KeyLimits(limits);
    this.numbering = numbering;
    this.names = new Shapes([], numbering);
    this.blobs = {
      has: (hash) => store.hasBlob(hash),
      put: (hash, bytes) => store.putBlob(hash, bytes),
      get: (hash) => this.fetched.get(hash)!,
    };
  }

  /** A key that is in memory; nothing is read for it, and nothing may be changed. */
  peek(key: string): Entity | undefined {
    return this.live.get(key);
  }

  /** Who shares a budget. */
  get crowd(): Crowd {
    return this.factory.crowd;
  }

  get size(): number {
    return this.live.size + this.spilled.size;
  }

  get inMemory(): number {
    return this.live.size;
  }

  /** Names of the fields of saved states, which a checkpoint has to hold. */
  get shapes(): ShapeList {
    return this.names.list;
  }

  get senders(): Saved['senders'] {
    return this.limits.senders;
  }

  /** After `store.open()`: learns which keys exist and when they want to be woken, and reads no state. */
  restore({ shapes, senders }: Pick<Saved, 'shapes' | 'senders'>): void {
    this.names = new Shapes(shapes, this.numbering);
    this.limits.restore(senders);
    for (const { key, wake } of this.store.entries()) {
      this.spilled.add(key);
      if (wake === Number.POSITIVE_INFINITY) continue;
      this.queue.push(wake, key);
      this.unseen.add(key);
    }
  }

  /** Brings back the keys that a batch will touch: those it names, and those that fall due before `until`. */
  async prepare(keys: Iterable<string>, until: number): Promise<void> {
    this.batch++;
    if (this.spilled.size === 0) return;
    const away = new Set<string>();
    for (const key of keys) if (this.spilled.has(key)) away.add(key);
    for (const key of this.queue.due(until)) if (this.spilled.has(key)) away.add(key);
    await this.load([...away]);
  }

  knows(key: string): boolean {
    return this.live.has(key) || this.spilled.has(key);
  }

  /** Whether there may be an entity of this key: it is known, or there is room for one more. @returns why not */
  refuses(key: string, sender?: string): string | undefined {
    return this.knows(key) ? undefined : this.limits.refuses(this.size, sender);
  }

  /** The entity of a key that `prepare` has seen, if there is one; it is about to be used. */
  find(key: string): Entity | undefined {
    const entity = this.live.get(key);
    if (!entity) return undefined;
    entity.used = this.batch;
    entity.dirty = true;
    return entity;
  }

  /** The entity of a key that `prepare` has seen; made on first sight. */
  get(key: string): Entity {
    const known = this.find(key);
    if (known) return known;
    const entity = this.factory.create(key);
    this.live.set(key, entity);
    entity.used = this.batch;
    entity.dirty = true;
    return entity;
  }

  /** Every key, spilled ones included, few of them at a time; those go back at once, as far as the store takes them. */
  async *all(): AsyncGenerator<Entity> {
    this.batch++;
    const keys = this.keys();
    for (let at = 0; at < keys.length; at += PIECE) {
      const piece = keys.slice(at, at + PIECE);
      const away = new Set(piece.filter((key) => this.spilled.has(key)));
      await this.load([...away]);
      for (const key of piece) {
        const entity = this.get(key);
        yield entity;
        try {
          if (away.has(key)) {
            this.putAway(entity);
            await this.store.makeRoom();
          }
        } catch (error) {
          if (!isNamed(error) || !error.retry) throw error;
        }
      }
    }
  }

  /** Keys that are known, in order, without loading them. */
  keys(): string[] {
    return [...this.live.keys(), ...this.spilled].sort();
  }

  /**
   * Spills idle keys, if there are too many. Between batches only. Those that were used since they were last looked at are left for the
   * next round (the clock of Corbató, 1968): close to the longest idle first, and nothing to do when a key is used.
   */
  spill(): void {
    for (let left = 2 * this.live.size; left > 0 && this.live.size > this.keysInMemory; left--) {
      const [entity] = this.live.values();
      if (entity!.used > entity!.looked) {
        entity!.looked = entity!.used;
        this.live.delete(entity!.key);
        this.live.set(entity!.key, entity!);
      } else if (entity!.used < this.batch) this.putAway(entity!);
      else return;
    }
  }

  private putAway(entity: Entity): void {
    if (entity.dirty) this.save(entity);
    this.live.delete(entity.key);
    this.spilled.add(entity.key);
  }

  /** Puts what has changed since the last time into the store. */
  async saveDirty(): Promise<void> {
    for (const entity of this.live.values()) {
      if (!entity.dirty) continue;
      // First, so that a store that takes nothing is not given all there is.
      await this.store.makeRoom();
      this.save(entity);
    }
    for (const hash of this.shared.keys()) if (!this.store.hasBlob(hash)) this.shared.delete(hash);
  }

  private save(entity: Entity): void {
    const { key, state } = entity;
    const parts = pluginStatesOf(state).some(hasImmutable) ? withPluginStates(state, (part) => detach(part, this.blobs)) : state;
    const blobs = parts === state ? NONE : pluginStatesOf(parts).flatMap(hashesOf);
    this.store.put(key, encode(parts, this.names), { wake: wakeOf(state), blobs });
    entity.dirty = false;
  }

  /** Brings back keys that are away, as many at a time as are worth a round trip to a store. */
  private async load(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += PIECE) await this.loadPiece(keys.slice(at, at + PIECE));
  }

  private async loadPiece(keys: readonly string[]): Promise<void> {
    const saved = await this.store.get(keys);
    const states = keys.map((key) => {
      const bytes = saved.get(key);
      if (!bytes) throw new Error(`the checkpoint store lost the state of ${key}`);
      const state = decode(bytes, this.names) as EntityState;
      return { key, state, parts: pluginStatesOf(state) };
    });
    const hashes = new Set(states.flatMap(({ parts }) => parts.filter(hasImmutable).flatMap(hashesOf)));
    const away = [...hashes].filter((hash) => !this.shared.has(hash));
    if (away.length > 0) this.fetched = await this.store.getBlobs(away);
    for (const { key, state, parts } of states) {
      for (const part of parts) attach(part, this.blobs, this.shared);
      // Before a plugin of another version takes it over.
      const first = wakeOf(state);
      const entity = this.factory.create(key, state);
      entity.dirty = false;
      this.live.set(key, entity);
      this.spilled.delete(key);
      if (!this.unseen.delete(key)) continue;
      for (const at of [state.wake, state.silentAt])
        if (at !== first && at !== Number.POSITIVE_INFINITY) this.queue.push(at, key);
    }
    this.fetched = NOTHING;
  }
}
