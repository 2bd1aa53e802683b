import { expect, it } from 'vitest';
import { copying } from './copying.js';

it('copies the named numbers and nothing else', () => {
  const values = { a: 1, b: 2, c: 3 };
  const copy = copying(['a', 'c'])(values);
  values.a = 7;
  expect(copy).toEqual({ a: 1, c: 3 });
});

it('copies names that mean something to the language', () => {
  const values = JSON.parse('{ "__proto__": 1, "a-b": 2, "\\"": 3, "constructor": 4 }');
  const copy = copying(['__proto__', 'a-b', '"', 'constructor'])(values);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(values));
});

it('leaves out what is absent', () => {
  expect(Object.keys(copying(['a', 'b'])({ b: 1 }))).toEqual(['b']);
  expect(copying([])({ b: 1 })).toEqual({});
});
