// A topic from its beginning to where it ends just now, for those who look at it once.

import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { BatchQueue } from '../../../ports/channel.js';
import type { KafkaConnection } from '../connection.js';

interface Read {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Records that wait to be looked at. */
const WAITING = 1_000;

/**
 * Every record of a topic that is there by now, in order within each partition; nothing where there is no such topic.
 * @param from where to begin in a partition; else at its beginning
 * @param most so many records of each partition, and no more
 */
export async function* readToEnd(
  connection: KafkaConnection,
  topic: string,
  from: ReadonlyMap<number, number> = new Map(),
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<Read> {
  const admin = connection.client.admin();
  await admin.connect();
  const groupId = `${connection.group}-look-${randomUUID()}`;
  const consumer = connection.client.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 });
  const queue = new BatchQueue<Read & { size: number }>(WAITING);
  try {
    if (!(await admin.listTopics()).includes(topic)) return;
    const left = new Map<number, number>();
    const begin = new Map<number, number>();
    for (const { partition, low, high } of await connection.offsets(admin, topic)) {
      const first = Math.max(Number(low), from.get(partition) ?? 0);
      if (Number(high) <= first) continue;
      left.set(partition, Math.min(Number(high), first + most));
      begin.set(partition, first);
    }
    if (left.size === 0) return;
    consumer.on(consumer.events.CRASH, ({ payload }) => queue.end(payload.error));
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const { partition, messages } = batch;
        const end = left.get(partition);
        if (end === undefined) return;
        const first = begin.get(partition)!;
        for (const message of messages) {
          const offset = Number(message.offset);
          if (offset >= first && offset < end) await queue.put({ partition, message, size: 1 });
        }
        if (Number(batch.lastOffset()) >= end - 1) left.delete(partition);
        if (left.size === 0) queue.end();
      },
    });
    for (const [partition, offset] of begin) consumer.seek({ topic, partition, offset: String(offset) });
    for (let next = await queue.take(); next; next = await queue.take()) yield next;
  } finally {
    queue.end();
    await consumer.disconnect().catch(() => {});
    await admin.deleteGroups([groupId]).catch(() => {});
    await admin.disconnect().catch(() => {});
  }
}
