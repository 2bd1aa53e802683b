import { TestHosts } from '@quantstream/engine/testing';
import avro from 'avsc';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import kafka from '../src/index.js';
import { Records } from '../src/records.js';
import { Schemas } from '../src/schemas.js';
import { framed, registry } from './registry.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
let server: Awaited<ReturnType<typeof registry>>;
beforeEach(async () => {
  server = await registry();
});
afterEach(() => void server.close());

const settings = (more: object = {}) =>
  kafka.config.parse({
    brokers: 'b:9092',
    topic: 't',
    values: ['cpu'],
    time: 'at',
    key: 'host',
    registry: { url: server.url },
    ...more,
  });
const schemas = (more: object = {}) => new Schemas({ url: server.url, ...more }, hosts.source());
const never = new AbortController().signal;

const PLACE = { type: 'record', name: 'Place', namespace: 'a', fields: [{ name: 'rack', type: 'int' }] };
const HOST = {
  type: 'record',
  name: 'Host',
  namespace: 'a',
  fields: [
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'host', type: 'string' },
    { name: 'cpu', type: ['null', 'double'] },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'count', type: 'long' },
    { name: 'either', type: ['int', 'float', 'string'] },
    { name: 'place', type: 'a.Place' },
  ],
};
const given = (type: avro.Type, more: object = {}) =>
  type.toBuffer({
    at: 1_767_225_600_000_500,
    host: 'web-1',
    cpu: { double: 41.5 },
    price: Buffer.from([0xfb, 0x2e]),
    count: 2 ** 40,
    either: { float: 0.5 },
    place: { rack: 7 },
    ...more,
  });
const hostType = () => {
  const known = {};
  avro.Type.forSchema(PLACE as avro.Schema, { registry: known });
  return avro.Type.forSchema(HOST as avro.Schema, { registry: known, wrapUnions: true });
};

