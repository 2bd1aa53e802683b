// What a broker is asked for when a pipeline goes on in another topic.

import type { Admin, Producer } from 'kafkajs';
import { QuantStreamError } from '../../api/index.js';
import { KafkaConnection, type KafkaParts } from './connection.js';
import { type Tail, tailsOf } from './reading/tails.js';
import type { Beginning } from './records.js';
import { fingerprintOf, newSeal, type Place, SEAL, writePlace } from './seal.js';
import { findTopic, partitionerOf } from './topic.js';
import { endOfBatch } from './writing/request.js';

export interface HandoverParts extends KafkaParts {
  readonly ours: Beginning;
}

/** Looks at the topic that is left, or makes the one that is gone on in. */
export class KafkaHandover {
  private readonly parts: HandoverParts;
  private readonly connection: KafkaConnection;
  private readonly admin: Admin;
  private readonly producer: Producer;

  constructor(parts: HandoverParts) {
    this.parts = parts;
    this.connection = new KafkaConnection(parts, 'repartition');
    this.admin = this.connection.client.admin();
    this.producer = this.connection.client.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.connection.patiently('be reached', signal, async () => {
      await this.admin.connect();
      await this.producer.connect();
    });
  }

  /** Who reads the topic in the group of the pipeline. */
  async readers(): Promise<string[]> {
    const { groups } = await this.admin.describeGroups([this.connection.group]);
    return groups.flatMap(({ members }) => members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`));
  }

  /** What nobody has judged yet. @param places of the checkpoints, by partition */
  tails(places: readonly (Place | undefined)[]): Promise<readonly Tail[]> {
    return tailsOf(this.connection, this.parts.ours, places);
  }

  /** Ends the batches that an ingesting half was killed in. */
  async end(tails: readonly Tail[]): Promise<void> {
    const { topic } = this.connection.settings;
    for (const { partition, log } of tails) {
      if (log.waiting === 0) continue;
      const headers = log.signedBy === undefined ? {} : { [SEAL]: log.signedBy };
      await this.producer.send({ topic, acks: -1, messages: [{ key: null, value: endOfBatch(log.ended), partition, headers }] });
    }
  }

  /** Makes the topic unless it is there. @throws QS_CHANNEL when it is not new and should be, or not as the pipeline needs it */
  async make(fresh: boolean): Promise<void> {
    const { topic } = this.connection.settings;
    const found = await findTopic(this.admin, this.connection.settings, this.connection.name, this.parts.log);
    if (found.more !== undefined) throw new QuantStreamError('QS_CHANNEL', found.more);
    const held = fresh && (await this.admin.fetchTopicOffsets(topic)).some(({ high }) => Number(high) > 0);
    if (held) throw new QuantStreamError('QS_CHANNEL', `the topic ${topic} is not new, it has had records; name another one`);
  }

  /** Says in every partition who begins to write there. @returns the cursors behind that, by partition */
  async begin(): Promise<string[]> {
    const { topic, partitions } = this.connection.settings;
    const seal = newSeal();
    const value = Buffer.from(JSON.stringify({ begin: this.parts.ours }));
    const cursors: string[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const timestamp = String(this.parts.clock.now());
      const message = { key: null, value, partition, headers: { [SEAL]: seal }, timestamp };
      const [answer] = await this.producer.send({ topic, acks: -1, messages: [message] });
      // A topic may keep the broker's time in place of ours.
      const { baseOffset, logAppendTime = '-1' } = answer!;
      const kept = logAppendTime === '-1' ? timestamp : logAppendTime;
      const before = fingerprintOf({ timestamp: kept, key: null, value });
      cursors.push(writePlace({ next: Number(baseOffset) + 1, seal, before }));
    }
    return cursors;
  }

  /** Which partition the state of an entity is in. */
  get partitionOf(): (entity: string) => number {
    // A group of keys is one entity, by its own name.
    const { topic, partitions } = this.connection.settings;
    return partitionerOf(topic, partitions, new Map());
  }

  async close(): Promise<void> {
    this.connection.silent = true;
    await this.producer.disconnect().catch(() => {});
    await this.admin.disconnect().catch(() => {});
  }
}
