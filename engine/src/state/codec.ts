// States as bytes and back; parts that never change are kept apart, by their hash.

import { createHash } from 'node:crypto';
import type { Immutable } from '../api/index.js';
import { Reader } from './reader.js';
import type { Shapes } from './shapes.js';
import { Writer } from './writer.js';

/** Where immutable parts are kept, by content hash. */
export interface Blobs {
  has(hash: string): boolean;
  put(hash: string, bytes: Uint8Array): void;
  get(hash: string): Uint8Array;
}

// One for all: states are small, many and written one after the other.
const writer = new Writer();

/** @param shapes knows the names of fields; without it they stand in the bytes */
export function encode(value: unknown, shapes?: Shapes): Uint8Array {
  return writer.write(value, shapes);
}

/**
 * @param shapes what it was encoded with, or what that has grown to
 * @throws {Error} if the bytes were not written by `encode` of this format
 */
export function decode(bytes: Uint8Array, shapes?: Shapes): unknown {
  return new Reader(bytes, shapes).read();
}

function isImmutable(value: unknown): value is Immutable<unknown> {
  return typeof value === 'object' && value !== null && (value as Partial<Immutable<unknown>>).immutable === true;
}

/** A copy of a plugin's state whose immutable parts are put into `blobs` and stand there by their hash. */
export function detach(state: unknown, blobs: Blobs): unknown {
  if (typeof state !== 'object' || state === null || Array.isArray(state) || ArrayBuffer.isView(state)) return state;
  let copy: Record<string, unknown> | undefined;
  for (const [name, part] of Object.entries(state)) {
    if (!isImmutable(part)) continue;
    copy ??= { ...state };
    if (part.hash === undefined || !blobs.has(part.hash)) {
      const bytes = encode(part.value);
      part.hash = createHash('sha256').update(bytes).digest('hex');
      blobs.put(part.hash, bytes);
    }
    copy[name] = { immutable: true, hash: part.hash };
  }
  return copy ?? state;
}

/** Whether anything of a plugin's state is kept apart. */
export function hasImmutable(state: unknown): boolean {
  if (typeof state !== 'object' || state === null || ArrayBuffer.isView(state)) return false;
  for (const name in state) if (isImmutable((state as Record<string, unknown>)[name])) return true;
  return false;
}

/** The hashes of the immutable parts that a detached or attached state refers to. */
export function hashesOf(state: unknown): string[] {
  if (typeof state !== 'object' || state === null) return [];
  return Object.values(state).flatMap((part) => (isImmutable(part) && part.hash !== undefined ? [part.hash] : []));
}

/** Puts immutable parts back, in place; `shared` lets states with the same part hold one copy of it. */
export function attach(state: unknown, blobs: Blobs, shared: Map<string, unknown>): unknown {
  if (typeof state !== 'object' || state === null || Array.isArray(state) || ArrayBuffer.isView(state)) return state;
  for (const part of Object.values(state)) {
    if (!isImmutable(part) || part.hash === undefined) continue;
    let value = shared.get(part.hash);
    if (value === undefined) {
      value = decode(blobs.get(part.hash));
      shared.set(part.hash, value);
    }
    Object.assign(part, { value });
  }
  return state;
}

/** Saves and loads a state at once, as a checkpoint and a restart would. */
export function roundTrip<T>(state: T): T {
  const stored = new Map<string, Uint8Array>();
  const blobs: Blobs = {
    has: (hash) => stored.has(hash),
    put: (hash, bytes) => void stored.set(hash, bytes),
    get: (hash) => stored.get(hash)!,
  };
  return attach(decode(encode(detach(state, blobs))), blobs, new Map()) as T;
}
