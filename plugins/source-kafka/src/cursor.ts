// Where the partitions stand, as a text.

import type { Place } from '@quantstream/engine/kafka';
import { readPosition } from '@quantstream/engine/recordings';

/** Next offset and what the record before it is recognised by. */
type Mark = readonly [next: number] | readonly [next: number, time: string, sum: string];

interface Cursor {
  readonly version: 1;
  /** What is added to offsets: grows when the topic is given more partitions. */
  readonly base: number;
  readonly partitions: Readonly<Record<string, Mark>>;
}

export interface Standing {
  readonly base: number;
  readonly places: ReadonlyMap<number, Place>;
}

export function writeCursor({ base, places }: Standing): string {
  const partitions: Record<string, Mark> = {};
  for (const [partition, { next, before }] of places) partitions[partition] = before ? [next, before.time, before.sum] : [next];
  return JSON.stringify({ version: 1, base, partitions } satisfies Cursor);
}

/** @throws QS_SOURCE_FAILED where it is none */
export function readCursor(text: string): Standing {
  const isCursor = ({ version, base, partitions }: Partial<Cursor>) =>
    version === 1 && typeof base === 'number' && typeof partitions === 'object' && partitions !== null;
  const { base, partitions } = readPosition<Cursor>(text, 'kafka', 'topics', isCursor);
  const places = new Map<number, Place>();
  for (const [partition, [next, time, sum]] of Object.entries(partitions))
    places.set(Number(partition), time === undefined || sum === undefined ? { next } : { next, before: { time, sum } });
  return { base, places };
}
