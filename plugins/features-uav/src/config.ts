// What `with:` of the UAV features holds.

import { z } from '@quantstream/engine';
import { partsOf } from './catalogue.js';
import { shared } from './settings.js';
import { BAND_NAMES } from './shaking/bands.js';

/** What there is to choose from does not depend on settings. */
const DEFAULTS = z.strictObject(shared).parse({});
export const CATALOGUE = partsOf(DEFAULTS).flatMap(({ columns }) => columns);
const names = CATALOGUE.map(({ name }) => name) as [string, ...string[]];

/** What `with:` of the UAV features holds. */
export const configSchema = z
  .strictObject({
    ...shared,
    columns: z
      .array(z.enum(names))
      .min(1)
      .default(names)
      .describe('Feature columns, in this order. Each needs the messages that it is made of.'),
  })
  .superRefine(({ every, staleAfter, lostAfter, columns, motors: { minimum, maximum } }, context) => {
    const problem = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (staleAfter < every)
      problem(
        ['staleAfter'],
        `staleAfter is ${staleAfter} ms and every is ${every} ms: values would be missing before the next row; raise staleAfter`,
      );
    if (lostAfter < staleAfter)
      problem(['lostAfter'], `lostAfter is ${lostAfter} ms, below staleAfter (${staleAfter} ms): raise it`);
    if (!(maximum > minimum)) problem(['motors', 'maximum'], `expected more than minimum (${minimum} µs)`);
    columns.forEach((name, i) => {
      if (columns.indexOf(name) < i) problem(['columns', i], `"${name}" is chosen twice`);
    });
  });

export type Settings = z.output<typeof configSchema>;

/** The columns of a row behind its context, in order. */
export const columnsOf = ({ columns, spectrum }: Settings): readonly string[] =>
  spectrum ? [...columns, ...BAND_NAMES] : columns;
