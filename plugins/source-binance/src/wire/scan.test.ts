import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal, parseTime } from './scan.js';

const decimal = (text: string) => parseDecimal(Buffer.from(`,${text},`), 1, 1 + text.length);
const time = (text: string) => parseTime(Buffer.from(`,${text},`), 1, 1 + text.length);
const digits = (least: number, most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most }).map((list) => list.join(''));

describe('numbers read from bytes', () => {
  it('equal what Number makes of their text, to the last bit', () => {
    const text = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits(1, 25),
        fc.constantFrom('', '.'),
        digits(0, 25),
        fc.constantFrom('', 'e5', 'E-7', 'e+22', 'e-30', 'e308', 'e-400'),
      )
      .map(([sign, whole, point, fraction, exponent]) => sign + whole + (point ? point + fraction : '') + exponent);
    fc.assert(
      fc.property(text, (value) => {
        expect(decimal(value)).toBe(Number(value));
      }),
      { numRuns: 5_000 },
    );
  });

  it('equal the double that was printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), (value) => {
        expect(decimal(value.toExponential())).toBe(value);
      }),
    );
  });

  it.each(['', '.', '-', '+.', '1.2.3', '1,5', '0x10', 'NaN', 'Infinity', '1e', '1e+', 'e5', '12a', '--1', '1_000', ' '])(
    'are NaN for %j',
    (text) => {
      expect(decimal(text)).toBeNaN();
    },
  );
});

describe('times read from bytes', () => {
  it('of an ISO date agree with Date, whatever the separator and the zone', () => {
    const moment = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2099, 11, 31) });
    const zone = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(moment, zone, fc.boolean(), (ms, minutes, colon) => {
        const two = (n: number) => String(n).padStart(2, '0');
        const sign = minutes < 0 ? '-' : '+';
        const size = Math.abs(minutes);
        const offset = `${sign}${two(Math.floor(size / 60))}${colon ? ':' : ''}${two(size % 60)}`;
        const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
        expect(time(local + offset)).toBe(ms);
        expect(time(local.replace('T', ' ') + offset)).toBe(ms);
        expect(time(new Date(ms).toISOString())).toBe(ms);
      }),
    );
  });

  it('keep microseconds as the nearest double', () => {
    const micro = fc.bigInt({ min: 1_230_768_000_000_000n, max: 4_000_000_000_000_000n });
    fc.assert(
      fc.property(micro, (us) => {
        const ms = Number(us / 1_000n);
        const nearest = Number(us) / 1_000;
        expect(time(String(us))).toBe(nearest);
        const fraction = String(us % 1_000_000n).padStart(6, '0');
        expect(time(`${new Date(ms).toISOString().slice(0, 19)}.${fraction}Z`)).toBe(nearest);
      }),
    );
  });

  it('know seconds, milliseconds, microseconds and nanoseconds by their size', () => {
    expect(time('1700000000')).toBe(1_700_000_000_000);
    expect(time('1700000000.25')).toBe(1_700_000_000_250);
    expect(time('1700000000123')).toBe(1_700_000_000_123);
    expect(time('1700000000123456')).toBe(1_700_000_000_123.456);
    expect(time('1700000000123456789')).toBeCloseTo(1_700_000_000_123.456, 2);
  });

  it.each([
    '',
    '0',
    '-5',
    '2024-02-30 00:00:00',
    '2023-02-29T00:00:00Z',
    '2024-13-01 00:00',
    '2024-01-01 24:00:00',
    '2024-01-01 10:60:00',
    '2024-01-01 10:00:61',
    '2024-01-01 10:00:00.',
    '2024-01-01 10:00:00+1',
    '2024-01-01 10:00:00 CET',
    '2024-01-01',
    'yesterday',
  ])('are NaN for %j', (text) => {
    expect(time(text)).toBeNaN();
  });
});
