// Observations on their way to a thread: one array of numbers for a batch, where a copy of objects would cost more than judging them.

import type { Emits, Observation } from '../../api/index.js';
import { compileNames } from '../../judge/compiled.js';

/** What stands before the values of each: which type and key, sequence, time and arrival. */
const HEAD = 5;

/** Observations of a batch. What only some have stands beside, by the number of the observation. */
export interface PackedObservations {
  readonly count: number;
  readonly keys: readonly string[];
  readonly numbers: Float64Array;
  readonly beside: readonly (readonly [number, Pick<Observation, 'text' | 'sender'>])[];
}

interface Type {
  readonly name: string;
  readonly number: number;
  readonly fields: readonly string[];
  /** The values as an object, where none may be absent. */
  readonly whole: ((numbers: Float64Array) => Record<string, number>) | undefined;
}

/** The types that a source declares, by number: the same on both sides. */
export function typesOf(emits: Emits): readonly Type[] {
  return Object.entries(emits).map(([name, declared], number) => {
    const fields = Object.keys(declared.fields);
    const optional = Object.values(declared.fields).some((field) => field.optional);
    return { name, number, fields, whole: optional ? undefined : compileNames(fields) };
  });
}

/** Packs the observations of one thread. */
export class ObservationPacker {
  private readonly types: ReadonlyMap<string, Type>;
  private numbers = new Float64Array(1_024);
  private at = 0;
  private count = 0;
  private keys: string[] = [];
  private readonly known = new Map<string, number>();
  private beside: (readonly [number, Pick<Observation, 'text' | 'sender'>])[] = [];

  constructor(types: readonly Type[]) {
    this.types = new Map(types.map((type) => [type.name, type]));
  }

  add({ key, type, sequence, time, received, values, text, sender }: Observation): void {
    const { number, fields } = this.types.get(type)!;
    const { at } = this;
    const numbers = this.withRoom(at + HEAD + fields.length);
    numbers[at] = number;
    numbers[at + 1] = this.numberOf(key);
    numbers[at + 2] = sequence;
    numbers[at + 3] = time;
    numbers[at + 4] = received;
    // What may be absent is finite where it is there: admission has seen to that.
    for (let i = 0; i < fields.length; i++) numbers[at + HEAD + i] = values[fields[i]!] ?? Number.NaN;
    this.at = at + HEAD + fields.length;
    if (text !== undefined || sender !== undefined)
      this.beside.push([this.count, { ...(text && { text }), ...(sender !== undefined && { sender }) }]);
    this.count++;
  }

  /** What was added, and begins anew. */
  take(): PackedObservations {
    const packed = { count: this.count, keys: this.keys, numbers: this.numbers.slice(0, this.at), beside: this.beside };
    this.keys = [];
    this.beside = [];
    this.known.clear();
    this.count = this.at = 0;
    return packed;
  }

  private numberOf(key: string): number {
    let number = this.known.get(key);
    if (number === undefined) {
      number = this.keys.push(key) - 1;
      this.known.set(key, number);
    }
    return number;
  }

  private withRoom(length: number): Float64Array {
    if (length > this.numbers.length) {
      const larger = new Float64Array(Math.max(length, 2 * this.numbers.length));
      larger.set(this.numbers);
      this.numbers = larger;
    }
    return this.numbers;
  }
}

export function unpackObservations(types: readonly Type[], { count, keys, numbers, beside }: PackedObservations): Observation[] {
  const observations = new Array<Observation>(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const type = types[numbers[at]!]!;
    const end = at + HEAD + type.fields.length;
    observations[i] = {
      key: keys[numbers[at + 1]!]!,
      type: type.name,
      sequence: numbers[at + 2]!,
      time: numbers[at + 3]!,
      received: numbers[at + 4]!,
      values: valuesOf(type, numbers.subarray(at + HEAD, end)),
    };
    at = end;
  }
  for (const [i, more] of beside) observations[i] = { ...observations[i]!, ...more };
  return observations;
}

function valuesOf({ whole, fields }: Type, numbers: Float64Array): Record<string, number> {
  if (whole) return whole(numbers);
  const values: Record<string, number> = {};
  for (let i = 0; i < fields.length; i++) if (!Number.isNaN(numbers[i]!)) values[fields[i]!] = numbers[i]!;
  return values;
}
