// What `with:` of the pairs features holds.

import { type ColumnChoice, chooseColumn, columnNames, duration, nearest, z } from '@quantstream/engine';
import { FAMILIES, type Family } from './columns.js';

export type Choice = ColumnChoice<Family>;

/** Finds a column by name, or says in a sentence what is wrong with it. */
export const choose = (name: string): Choice | string => chooseColumn(FAMILIES, name, suggest);

function suggest(name: string, digits = '300'): string {
  const known = FAMILIES.map((one) => (one.windowed ? `${one.name}_N` : one.name));
  const near = nearest(name.replace(/\d+$/, 'N'), known);
  return `choose from ${known.join(', ')}${near ? `. Did you mean ${near.replace(/N$/, digits)}?` : ''}`;
}

export const configSchema = z.strictObject({
  legs: z
    .array(z.string().min(1))
    .length(2, 'expected the two keys of the pair')
    .refine(([first, second]) => first !== second, 'expected two different keys')
    .describe('The two keys, which the pipeline puts into one group: `groups: { btc-eth: [BTCUSDT, ETHUSDT] }`.'),
  bar: duration('Time between two rows; they are made at multiples of it since the epoch (UTC)')
    .refine((ms) => ms >= 1 && Number.isInteger(ms), 'expected whole milliseconds, at least 1ms')
    .default(1_000)
    .meta({ unit: 'ms' }),
  staleAfter: duration('A price that is older is not known any more: columns are missing until the next trade')
    .default(60_000)
    .meta({ unit: 'ms' }),
  columns: columnNames(choose)
    .default(['spread_3600', 'spread_z_3600', 'correlation_300', 'hedge_ratio_3600'])
    .describe('Feature columns, in this order; N in a name is a window in bars.'),
});

export type Settings = z.output<typeof configSchema>;

export const choicesOf = (settings: Settings): Choice[] => settings.columns.map((name) => choose(name) as Choice);
