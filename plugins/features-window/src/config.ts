// What `with:` of the window features holds.

import { duration, z } from '@quantstream/engine';
import { type Chosen, parseColumn } from './columns.js';

const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'expected small letters, digits and _, beginning with a letter');
const wholeMs = (what: string) =>
  duration(what).refine((ms) => ms >= 1 && Number.isInteger(ms), 'expected whole milliseconds, at least 1ms');

export const configSchema = z
  .strictObject({
    type: name.default('reading').describe('Type of the observations that are looked at.'),
    every: z
      .union([z.literal('row'), wholeMs('time between two rows')], {
        error: 'expected row, or a duration such as 10s',
      })
      .default('row')
      .describe(
        '`row`: a row for each observation. A duration: a row at each multiple of it in event time (UTC), through silence as well.',
      ),
    take: z
      .enum(['mean', 'last', 'min', 'max', 'sum'])
      .default('mean')
      .describe('With a duration: what stands for the observations between two rows. `last` for counters.'),
    silence: wholeMs(
      'With a duration: how long rows, their values missing, go on behind the last observation; default: ten rows.',
    ).optional(),
    values: z
      .array(name)
      .min(1)
      .optional()
      .describe('The fields that columns are made of; needed only where a field’s name ends like a column (`disk_rate`).'),
    units: z
      .record(name, z.string().min(1))
      .default({})
      .describe('Units of fields, which the source must then emit in these; a field without one is taken in any unit.'),
    columns: z
      .union([z.array(name).min(1), z.literal('all').transform((): string[] => [])], {
        error: 'expected a list of columns, or all',
      })
      .describe(
        'Columns of the row: a field, or a field with a family and a window in rows or time: `cpu`, `cpu_mean_12`, `cpu_slope_5m`. `all`: every number that the source emits, as it is.',
      ),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { columns, values, every, silence } = config;
    columns.forEach((column, i) => {
      const chosen = parseColumn(column, values);
      if (typeof chosen === 'string') complain(['columns', i], chosen);
      if (columns.indexOf(column) < i) complain(['columns', i], `"${column}" is chosen twice`);
    });
    if (silence !== undefined && every === 'row')
      complain(['silence'], 'there is no telling silence with every: row; give every a duration');
    else if (silence !== undefined && every !== 'row' && silence < every) complain(['silence'], 'silence is shorter than every');
    const fields = fieldsOf(config);
    for (const field of Object.keys(config.units))
      if (!fields.includes(field))
        complain(['units', field], `no column is made of "${field}"; they are made of ${fields.join(', ')}`);
  });

export type Settings = z.output<typeof configSchema>;

/** The columns, taken apart. The schema has checked them. */
export function chosenOf({ columns, values }: Pick<Settings, 'columns' | 'values'>): Chosen[] {
  return columns.map((column) => parseColumn(column, values)).filter((chosen) => typeof chosen !== 'string');
}

/** The fields that are looked at, each once. */
export function fieldsOf(settings: Pick<Settings, 'columns' | 'values'>): string[] {
  return [...new Set(chosenOf(settings).map(({ value }) => value))].filter((value) => value !== '');
}

/** How long rows go on through a silence, ms. */
export function silenceOf({ silence, every }: Settings): number {
  return silence ?? (every === 'row' ? 0 : 10 * every);
}
