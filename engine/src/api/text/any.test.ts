import { expect, it } from 'vitest';
import { sayAny } from './any.js';

const deep = (n: number) => JSON.parse(`${'['.repeat(n)}${']'.repeat(n)}`) as unknown;

it('says small values about as JSON does', () => {
  expect(['a"b', 1.5, true, null, undefined, 12n, -0, Number.NaN].map((value) => sayAny(value))).toEqual([
    '"a\\"b"',
    '1.5',
    'true',
    'null',
    'absent',
    '12',
    '-0',
    'NaN',
  ]);
  expect(sayAny({ a: [1, 'x'], b: {} })).toBe('{"a":[1,"x"],"b":{}}');
  expect(sayAny(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
});

it('says whatever there is in 120 printable characters', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = [cyclic];
  const throws = Object.defineProperty({}, 'x', { enumerable: true, get: () => Number(Symbol('no')) });
  const hostile = [
    deep(100_000),
    cyclic,
    throws,
    new Proxy({}, { ownKeys: () => [] as never, getPrototypeOf: () => ({}) }),
    JSON.parse('{"toString":1,"toJSON":2,"__proto__":{"a":1}}'),
    'x'.repeat(1_000_000),
    '\u001b[31m'.repeat(1_000),
    `${'x'.repeat(117)}😀`,
    '\ud800',
    '\0',
    Array.from({ length: 100_000 }, (_, i) => i),
    new Float64Array(100_000),
    Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`${'k'.repeat(500)}${i}`, i])),
    Symbol('s'),
    () => 1,
    new Date(Number.NaN),
  ];
  for (const value of hostile) {
    const said = sayAny(value);
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThanOrEqual(120);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    expect(said).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(said.isWellFormed()).toBe(true);
  }
  expect(sayAny(deep(100_000))).toBe('[[[[…]]]]');
  expect(sayAny('x'.repeat(200), 10)).toBe('"xxxxxxxx…');
});
