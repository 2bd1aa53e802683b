// What a pipeline file says of the rows that a source finds: which cell is what, and what may be missing.

import { z } from '../../api/index.js';
import { nameOf } from './names.js';

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    'expected small letters, digits and _, beginning with a letter; name it: { cpu_user: "system.cpu.user" }',
  );
const column = z.string().min(1);

const columns = z.array(column).superRefine((given, context) => {
  const named = new Map<string, string>();
  given.forEach((one, i) => {
    const name = nameOf(one);
    const before = named.get(name);
    if (before !== undefined && before !== one)
      context.addIssue({
        code: 'custom',
        path: [i],
        message: `"${before}" and "${one}" would both be called ${name}; name them: { ${name}: "${before}", …: "${one}" }`,
      });
    named.set(name, one);
  });
});

const named = (what: string) =>
  z
    .union([columns, z.record(name, column)])
    .transform(
      (given): Record<string, string> =>
        Array.isArray(given) ? Object.fromEntries(given.map((one) => [nameOf(one), one])) : given,
    )
    .describe(what);

/** The fields of a configuration that every source of rows has; `checkRowFields` checks them against each other. */
export const ROW_FIELDS = {
  timeUnit: z
    .enum(['auto', 's', 'ms', 'us', 'ns'])
    .default('auto')
    .describe('Unit of a time that is a number, since the Unix epoch; `auto` goes by its size, which is right from 1973 on.'),
  type: name.default('reading').describe('Type of the observations.'),
  values: named(
    'The numbers of a row: a list of columns, or a map from name to column. A listed column is called as in the data, in small letters, with `_` for what is neither letter nor digit (`system.cpu.pct` is `system_cpu_pct`). In JSON and Parquet a dot leads into an object. true and false are 1 and 0.',
  ).refine((map) => Object.keys(map).length > 0, 'expected at least one value'),
  units: z.record(name, z.string().min(1)).default({}).describe('Units of values, as the features want them; default 1.'),
  optional: z
    .union([z.boolean(), z.array(name)])
    .default(false)
    .describe('Values that a row may lack: these names, or all. A row that lacks another is dropped.'),
  words: z
    .record(name, z.record(z.string(), z.number()))
    .default({})
    .describe(
      'Words that stand for numbers, by value: `{ side: { buy: 0, sell: 1 } }`. A row with any other word, or a number, is dropped.',
    ),
  text: named('Texts of a row, as `values`. A row may lack them.').default({}),
  only: z
    .record(
      column,
      z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1)]),
    )
    .default({})
    .describe('Rows that hold this (or one of these) in a column; others are left out and not counted.'),
  missing: z
    .array(z.string())
    .default(['NaN', 'nan', 'NA', 'N/A', 'null', 'NULL', 'None'])
    .describe('Words that stand for a missing value. An empty cell and JSON’s null always do.'),
} as const;

/** What the mapper is told of rows. */
export interface RowSettings {
  readonly timeUnit: 'auto' | 's' | 'ms' | 'us' | 'ns';
  readonly type: string;
  /** Column by name of the value. */
  readonly values: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<string, string>>;
  readonly optional: boolean | readonly string[];
  readonly words: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly text: Readonly<Record<string, string>>;
  readonly only: Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>;
  readonly missing: readonly string[];
  /** The column of a number that grows by key. */
  readonly sequence?: string | undefined;
}

/** Whether a row may lack a value. */
export function isOptional({ optional }: Pick<RowSettings, 'optional'>, value: string): boolean {
  return typeof optional === 'boolean' ? optional : optional.includes(value);
}

/** Says what of the fields does not go together. */
export function checkRowFields(
  { values, units, optional, words, text }: Pick<RowSettings, 'values' | 'units' | 'optional' | 'words' | 'text'>,
  complain: (path: (string | number)[], message: string) => void,
): void {
  const known = Object.keys(values);
  for (const [name, given] of Object.entries(words)) {
    if (!known.includes(name)) complain(['words', name], `"${name}" is none of the values ${known.join(', ')}`);
    if (Object.keys(given).length === 0) complain(['words', name], 'expected at least one word: { buy: 0, sell: 1 }');
  }
  for (const unit of Object.keys(units))
    if (!known.includes(unit)) complain(['units', unit], `"${unit}" is none of the values ${known.join(', ')}`);
  if (typeof optional !== 'boolean')
    optional.forEach((one, i) => {
      if (!known.includes(one)) complain(['optional', i], `"${one}" is none of the values ${known.join(', ')}`);
    });
  for (const one of Object.keys(text)) if (known.includes(one)) complain(['text', one], `"${one}" is a value already`);
}
