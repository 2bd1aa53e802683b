import { expect, it } from 'vitest';
import { Admission } from './admission.js';

const deep = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) as never;

/** What becomes of one observation that is changed in some way. */
function admitted(change: object): string {
  let refused = 'admitted';
  const emits = {
    reading: { about: 'a reading', sequence: 'growing', fields: { level: { unit: 'm', about: 'level' } } },
  } as const;
  const admission = new Admission(emits, (reason, detail) => {
    expect(detail.length).toBeLessThan(600);
    refused = reason;
  });
  const good = { key: 'tank', type: 'reading', sequence: 1, time: 0, received: 0, values: { level: 1 }, text: { state: 'open' } };
  expect(admission.admits(good)).toBe(true);
  return admission.admits({ ...good, ...change } as never) ? 'admitted' : refused;
}

it('refuses keys that are no text of whole characters, that are empty, and that are too long', () => {
  for (const key of ['', '\ud800', 'x\udc00', 'x'.repeat(513), 7, null, undefined, {}, { toString: 1 }, deep, Symbol('key')])
    expect(admitted({ key })).toBe('bad_key');
  for (const key of ['x', '😀', '\0', '__proto__', 'x'.repeat(512)]) expect(admitted({ key })).toBe('admitted');
});

it('refuses texts, numbers and types that are something else, in words', () => {
  expect(admitted({ text: { state: { toString: 1 } } })).toBe('bad_text');
  expect(admitted({ text: { state: deep } })).toBe('bad_text');
  expect(admitted({ text: undefined })).toBe('admitted');
  expect(admitted({ time: deep })).toBe('bad_time');
  expect(admitted({ sequence: { valueOf: null } })).toBe('bad_sequence');
  expect(admitted({ values: { level: deep } })).toBe('bad_value');
  expect(admitted({ type: deep })).toBe('undeclared_type');
});