describe('values that a schema registry describes', () => {
  beforeEach(() => {
    server.schemas.set('schemas/ids/7', {
      schema: JSON.stringify(HOST),
      references: [{ name: 'a.Place', subject: 'place', version: 3 }],
    });
    server.schemas.set('subjects/place/versions/3', { schema: JSON.stringify(PLACE) });
  });

  it('are read by the schema that they name, with what it refers to, and each is asked for once', async () => {
    const one = schemas();
    expect(one.knows(7)).toBe(false);
    await one.learn(7, never);
    expect(one.knows(7)).toBe(true);
    expect(one.read(7, framed(7, given(hostType())))).toMatchObject({
      at: { ms: 1_767_225_600_000.5 },
      host: 'web-1',
      cpu: 41.5,
      price: -12.34,
      count: 2 ** 40,
      either: 0.5,
      place: { rack: 7 },
    });
    expect(one.read(7, framed(7, given(hostType(), { cpu: null })))).toMatchObject({ cpu: null });
    expect(server.asked).toEqual(['schemas/ids/7', 'subjects/place/versions/3']);
  });

  it('become observations; what is torn, too long, or of another schema is counted with why', async () => {
    const drops: string[] = [];
    const one = schemas();
    const records = new Records(
      settings({ values: { cpu: 'cpu', rack: 'place.rack' } }),
      (reason, why) => drops.push(`${reason}: ${why}`),
      one,
    );
    const bytes = given(hostType());
    const say = async (value: Buffer) => {
      const message = { key: null, value, offset: '5', timestamp: '0', headers: {} } as never;
      const id = records.wants(message);
      if (id !== undefined) await one.learn(id, never);
      return records.observe(message, 't/0', 0);
    };
    expect(await say(framed(7, bytes))).toMatchObject({
      key: 'web-1',
      time: 1_767_225_600_000.5,
      values: { cpu: 41.5, rack: 7 },
    });
    for (const value of [
      framed(7, bytes.subarray(0, -1)),
      framed(7, Buffer.concat([bytes, bytes])),
      framed(7, Buffer.alloc(0)),
      framed(7, Buffer.alloc(40, 0xff)),
      framed(8, bytes),
      framed(-1, bytes),
      Buffer.from([0, 0, 0]),
      Buffer.from('{"at":1,"host":"a","cpu":1}'),
    ])
      expect(await say(value)).toBe(undefined);
    expect(drops.slice(0, 4).every((drop) => drop.startsWith('bad_record: t/0:5: it is not as schema 7 has it: '))).toBe(true);
    expect(drops.slice(4)).toEqual([
      'bad_record: t/0:5: the registry has no schema 8',
      'bad_record: t/0:5: the registry has no schema -1',
      'bad_record: t/0:5: it names no schema of a registry',
      'bad_record: t/0:5: it names no schema of a registry',
    ]);
  });

  it('come with keys that it describes too: texts, numbers, or a field of an object; JSON has fields as well', async () => {
    const pump = {
      type: 'record',
      name: 'Pump',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'site', type: 'long' },
      ],
    };
    server.schemas.set('schemas/ids/11', { schema: '"string"' });
    server.schemas.set('schemas/ids/12', { schema: '"long"' });
    server.schemas.set('schemas/ids/13', { schema: JSON.stringify(pump) });
    const one = schemas();
    const bytes = framed(7, given(hostType()));
    const drops: string[] = [];
    const reader = (more: object, known = true) => {
      const tell = (reason: string, why: string) => drops.push(`${reason}: ${why}`);
      const records = new Records(settings({ key: undefined, keyFrom: 'record', ...more }), tell, known ? one : undefined);
      return async (key: Buffer | null, value = bytes) => {
        const message = { key, value, offset: '5', timestamp: '0', headers: {} } as never;
        for (let id = records.wants(message); id !== undefined; id = records.wants(message)) await one.learn(id, never);
        return records.observe(message, 't/0', 0)?.key;
      };
    };
    const whole = reader({});
    const text = framed(11, avro.Type.forSchema('string').toBuffer('web-1'));
    const object = framed(13, avro.Type.forSchema(pump as avro.Schema).toBuffer({ id: 'p-4', site: 7 }));
    expect(await whole(text)).toBe('web-1');
    expect(await whole(framed(12, avro.Type.forSchema('long').toBuffer(42)))).toBe('42');
    expect(await whole(Buffer.from('plain'))).toBe('plain');
    expect(await reader({ key: 'id' })(object)).toBe('p-4');
    expect(await reader({ key: 'site' })(object)).toBe('7');
    expect(await reader({ key: 'payload.id' })(Buffer.from('{"payload":{"id":"p-5"}}'))).toBe('p-5');
    expect(drops).toEqual([]);
    const json = Buffer.from(JSON.stringify({ at: 1_767_225_600_000, cpu: 1 }));
    for (const [read, key, value] of [
      [whole, object],
      [whole, framed(13, Buffer.alloc(0))],
      [whole, framed(99, Buffer.alloc(1))],
      [whole, Buffer.alloc(0)],
      [reader({ key: 'id' }), text],
      [reader({ key: 'id' }), Buffer.from('{"a":1}')],
      [reader({ key: 'id' }), Buffer.from('{"id":{}}')],
      [reader({ registry: undefined }, false), text, json],
    ] as const)
      expect(await read(key, value)).toBe(undefined);
    expect(drops.map((drop) => drop.replace('t/0:5: ', ''))).toEqual([
      'bad_key: its key is an object with "id, site": name the field by key, beside keyFrom: record',
      expect.stringMatching(/^bad_key: its key: it is not as schema 13 has it: /),
      'bad_key: its key: the registry has no schema 99',
      'missing_key: it has no key',
      'bad_key: its key is no object, so that it has no id',
      'missing_key: its key has no id; it has "a"',
      'bad_key: id of its key is no name of an entity',
      'bad_key: its key begins as keys of a schema registry do: name that by registry',
    ]);
  });

  it('with arrays and maps are read; counts beyond what a value holds are refused before room is made for them', async () => {
    const lists = {
      type: 'record',
      name: 'Lists',
      fields: [
        { name: 'cores', type: { type: 'array', items: { type: 'array', items: 'int' } } },
        { name: 'tags', type: { type: 'map', values: ['null', 'string'] } },
      ],
    };
    // Some registries say so where there are none.
    server.schemas.set('schemas/ids/9', { schema: JSON.stringify(lists), references: null });
    const one = schemas();
    await one.learn(9, never);
    const value = { cores: [[1, 2], [], [3]], tags: { rack: 'a', none: null } };
    const bytes = avro.Type.forSchema(lists as avro.Schema).toBuffer(value);
    expect(one.read(9, framed(9, bytes))).toEqual(value);
    // A block that says how long it is.
    expect(one.read(9, framed(9, Buffer.from([1, 4, 2, 14, 0, 0, 0])))).toEqual({ cores: [[7]], tags: {} });
    const most = [0xfe, 0xff, 0xff, 0xff, 0xff, 0x1f];
    for (const hostile of [[...most], [0, ...most], [2, ...most], [...most, 0, 0], [2, 2, 3, 0], [...Array(9).fill(0xff), 1]])
      expect(one.read(9, framed(9, Buffer.from(hostile)))).toMatch(/^it is not as schema 9 has it: /);
  });

  it('may be JSON behind the id; another kind, what is no record, and what is no schema are told', async () => {
    server.schemas.set('schemas/ids/1', { schemaType: 'JSON', schema: '{"type":"object"}' });
    server.schemas.set('schemas/ids/2', { schemaType: 'THRIFT', schema: 'struct A {}' });
    server.schemas.set('schemas/ids/3', { schema: '"string"' });
    server.schemas.set('schemas/ids/4', { schema: '{"type":"nothing"}' });
    server.schemas.set('schemas/ids/5', { schema: '"long"', references: [{ name: 'x', subject: 'absent', version: 1 }] });
    // One that refers to itself is asked for once.
    server.schemas.set('subjects/loop/versions/1', {
      schema: '"long"',
      references: [{ name: 'x', subject: 'loop', version: 1 }],
    });
    server.schemas.set('schemas/ids/6', { schema: '"long"', references: [{ name: 'x', subject: 'loop', version: 1 }] });
    const one = schemas();
    const read = async (id: number, bytes: Buffer) => {
      await one.learn(id, never);
      return one.read(id, framed(id, bytes));
    };
    expect(await read(1, Buffer.from('{"cpu":1}'))).toEqual({ cpu: 1 });
    expect(await read(2, Buffer.alloc(0))).toBe('schema 2 is THRIFT; Avro, Protobuf and JSON are read');
    expect(await read(3, Buffer.from([2, 97]))).toBe('what schema 3 describes is no object');
    expect(await read(4, Buffer.alloc(1))).toMatch(/^schema 4 cannot be read: /);
    expect(await read(5, Buffer.alloc(1))).toBe('the registry has no subjects/absent/versions/1');
    expect(await read(6, Buffer.from([2]))).toMatch(/no object|too many others/);
    expect(server.asked.filter((path) => path.includes('loop')).length).toBeLessThan(300);
  });

  it('wait while the registry does not answer, refuses the login, or is another address', async () => {
    const one = schemas({ username: 'u', password: 'p' });
    server.login = 'u:other';
    const learned = one.learn(7, never);
    const until = async (said: string) => {
      while (!one.trouble?.includes(said)) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until('it answers 401');
    server.login = 'u:p';
    server.status = 404;
    await until('it answers 404: is its address right?');
    server.status = 200;
    await until('its answer is no schema');
    server.status = undefined;
    await learned;
    expect([one.trouble, one.knows(7)]).toEqual([undefined, true]);
    expect(typeof one.read(7, framed(7, given(hostType())))).toBe('object');
  });

  it('are waited for no longer than the run', async () => {
    server.status = 503;
    const stop = new AbortController();
    const one = schemas();
    const learned = one.learn(7, stop.signal);
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await learned;
    expect(one.knows(7)).toBe(false);
  });

  it('without `registry` say what they are', () => {
    const drops: string[] = [];
    const records = new Records(settings({ registry: undefined }), (reason, why) => drops.push(`${reason}: ${why}`));
    records.observe(
      { key: null, value: framed(7, Buffer.alloc(3)), offset: '5', timestamp: '0', headers: {} } as never,
      't/0',
      0,
    );
    expect(drops).toEqual([
      'bad_record: t/0:5: it is no JSON object; it begins as values of a schema registry do: name that by registry',
    ]);
    const refused = kafka.config.safeParse({ brokers: 'b:9092', topic: 't', values: ['x'], registry: { url: 'registry:8081' } });
    expect(refused.error?.issues[0]?.message).toContain('expected an address such as http://registry:8081');
    const named = kafka.config.safeParse({
      brokers: 'b:9092',
      topic: 't',
      values: ['x'],
      registry: { url: 'http://user:secret@registry:8081' },
    });
    expect(named.error?.issues[0]?.message).toContain('give them as `username` and `password`');
    expect(named.error?.message).not.toContain('secret');
  });
});
