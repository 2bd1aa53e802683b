// The public holidays of a country, by a library that is loaded only where a file names one.

import { createRequire } from 'node:module';
import type Library from 'date-holidays';
import { messageOf } from '../api/index.js';
import { nearest } from '../api/text/nearest.js';

const PACKAGE = 'date-holidays';
/** A country, or a part of one, or of that: `DE`, `DE-BY`, `US-CA-LA`. */
export const COUNTRY = /^[A-Za-z]{2}(-[A-Za-z0-9]+){0,2}$/;

export interface Holidays {
  /** By year, the local dates: `2026-12-25`. */
  readonly of: (year: number) => readonly string[];
  /** What a state depends on: the countries, and which version of the library says when their holidays are. */
  readonly basis: { readonly countries: readonly string[]; readonly library: string };
}

/** @returns the holidays of all of these together; or a sentence that says what is wrong, with the place of the country in the list */
export async function holidaysOf(
  countries: readonly string[],
): Promise<Holidays | { readonly wrong: string; readonly at: number }> {
  let library: typeof Library;
  try {
    library = (await import('date-holidays')).default;
  } catch (error) {
    const why = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND' ? '' : ` (${messageOf(error)})`;
    return { wrong: `the holidays of a country need the package ${PACKAGE}${why}: npm install ${PACKAGE}`, at: 0 };
  }
  const known = new library();
  const calendars: Library[] = [];
  for (const [at, country] of countries.entries()) {
    const wrong = unknownIn(known, country.toUpperCase().split('-'));
    if (wrong !== undefined) return { wrong, at };
    calendars.push(new library(country.toUpperCase()));
  }
  const { version } = createRequire(import.meta.url)(`${PACKAGE}/package.json`) as { version: string };
  return {
    of: (year) => {
      const all = calendars.flatMap((calendar) => calendar.getHolidays(year).filter(({ type }) => type === 'public'));
      return [...new Set(all.map(({ date }) => date.slice(0, 10)))].sort();
    },
    basis: { countries: countries.map((country) => country.toUpperCase()), library: `${PACKAGE} ${version}` },
  };
}

/** What is no country, or no part of one. */
function unknownIn(library: Library, [country, state, region]: readonly string[]): string | undefined {
  const names = (all: unknown) => Object.keys((all as object | undefined) ?? {});
  const instead = (one: string, all: readonly string[]) => {
    const near = nearest(one, all);
    return all.length === 0 ? 'it has no parts' : near ? `did you mean ${near}?` : `known are ${all.join(', ')}`;
  };
  const countries = names(library.getCountries());
  if (!countries.includes(country!))
    return `no holidays are known of a country ${country}; expected a code such as DE, US-CA or a date`;
  const states = names(library.getStates(country!));
  if (state !== undefined && !states.includes(state)) return `${country} has no part ${state}; ${instead(state, states)}`;
  const regions = state === undefined ? [] : names(library.getRegions(country!, state));
  if (region !== undefined && !regions.includes(region))
    return `${country}-${state} has no part ${region}; ${instead(region, regions)}`;
  return undefined;
}
