import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Moment, timeOf } from './moments.js';

const NOON = Date.UTC(2024, 7, 8, 12, 0, 0);

describe('a time', () => {
  it.each([
    ['2024-08-08T12:00:00Z', NOON],
    ['2024-08-08 12:00:00', NOON],
    ['2024/08/08 12:00', NOON],
    ['2024-08-08T14:00:00+02:00', NOON],
    ['2024-08-08T06:30:00-0530', NOON],
    ['2024-08-08 12:00:00 UTC', NOON],
    ['2024-08-08', NOON - 12 * 3_600_000],
    ['2024-08-08T12:00:00.250Z', NOON + 250],
    ['2024-08-08T12:00:00,000125Z', NOON + 0.125],
    [' 2024-08-08T24:00 ', NOON + 12 * 3_600_000],
    [String(NOON / 1_000), NOON],
    [String(NOON), NOON],
    [`${NOON}000`, NOON],
    [`${NOON}000000`, NOON],
    ['1723118400.5', NOON + 500],
    [NOON / 1_000, NOON],
    [BigInt(NOON) * 1_000n, NOON],
    [new Moment(NOON + 0.5), NOON + 0.5],
    [new Date(NOON), NOON],
  ])('is read from %s', (given, expected) => {
    expect(timeOf(given, 'auto')).toBeCloseTo(expected, 3);
  });

  it.each([
    '',
    'yesterday',
    '2024-13-01',
    '2024-02-30',
    '2024-08-08T12:61',
    '2024-08-08T25:00',
    '2024-08-08T12:00:00+2',
    '12:00',
    null,
    true,
    {},
  ])('is not read from %j', (given) => {
    expect(timeOf(given, 'auto')).toBeNaN();
  });

  it('has the unit that is told, where size would say another', () => {
    expect(timeOf('1000', 'ms')).toBe(1_000);
    expect(timeOf('1000', 'auto')).toBe(1_000_000);
    expect(timeOf(5_000_000, 'ns')).toBe(5);
  });

  it('is the moment that every date was written from', () => {
    const date = fc.date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (moment) => {
        expect(timeOf(moment.toISOString(), 'auto')).toBeCloseTo(moment.getTime(), 3);
      }),
      { seed: 1 },
    );
  });
});
