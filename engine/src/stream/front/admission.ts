// Holds what a source sends to what it has declared.

import { type Emits, isKey, isSequence, isTime, LONGEST_KEY, type Observation, sayAny } from '../../api/index.js';
import { compileFinite, type NumberField } from '../../judge/compiled.js';

interface Declared {
  readonly fields: readonly NumberField[];
  readonly finite: ReturnType<typeof compileFinite>;
}

/** Where what is refused is counted. */
export type Refuse = (reason: string, detail: string, count?: number) => void;

/**
 * Holds a source to its declaration: whatever reaches time, state and sinks has a key, a declared type, finite times and ids, every number
 * that was promised, and texts that are texts: all of it can be stored. What does not is dropped by reason; the plugins behind need not wonder.
 */
export class Admission {
  private readonly types: ReadonlyMap<string, Declared>;
  private readonly refuse: Refuse;
  // Most streams have one type.
  private lastType = '';
  private last: Declared | undefined;
  private lastKey = '';

  constructor(emits: Emits, refuse: Refuse) {
    this.types = new Map(
      Object.entries(emits).map(([type, declared]) => {
        const fields = Object.entries(declared.fields).map(([name, { optional }]) => ({ name, optional: optional === true }));
        return [type, { fields, finite: compileFinite(fields) }];
      }),
    );
    this.refuse = refuse;
  }

  admits(o: Observation): boolean {
    if (o.type !== this.lastType) {
      const declared = this.types.get(o.type);
      if (declared === undefined) return this.reject('undeclared_type', o, `the type is not declared in emits`);
      this.lastType = o.type;
      this.last = declared;
    }
    if (o.key !== this.lastKey) {
      if (!isKey(o.key)) return this.reject('bad_key', o, `a key is a text of 1 to ${LONGEST_KEY} whole characters`);
      this.lastKey = o.key;
    }
    if (!isTime(o.time)) return this.reject('bad_time', o, `time is ${sayAny(o.time)}`);
    if (!isSequence(o.sequence)) return this.reject('bad_sequence', o, `sequence is ${sayAny(o.sequence)}`);
    const { values } = o;
    const { fields, finite } = this.last!;
    if (finite(values)) return o.text === undefined || this.admitsText(o);
    const bad = fields.find(
      ({ name, optional }) => !(Number.isFinite(values[name]) || (optional && values[name] === undefined)),
    )!;
    return this.reject('bad_value', o, `${bad.name} is ${sayAny(values[bad.name])}`);
  }

  private admitsText(o: Observation): boolean {
    for (const name in o.text) {
      const text: unknown = o.text[name];
      if (typeof text !== 'string') return this.reject('bad_text', o, `${name} is ${sayAny(text)}`);
    }
    return true;
  }

  private reject(reason: string, o: Observation, why: string): false {
    this.refuse(reason, `${sayAny(o.type)} ${sayAny(o.sequence)} of ${sayAny(o.key)}: ${why}`);
    return false;
  }
}
