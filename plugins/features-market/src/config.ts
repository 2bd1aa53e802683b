// What `with:` of the market features holds.

import {
  type ColumnChoice,
  chooseColumn,
  columnNames,
  duration,
  LEAST_WINDOW,
  MOST_WINDOW,
  nearest,
  z,
} from '@quantstream/engine';
import { FAMILIES } from './columns.js';
import type { Family } from './family.js';

export type Choice = ColumnChoice<Family>;

/** Finds a column by name, or says in a sentence what is wrong with it. */
export const choose = (name: string): Choice | string => chooseColumn(FAMILIES, name, suggest);

/** The column that a wrong name is closest to; a number in it is kept as the window. */
function suggest(name: string): string {
  const family = nearest(name.replace(/_?\d+$/, ''), [...new Set(FAMILIES.map((one) => one.name))]);
  if (family === undefined) return `choose from ${FAMILIES.map((one) => (one.windowed ? `${one.name}_N` : one.name)).join(', ')}`;
  const digits = Number(/[1-9]\d*/.exec(name)?.[0] ?? 20);
  const window = Math.min(Math.max(digits, LEAST_WINDOW), MOST_WINDOW);
  const windowed = FAMILIES.some((one) => one.name === family && one.windowed) && (/\d/.test(name) || !choosable(family));
  return `did you mean ${windowed ? `${family}_${window}` : family}?`;
}

const choosable = (name: string): boolean => FAMILIES.some((family) => family.name === name && !family.windowed);

const wholeMilliseconds = (text: string) =>
  duration(text).refine((ms) => ms >= 1 && Number.isInteger(ms), 'expected whole milliseconds, at least 1ms');

export const configSchema = z
  .strictObject({
    input: z
      .enum(['trades', 'bars'])
      .default('trades')
      .describe(
        'What bars are made of: single or aggregated trades, or bars as exchanges publish them (klines), of which `bar` must be a multiple. Columns that single trades are needed for are refused then.',
      ),
    bar: wholeMilliseconds('Length of a bar in event time; bars begin at multiples of it since the epoch (UTC).').default(1_000),
    empty: z
      .enum(['skip', 'carry'])
      .default('skip')
      .describe(
        'What a bar without trades becomes. skip: nothing, and the next bar follows the last one that had trades. carry: a bar that repeats the last close with zero volume.',
      ),
    carryFor: wholeMilliseconds(
      'With empty: carry, how long after the last trade silent bars are made, so that a dead symbol does not emit for ever.',
    ).default(3_600_000),
    columns: columnNames(choose)
      .default(['rsi_14', 'volatility_20', 'volume_change'])
      .describe('Feature columns, in this order; N in a name is a window in bars, 2 to 100000.'),
  })
  .superRefine(({ input, columns }, context) => {
    if (input === 'trades') return;
    for (const [i, name] of columns.entries()) {
      const choice = choose(name);
      if (typeof choice === 'string' || choice.family.ofBars !== false) continue;
      const message = `${name} is made of single trades, and input: bars has none; leave it out, or use trades`;
      context.addIssue({ code: 'custom', path: ['columns', i], message });
    }
  });

export type Settings = z.output<typeof configSchema>;

/** The columns of a checked configuration. */
export function choicesOf(settings: Settings): Choice[] {
  return settings.columns.map((name) => choose(name) as Choice);
}
