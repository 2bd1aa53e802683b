// Letters as they are read back, also those that earlier versions wrote.

import { bytesOf, idOf, LETTER_LAYOUT, type Letter, type Mark, type Place } from './letter.js';

export type Entry = Letter | Mark;

export const isMark = (entry: Entry): entry is Mark => 'mark' in entry;

/** @throws a sentence when a text is no letter */
export function entryFrom(text: string): Entry {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  return entryOf(parsed);
}

/** @throws a sentence when a value is no letter */
export function entryOf(parsed: unknown): Entry {
  if (typeof parsed !== 'object' || parsed === null) throw new Error('it is no letter');
  const { layout } = parsed as { layout?: unknown };
  if (layout === undefined) return fromLayout1(parsed as Layout1);
  if (typeof layout !== 'number' || layout > LETTER_LAYOUT)
    throw new Error(`it has the layout ${layout} of a later version; this one reads ${LETTER_LAYOUT}`);
  const entry = parsed as Partial<Letter & Mark>;
  const needed = entry.mark === undefined ? [entry.id, entry.part, entry.kind, entry.code, entry.reason] : [entry.mark];
  if (!needed.every((one) => typeof one === 'string') || !isDate(entry.at)) throw new Error('it is no letter');
  if (entry.mark === undefined && (typeof entry.place !== 'object' || entry.place === null)) throw new Error('it has no place');
  return entry as Entry;
}

const isDate = (at: unknown): at is string => typeof at === 'string' && !Number.isNaN(Date.parse(at));

/** What was written before letters had layouts and versions. */
interface Layout1 {
  readonly at?: string;
  readonly pipeline?: string;
  readonly part?: string;
  readonly kind?: string;
  readonly reason?: string;
  readonly record?: unknown;
}

/** A record of a topic in layout 1: all bytes in base64, beside its place. */
interface Record1 {
  readonly code: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
  readonly time: number | null;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string | null>>;
}

function fromLayout1({ at, pipeline = '', part, kind, reason, record }: Layout1): Letter {
  if (!isDate(at) || part === undefined || kind === undefined || reason === undefined) throw new Error('it is no letter');
  const what = kind === 'record' ? ofTopic(record as Record1) : { code: 'refused', place: ofSink(part, reason, record), record };
  const letter = { pipeline, part, kind, ...what };
  return { layout: 1, id: idOf(letter), at, reason, ...letter };
}

function ofSink(part: string, reason: string, record: unknown): Place {
  const table = /^table ([^:]+):/.exec(reason)?.[1];
  const { key } = (record ?? {}) as { key?: unknown };
  return { sink: part, ...(table === undefined ? {} : { table }), ...(typeof key === 'string' ? { key } : {}) };
}

function ofTopic({ code, topic, partition, offset, time, key, value, headers }: Record1) {
  const raw = (text: string | null) => bytesOf(text === null ? null : Buffer.from(text, 'base64'));
  return {
    code,
    place: { topic, partition, ...(offset === null ? {} : { offset }) },
    record: {
      key: raw(key),
      value: raw(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, raw(one)])),
      time,
    },
  };
}
