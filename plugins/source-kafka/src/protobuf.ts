// Values as Protocol Buffers have them, as plain objects: https://protobuf.dev/programming-guides/encoding/

import { Moment } from '@quantstream/engine/recordings';
import protobuf, { type Field, type Namespace, type NamespaceBase, type Type } from 'protobufjs';
import type { Reader } from './avro.js';

/** A message is named by its place among those of its file, and of the messages around it: so deep at most. */
const DEEPEST = 32;
const TIMESTAMP = '.google.protobuf.Timestamp';
/** A number, a text or a truth value in a message of its own, so that it may be absent. */
const WRAPPED = /^\.google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String)Value$/;

/**
 * Fields are called as in the schema; one that is not sent has its default, unless it may be absent. Enums are their names, bytes as they are.
 * @param schemas as source text, each behind those that it imports; the last one has the messages of the values
 * @throws where one is none, or imports what is not there
 */
export function protobufReader(schemas: readonly string[]): Reader {
  const root = new protobuf.Root();
  for (const schema of schemas) {
    const { imports } = protobuf.parse(schema, root, { keepCase: true });
    for (const name of imports ?? []) {
      const { nested } = protobuf.common.get(name) ?? {};
      if (nested !== undefined) root.addJSON(nested);
    }
  }
  root.resolveAll();
  const alone = protobuf.parse(schemas.at(-1)!, new protobuf.Root(), { keepCase: true });
  const file = alone.package === undefined ? alone.root : (alone.root.lookup(alone.package) as Namespace);
  const known = new Map<string, Type>();
  return (value) => {
    const reader = protobuf.Reader.create(value);
    const places = placesOf(reader);
    const name = places.join();
    const type = known.get(name) ?? root.lookupType(messageAt(file, places).fullName);
    known.set(name, type);
    return plain(type.decode(reader) as unknown as Found, type);
  };
}

type Found = Readonly<Record<string, unknown>>;

/** Which message it is, as the serializers of Confluent write it: how many places, and the places; none is the first. */
function placesOf(reader: protobuf.Reader): number[] {
  const count = reader.sint32();
  if (count === 0) return [0];
  if (!(count > 0 && count <= DEEPEST)) throw new Error('it names no message');
  return Array.from({ length: count }, () => reader.sint32());
}

function messageAt(file: NamespaceBase, places: readonly number[]): Type {
  let at: NamespaceBase = file;
  for (const place of places) {
    const found: Type | undefined = at.nestedArray.filter((one): one is Type => one instanceof protobuf.Type)[place];
    if (found === undefined) throw new Error(`there is no message ${places.join('.')}`);
    at = found;
  }
  return at as Type;
}

function plain(message: Found, type: Type): unknown {
  if (type.fullName === TIMESTAMP) return new Moment(numberOf(message.seconds) * 1e3 + numberOf(message.nanos) / 1e6);
  if (WRAPPED.test(type.fullName)) return single(message.value, type.fields.value!);
  const object: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const sent = Object.hasOwn(message, field.name);
    if (!sent && (field.hasPresence || field.repeated || field.map)) continue;
    put(object, field.name, sent ? valueOfField(message[field.name], field) : single(field.typeDefault, field));
  }
  return object;
}

function valueOfField(value: unknown, field: Field): unknown {
  if (Array.isArray(value)) return value.map((one) => single(one, field));
  if (!field.map) return single(value, field);
  const object: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value as Found)) put(object, name, single(one, field));
  return object;
}

function single(value: unknown, { resolvedType, type }: Field): unknown {
  if (resolvedType instanceof protobuf.Type) return plain(value as Found, resolvedType);
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[value as number] ?? value;
  return typeof value === 'object' && type !== 'bytes' ? numberOf(value) : value;
}

/** 64 bits as a number, as JSON has them: beyond 2⁵³ not exact. */
const numberOf = (value: unknown) => Number(String(value));

function put(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
