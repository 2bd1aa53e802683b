// Records of a topic as dead letters: whole, with their place.

import type { IHeaders, Message } from 'kafkajs';

type Bytes = Buffer | string | null | undefined;

const base64 = (bytes: Bytes): string | null =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('base64');

function headersOf(headers: IHeaders | undefined): Record<string, string | null> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, base64([value].flat()[0])]));
}

/** A record with its bytes in base64. @param offset absent for one that was never stored */
export function letterOf(
  topic: string,
  partition: number,
  { key, value, headers, timestamp, offset }: Message & { offset?: string },
  code: string,
) {
  return {
    code,
    topic,
    partition,
    offset: offset === undefined ? null : Number(offset),
    time: timestamp === undefined ? null : Number(timestamp),
    key: base64(key),
    value: base64(value),
    headers: headersOf(headers),
  };
}
