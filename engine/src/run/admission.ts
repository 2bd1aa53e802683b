import type { Emits, Observation } from '../api/index.js';

/** Where what is refused is counted. */
export type Refuse = (reason: string, detail: string) => void;

/**
 * Holds a source to its declaration: whatever reaches time, state and sinks has a declared type, finite times and ids, and every number
 * that was promised. What does not is dropped by reason; the plugins behind need not wonder.
 */
export class Admission {
  private readonly types: ReadonlyMap<string, readonly { name: string; optional: boolean }[]>;
  private readonly refuse: Refuse;
  // Most streams have one type.
  private lastType = '';
  private lastFields: readonly { name: string; optional: boolean }[] = [];

  constructor(emits: Emits, refuse: Refuse) {
    this.types = new Map(
      Object.entries(emits).map(([type, { fields }]) => [
        type,
        Object.entries(fields).map(([name, { optional }]) => ({ name, optional: optional === true })),
      ]),
    );
    this.refuse = refuse;
  }

  admits(o: Observation): boolean {
    if (o.type !== this.lastType) {
      const fields = this.types.get(o.type);
      if (fields === undefined) return this.reject('undeclared_type', o, `the type is not declared in emits`);
      this.lastType = o.type;
      this.lastFields = fields;
    }
    if (!Number.isFinite(o.time)) return this.reject('bad_time', o, `time is ${o.time}`);
    if (!Number.isFinite(o.sequence)) return this.reject('bad_sequence', o, `sequence is ${o.sequence}`);
    const { values } = o;
    for (let i = 0; i < this.lastFields.length; i++) {
      const { name, optional } = this.lastFields[i]!;
      const value = values[name];
      if (Number.isFinite(value) || (optional && value === undefined)) continue;
      return this.reject('bad_value', o, `${name} is ${value}`);
    }
    return true;
  }

  private reject(reason: string, o: Observation, why: string): false {
    this.refuse(reason, `${o.type} ${o.sequence} of ${o.key}: ${why}`);
    return false;
  }
}
