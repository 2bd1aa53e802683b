/** What may be set, with units and defaults, and the checks across fields. */
import { duration, z } from '@quantstream/engine';
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

const csv = z.strictObject({
  delimiter: z
    .string()
    .regex(/^[\t -!#-~]$/, 'expected one character of ASCII, no quote')
    .optional()
    .describe('What stands between two cells; default: a comma, in `.tsv` files a tab.'),
  header: z.boolean().default(true).describe('Whether the first line names the columns.'),
  columns: z
    .array(column)
    .min(1)
    .optional()
    .describe('Names of the columns from left to right: for a file without header, or instead of the names that it has.'),
});

export const configSchema = z
  .strictObject({
    path: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .transform((given) => [given].flat())
      .describe(
        'The files, relative to the pipeline file: a path, a pattern (`logs/**/*.csv.gz`), or a list of both; `-` is standard input.',
      ),
    follow: z
      .boolean()
      .default(false)
      .describe(
        'Files are read as they grow and never end: rotated, cut and new ones are noticed, and read on exactly after a restart.',
      ),
    quiet: duration('With `follow`: after so long without a row time goes on by the clock, so that the silence of all is one')
      .default(300_000)
      .meta({ unit: 'ms' }),
    format: z
      .enum(['csv', 'jsonl', 'parquet'])
      .optional()
      .describe(
        'Default by the file’s ending: .csv .tsv .txt, .jsonl .ndjson .json, .parquet .pq; .gz may follow the first six. `jsonl` is an object a line, or one array of objects.',
      ),
    time: column.describe(
      'The column of the event time: ISO 8601 or `YYYY-MM-DD HH:MM:SS` (UTC unless it says otherwise), or a number.',
    ),
    timeUnit: z
      .enum(['auto', 's', 'ms', 'us', 'ns'])
      .default('auto')
      .describe('Unit of a time that is a number, since the Unix epoch; `auto` goes by its size, which is right from 1973 on.'),
    key: column
      .optional()
      .describe('What a row belongs to: the name of a column, or with `keyFrom: text` the key itself, the same for all rows.'),
    keyFrom: z
      .enum(['column', 'text', 'path'])
      .optional()
      .describe(
        'Default: `column` where `key` is given, else `path`: each file is a key, named as below its fixed part, without .gz.',
      ),
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
    sequence: column
      .optional()
      .describe('A column with numbers that grow by key, of which repeats are to be dropped; default: rows are counted.'),
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
    csv: csv.prefault({}).describe('How csv files are written.'),
    order: z
      .enum(['time', 'name', 'sort'])
      .default('time')
      .describe(
        'Several files: merged by the times of their rows (`time`), or one after the other by name (`name`). With `sort` all rows are read first and sorted by time, whatever order they stand in.',
      ),
    batch: z.int().min(1).max(100_000).default(1_000).describe('Most observations in a batch.').meta({ unit: 'observations' }),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { values, units, optional, words, text, key, keyFrom, csv } = config;
    if (keyFrom === 'path' && key !== undefined) complain(['key'], 'keyFrom: path takes the key from the file; leave key out');
    if ((keyFrom === 'column' || keyFrom === 'text') && key === undefined) complain(['key'], `keyFrom: ${keyFrom} needs key`);
    const known = Object.keys(values);
    for (const [name, given] of Object.entries(words)) {
      if (!known.includes(name)) complain(['words', name], `"${name}" is none of the values ${known.join(', ')}`);
      if (Object.keys(given).length === 0) complain(['words', name], 'expected at least one word: { buy: 0, sell: 1 }');
    }
    for (const unit of Object.keys(units))
      if (!known.includes(unit)) complain(['units', unit], `"${unit}" is none of the values ${known.join(', ')}`);
    if (Array.isArray(optional))
      optional.forEach((one, i) => {
        if (!known.includes(one)) complain(['optional', i], `"${one}" is none of the values ${known.join(', ')}`);
      });
    for (const one of Object.keys(text)) if (known.includes(one)) complain(['text', one], `"${one}" is a value already`);
    if (config.follow) {
      if (config.order !== 'time') complain(['order'], 'files that are followed come in order of time; leave order out');
      if (config.format === 'parquet') complain(['format'], 'a Parquet file does not grow: follow csv or jsonl');
      if (config.path.includes('-'))
        complain(['path'], 'standard input is read as it comes and is not followed; leave follow out');
    }
    if (!csv.header && csv.columns === undefined) complain(['csv', 'columns'], 'without a header, columns must be named here');
    const doubled = csv.columns?.find((one, i, all) => all.indexOf(one) < i);
    if (doubled !== undefined) complain(['csv', 'columns'], `"${doubled}" stands here twice`);
  });

export type Settings = z.output<typeof configSchema>;
export type Format = 'csv' | 'jsonl' | 'parquet';

export function isOptional({ optional }: Settings, value: string): boolean {
  return typeof optional === 'boolean' ? optional : optional.includes(value);
}

/** Where keys come from. */
export function keyOrigin({ key, keyFrom }: Settings): 'column' | 'text' | 'path' {
  return keyFrom ?? (key === undefined ? 'path' : 'column');
}
