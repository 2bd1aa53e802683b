// A topic: made where there is none, refused where it does not fit, and which partition a key is in.

import kafkajs, { type Admin, Partitioners } from 'kafkajs';
import { type Log, messageOf, QuantStreamError } from '../../api/index.js';

// Node finds the other names of this CommonJS module by itself, and not this one.
const { ConfigResourceTypes } = kafkajs;

/** `with:` of the channel, as the pipeline's schema has checked it. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** How long records stay in a topic that is made here, ms. */
  readonly retention: number;
  readonly group?: string | undefined;
  readonly tls: boolean;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
}

/** Each pipeline has a group of its own for each topic, unless told otherwise: groups that mix leave partitions to nobody. */
export const groupOf = (pipeline: string, { group, topic }: Pick<KafkaSettings, 'group' | 'topic'>): string =>
  group ?? `quantstream-${pipeline}-${topic}`;

/** What brokers take where they do not say how much that is, bytes. */
const USUAL_LIMIT = 1_000_000;

export interface Topic {
  readonly partitions: number;
  /** That it has more than these, and what to do about it. */
  readonly more: string | undefined;
  /** The largest batch of records that the broker takes into one partition at once, bytes. */
  readonly limit: number;
}

/** Makes the topic unless it exists. @throws QS_CHANNEL when it is not as the pipeline needs it */
export async function findTopic(admin: Admin, settings: KafkaSettings, broker: string, log: Log): Promise<Topic> {
  const { topic, partitions } = settings;
  await admin.connect();
  const known = await admin.listTopics();
  if (!known.includes(topic)) await make(admin, settings, log);
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const found = topics[0]?.partitions.length ?? 0;
  if (found === 0) throw new Error(`the topic ${topic} has no partitions yet`);
  if (found < partitions) throw new QuantStreamError('QS_CHANNEL', tooFew(settings, found, broker));
  const config = await configOf(admin, topic, log);
  if (config.get('cleanup.policy')?.includes('compact')) {
    throw new QuantStreamError(
      'QS_CHANNEL',
      `the topic ${topic} at ${broker} is compacted (cleanup.policy): of each key the broker would keep the last observation only; ` +
        'set it to delete, or name another topic',
    );
  }
  const limit = Number(config.get('max.message.bytes'));
  return { partitions, more: found > partitions ? tooMany(settings, found) : undefined, limit: limit > 0 ? limit : USUAL_LIMIT };
}

/** What mends a number of partitions that is not the pipeline's. */
const MOVE = '`engine channel repartition`';

/** Whether a trouble is one that moving into another topic mends, and that hinders nobody from reading this one. */
export const mendedByMoving = (trouble: string): boolean => trouble.includes(MOVE);

/** What is wrong with a topic that has fewer partitions than it should have. */
export const tooFew = ({ topic, partitions }: KafkaSettings, found: number, broker: string): string =>
  `the topic ${topic} at ${broker} has ${found} partitions, and the pipeline asks for ${partitions}: which partition a key is in depends on ` +
  `it; set channel.with.partitions to ${found}, and grow from there with ${MOVE}, or name another topic`;

/** What it means that a topic has more: keys stay where they are, as we choose their partitions. */
export const tooMany = ({ topic, partitions }: KafkaSettings, found: number): string =>
  `the topic ${topic} has ${found} partitions, and the pipeline writes and reads ${partitions} of them (channel.with.partitions): the others ` +
  `are left alone, as the state of a key stands in the partition that it is in; to have more, let ${MOVE} carry the states into a new topic`;

async function make(admin: Admin, { topic, partitions, replication, retention }: KafkaSettings, log: Log): Promise<void> {
  const made = await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor: replication,
        configEntries: [
          { name: 'cleanup.policy', value: 'delete' },
          { name: 'retention.ms', value: String(retention) },
        ],
      },
    ],
  });
  if (made) log.info({ topic }, `made the topic ${topic} with ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`);
}

/** What a topic is set to, as far as we may know. */
async function configOf(admin: Admin, topic: string, log: Log): Promise<ReadonlyMap<string, string>> {
  try {
    const configNames = ['cleanup.policy', 'max.message.bytes'];
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames }],
    });
    return new Map(
      resources.flatMap(({ configEntries }) => configEntries.map(({ configName, configValue }) => [configName, configValue])),
    );
  } catch (error) {
    log.debug({ topic }, `the settings of the topic cannot be read: ${messageOf(error)}`);
    return new Map();
  }
}

/**
 * The partition of a key, as every Kafka client with the default partitioner has it (murmur2).
 * @param groups the group of each key that is in one: all its keys go to one partition
 */
export function partitionerOf(topic: string, partitions: number, groups: ReadonlyMap<string, string>): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner();
  const metadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  const known = new Map<string, number>();
  return (key) => {
    let partition = known.get(key);
    if (partition === undefined) {
      partition = choose({ topic, partitionMetadata: metadata, message: { key: groups.get(key) ?? key, value: null } });
      // Keys without number must not fill the memory.
      if (known.size > 100_000) known.clear();
      known.set(key, partition);
    }
    return partition;
  };
}
