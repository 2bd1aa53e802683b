// Records as observations: JSON or what a schema describes, with key and time from wherever they stand.

import type { Loaded } from '@quantstream/engine/kafka';
import { type Draft, type Drop, type Getter, getter, isRecord, Mapper } from '@quantstream/engine/recordings';
import { keyOrigin, originOf, type Settings, timeOrigin } from './config.js';
import { Keys, type NoKey, named } from './keys.js';
import { type Schemas, schemaOf } from './schemas.js';

type Message = NonNullable<Loaded['message']>;

/** Turns records of one topic into observations that have no number yet. */
export class Records {
  private readonly settings: Settings;
  private readonly drop: Drop;
  private readonly mapper: Mapper;
  private readonly getters: readonly Getter[];
  private readonly cells: unknown[];
  private readonly keyOf: ReturnType<typeof keyOrigin>;
  private readonly timeOf: ReturnType<typeof timeOrigin>;
  private readonly keys: Keys;
  private readonly schemas: Schemas | undefined;

  /** @param schemas of the values and keys; absent: they are JSON, and texts */
  constructor(settings: Settings, drop: Drop, schemas?: Schemas) {
    this.schemas = schemas;
    this.settings = settings;
    this.drop = drop;
    this.mapper = new Mapper(settings, drop, originOf(settings));
    this.getters = this.mapper.wanted.map(getter);
    this.cells = new Array(this.getters.length);
    this.keyOf = keyOrigin(settings);
    this.keys = new Keys(settings.key, schemas);
    this.timeOf = timeOrigin(settings);
  }

  /** @returns `undefined` where it is dropped, which is counted, or left out */
  observe(message: Message, place: string, received: number): Draft | undefined {
    const offset = Number(message.offset);
    const { value } = message;
    if (value === null) return this.refuse('empty_record', place, offset, 'it has no value');
    const record = this.read(value);
    if (typeof record === 'string') return this.refuse('bad_record', place, offset, record);
    const { cells, getters, settings } = this;
    for (let i = 0; i < getters.length; i++) cells[i] = getters[i]!(record);
    let key = '';
    if (this.keyOf === 'record' || this.keyOf === 'header') {
      if (!this.mapper.admits(cells)) return undefined;
      const found = this.keyOf === 'record' ? this.keys.read(message.key) : headerText(message, settings.key!);
      if (typeof found !== 'string') return this.refuse(found.reason, place, offset, found.why);
      key = found;
    }
    const time =
      this.timeOf === 'record'
        ? Number(message.timestamp)
        : this.timeOf === 'header'
          ? headerOf(message, settings.time!)?.toString()
          : undefined;
    return this.mapper.observe(cells, key, place, offset, received, time);
  }

  /** The schema that a record needs and that is not known yet. */
  wants({ key, value }: Message): number | undefined {
    const { schemas } = this;
    if (schemas === undefined || !value) return undefined;
    const id = schemaOf(value);
    if (id !== undefined && !schemas.knows(id)) return id;
    const ofKey = this.keyOf === 'record' && key ? schemaOf(key) : undefined;
    return ofKey === undefined || schemas.knows(ofKey) ? undefined : ofKey;
  }

  /** @returns the object, or why it is none */
  private read(value: Buffer): Record<string, unknown> | string {
    const id = schemaOf(value);
    if (this.schemas === undefined)
      return (
        parsed(value) ??
        `it is no JSON object${id === undefined ? '' : `; it begins as values of a schema registry do: name that by registry`}`
      );
    return id === undefined ? 'it names no schema of a registry' : this.schemas.read(id, value);
  }

  private refuse(reason: string, place: string, offset: number, why: string): undefined {
    this.drop(reason, `${place}:${offset}: ${why}`);
    return undefined;
  }
}

function headerText(message: Message, name: string): string | NoKey {
  const found = headerOf(message, name);
  if (found === undefined || found.length === 0) return { reason: 'missing_key', why: `it has no header ${name}` };
  return named(found.toString(), `its header ${name}`);
}

function headerOf({ headers }: Message, name: string): Buffer | string | undefined {
  if (headers === undefined || !Object.hasOwn(headers, name)) return undefined;
  return [headers[name]].flat()[0];
}

function parsed(value: Buffer): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(value.toString('utf8'));
    return isRecord(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
