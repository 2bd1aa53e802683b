// A broker for tests, a way to it that can be cut, and records in topics of their own.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

export const BROKER = process.env.QUANTSTREAM_TEST_KAFKA;
export const WITHOUT = 'skipped without a broker: set QUANTSTREAM_TEST_KAFKA, see scripts/with-kafka.mjs';
export const client = new Kafka({ brokers: [BROKER ?? ''], logLevel: logLevel.NOTHING, retry: { retries: 10 } });

export const EPOCH = Date.UTC(2026, 0, 1);
export const reading = (i: number, time = EPOCH + i * 1_000) => ({
  at: time,
  host: `wéb-${i % 3}`,
  system: { cpu: { pct: i % 17 } },
  up: i % 2 === 0,
});

export interface Sent {
  readonly key?: string | null;
  readonly value: string | Buffer | null;
  readonly partition?: number;
  readonly headers?: Record<string, string>;
  readonly timestamp?: string;
}

/** Makes a topic. @returns its name */
export async function topicOf(partitions = 1, topic: string = randomUUID()): Promise<string> {
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, numPartitions: partitions, configEntries: [{ name: 'max.message.bytes', value: '50000000' }] }],
  });
  const there = () => admin.fetchTopicOffsets(topic).then(({ length }) => length === partitions);
  await until(() => there().catch(() => false), 'the new topic');
  await admin.disconnect();
  return topic;
}

export async function send(topic: string, messages: readonly Sent[]): Promise<void> {
  const producer = client.producer();
  await producer.connect();
  for (let at = 0; at < messages.length; ) {
    let [end, bytes] = [at, 0];
    while (end < messages.length && end - at < 1_000 && bytes < 1_000_000) bytes += messages[end++]!.value?.length ?? 0;
    await producer.send({ topic, acks: -1, messages: messages.slice(at, end).map((one) => ({ key: null, ...one })) });
    at = end;
  }
  await producer.disconnect();
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen within 30 s`);
}

/**
 * A way to the broker that can be cut. It puts its own port where the broker says its address (metadata and coordinators, as
 * `length host port`), so that clients come back here.
 */
export async function wayTo(broker: string) {
  const port = Number(broker.split(':')[1]);
  const open = new Set<Socket>();
  const way = { address: '', connections: 0, cut: () => open.forEach((one) => void one.destroy()), close: () => {} };
  const host = Buffer.from('\0\x09127.0.0.1');
  const server = createServer((near) => {
    // A client has several: those together are one.
    if (open.size === 0) way.connections++;
    const far = connect(port, '127.0.0.1');
    const close = () => [near, far].forEach((one) => void one.destroy());
    for (const one of [near, far]) {
      open.add(one);
      one
        .on('error', close)
        .on('close', close)
        .on('close', () => open.delete(one));
    }
    near.pipe(far);
    let held = Buffer.alloc(0);
    far.on('data', (piece) => {
      held = Buffer.concat([held, piece]);
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
        const answer = held.subarray(0, 4 + held.readInt32BE(0));
        held = held.subarray(answer.length);
        for (let at = answer.indexOf(host); at >= 0; at = answer.indexOf(host, at + 1)) {
          const place = at + host.length;
          if (place + 4 <= answer.length && answer.readInt32BE(place) === port)
            answer.writeInt32BE((server.address() as AddressInfo).port, place);
        }
        near.write(answer);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  way.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  way.close = () => {
    way.cut();
    server.close();
  };
  return way;
}
