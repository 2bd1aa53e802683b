// The writing end of a topic: batches in order, one request at a time.

import type { Message, Producer } from 'kafkajs';
import { messageOf, type SourceBatch } from '../../api/index.js';
import { BatchQueue, type ChannelWriter, roomOf } from '../../ports/channel.js';
import { KafkaConnection, type KafkaParts, orAbort, partitionerOf } from './connection.js';
import { type Control, encodeObservation } from './records.js';

/** One produce request holds at most so many characters and records, well below the broker's limit of a megabyte a partition. */
const REQUEST_CHARACTERS = 500_000;
const REQUEST_RECORDS = 10_000;
/** A single record beyond this would never be taken. */
const RECORD_CHARACTERS = 900_000;

interface Queued {
  readonly batch: SourceBatch | 'end';
  readonly size: number;
}

export interface WriterParts extends KafkaParts {
  /** The group of each key that is in one: all its keys go to one partition. */
  readonly groups: ReadonlyMap<string, string>;
  /** Observations that may wait for the broker. */
  readonly buffer: number;
  readonly drop: (reason: string, detail: string) => void;
}

/** Writes batches into a topic, in order: one request at a time, which takes along everything that waits. */
export class KafkaWriter implements ChannelWriter {
  safe: string | null | undefined;
  private readonly parts: WriterParts;
  private readonly connection: KafkaConnection;
  private readonly queue: BatchQueue<Queued>;
  private readonly abort = new AbortController();
  private producer: Producer;
  private choose: ((key: string) => number) | undefined;
  private partitions = 0;
  private sending: Promise<void> | undefined;
  private pending = 0;
  private idle: (() => void)[] = [];
  private failure: { error: unknown } | undefined;

  constructor(parts: WriterParts) {
    this.parts = parts;
    this.connection = new KafkaConnection(parts, 'ingest');
    this.queue = new BatchQueue(parts.buffer);
    this.producer = this.makeProducer();
  }

  private makeProducer(): Producer {
    // Idempotent: what the library sends again after a lost answer is stored once.
    return this.connection.client.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  }

  async open(signal: AbortSignal): Promise<void> {
    const admin = this.connection.client.admin();
    try {
      this.partitions = await this.connection.patiently('be reached', signal, () => this.connection.topic(admin));
      await this.connection.patiently('be written to', signal, () => this.producer.connect());
    } finally {
      await admin.disconnect().catch(() => {});
    }
    this.sending = this.run();
  }

  /** The partition of a key, which it shares with its group. */
  partitionOf(key: string, partitions: number): number {
    this.choose ??= partitionerOf(this.connection.settings.topic, partitions);
    return this.choose(this.parts.groups.get(key) ?? key);
  }

  async send(batch: SourceBatch): Promise<void> {
    await this.put({ batch, size: roomOf(batch) });
  }

  async end(): Promise<void> {
    await this.put({ batch: 'end', size: 1 });
  }

  private async put(item: Queued): Promise<void> {
    if (this.failure) throw this.failure.error;
    this.pending++;
    await this.queue.put(item);
  }

  async flush(signal: AbortSignal): Promise<void> {
    if (this.pending > 0 && !this.failure) await orAbort(new Promise<void>((resolve) => this.idle.push(resolve)), signal);
    if (this.failure) throw this.failure.error;
  }

  async close(): Promise<void> {
    this.abort.abort(new Error('the channel is closed'));
    this.queue.end();
    await this.sending;
    await this.producer.disconnect();
  }

  private async run(): Promise<void> {
    try {
      for (let first = await this.queue.take(); first; first = await this.queue.take()) {
        const request = new Request(this.partitions, (key) => this.partitionOf(key, this.partitions), this.parts.drop);
        let taken = 0;
        let cursor: string | null | undefined;
        for (let next: Queued | undefined = first; next; next = request.full ? undefined : this.queue.takeNow()) {
          request.add(next.batch);
          taken++;
          if (next.batch !== 'end') cursor = next.batch.cursor;
        }
        await this.produce(request.messages);
        if (cursor !== undefined) this.safe = cursor;
        this.pending -= taken;
        if (this.pending === 0) for (const resolve of this.idle.splice(0)) resolve();
      }
    } catch (error) {
      if (!this.abort.signal.aborted) this.failure = { error };
      this.queue.end();
      for (const resolve of this.idle.splice(0)) resolve();
    }
  }

  /** Sends until the broker has it. The detectors drop what it should have twice. */
  private async produce(messages: readonly Message[]): Promise<void> {
    const { topic } = this.connection.settings;
    for (let at = 0; at < messages.length; ) {
      const end = requestEnd(messages, at);
      const part = messages.slice(at, end);
      let failed = false;
      await this.connection.patiently('be written to', this.abort.signal, async () => {
        if (failed) {
          // The library's idea of its own sequence may be spoilt: a new producer starts afresh.
          await this.producer.disconnect().catch(() => {});
          this.producer = this.makeProducer();
          await this.producer.connect();
        }
        failed = true;
        await this.producer.send({ topic, acks: -1, messages: part });
      });
      at = end;
    }
  }

  get waiting(): number {
    return this.queue.waiting;
  }
  get trouble(): string | undefined {
    return this.connection.trouble ?? (this.failure && messageOf(this.failure.error));
  }
}

/** How far one request reaches. */
function requestEnd(messages: readonly Message[], from: number): number {
  let characters = 0;
  let end = from;
  while (end < messages.length && end - from < REQUEST_RECORDS) {
    characters += messages[end]!.value!.length;
    if (characters > REQUEST_CHARACTERS && end > from) break;
    end++;
  }
  return end;
}

/** The records of several batches, in order within each partition. */
class Request {
  readonly messages: Message[] = [];
  private readonly partitions: number;
  private readonly partitionOf: (key: string) => number;
  private readonly drop: (reason: string, detail: string) => void;

  constructor(partitions: number, partitionOf: (key: string) => number, drop: (reason: string, detail: string) => void) {
    this.partitions = partitions;
    this.partitionOf = partitionOf;
    this.drop = drop;
  }

  get full(): boolean {
    return this.messages.length >= REQUEST_RECORDS;
  }

  add(batch: SourceBatch | 'end'): void {
    if (batch === 'end') {
      this.control(this.all(), () => ({ end: true }));
      return;
    }
    const { observations, missing = [], watermark } = batch;
    // What is missing comes before the observations of its batch.
    const touched = new Set<number>();
    if (missing.length > 0) {
      const concerned = missing.some(({ key }) => key === '*')
        ? this.all()
        : [...new Set(missing.map(({ key }) => this.partitionOf(key)))];
      for (const partition of concerned) touched.add(partition);
      this.control(concerned, (partition) => ({
        missing: missing.filter(({ key }) => key === '*' || this.partitionOf(key) === partition),
      }));
    }
    for (const observation of observations) {
      const partition = this.partitionOf(observation.key);
      const value = encodeObservation(observation);
      if (value.length > RECORD_CHARACTERS) {
        this.drop(
          'record_too_large',
          `${observation.type} ${observation.sequence} of ${observation.key}: ${value.length} characters`,
        );
        continue;
      }
      touched.add(partition);
      this.messages.push({ key: observation.key, value, partition });
    }
    if (watermark !== undefined) this.control(this.all(), () => ({ watermark }));
    else this.control([...touched], () => ({}));
  }

  private all(): number[] {
    return Array.from({ length: this.partitions }, (_, i) => i);
  }

  private control(partitions: readonly number[], content: (partition: number) => Control): void {
    for (const partition of partitions) this.messages.push({ key: null, value: JSON.stringify(content(partition)), partition });
  }
}
