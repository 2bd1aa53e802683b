import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileFinite, compileNames } from './compiled.js';

const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a"b', "it's", 'constructor', '${x}', '\u2028', 'a.b'));

it('names the numbers of a row, whatever the names are', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 30 }), (names) => {
      const row = Float64Array.from(names, (_, i) => i + 0.5);
      const values = compileNames(names)(row);
      expect(Object.keys(values).sort()).toEqual([...names].sort());
      for (const [i, one] of names.entries()) expect(Object.getOwnPropertyDescriptor(values, one)?.value).toBe(i + 0.5);
    }),
  );
});

it('finds what is not finite, and what is absent without leave, as a loop over the fields would', () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, undefined, null, '1', Number.POSITIVE_INFINITY));
  const field = fc.record({ name: fc.constantFrom('a', 'b', 'c d', 'constructor'), optional: fc.boolean() });
  fc.assert(
    fc.property(
      fc.uniqueArray(field, { selector: (one) => one.name }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c d'), value),
      (fields, values) => {
        const expected = fields.every(({ name: one, optional }) => {
          const found = (values as Record<string, unknown>)[one];
          return Number.isFinite(found) || (optional && found === undefined);
        });
        expect(compileFinite(fields)(values as Record<string, number>)).toBe(expected);
      },
    ),
  );
});
