// Batches as the records of one request, in order within each partition.

import type { Message } from 'kafkajs';
import type { SourceBatch } from '../../../api/index.js';
import { type Control, encodeObservation } from '../records.js';
import { SEAL } from '../seal.js';

/** One request holds at most so many bytes and records. */
const REQUEST_BYTES = 500_000;
const REQUEST_RECORDS = 10_000;
/** What a record takes beside its key and value, and a batch of them beside the records, bytes at most. */
const RECORD_EXTRA = 64;
const BATCH_EXTRA = 128;
/** Losses in one record: each is a few hundred bytes at most. */
const LOSSES = 500;

/** A record with the partition that it goes to, and what it takes there. */
export interface Outgoing extends Message {
  readonly key: string | null;
  readonly value: Buffer;
  readonly partition: number;
  /** What it takes of the broker's limit. */
  readonly bytes: number;
}

export function outgoing(key: string | null, value: Buffer, partition: number, headers: { readonly [SEAL]?: string }): Outgoing {
  const bytes = (key === null ? 0 : Buffer.byteLength(key)) + value.length + RECORD_EXTRA;
  return { key, value, partition, headers, bytes };
}

/** A record that ends a batch, and says anew that the stream has ended where it had. */
export const endOfBatch = (ended: boolean): Buffer => Buffer.from(JSON.stringify(ended ? { end: true } : {}));

/** How far one request reaches. @param limit of the broker, bytes in one partition */
export function requestEnd(records: readonly Outgoing[], from: number, limit: number): number {
  const most = Math.min(REQUEST_BYTES, limit - BATCH_EXTRA);
  let bytes = 0;
  let end = from;
  while (end < records.length && end - from < REQUEST_RECORDS) {
    bytes += records[end]!.bytes;
    if (bytes > most && end > from) break;
    end++;
  }
  return end;
}

/** Whether a record alone is more than a broker takes. */
export const isTooLarge = (record: Outgoing, limit: number): boolean => record.bytes + BATCH_EXTRA > limit;

/** The records of several batches, in order within each partition. */
export class Request {
  readonly records: Outgoing[] = [];
  private readonly seal: { readonly [SEAL]: string };
  private readonly partitions: number;
  private readonly partitionOf: (key: string) => number;

  constructor(seal: string, partitions: number, partitionOf: (key: string) => number) {
    this.seal = { [SEAL]: seal };
    this.partitions = partitions;
    this.partitionOf = partitionOf;
  }

  get full(): boolean {
    return this.records.length >= REQUEST_RECORDS;
  }

  add(batch: SourceBatch): void {
    const { observations, missing = [], watermark } = batch;
    // What is missing comes before the observations of its batch.
    const touched = new Set<number>();
    for (let at = 0; at < missing.length; at += LOSSES) {
      const some = missing.slice(at, at + LOSSES);
      const concerned = some.some(({ key }) => key === '*')
        ? this.all()
        : [...new Set(some.map(({ key }) => this.partitionOf(key)))];
      for (const partition of concerned) touched.add(partition);
      this.control(concerned, (partition) => ({
        missing: some.filter(({ key }) => key === '*' || this.partitionOf(key) === partition),
      }));
    }
    for (const observation of observations) {
      const partition = this.partitionOf(observation.key);
      touched.add(partition);
      this.put(observation.key, encodeObservation(observation), partition);
    }
    if (watermark !== undefined) this.control(this.all(), () => ({ watermark }));
    else this.control([...touched], () => ({}));
  }

  /** Says the same to every partition. */
  tell(control: Control): void {
    this.control(this.all(), () => control);
  }

  private all(): number[] {
    return Array.from({ length: this.partitions }, (_, i) => i);
  }

  private control(partitions: readonly number[], content: (partition: number) => Control): void {
    for (const partition of partitions) this.put(null, JSON.stringify(content(partition)), partition);
  }

  private put(key: string | null, text: string, partition: number): void {
    this.records.push(outgoing(key, Buffer.from(text), partition, this.seal));
  }
}

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Whether a broker refused records for their size: it will never take them together. */
export function saysTooLarge(error: unknown): boolean {
  for (let at = error as { type?: string; cause?: unknown } | undefined; at; at = at.cause as typeof at)
    if (at.type !== undefined && TOO_LARGE.has(at.type)) return true;
  return false;
}
