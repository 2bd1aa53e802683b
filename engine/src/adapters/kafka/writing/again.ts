// Observations that were put away, given to a topic again: signed as its own, each with the end of a batch behind it.

import type { Producer } from 'kafkajs';
import { messageOf } from '../../../api/index.js';
import { type HalfParts, KafkaConnection } from '../connection.js';
import { DOUBTFUL, PartitionLog } from '../reading/log.js';
import { readToEnd } from '../reading/to-end.js';
import { decodeObservation } from '../records.js';
import { type Place, SEAL } from '../seal.js';
import { partitionerOf, type Topic } from '../topic.js';
import { isTooLarge, type Outgoing, outgoing, saysTooLarge } from './request.js';

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
  private logs!: readonly PartitionLog[];

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
    this.logs = await this.read(topic);
    await this.connection.patiently('be written to', signal, () => this.producer.connect());
  }

  private async read(topic: string): Promise<readonly PartitionLog[]> {
    const logs: PartitionLog[] = [];
    for (let partition = 0; partition < this.topic.partitions; partition++) {
      const place = (await this.parts.placeOf(partition)) ?? { next: 0 };
      logs.push(new PartitionLog({ partition, topic, ours: this.parts.ours }, place));
    }
    const from = new Map(logs.map((log) => [log.partition, log.from]));
    for await (const { partition, message } of readToEnd(this.connection, topic, from)) {
      const log = logs[partition];
      if (!log) continue;
      if (Number(message.offset) === log.next - 1) log.recognise(message);
      if (Number(message.offset) < log.next) continue;
      try {
        log.read(message);
      } catch (error) {
        // Read from where it is known to be this log, so the record is foreign.
        if (error !== DOUBTFUL) throw error;
        log.read(message);
      }
      if (log.ready) log.takeReady();
    }
    return logs;
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
    const { signedBy: seal, ended } = this.logs[partition]!;
    const headers = seal === undefined ? {} : { [SEAL]: seal };
    const record = outgoing(name, value!, partition, headers);
    const { topic } = this.connection.settings;
    if (isTooLarge(record, this.topic.limit))
      return `it takes ${record.bytes} bytes, and the topic ${topic} takes ${this.topic.limit} at most: raise its max.message.bytes`;
    const end = outgoing(null, Buffer.from(ended ? '{"end":true}' : '{}'), partition, headers);
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
