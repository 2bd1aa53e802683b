// Dead letters as records of a topic: bytes as they were, and what is said of them in a header.

import type { IHeaders, KafkaMessage, Message, Producer } from 'kafkajs';
import { type Log, messageOf } from '../../api/index.js';
import { type DeadLetters, type Found, foundAt } from '../../ports/dead-letters.js';
import { bufferOf, bytesOf, type Letter, type Mark, type RawRecord } from '../../ports/letters/letter.js';
import { entryFrom, entryOf, isMark } from '../../ports/letters/read.js';
import { orAbort } from '../../ports/waiting.js';
import { KafkaConnection, type KafkaParts } from './connection.js';
import { readToEnd } from './reading/to-end.js';

/** The header that says everything of a letter but its bytes, as JSON; and one for those who count or filter. */
const LETTER = 'quantstream.letter';
const CODE = 'quantstream.code';
/** So long is the broker waited for, ms; then the file takes the letter. */
const PATIENCE = 10_000;
/** How often it is said that the topic takes nothing, ms. */
const SAY_EVERY = 60_000;

export interface LetterTopicParts extends KafkaParts {
  readonly topic: string;
  /** What takes the letters that the topic does not take. */
  readonly otherwise: DeadLetters;
}

/** Keeps dead letters in a topic of their own, and in a file what the topic does not take. */
export class TopicDeadLetters implements DeadLetters {
  readonly place: string;
  private readonly parts: LetterTopicParts;
  private readonly connection: KafkaConnection;
  private producer: Promise<Producer> | undefined;
  private said = Number.NEGATIVE_INFINITY;

  constructor(parts: LetterTopicParts) {
    this.parts = parts;
    this.connection = new KafkaConnection({ ...parts, settings: { ...parts.settings, topic: parts.topic } }, 'dead-letters');
    this.place = `the topic ${parts.topic} at ${this.connection.name}, and ${parts.otherwise.place}`;
  }

  async put(entry: Letter | Mark): Promise<void> {
    try {
      await orAbort(this.send(messageFrom(entry)), AbortSignal.timeout(PATIENCE));
    } catch (error) {
      this.say(this.parts.log, messageOf(error));
      await this.parts.otherwise.put(entry);
    }
  }

  private say(log: Log, why: string): void {
    const now = this.parts.clock.now();
    if (now - this.said < SAY_EVERY) return;
    this.said = now;
    const { topic, otherwise } = this.parts;
    log.warn({ topic }, `the topic ${topic} does not take a dead letter, which goes into ${otherwise.place}: ${why}`);
  }

  private async send(message: Message): Promise<void> {
    this.producer ??= this.connect();
    try {
      const producer = await this.producer;
      // One partition, so that marks stand behind what they are about.
      await producer.send({ topic: this.parts.topic, acks: -1, messages: [{ ...message, partition: 0 }] });
    } catch (error) {
      const failed = this.producer;
      this.producer = undefined;
      void failed?.then((one) => one.disconnect()).catch(() => {});
      throw error;
    }
  }

  private async connect(): Promise<Producer> {
    await this.make();
    const producer = this.connection.client.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
    await producer.connect();
    return producer;
  }

  /** Letters stay until somebody deletes them. */
  private async make(): Promise<void> {
    const { topic, settings, log } = this.parts;
    const admin = this.connection.client.admin();
    await admin.connect();
    try {
      if ((await admin.listTopics()).includes(topic)) return;
      const configEntries = [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: '-1' },
      ];
      const made = { topic, numPartitions: 1, replicationFactor: settings.replication, configEntries };
      if (await admin.createTopics({ waitForLeaders: true, topics: [made] }))
        log.info({ topic }, `made the topic ${topic} for dead letters`);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  async *read(): AsyncGenerator<Found> {
    yield* this.parts.otherwise.read();
    const { topic } = this.parts;
    for await (const { partition, message } of readToEnd(this.connection, topic)) {
      yield foundAt(`${topic}/${partition}@${message.offset}`, () => entryIn(message));
    }
  }

  async close(): Promise<void> {
    this.connection.silent = true;
    await this.producer?.then((producer) => producer.disconnect()).catch(() => {});
    await this.parts.otherwise.close();
  }
}

function messageFrom(entry: Letter | Mark): Message {
  if (isMark(entry)) return { key: entry.mark, value: JSON.stringify(entry) };
  const { record, ...about } = entry;
  if (entry.kind !== 'record') {
    const { key } = entry.place;
    const headers = { [LETTER]: JSON.stringify(about), [CODE]: entry.code };
    return { key: key === undefined ? null : String(key), value: JSON.stringify(record), headers };
  }
  const { key, value, headers, time } = record as RawRecord;
  const own: IHeaders = { [LETTER]: JSON.stringify({ ...about, time }), [CODE]: entry.code };
  for (const [name, bytes] of Object.entries(headers)) own[name] ??= bufferOf(bytes) as Buffer;
  return { key: bufferOf(key), value: bufferOf(value), headers: own };
}

/** @throws a sentence when a record is no letter */
function entryIn({ key, value, headers = {} }: KafkaMessage): Letter | Mark {
  const about = headers[LETTER];
  if (about === undefined) return entryFrom(String(value));
  let said: Record<string, unknown>;
  try {
    said = JSON.parse(String(about)) as Record<string, unknown>;
  } catch {
    throw new Error(`its header ${LETTER} is not JSON`);
  }
  const { time = null, ...letter } = said;
  if (letter.kind !== 'record') return entryOf({ ...letter, record: JSON.parse(String(value)) });
  const others = Object.entries(headers).filter(([name]) => name !== LETTER && name !== CODE);
  const record = {
    key: bytesOf(key),
    value: bytesOf(value),
    headers: Object.fromEntries(others.map(([name, one]) => [name, bytesOf([one].flat()[0])])),
    time,
  };
  return entryOf({ ...letter, record });
}
