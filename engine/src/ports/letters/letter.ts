// A dead letter as it is kept: what was refused, why, where, when, and by which versions.

import { createHash } from 'node:crypto';
import type { DeadLetter } from '../../api/index.js';
import { encoded } from './encoded.js';

/** The layout of what is kept of a letter. Letters without one are of before there were layouts: layout 1. */
export const LETTER_LAYOUT = 2;

export interface Version {
  readonly name: string;
  readonly version: string;
}

/** Where a letter belongs: a sink, table and key, or a topic, partition and offset. */
export type Place = Readonly<Record<string, string | number>>;

export interface Letter {
  readonly layout: number;
  /** Of what was refused and where, not of when it came and why: a restart that repeats a letter repeats its id. */
  readonly id: string;
  /** When it was put away, ISO 8601. */
  readonly at: string;
  readonly pipeline: string;
  /** The sink that refused it, by its name in the file; `channel`: the topic between the halves. */
  readonly part: string;
  /** The version of the engine; absent in layout 1. */
  readonly engine?: string;
  /** Which plugin refused it; absent in layout 1. */
  readonly plugin?: Version;
  /** `observation`, `verdict`, `episode`; `record`: bytes of a topic. */
  readonly kind: string;
  /** Snake case, for counts: `refused`, `foreign_record`. */
  readonly code: string;
  readonly reason: string;
  readonly place: Place;
  /** What was refused, whole: see `encoded.ts`; a {@link RawRecord} where `kind` is `record`. */
  readonly record: unknown;
}

/** What has become of a letter since. */
export interface Mark {
  readonly layout: number;
  /** The letter's. */
  readonly mark: string;
  readonly at: string;
  readonly outcome: 'replayed' | 'refused';
  /** Why it was refused again. */
  readonly reason?: string;
}

/** Bytes as they were, readable where they are text. */
export type Bytes = { readonly text: string } | { readonly base64: string } | null;

/** A record of a topic, bit for bit. */
export interface RawRecord {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly headers: Readonly<Record<string, Bytes>>;
  /** The time that the broker keeps with it, ms; `null` for one that was never stored. */
  readonly time: number | null;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function bytesOf(raw: Uint8Array | string | null | undefined): Bytes {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === 'string') return { text: raw };
  try {
    return { text: UTF8.decode(raw) };
  } catch {
    return { base64: Buffer.from(raw).toString('base64') };
  }
}

export function bufferOf(bytes: Bytes | undefined): Buffer | null {
  if (bytes === null || bytes === undefined) return null;
  return 'text' in bytes ? Buffer.from(bytes.text) : Buffer.from(bytes.base64, 'base64');
}

/** Who puts letters away. */
export interface Sender {
  readonly pipeline: string;
  readonly part: string;
  readonly engine: string;
  readonly plugin: Version;
}

/** A letter to be kept. @param now ms since the epoch */
export function letterFrom(sender: Sender, { kind, code = 'refused', reason, place, record }: DeadLetter, now: number): Letter {
  const { pipeline, part, engine, plugin } = sender;
  const { key } = (record ?? {}) as { key?: unknown };
  const where: Place = kind === 'record' ? { ...place } : { sink: part, ...place, ...(typeof key === 'string' ? { key } : {}) };
  const what = { pipeline, part, kind, code, place: where, record: encoded(record) };
  return { layout: LETTER_LAYOUT, id: idOf(what), at: new Date(now).toISOString(), engine, plugin, reason, ...what };
}

export function idOf({ pipeline, part, kind, code, place, record }: Omit<Letter, 'layout' | 'id' | 'at' | 'reason'>): string {
  // When an observation reached us is another time at each replay of its source.
  const lasting = kind === 'record' ? record : { ...(record as object), received: undefined };
  const what = JSON.stringify([pipeline, part, kind, code, place, lasting]);
  return createHash('sha256').update(what).digest('hex').slice(0, 16);
}
