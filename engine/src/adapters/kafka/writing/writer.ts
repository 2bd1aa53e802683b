// The writing end of a topic: batches in order, one request at a time.

import type { Producer, RecordMetadata } from 'kafkajs';
import { messageOf, type SourceBatch } from '../../../api/index.js';
import { BatchQueue, type ChannelWriter, roomOf } from '../../../ports/channel.js';
import { orAbort } from '../../../ports/waiting.js';
import { type HalfParts, KafkaConnection } from '../connection.js';
import { letterOf } from '../letters.js';
import { newSeal } from '../seal.js';
import { partitionerOf, type Topic } from '../topic.js';
import { isTooLarge, type Outgoing, Request, requestEnd, saysTooLarge } from './request.js';

interface Queued {
  readonly batch: SourceBatch | 'end';
  readonly size: number;
}

export interface WriterParts extends HalfParts {
  /** The group of each key that is in one: all its keys go to one partition. */
  readonly groups: ReadonlyMap<string, string>;
}

/** Writes batches into a topic, in order: one request at a time, which takes along everything that waits. */
export class KafkaWriter implements ChannelWriter {
  safe: string | null | undefined;
  private readonly parts: WriterParts;
  private readonly connection: KafkaConnection;
  private readonly queue: BatchQueue<Queued>;
  private readonly abort = new AbortController();
  private producer: Producer;
  private partitionOf!: (key: string) => number;
  private topic: Topic = { partitions: 0, more: undefined, limit: 0 };
  private seal = newSeal();
  /** Behind the last record that we wrote, by partition. */
  private readonly ends = new Map<number, number>();
  /** Whether a topic took the place of ours: what is written next begins anew. */
  private replaced = false;
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
      this.topic = await this.connection.patiently('be reached', signal, () => this.connection.topic(admin));
      await this.connection.patiently('be written to', signal, () => this.producer.connect());
    } finally {
      await admin.disconnect().catch(() => {});
    }
    this.partitionOf = partitionerOf(this.connection.settings.topic, this.topic.partitions, this.parts.groups);
    this.sending = this.run();
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

  private request(): Request {
    return new Request(this.seal, this.topic.partitions, this.partitionOf);
  }

  private async run(): Promise<void> {
    try {
      let begins = true;
      for (let first = await this.queue.take(); first; first = await this.queue.take()) {
        const request = this.request();
        if (begins) request.tell({ begin: this.parts.ours });
        let taken = 0;
        let cursor: string | null | undefined;
        for (let next: Queued | undefined = first; next; next = request.full ? undefined : this.queue.takeNow()) {
          if (next.batch === 'end') request.tell({ end: true });
          else request.add(next.batch);
          taken++;
          if (next.batch !== 'end') cursor = next.batch.cursor;
        }
        await this.produce(request.records);
        begins = this.replaced;
        this.replaced = false;
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

  /** Sends until the broker has it, or until it is put away what the broker never takes. */
  private async produce(records: readonly Outgoing[]): Promise<void> {
    const { limit } = this.topic;
    const takes: Outgoing[] = [];
    for (const record of records) {
      if (isTooLarge(record, limit)) await this.putAway(record);
      else takes.push(record);
    }
    for (let at = 0; at < takes.length; ) {
      const end = requestEnd(takes, at, limit);
      await this.sendPart(takes.slice(at, end));
      at = end;
    }
  }

  /** The detectors drop what they should have twice. */
  private async sendPart(part: readonly Outgoing[]): Promise<void> {
    const { topic } = this.connection.settings;
    let failed = false;
    const taken = await this.connection.patiently('be written to', this.abort.signal, async () => {
      if (failed) {
        // The library's idea of its own sequence may be spoilt: a new producer starts afresh.
        await this.producer.disconnect().catch(() => {});
        this.producer = this.makeProducer();
        await this.producer.connect();
      }
      failed = true;
      try {
        this.follow(await this.producer.send({ topic, acks: -1, messages: [...part] }), part);
        return true;
      } catch (error) {
        if (!saysTooLarge(error)) throw error;
        return false;
      }
    });
    if (taken) return;
    if (part.length === 1) await this.putAway(part[0]!);
    else for (const smaller of divided(part)) await this.sendPart(smaller);
  }

  /** Notices that a log begins anew under us: those who read it must not take it for the one before. */
  private follow(answers: readonly RecordMetadata[], part: readonly Outgoing[]): void {
    for (const { partition, baseOffset } of answers) {
      const base = Number(baseOffset);
      if (baseOffset === undefined || base < 0) continue;
      const before = this.ends.get(partition) ?? 0;
      this.ends.set(partition, base + part.filter((record) => record.partition === partition).length);
      if (base >= before) continue;
      this.parts.log.error(
        { partition },
        `partition ${partition} of the topic ${this.connection.settings.topic} goes on at record ${base} and not at ${before}: it was ` +
          'deleted and made anew, or cut off; what was written before is lost to those who have not read it',
      );
      this.seal = newSeal();
      this.replaced = true;
    }
  }

  /** Counts and keeps a record that the broker will never take; the rest flows. */
  private async putAway(record: Outgoing): Promise<void> {
    const { topic } = this.connection.settings;
    const of = record.key === null ? 'a control record' : `an observation of ${record.key}`;
    const why = `${of} takes ${record.bytes} bytes, and the topic ${topic} takes ${this.topic.limit} at most (max.message.bytes)`;
    this.parts.drop('record_too_large', why);
    await this.parts.deadLetter({ code: 'record_too_large', reason: why, ...letterOf(topic, record.partition, record) });
  }

  get waiting(): number {
    return this.queue.waiting;
  }
  get trouble(): string | undefined {
    return this.connection.trouble ?? (this.failure && messageOf(this.failure.error)) ?? this.topic.more;
  }
}

/** A part in smaller ones: by partition, as brokers take each partition's records as one; within one, in halves. */
function divided(part: readonly Outgoing[]): Outgoing[][] {
  const partitions = [...new Set(part.map(({ partition }) => partition))];
  if (partitions.length > 1) return partitions.map((one) => part.filter(({ partition }) => partition === one));
  const middle = Math.ceil(part.length / 2);
  return [part.slice(0, middle), part.slice(middle)];
}
