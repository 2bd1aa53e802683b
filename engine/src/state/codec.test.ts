import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { immutable } from '../api/index.js';
import { attach, type Blobs, decode, detach, encode, hashesOf, roundTrip } from './codec.js';
import { Shapes } from './shapes.js';

function memory(): Blobs & { stored: Map<string, Uint8Array>; puts: number } {
  const stored = new Map<string, Uint8Array>();
  const blobs = {
    stored,
    puts: 0,
    has: (hash: string) => stored.has(hash),
    put: (hash: string, bytes: Uint8Array) => {
      blobs.puts++;
      stored.set(hash, bytes);
    },
    get: (hash: string) => stored.get(hash)!,
  };
  return blobs;
}

describe('the encoding of states', () => {
  it('brings back plain data bit for bit: −0, NaN, infinities, typed arrays, maps', () => {
    const number = fc.double();
    const state = fc.record({
      numbers: fc.array(number),
      array: fc.float64Array(),
      sparse: fc.array(fc.oneof(fc.constant(0), number)).map((list) => Float64Array.from(list)),
      whole: fc
        .array(fc.oneof(fc.constant(0), fc.constant(-0), fc.nat(70_000), fc.maxSafeInteger()))
        .map((list) => Float64Array.from(list)),
      alike: fc.tuple(number, fc.nat(20)).map(([value, length]) => new Float64Array(length).fill(value)),
      single: fc.float32Array(),
      exact: fc.float32Array().map((list) => Float64Array.from(list)),
      integers: fc.int32Array(),
      words: fc.uint32Array(),
      bytes: fc.uint8Array(),
      text: fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
      flags: fc.array(fc.constantFrom(true, false, null, undefined)),
      counts: fc.array(fc.oneof(fc.nat(300), fc.integer(), fc.maxSafeInteger())),
      nested: fc.dictionary(fc.string(), fc.option(number), { noNullPrototype: true }),
      map: fc.array(fc.tuple(fc.string(), number)).map((entries) => new Map(entries)),
    });
    fc.assert(
      fc.property(state, (value) => {
        expect(decode(encode(value))).toEqual(value);
        const shapes = new Shapes();
        const first = encode(value, shapes);
        // Another process knows the table as it was saved, or has grown since.
        expect(decode(first, new Shapes([...shapes.list, ['more']]))).toEqual(value);
        expect(encode(value, new Shapes(shapes.list))).toEqual(first);
      }),
    );
  });

  it('gives arrays that can be changed in place and share no memory with what was stored', () => {
    const bytes = encode({ a: Float64Array.of(1, 2), b: Float64Array.of(3) });
    const first = decode(bytes) as { a: Float64Array; b: Float64Array };
    first.a.fill(9);
    expect(first.b[0]).toBe(3);
    expect(decode(bytes)).toEqual({ a: Float64Array.of(1, 2), b: Float64Array.of(3) });
  });

  it('takes no more room than there is to say', () => {
    expect(encode(new Float64Array(1_000)).length).toBeLessThan(20);
    expect(encode(new Float64Array(1_000).fill(Number.NaN)).length).toBeLessThan(20);
    expect(encode(Float64Array.from({ length: 1_000 }, (_, i) => (i % 100 === 0 ? Math.PI : 0))).length).toBeLessThan(250);
    expect(encode(Float64Array.from({ length: 1_000 }, (_, i) => i % 256)).length).toBeLessThan(1_020);
    expect(encode(Float64Array.from({ length: 1_000 }, (_, i) => Math.fround(i * Math.PI))).length).toBeLessThan(4_020);
    // A view of a part is that part.
    expect(encode(new Float64Array(1_000).fill(Math.PI).subarray(0, 2)).length).toBeLessThan(30);
  });

  it('tells the names of fields once, and again where there are more than anybody needs', () => {
    const shapes = new Shapes();
    const state = { someLongName: 1, another: { nameWithin: 2 } };
    encode(state, shapes);
    expect(encode(state, shapes)).toHaveLength(10);
    for (let i = 0; i < 10_000; i++) {
      const value = { [`key-${i}`]: i };
      expect(decode(encode(value, shapes), shapes)).toEqual(value);
    }
    expect(shapes.list.length).toBeLessThanOrEqual(4_096);
    expect(() => decode(encode(state, shapes), new Shapes())).toThrow('names');
    const odd = { 'a\0b': 1, __proto__of: 2 };
    expect(decode(encode(odd, shapes), shapes)).toEqual(odd);
    const own = JSON.parse('{"__proto__": 1}');
    expect(Object.keys(decode(encode(own, shapes), shapes) as object)).toEqual(['__proto__']);
  });

  it('notices bytes that end too early or go on', () => {
    const bytes = encode({ a: [1, 2.5, 'text'], b: Float64Array.of(1.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7) });
    for (let end = 0; end < bytes.length; end++) expect(() => decode(bytes.subarray(0, end)), `${end}`).toThrow();
    expect(() => decode(Uint8Array.of(...bytes, 0))).toThrow();
  });

  it('refuses what it did not write', () => {
    expect(() => decode(Uint8Array.of(1, 2, 3, 4, 5))).toThrow('not a state of this engine version');
    expect(() => decode(new Uint8Array())).toThrow('not a state');
    const bytes = encode({ a: 1 });
    bytes[3] = 1;
    expect(() => decode(bytes)).toThrow('not a state');
  });
});

describe('immutable parts', () => {
  it('are stored once by their content, and shared by the states that hold them', () => {
    const blobs = memory();
    const one = { n: 1, forest: immutable(Float64Array.of(1, 2, 3)) };
    const two = { n: 2, forest: immutable(Float64Array.of(1, 2, 3)) };
    const saved = [one, two].map((state) => encode(detach(state, blobs)));
    expect(blobs.stored.size).toBe(1);
    detach(one, blobs);
    expect(blobs.puts).toBe(2);
    const shared = new Map<string, unknown>();
    const [a, b] = saved.map((bytes) => attach(decode(bytes), blobs, shared) as typeof one);
    expect(a).toMatchObject({ n: 1, forest: { value: Float64Array.of(1, 2, 3) } });
    expect(a!.forest.value).toBe(b!.forest.value);
    expect(hashesOf(a)).toEqual([...blobs.stored.keys()]);
  });

  it('are stored again once the store has forgotten them, and leave the state at work untouched', () => {
    const blobs = memory();
    const state = { forest: immutable([1, 2]) };
    detach(state, blobs);
    blobs.stored.clear();
    detach(state, blobs);
    expect(blobs.stored.size).toBe(1);
    expect(state.forest.value).toEqual([1, 2]);
  });

  it('survive a round trip, replaced ones too', () => {
    const state = { forest: immutable({ nodes: Float64Array.of(1) }), rest: [1] };
    const back = roundTrip(state);
    expect(back.forest.value).toEqual({ nodes: Float64Array.of(1) });
    back.forest = immutable({ nodes: Float64Array.of(2) });
    expect(roundTrip(back).forest.value).toEqual({ nodes: Float64Array.of(2) });
  });
});
