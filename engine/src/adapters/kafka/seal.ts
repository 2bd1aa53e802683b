// Whose a record is, and where a reader stands in a log: in a form that tells this log from another of the same name.

import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KafkaMessage } from 'kafkajs';
import { QuantStreamError } from '../../api/index.js';

/** The header of our own records: a random id of the ingesting half that wrote them, new at each of its starts. */
export const SEAL = 'qs';

export const newSeal = (): string => randomBytes(6).toString('base64url');

/** What stands in the header of a record; `undefined`: nothing, or nothing of ours. */
export function sealOf({ headers }: Pick<KafkaMessage, 'headers'>): string | undefined {
  const found = headers?.[SEAL];
  if (found === undefined || Array.isArray(found) || found.length > 64) return undefined;
  return found.toString();
}

/** What a record is recognised by when it is read again. */
export interface Fingerprint {
  /** The time that the broker keeps with it, ms since the epoch. */
  readonly time: string;
  /** CRC-32 of key and value. */
  readonly sum: string;
}

const NOTHING = Buffer.alloc(0);

export function fingerprintOf({ timestamp, key, value }: Pick<KafkaMessage, 'timestamp' | 'key' | 'value'>): Fingerprint {
  return { time: timestamp, sum: crc32(value ?? NOTHING, crc32(key ?? NOTHING)).toString(16) };
}

/** Where a reader stands in a partition. */
export interface Place {
  /** The offset of the next record to take. */
  readonly next: number;
  /** Whose records are believed; absent before the first that says so. */
  readonly seal?: string | undefined;
  /** The record before `next`; absent where there was none, or where an older version wrote the place. */
  readonly before?: Fingerprint | undefined;
}

/** As a cursor: `1042 k3JxQ0aP 1764190000000:9af31c22`. */
export function writePlace({ next, seal, before }: Place): string {
  return `${next} ${seal ?? '-'} ${before ? `${before.time}:${before.sum}` : '-'}`;
}

/** @throws QS_STATE_CORRUPT when a cursor is none of a channel */
export function readPlace(cursor: string): Place {
  // Older versions wrote the offset alone.
  const found = /^(\d+)(?: (\S+) (?:-|(-?\d+):([0-9a-f]+)))?$/.exec(cursor);
  if (!found)
    throw new QuantStreamError('QS_STATE_CORRUPT', `the checkpoint stands at "${cursor}", which is no place in a topic`);
  const [, next, seal, time, sum] = found;
  return {
    next: Number(next),
    seal: seal === '-' ? undefined : seal,
    before: time !== undefined && sum !== undefined ? { time, sum } : undefined,
  };
}
