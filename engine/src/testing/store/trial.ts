// A store of checkpoints under test: written as one process would, read as the next one.

import { createHash } from 'node:crypto';
import type { CheckpointStore, Checkpoints } from '../../api/index.js';

/** A store under test. */
export interface StoreLaws {
  /** The checkpoints of the n-th fresh place, as a process of its own would see them: called again for the next process. */
  open(n: number): Checkpoints | Promise<Checkpoints>;
  /**
   * Damages something of the n-th place, which nobody holds, by a random choice: flips, cuts, zeroes or deletes. @param uniform random
   * numbers in [0, 1) @returns what it did, for people. Left out, the law of damage is skipped.
   */
  damage?(n: number, uniform: () => number): string | Promise<string>;
  /** Random cases of damage. */
  readonly cases?: number;
  /** Cleans up at the end. */
  close?(): Promise<void>;
}

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();
export const hashOf = (value: string): string => createHash('sha256').update(value).digest('hex');

/** A state as a test wants it: what it holds, when it wants to be woken, the immutable parts that it refers to. */
export interface Wanted {
  readonly state: string;
  readonly wake?: number;
  readonly parts?: readonly string[];
}

/** All that a checkpoint brings back. */
export interface Everything {
  readonly meta: string | undefined;
  /** By key. */
  readonly states: Readonly<Record<string, Required<Wanted>>>;
}

export function put(store: CheckpointStore, key: string, { state, wake = Number.POSITIVE_INFINITY, parts = [] }: Wanted): void {
  for (const part of parts) if (!store.hasBlob(hashOf(part))) store.putBlob(hashOf(part), bytes(part));
  store.put(key, bytes(state), { wake, blobs: parts.map(hashOf) });
}

export class StoreTrial {
  readonly laws: StoreLaws;
  private places = 0;

  constructor(laws: StoreLaws) {
    this.laws = laws;
  }

  /** A fresh place. */
  place(): number {
    return this.places++;
  }

  /** Does something as a process of its own. */
  async process<T>(n: number, work: (checkpoints: Checkpoints) => Promise<T>): Promise<T> {
    const checkpoints = await this.laws.open(n);
    try {
      return await work(checkpoints);
    } finally {
      await checkpoints.close();
    }
  }

  /** Opens a part as a process of its own, does something, and lets go of it. */
  with<T>(n: number, work: (store: CheckpointStore) => Promise<T>, part = ''): Promise<T> {
    return this.process(n, async (checkpoints) => {
      const store = checkpoints.of(part);
      try {
        await store.open();
        return await work(store);
      } finally {
        await store.close();
      }
    });
  }

  /** A process that puts some states and commits. */
  commit(n: number, meta: string, states: Readonly<Record<string, Wanted>>, part = ''): Promise<void> {
    return this.with(
      n,
      async (store) => {
        for (const [key, wanted] of Object.entries(states)) put(store, key, wanted);
        await store.commit(bytes(meta));
      },
      part,
    );
  }

  /** What the next process finds. @param parts immutable parts by hash: to say which a state refers to */
  found(n: number, parts: readonly string[] = [], part = ''): Promise<Everything & { readonly warnings: readonly string[] }> {
    return this.process(n, async (checkpoints) => {
      const store = checkpoints.of(part);
      try {
        const found = await store.open();
        return { meta: text(found?.meta), states: await statesOf(store, parts), warnings: found?.warnings ?? [] };
      } finally {
        await store.close();
      }
    });
  }
}

/** The state of a key, as text. */
export const stateOf = async (store: CheckpointStore, key: string): Promise<string | undefined> =>
  text((await store.get([key])).get(key));
/** An immutable part that a store has, as text. */
export const blobOf = async (store: CheckpointStore, part: string): Promise<string | undefined> =>
  text((await store.getBlobs([hashOf(part)])).get(hashOf(part)));

/** All states of a store that is open. An immutable part is told by its content. */
export async function statesOf(store: CheckpointStore, parts: readonly string[]): Promise<Everything['states']> {
  const known: string[] = [];
  for (const part of parts) if (store.hasBlob(hashOf(part)) && (await blobOf(store, part)) === part) known.push(part);
  const states: Record<string, Required<Wanted>> = {};
  const entries = [...store.entries()];
  const found = await store.get(entries.map(({ key }) => key));
  for (const { key, wake } of entries) states[key] = { state: text(found.get(key)) ?? '', wake, parts: known };
  return states;
}

/** Where two things differ, as text. */
export function differs(one: unknown, other: unknown): string | undefined {
  const [left, right] = [shown(one), shown(other)];
  return left === right ? undefined : `${left.slice(0, 300)} instead of ${right.slice(0, 300)}`;
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (part === Number.POSITIVE_INFINITY) return 'never';
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? 'nothing';
