import { expect, it } from 'vitest';
import { sayNumber, sayValue, sayWithUnit } from './values.js';

it('says numbers without exponents as far as people read them', () => {
  expect([0, 41.234, -0.000_912_3, 5_123_456, -1_234.5, 1.008e-138, Number.NaN, 2.5e-9].map((value) => sayNumber(value))).toEqual(
    ['0', '41.2', '−0.000912', '5,120,000', '−1,230', '0', 'no value', '2.5e−9'],
  );
  expect(sayNumber(0.012345678, 7)).toBe('0.01234568');
});

it('says values with their units, lengths of time as such, and what is missing as that', () => {
  expect(sayWithUnit(43_200, 's')).toBe('12 h');
  expect(sayWithUnit(-2_500, 'ms')).toBe('−2.5 s');
  expect(sayWithUnit(12, '%')).toBe('12 %');
  expect(sayWithUnit(0.3, '1')).toBe('0.3');
  expect(sayValue({ name: 'volume', unit: 'base' }, 41.23)).toBe('volume 41.2 base');
  expect(sayValue({ name: 'airspeed', unit: 'm/s' }, Number.NaN)).toBe('airspeed has no value');
});
