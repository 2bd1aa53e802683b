// What a broker is asked for when a pipeline goes on in another topic.

import type { Admin, KafkaMessage, Message, Producer, RecordMetadata } from 'kafkajs';
import { type Observation, QuantStreamError } from '../../api/index.js';
import { KafkaConnection, type KafkaParts } from './connection.js';
import { type Tail, tailsOf } from './reading/tails.js';
import { readToEnd } from './reading/to-end.js';
import { type Beginning, decodeControl, encodeObservation, type Origin } from './records.js';
import { fingerprintOf, newSeal, type Place, SEAL, sealOf, writePlace } from './seal.js';
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
  private signal!: AbortSignal;

  constructor(parts: HandoverParts) {
    this.parts = parts;
    this.connection = new KafkaConnection(parts, 'repartition');
    this.admin = this.connection.client.admin();
    this.producer = this.connection.client.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
  }

  /** @param signal ends whatever waits for the broker */
  async open(signal: AbortSignal): Promise<void> {
    this.signal = signal;
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
    for (const { partition, log } of tails) {
      if (log.waiting === 0) continue;
      const headers = log.signedBy === undefined ? {} : { [SEAL]: log.signedBy };
      await this.send([{ key: null, value: endOfBatch(log.ended), partition, headers }]);
    }
  }

  /** Makes the topic unless it is there. @throws QS_CHANNEL when it is not new and should be, or not as the pipeline needs it */
  async make(fresh: boolean): Promise<void> {
    const { topic } = this.connection.settings;
    const found = await findTopic(this.admin, this.connection.settings, this.connection.name, this.parts.log);
    if (found.more !== undefined) throw new QuantStreamError('QS_CHANNEL', found.more);
    const held = fresh && (await this.connection.offsets(this.admin, topic, this.signal)).some(({ high }) => Number(high) > 0);
    if (held) throw new QuantStreamError('QS_CHANNEL', `the topic ${topic} is not new, it has had records; name another one`);
  }

  /**
   * Says in every partition who begins to write there, and which topic is gone on from, unless that was said before; and behind it what is
   * to be read again.
   * @param groups the group of each key that is in one
   * @returns the cursors behind the first record, by partition
   */
  async begin(from: Origin, again: readonly Observation[], groups: ReadonlyMap<string, string>): Promise<string[]> {
    const { topic, partitions } = this.connection.settings;
    const found = await this.connection.offsets(this.admin, topic, this.signal);
    const ends = new Map(found.map(({ partition, high }) => [partition, Number(high)]));
    const said = await this.firsts();
    const value = Buffer.from(JSON.stringify({ begin: { ...this.parts.ours, from } }));
    const newest = newSeal();
    const cursors: string[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const first = said.get(partition);
      if (first && originIn(first)?.topic !== from.topic) throw this.foreign(partition);
      const seal = (first && sealOf(first)) ?? newest;
      const headers = { [SEAL]: seal };
      const timestamp = String(this.parts.clock.now());
      const own = again.filter(({ key }) => this.partitionOf(groups.get(key) ?? key) === partition);
      const rest = [
        ...own.map((one) => ({ key: one.key, value: Buffer.from(encodeObservation(one)), partition, headers })),
        ...(own.length > 0 ? [{ key: null, value: endOfBatch(false), partition, headers }] : []),
      ];
      if (first) {
        // The ingesting half may have written behind it since.
        if (rest.length > 0 && ends.get(partition) === Number(first.offset) + 1) await this.send(rest);
        cursors.push(writePlace({ next: Number(first.offset) + 1, seal, before: fingerprintOf(first) }));
        continue;
      }
      const answer = await this.send([{ key: null, value, partition, headers, timestamp }]);
      if (rest.length > 0) await this.send(rest);
      // A topic may keep the broker's time in place of ours.
      const { baseOffset, logAppendTime = '-1' } = answer;
      const kept = logAppendTime === '-1' ? timestamp : logAppendTime;
      cursors.push(
        writePlace({ next: Number(baseOffset) + 1, seal, before: fingerprintOf({ timestamp: kept, key: null, value }) }),
      );
    }
    return cursors;
  }

  private async send(messages: Message[]): Promise<RecordMetadata> {
    const { topic } = this.connection.settings;
    // A topic that has just been made may have no leader yet.
    const send = () => this.producer.send({ topic, acks: -1, messages });
    const [answer] = await this.connection.patiently('be written to', this.signal, send);
    return answer!;
  }

  private foreign(partition: number): QuantStreamError {
    const { topic } = this.connection.settings;
    return new QuantStreamError(
      'QS_CHANNEL',
      `partition ${partition} of the topic ${topic} does not begin with what was written when the hand-over to it began: others write there, ` +
        'or the broker has deleted it; start afresh with --reset-state',
    );
  }

  private async firsts(): Promise<ReadonlyMap<number, KafkaMessage>> {
    const firsts = new Map<number, KafkaMessage>();
    for await (const { partition, message } of readToEnd(this.connection, this.connection.settings.topic, new Map(), 1))
      firsts.set(partition, message);
    return firsts;
  }

  /** The topic that this one is gone on from; `undefined`: it is a beginning. */
  async origin(): Promise<Origin | undefined> {
    const first = (await this.firsts()).get(0);
    return first && originIn(first);
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

function originIn({ key, value }: KafkaMessage): Origin | undefined {
  if (key !== null && key.length > 0) return undefined;
  try {
    return decodeControl(value).begin?.from;
  } catch {
    return undefined;
  }
}
