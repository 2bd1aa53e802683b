// Observations that were put away, given to a topic again: signed as its own, each with the end of a batch behind it.

import type { Producer } from 'kafkajs';
import { messageOf } from '../../../api/index.js';
import { type HalfParts, KafkaConnection } from '../connection.js';
import { type Tail, tailsOf } from '../reading/tails.js';
import { decodeObservation } from '../records.js';
import { type Place, SEAL } from '../seal.js';
import { partitionerOf, type Topic } from '../topic.js';
import { endOfBatch, isTooLarge, type Outgoing, outgoing, saysTooLarge } from './request.js';

export type AgainParts = Omit<HalfParts, 'drop' | 'deadLetter' | 'buffer'> & {
  readonly groups: ReadonlyMap<string, string>;
  /** Where the checkpoint of a partition stands, so that not everything before need be read; else `undefined`. */
  readonly placeOf: (partition: number) => Promise<Place | undefined>;
};

/** Writes records into a topic as its ingesting half would, beside it or while it is away. */
export class RecordsAgain {
  private readonly parts: AgainParts;
  private readonly connection: KafkaConnection;
  private readonly producer: Producer;
  private topic!: Topic;
  private signal!: AbortSignal;
  private partitionOf!: (key: string) => number;
  /** The partitions as they end: whose records are believed there, and whether the stream has ended. */
  private tails!: readonly Tail[];

  constructor(parts: AgainParts) {
    this.parts = parts;
    this.connection = new KafkaConnection(parts, 'dead-letters');
    this.producer = this.connection.client.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
  }

  /** @param signal ends whatever waits for the broker */
  async open(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    const admin = this.connection.client.admin();
    try {
      this.topic = await this.connection.patiently('be reached', signal, () => this.connection.topic(admin));
    } finally {
      await admin.disconnect().catch(() => {});
    }
    const { topic } = this.connection.settings;
    this.partitionOf = partitionerOf(topic, this.topic.partitions, this.parts.groups);
    const places: (Place | undefined)[] = [];
    for (let i = 0; i < this.topic.partitions; i++) places.push(await this.parts.placeOf(i));
    this.tails = await tailsOf(this.connection, this.parts.ours, places);
    await this.connection.patiently('be written to', signal, () => this.producer.connect());
  }

  /** @returns why it cannot be given; `undefined`: the broker has it */
  async give(key: Buffer, value: Buffer | null): Promise<string | undefined> {
    const name = key.toString();
    try {
      decodeObservation(name, value);
    } catch (error) {
      return `it is no observation: ${messageOf(error)}`;
    }
    const partition = this.partitionOf(name);
    const { signedBy: seal, ended } = this.tails[partition]!.log;
    const headers = seal === undefined ? {} : { [SEAL]: seal };
    const record = outgoing(name, value!, partition, headers);
    const { topic } = this.connection.settings;
    if (isTooLarge(record, this.topic.limit))
      return `it takes ${record.bytes} bytes, and the topic ${topic} takes ${this.topic.limit} at most: raise its max.message.bytes`;
    const end = outgoing(null, endOfBatch(ended), partition, headers);
    // Together they might be more than the topic takes at once.
    for (const one of [record, end])
      if (!(await this.sent(one)))
        return `the broker says that it is too large for the topic ${topic}: raise its max.message.bytes`;
    return undefined;
  }

  private sent(record: Outgoing): Promise<boolean> {
    const { topic } = this.connection.settings;
    return this.connection.patiently('be written to', this.signal, async () => {
      try {
        await this.producer.send({ topic, acks: -1, messages: [record] });
        return true;
      } catch (error) {
        if (saysTooLarge(error)) return false;
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.connection.silent = true;
    await this.producer.disconnect().catch(() => {});
  }
}
