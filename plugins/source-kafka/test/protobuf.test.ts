import { TestHosts } from '@quantstream/engine/testing';
import protobuf from 'protobufjs';
import { afterAll, describe, expect, it } from 'vitest';
import { protobufReader } from '../src/protobuf.js';
import { Schemas } from '../src/schemas.js';
import { framed, registry } from './registry.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const PLACE = 'syntax = "proto3"; package a; message Place { int32 rack = 1; }';
const READING = `syntax = "proto3";
package a.b;
import "place.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Mode { OFF = 0; ON = 1; }
message Other { message Deep { double cpu = 1; message Deeper { bytes raw = 1; } } string name = 1; }
message Reading {
  google.protobuf.Timestamp at = 1;
  string host = 2;
  double cpu_pct = 3;
  optional int32 fan = 4;
  int64 count = 5;
  uint64 zero = 6;
  Mode mode = 7;
  a.Place place = 8;
  repeated sint32 cores = 9;
  map<string, double> tags = 10;
  google.protobuf.DoubleValue load = 11;
  bytes raw = 12;
  bool on = 13;
  oneof either { int32 one = 14; double two = 15; }
}`;
const given = {
  at: { seconds: 1_767_225_600, nanos: 500_000_000 },
  host: 'web-1',
  cpu_pct: 41.5,
  count: 2 ** 40,
  mode: 1,
  place: { rack: 7 },
  cores: [-1, 300],
  tags: { rack: 1.5 },
  load: { value: 0 },
  two: 0,
};

function bytesOf(name: string, value: object): Buffer {
  const root = new protobuf.Root();
  for (const schema of [PLACE, READING]) protobuf.parse(schema, root, { keepCase: true });
  for (const file of ['timestamp', 'wrappers']) root.addJSON(protobuf.common.get(`google/protobuf/${file}.proto`)!.nested!);
  const type = root.lookupType(name);
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}
/** Behind which message it is: zigzag numbers, as Confluent's serializers write them. */
const placed = (places: readonly number[], bytes: Buffer) =>
  Buffer.concat([Buffer.from(places.length === 0 ? [0] : [places.length * 2, ...places.map((place) => place * 2)]), bytes]);

describe('values in Protobuf', () => {
  const read = protobufReader([PLACE, READING]);

  it('are read by the message that they name, with defaults of what is not sent and cannot be absent', () => {
    expect(read(placed([1], bytesOf('a.b.Reading', given)))).toEqual({
      at: expect.objectContaining({ ms: 1_767_225_600_500 }),
      host: 'web-1',
      cpu_pct: 41.5,
      count: 2 ** 40,
      zero: 0,
      mode: 'ON',
      place: { rack: 7 },
      cores: [-1, 300],
      tags: { rack: 1.5 },
      load: 0,
      raw: expect.anything(),
      on: false,
      two: 0,
    });
    expect(read(placed([], bytesOf('a.b.Other', { name: 'x' })))).toEqual({ name: 'x' });
    expect(read(placed([0, 0], bytesOf('a.b.Other.Deep', { cpu: 2 })))).toEqual({ cpu: 2 });
  });

  it('of no message, torn, or deeper than anybody means are refused', () => {
    const whole = bytesOf('a.b.Reading', given);
    const hostile = [
      Buffer.alloc(0),
      placed([7], whole),
      placed([0, 0, 0, 0], whole),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
      Buffer.from([1]),
      placed([1], whole.subarray(0, -3)),
      placed([1], Buffer.alloc(20, 0xff)),
    ];
    for (const bytes of hostile) expect(() => read(bytes), bytes.toString('hex')).toThrow();
    const list = protobufReader(['syntax = "proto3"; message List { List next = 1; }']);
    // Each level says how long the rest is.
    let deep = Buffer.alloc(0);
    for (let i = 0; i < 5_000; i++) {
      const length = Buffer.from([0x80 | (deep.length & 0x7f), 0x80 | ((deep.length >> 7) & 0x7f), deep.length >> 14]);
      deep = Buffer.concat([Buffer.from([0x0a]), length, deep]);
    }
    expect(() => list(placed([], deep))).toThrow(/depth|recursion|level/i);
  });

  it('name nothing of our own', () => {
    const odd = protobufReader(['syntax = "proto3"; message A { map<string, double> tags = 1; }']);
    const entry = Buffer.concat([Buffer.from([0x0a, 9]), Buffer.from('__proto__'), Buffer.from([0x11]), Buffer.alloc(8)]);
    const found = odd(placed([], Buffer.concat([Buffer.from([0x0a, entry.length]), entry]))) as { tags: object };
    expect(Object.getPrototypeOf(found.tags)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined);
  });

  it('come by the registry, with what the schema imports; one that imports what is not there is told', async () => {
    const server = await registry();
    try {
      const references = [{ name: 'place.proto', subject: 'place', version: 1 }];
      server.schemas.set('schemas/ids/1', { schemaType: 'PROTOBUF', schema: READING, references });
      server.schemas.set('subjects/place/versions/1', { schemaType: 'PROTOBUF', schema: PLACE });
      server.schemas.set('schemas/ids/2', { schemaType: 'PROTOBUF', schema: READING });
      server.schemas.set('schemas/ids/3', { schemaType: 'PROTOBUF', schema: 'message {' });
      const schemas = new Schemas({ url: server.url }, hosts.source());
      const say = async (id: number) => {
        await schemas.learn(id, new AbortController().signal);
        return schemas.read(id, framed(id, placed([1], bytesOf('a.b.Reading', given))));
      };
      expect(await say(1)).toMatchObject({ host: 'web-1', place: { rack: 7 } });
      expect(await say(2)).toMatch(/^schema 2 cannot be read: .*Place/);
      expect(await say(3)).toMatch(/^schema 3 cannot be read: /);
    } finally {
      server.close();
    }
  });
});
