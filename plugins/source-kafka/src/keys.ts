// The keys of records as keys of observations: texts, or what a schema describes, whole or a field of it.

import { isKey, sayAny } from '@quantstream/engine';
import { type Getter, getter, isRecord } from '@quantstream/engine/recordings';
import { type Schemas, schemaOf } from './schemas.js';

/** Why a record has no key that an observation can have. */
export interface NoKey {
  readonly reason: 'missing_key' | 'bad_key';
  readonly why: string;
}

export class Keys {
  private readonly field: string | undefined;
  private readonly get: Getter | undefined;
  private readonly schemas: Schemas | undefined;

  /** @param field of keys that are objects; absent: the whole key @param schemas absent: keys are texts, or JSON where a field is wanted */
  constructor(field: string | undefined, schemas: Schemas | undefined) {
    this.field = field;
    this.get = field === undefined ? undefined : getter(field);
    this.schemas = schemas;
  }

  /** @param bytes the key of a record */
  read(bytes: Buffer | null | undefined): string | NoKey {
    if (bytes === null || bytes === undefined || bytes.length === 0) return { reason: 'missing_key', why: 'it has no key' };
    const id = schemaOf(bytes);
    if (id !== undefined && this.schemas === undefined)
      return bad('its key begins as keys of a schema registry do: name that by registry');
    const { found, why } = id === undefined ? { found: this.plain(bytes), why: undefined } : this.schemas!.decode(id, bytes);
    if (why !== undefined) return bad(`its key: ${why}`);
    if (this.get === undefined) {
      if (isRecord(found))
        return bad(`its key is an object with ${namesOf(found)}: name the field by key, beside keyFrom: record`);
      return named(textOf(found), 'its key');
    }
    if (!isRecord(found)) return bad(`its key is no object, so that it has no ${this.field}`);
    const part = this.get(found);
    if (part === undefined || part === null || part === '')
      return { reason: 'missing_key', why: `its key has no ${this.field}; it has ${namesOf(found)}` };
    return named(textOf(part), `${this.field} of its key`);
  }

  private plain(bytes: Buffer): unknown {
    const text = bytes.toString('utf8');
    if (this.get === undefined) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
}

/** A text as a key, if it can be one. @param what it is */
export function named(text: string | undefined, what: string): string | NoKey {
  return text !== undefined && isKey(text) ? text : bad(`${what} is no name of an entity`);
}

const bad = (why: string): NoKey => ({ reason: 'bad_key', why });

const namesOf = (found: object) => sayAny(Object.keys(found).slice(0, 10).join(', '));

/** `undefined` where it is neither a text nor a number. */
function textOf(found: unknown): string | undefined {
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined;
}
