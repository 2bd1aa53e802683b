// Values as Avro has them, as plain objects: https://avro.apache.org/docs/1.12.0/specification/

import { Moment } from '@quantstream/engine/recordings';
import avro from 'avsc';

/** A schema as a registry answers it. */
export interface Schema {
  readonly schema: string;
  /** Absent: Avro. */
  readonly schemaType?: unknown;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[] | null;
}

/** @throws where bytes are not as the schema has them */
export type Reader = (value: Buffer) => unknown;

const { ArrayType, LogicalType, LongType, MapType } = avro.types;
const DAY = 86_400_000;

/** 64 bits as a number, as JSON has them: beyond 2⁵³ not exact. */
const long = LongType.__with({
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  toBuffer: (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'number',
  compare: (a: number, b: number) => a - b,
});

/** A logical type that is only read. @param msOf what a value is, ms since the epoch */
function moment(msOf: (value: number) => number) {
  return class extends LogicalType {
    protected override _fromValue(value: number): Moment {
      return new Moment(msOf(value));
    }
    protected override _toValue(): undefined {
      return undefined;
    }
  };
}

/** A number of so many decimal places, as bytes of a two's complement, big-endian. */
class Decimal extends LogicalType {
  private readonly places: number;
  // biome-ignore lint/suspicious/noExplicitAny: what the library hands on has no type of its own
  constructor(schema: any, options?: any) {
    super(schema, options);
    this.places = Number(schema.scale ?? 0);
  }
  protected override _fromValue(bytes: Buffer): number {
    const value = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
    // As text, so that 0.1 is 0.1.
    return Number(`${value}e-${this.places}`);
  }
  protected override _toValue(): undefined {
    return undefined;
  }
}

/** What the library reads from. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
}

/**
 * Reads the blocks of an array or a map. Counts are believed as far as the value has bytes for what they count: the library makes room
 * for what a count says, and reads on behind the end.
 * @param one takes in the next
 */
function readBlocks(tap: Tap, one: () => void): void {
  let left = tap.buf.length;
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.skipLong();
    }
    left -= count;
    if (!(left >= 0 && count <= tap.buf.length - tap.pos)) throw new Error('it counts more than it holds');
    for (; count > 0; count--) one();
  }
}

class List extends ArrayType {
  _read(tap: Tap): unknown[] {
    const { itemsType } = this as unknown as { itemsType: List };
    const items: unknown[] = [];
    readBlocks(tap, () => items.push(itemsType._read(tap)));
    return items;
  }
}

class Dictionary extends MapType {
  _read(tap: Tap): Record<string, unknown> {
    const { valuesType } = this;
    const values: Record<string, unknown> = {};
    readBlocks(tap, () => {
      const value = { value: undefined, enumerable: true, configurable: true, writable: true };
      const name = tap.readString();
      value.value = valuesType._read(tap);
      Object.defineProperty(values, name, value);
    });
    return values;
  }
}

/** In place of the library's own. */
// biome-ignore lint/suspicious/noExplicitAny: the library's options are typed as less than they are
function bounded(schema: avro.Schema, options: any): avro.Type | undefined {
  const { type } = schema as { readonly type?: unknown };
  if (type === 'array') return new List(schema, options);
  return type === 'map' ? new Dictionary(schema, options) : undefined;
}

const LOGICAL = {
  decimal: Decimal,
  date: moment((days) => days * DAY),
  'timestamp-millis': moment((ms) => ms),
  'timestamp-micros': moment((us) => us / 1e3),
  'timestamp-nanos': moment((ns) => ns / 1e6),
  'local-timestamp-millis': moment((ms) => ms),
  'local-timestamp-micros': moment((us) => us / 1e3),
  'local-timestamp-nanos': moment((ns) => ns / 1e6),
};

/**
 * @param schemas as JSON, each behind those that it refers to; the last one is that of the values
 * @throws where one is no schema of Avro
 */
export function avroReader(schemas: readonly string[]): Reader {
  const registry: Record<string, avro.Type> = { long };
  let type: avro.Type | undefined;
  for (const schema of schemas)
    type = avro.Type.forSchema(JSON.parse(schema), { registry, logicalTypes: LOGICAL, typeHook: bounded });
  return (value) => plain(type!.fromBuffer(value));
}

/** Without the classes that the library makes of records and of branches of unions. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || value instanceof Moment) return value;
  if (Array.isArray(value)) return value.map(plain);
  const { unwrap } = value as { unwrap?: unknown };
  if (typeof unwrap === 'function' && !Object.hasOwn(value, 'unwrap')) return plain(unwrap.call(value));
  const object: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value))
    Object.defineProperty(object, name, { value: plain(one), enumerable: true, configurable: true, writable: true });
  return object;
}
