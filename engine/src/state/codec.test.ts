import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { immutable } from '../api/index.js';
import { attach, type Blobs, decode, detach, encode, hashesOf, roundTrip } from './codec.js';

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
      bytes: fc.uint8Array(),
      text: fc.string(),
      nested: fc.dictionary(fc.string(), fc.option(number), { noNullPrototype: true }),
      map: fc.array(fc.tuple(fc.string(), number)).map((entries) => new Map(entries)),
    });
    fc.assert(
      fc.property(state, (value) => {
        expect(decode(encode(value))).toEqual(value);
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
