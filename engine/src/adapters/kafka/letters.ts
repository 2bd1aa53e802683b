// Records of a topic as dead letters: whole, with their place.

import type { IHeaders, Message } from 'kafkajs';
import type { DeadLetter } from '../../api/index.js';
import { type Bytes, bytesOf, type RawRecord } from '../../ports/letters/letter.js';

function headersOf(headers: IHeaders | undefined): Record<string, Bytes> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, bytesOf([value].flat()[0])]));
}

/** What is put away of a record, and where it stands. */
export function letterOf(
  topic: string,
  partition: number,
  { key, value, headers, timestamp, offset }: Message & { offset?: string },
): Required<Pick<DeadLetter, 'kind' | 'place' | 'record'>> {
  const record: RawRecord = {
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headersOf(headers),
    time: timestamp === undefined ? null : Number(timestamp),
  };
  // One that was never stored has no offset.
  return { kind: 'record', place: { topic, partition, ...(offset === undefined ? {} : { offset: Number(offset) }) }, record };
}
