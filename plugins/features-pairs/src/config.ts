import { type Column, duration, nearest } from '@quantstream/engine';
import { z } from 'zod';
import { FAMILIES, type Family } from './columns.js';

const WINDOWED = /^([a-z][a-z_]*?)_([1-9]\d*)$/;
const MOST_WINDOW = 100_000;

/** A column as chosen: `window` is 0 where its name carries none. */
export interface Choice {
  readonly name: string;
  readonly family: Family;
  readonly window: number;
}

/** Finds a column by name, or says in a sentence what is wrong with it. */
export function choose(name: string): Choice | string {
  const plain = FAMILIES.find((family) => !family.windowed && family.name === name);
  if (plain) return { name, family: plain, window: 0 };
  const [, prefix, digits] = WINDOWED.exec(name) ?? [];
  const family = FAMILIES.find((one) => one.windowed && one.name === prefix);
  const known = FAMILIES.map((one) => (one.windowed ? `${one.name}_N` : one.name));
  if (!family) {
    const near = nearest(name.replace(/\d+$/, 'N'), known);
    return `no column is called "${name}"; choose from ${known.join(', ')}${near ? `. Did you mean ${near.replace(/N$/, digits ?? '300')}?` : ''}`;
  }
  const window = Number(digits);
  if (window < family.least || window > MOST_WINDOW)
    return `"${name}": the window is ${digits} bars, expected ${family.least} to ${MOST_WINDOW}`;
  return { name, family, window };
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
  columns: z
    .array(z.string())
    .min(1)
    .superRefine((names, context) => {
      names.forEach((name, i) => {
        const choice = choose(name);
        const message = typeof choice === 'string' ? choice : names.indexOf(name) < i ? `"${name}" is chosen twice` : undefined;
        if (message) context.addIssue({ code: 'custom', path: [i], input: name, message });
      });
    })
    .default(['spread_3600', 'spread_z_3600', 'correlation_300', 'hedge_ratio_3600'])
    .describe('Feature columns, in this order; N in a name is a window in bars.'),
});

export type Settings = z.output<typeof configSchema>;

export const choicesOf = (settings: Settings): Choice[] => settings.columns.map((name) => choose(name) as Choice);

export function columnOf({ name, family, window }: Choice): Column {
  const { unit, about, formula, source } = family;
  return { name, unit, about, formula, role: 'feature', warmUp: family.warmUp(window), ...(source ? { source } : {}) };
}
