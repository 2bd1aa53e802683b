// Brokers that are a test's alone, so that they can be killed: what the laws of reading ask of them.

import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import type { HalfParts } from '../../../src/adapters/kafka/connection.js';
import { KafkaWriter } from '../../../src/adapters/kafka/writing/writer.js';
import type { ChannelReader } from '../../../src/ports/channel.js';
import { systemClock } from '../../../src/ports/clock.js';
import { MemoryLog } from '../../../src/ports/log.js';
import type { Broker, Cluster } from '../reader-laws.js';
import { recreateTopic, until } from '../support.js';

/** Makes the reader that is held to the laws: all else is the same for each of them. */
type Make = (parts: HalfParts) => ChannelReader;
interface Disposed {
  dispose(): Promise<void>;
}
type Own = InstanceType<typeof import('../../../../scripts/lib/kafka.mjs').KafkaBroker>;

const RETENTION = 3_600_000;

/** One broker. */
export async function ownBroker(make: Make): Promise<Broker & Disposed> {
  const { KafkaBroker } = await import('../../../../scripts/lib/kafka.mjs');
  return over([await KafkaBroker.create()], [], make);
}

/** Two brokers with a copy each, and who controls them. */
export async function ownCluster(make: Make): Promise<Cluster & Disposed> {
  const { KafkaBroker } = await import('../../../../scripts/lib/kafka.mjs');
  const heap = '256m';
  const controller = await KafkaBroker.create({ heap, roles: ['controller'] });
  const more = { heap, roles: ['broker'] as const, controller: controller.port, copies: 2 };
  const brokers = [await KafkaBroker.create({ ...more, id: 2 }), await KafkaBroker.create({ ...more, id: 3 })];
  let deposed: Own | undefined;
  return {
    ...(await over(brokers, [controller], make)),
    depose: async (group) => {
      const coordinator = await coordinatorOf(brokers[0]!.port, group);
      deposed = brokers.find(({ id }) => id === coordinator)!;
      await deposed.stop('SIGKILL');
      const other = brokers.find((one) => one !== deposed)!;
      await until(() => coordinatorOf(other.port, group).then((id) => id === other.id), 'another coordinator');
    },
    revive: async () => {
      await deposed?.start();
    },
  };
}

async function over(brokers: readonly Own[], others: readonly Own[], make: Make): Promise<Broker & Disposed> {
  const addresses = brokers.map(({ address }) => address);
  const client = new Kafka({ brokers: addresses, logLevel: logLevel.NOTHING });
  const admin = client.admin();
  const all = () => admin.describeCluster().then((found) => found.brokers.length === brokers.length);
  await admin.connect();
  await until(() => all().catch(() => false), 'all brokers');
  const settings = { brokers: addresses, replication: brokers.length, retention: RETENTION, tls: false };
  const parts = (topic: string, group: string, partitions: number, buffer: number) => ({
    pipeline: 'laws',
    settings: { ...settings, topic, group, partitions },
    clock: systemClock,
    log: new MemoryLog(),
    ours: { pipeline: 'laws', source: 'laws' },
    buffer,
    drop: (reason: string, detail: string) => {
      throw new Error(`${reason}: ${detail}`);
    },
    deadLetter: async () => {},
  });
  return {
    dispose: async () => {
      await admin.disconnect();
      for (const one of [...brokers, ...others]) await one.dispose();
    },
    reader: (topic, group, partitions, buffer) => make(parts(topic, group, partitions, buffer)),
    write: async (topic, partitions, batches) => {
      const writer = new KafkaWriter({ ...parts(topic, topic, partitions, 1_000), groups: new Map() });
      const { signal } = new AbortController();
      await writer.open(signal);
      for (const observations of batches) await writer.send({ observations, cursor: null });
      await writer.flush(signal);
      await writer.close();
    },
    bounce: async (away) => {
      for (const one of brokers) await one.stop('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, away));
      for (const one of brokers) await one.start();
      await until(() => admin.listTopics().then(Boolean, () => false), 'the broker');
    },
    members: async (group) => {
      const { groups } = await admin.describeGroups([group]);
      const [found] = groups;
      return found?.state === 'Stable' ? found.members.map(({ memberId }) => memberId) : [];
    },
    evict: (group, member) => evict(brokers[0]!.port, group, member),
    recreate: (topic, partitions) => recreateTopic(admin, topic, partitions),
    deleteBefore: async (topic, partition, offset) => {
      // The library knows a topic's leaders only once it was asked for it.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    },
    commit: async (topic, groupId, offsets) => {
      const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50 });
      await consumer.connect();
      await consumer.subscribe({ topic });
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
      await consumer.run({ autoCommit: false, eachMessage: async () => {} });
      await joined;
      await consumer.commitOffsets(offsets.map((offset, partition) => ({ topic, partition, offset: String(offset) })));
      await consumer.disconnect();
    },
    ends: async (topic) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
    },
  };
}

const string = (text: string) => Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)]);

/** Asks a broker what no client asks for somebody else. @returns the answer behind its correlation id */
function ask(port: number, api: number, version: number, ...rest: readonly Buffer[]): Promise<Buffer> {
  const request = Buffer.concat([Buffer.from([0, api, 0, version, 0, 0, 0, 1]), string('laws'), ...rest]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(request.length);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([length, request])));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`the broker does not answer request ${api}`)));
    socket.once('data', (answer) => {
      resolve(answer.subarray(8));
      socket.destroy();
    });
  });
}

/** Lets a member leave its group, whoever it is (LeaveGroup, version 0). */
async function evict(port: number, group: string, member: string): Promise<void> {
  const answer = await ask(port, 13, 0, string(group), string(member));
  const code = answer.readInt16BE(0);
  if (code !== 0) throw new Error(`the broker does not let ${member} leave: error ${code}`);
}

/** Which broker coordinates a group; `undefined`: none just now (FindCoordinator, version 0). */
async function coordinatorOf(port: number, group: string): Promise<number | undefined> {
  const answer = await ask(port, 10, 0, string(group));
  return answer.readInt16BE(0) === 0 ? answer.readInt32BE(2) : undefined;
}
