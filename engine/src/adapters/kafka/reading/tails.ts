// What stands in the partitions of a topic behind the places where they were read up to.

import type { KafkaConnection } from '../connection.js';
import type { Beginning } from '../records.js';
import type { Place } from '../seal.js';
import { DOUBTFUL, PartitionLog } from './log.js';
import { readToEnd } from './to-end.js';

/** A partition read to its end by somebody who judges nothing of it. */
export interface Tail {
  readonly partition: number;
  /** As it is behind the last record: who signs there, whether the stream has ended, how many observations lack the end of their batch. */
  readonly log: PartitionLog;
  /** Batches that are whole and that nobody has judged, and the observations in them. */
  batches: number;
  observations: number;
}

/**
 * Reads the partitions of a topic to where they end by now.
 * @param places where each was read up to; `undefined`: nothing of it was
 * @throws QS_CHANNEL_REPLACED when it is not the log that was read
 */
export async function tailsOf(
  connection: KafkaConnection,
  ours: Beginning,
  places: readonly (Place | undefined)[],
): Promise<readonly Tail[]> {
  const { topic } = connection.settings;
  const tails = places.map((place = { next: 0 }, partition): Tail => {
    return { partition, log: new PartitionLog({ partition, topic, ours }, place), batches: 0, observations: 0 };
  });
  const from = new Map(tails.map(({ partition, log }) => [partition, log.from]));
  for await (const { partition, message } of readToEnd(connection, topic, from)) {
    const tail = tails[partition];
    if (!tail) continue;
    const { log } = tail;
    if (Number(message.offset) === log.next - 1) log.recognise(message);
    if (Number(message.offset) < log.next) continue;
    try {
      log.read(message);
    } catch (error) {
      // It was read from where it is known to be this log: so the record is foreign.
      if (error !== DOUBTFUL) throw error;
      log.read(message);
    }
    if (!log.ready) continue;
    tail.batches++;
    tail.observations += log.takeReady().observations.length;
  }
  return tails;
}
