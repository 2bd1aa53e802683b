// Records written to topics in order, by an idempotent producer.

import type { Admin, Message, Producer } from 'kafkajs';
import type { OutsideHost } from '../../../api/index.js';
import { orAbort } from '../../../ports/waiting.js';
import type { KafkaConnection } from '../connection.js';
import { saysTooLarge } from '../writing/request.js';
import { type BrokerSettings, connectionTo, saidBy } from './brokers.js';

/** One request holds at most so many bytes and records. */
const REQUEST_BYTES = 500_000;
const REQUEST_RECORDS = 10_000;
/** What a record takes beside its key and value, bytes at most. */
const RECORD_EXTRA = 64;

/** How long a topic that was made may be unknown to its leaders, and how often they are asked, ms. */
const PATIENCE = 10_000;
const PAUSE = 100;
const NOT_YET: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

/** A record for a topic. */
export interface Written {
  readonly topic: string;
  /** What its partition goes by: records of a key stay in order. */
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TopicWriterParts extends BrokerSettings {
  readonly host: OutsideHost;
  /** How topics are made that are not there; absent: they are not. */
  readonly make?: { readonly partitions: number; readonly replication: number } | undefined;
}

/** A record alone is more than the broker takes. */
export class TooLarge extends Error {
  readonly record: Written;
  constructor(record: Written) {
    super(`it takes ${Buffer.byteLength(record.value)} bytes, and the topic ${record.topic} takes fewer (max.message.bytes)`);
    this.record = record;
  }
}

/** Writes records, one request at a time. What the library sends again after a lost answer is stored once. */
export class TopicWriter {
  private readonly parts: TopicWriterParts;
  private readonly connection: KafkaConnection;
  private producer: Producer;

  constructor(parts: TopicWriterParts) {
    this.parts = parts;
    this.connection = connectionTo(parts, '', '', parts.host);
    this.producer = this.makeProducer();
  }

  private makeProducer(): Producer {
    return this.connection.client.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  }

  /** Connects, and makes the topics that are not there where it may. @throws what the broker says */
  async open(topics: readonly string[], signal: AbortSignal): Promise<void> {
    const admin = this.connection.client.admin();
    try {
      await orAbort(this.prepare(admin, topics, signal), signal);
    } catch (error) {
      throw saidBy('QS_SINK_FAILED', error);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  private async prepare(admin: Admin, topics: readonly string[], signal: AbortSignal): Promise<void> {
    const { make, host } = this.parts;
    await admin.connect();
    const known = await admin.listTopics();
    const absent = topics.filter((topic) => !known.includes(topic));
    if (absent.length > 0 && !make) throw new Error(`the broker ${this.connection.name} has no topic ${absent.join(', ')}`);
    if (absent.length > 0 && make) {
      const { partitions, replication } = make;
      await admin.createTopics({
        waitForLeaders: false,
        topics: absent.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: replication })),
      });
      for (const topic of absent) await this.hosted(admin, topic, signal);
      host.log.info({ topics: absent }, `made ${absent.length === 1 ? 'the topic' : 'the topics'} ${absent.join(', ')}`);
    }
    await this.producer.connect();
  }

  /** Until the leaders of a topic that was just made know of it: a broker says so of its topics before all of it is true. */
  private async hosted(admin: Admin, topic: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.parts.host;
    for (let left = PATIENCE; ; left -= PAUSE) {
      try {
        await admin.fetchTopicOffsets(topic);
        return;
      } catch (error) {
        if (left <= 0 || !NOT_YET.has(String((error as { type?: unknown }).type))) throw error;
      }
      await clock.sleep(PAUSE, signal);
    }
  }

  /**
   * Writes records in the order given, each key's in one partition of its topic. Resolves once all replicas in sync have them.
   * @throws TooLarge with the record, before anything behind it was written
   */
  async write(records: readonly Written[]): Promise<void> {
    for (let at = 0; at < records.length; ) {
      let bytes = 0;
      let end = at;
      while (end < records.length && end - at < REQUEST_RECORDS) {
        const { key, value } = records[end]!;
        bytes += Buffer.byteLength(key) + Buffer.byteLength(value) + RECORD_EXTRA;
        if (bytes > REQUEST_BYTES && end > at) break;
        end++;
      }
      await this.send(records.slice(at, end));
      at = end;
    }
  }

  private async send(part: readonly Written[]): Promise<void> {
    const topics = new Map<string, Message[]>();
    for (const { topic, key, value, headers } of part) {
      const messages = topics.get(topic);
      const message = headers === undefined ? { key, value } : { key, value, headers: headers as Record<string, string> };
      if (messages) messages.push(message);
      else topics.set(topic, [message]);
    }
    try {
      const topicMessages = [...topics].map(([topic, messages]) => ({ topic, messages }));
      await this.producer.sendBatch({ acks: -1, topicMessages });
    } catch (error) {
      if (saysTooLarge(error)) {
        if (part.length === 1) throw new TooLarge(part[0]!);
        const middle = Math.ceil(part.length / 2);
        await this.send(part.slice(0, middle));
        return this.send(part.slice(middle));
      }
      // The library's idea of its own sequence may be spoilt: a new producer starts afresh.
      const failed = this.producer;
      this.producer = this.makeProducer();
      await failed.disconnect().catch(() => {});
      await this.producer.connect();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.connection.silent = true;
    await this.producer.disconnect().catch(() => {});
  }
}
