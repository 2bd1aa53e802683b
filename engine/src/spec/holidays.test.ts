import { describe, expect, it } from 'vitest';
import { type Holidays, holidaysOf } from './holidays.js';

const known = async (...countries: string[]) => (await holidaysOf(countries)) as Holidays;

describe('holidays of a country', () => {
  it('are its public ones, by local date, of several together', async () => {
    const { of } = await known('DE-BY', 'us');
    // Federal and Bavarian holidays, as their laws name them: Epiphany, Corpus Christi, German Unity, All Saints' Day.
    expect(of(2026)).toEqual(expect.arrayContaining(['2026-01-06', '2026-06-04', '2026-10-03', '2026-11-01']));
    // Thanksgiving; Independence Day.
    expect(of(2026)).toEqual(expect.arrayContaining(['2026-11-26', '2026-07-04']));
    // Mother's Day is observed, and nobody has a day off.
    expect(of(2026)).not.toContain('2026-05-10');
    expect(of(2026)).toEqual([...new Set(of(2026))].sort());
    expect((await known('DE')).of(2026)).not.toContain('2026-01-06');
  });

  it('are a matter of the countries and of the library', async () => {
    const { basis } = await known('de-by', 'US');
    expect(basis).toEqual({ countries: ['DE-BY', 'US'], library: 'date-holidays 3.37.0' });
  });

  it.each([
    [['DE', 'XX'], 1, /of a country XX/],
    [['DE-XX'], 0, /^DE has no part XX; known are BB, /],
    [['DE-BY-ZZ'], 0, /^DE-BY has no part ZZ; /],
    [['VA-A'], 0, /^VA has no part A; it has no parts$/],
  ])('%j are refused by name', async (countries, at, wrong) => {
    expect(await holidaysOf(countries)).toEqual({ at, wrong: expect.stringMatching(wrong) });
  });
});
