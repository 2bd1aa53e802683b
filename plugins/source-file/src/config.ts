/** What may be set, with units and defaults, and the checks across fields. */
import { duration, z } from '@quantstream/engine';
import { checkRowFields, ROW_FIELDS, type RowOrigin } from '@quantstream/engine/recordings';

const column = z.string().min(1);

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
    key: column
      .optional()
      .describe('What a row belongs to: the name of a column, or with `keyFrom: text` the key itself, the same for all rows.'),
    keyFrom: z
      .enum(['column', 'text', 'path'])
      .optional()
      .describe(
        'Default: `column` where `key` is given, else `path`: each file is a key, named as below its fixed part, without .gz.',
      ),
    ...ROW_FIELDS,
    sequence: column
      .optional()
      .describe('A column with numbers that grow by key, of which repeats are to be dropped; default: rows are counted.'),
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
    const { key, keyFrom, csv } = config;
    if (keyFrom === 'path' && key !== undefined) complain(['key'], 'keyFrom: path takes the key from the file; leave key out');
    if ((keyFrom === 'column' || keyFrom === 'text') && key === undefined) complain(['key'], `keyFrom: ${keyFrom} needs key`);
    checkRowFields(config, complain);
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

/** Where keys come from. */
export function keyOrigin({ key, keyFrom }: Settings): 'column' | 'text' | 'path' {
  return keyFrom ?? (key === undefined ? 'path' : 'column');
}

/** Where the time and the key of a row are found. */
export function originOf(settings: Settings): RowOrigin {
  const { time, key } = settings;
  const origin = keyOrigin(settings);
  return { time, key: origin === 'column' ? key : undefined, fixedKey: origin === 'text' ? key : undefined };
}
