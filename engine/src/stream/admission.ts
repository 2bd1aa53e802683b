// Holds what a source sends to what it has declared.

import type { Emits, Observation } from '../api/index.js';
import { compileFinite, type NumberField } from '../judge/compiled.js';

interface Declared {
  readonly fields: readonly NumberField[];
  readonly finite: ReturnType<typeof compileFinite>;
}

/** Where what is refused is counted. */
export type Refuse = (reason: string, detail: string) => void;

/**
 * Holds a source to its declaration: whatever reaches time, state and sinks has a declared type, finite times and ids, and every number
 * that was promised. What does not is dropped by reason; the plugins behind need not wonder.
 */
export class Admission {
  private readonly types: ReadonlyMap<string, Declared>;
  private readonly refuse: Refuse;
  // Most streams have one type.
  private lastType = '';
  private last: Declared | undefined;

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
    if (!Number.isFinite(o.time)) return this.reject('bad_time', o, `time is ${o.time}`);
    if (!Number.isFinite(o.sequence)) return this.reject('bad_sequence', o, `sequence is ${o.sequence}`);
    const { values } = o;
    const { fields, finite } = this.last!;
    if (finite(values)) return true;
    const bad = fields.find(
      ({ name, optional }) => !(Number.isFinite(values[name]) || (optional && values[name] === undefined)),
    )!;
    return this.reject('bad_value', o, `${bad.name} is ${values[bad.name]}`);
  }

  private reject(reason: string, o: Observation, why: string): false {
    this.refuse(reason, `${o.type} ${o.sequence} of ${o.key}: ${why}`);
    return false;
  }
}
