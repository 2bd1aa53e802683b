// What a pipeline file says of the columns that series of metrics go into.

import { messageOf, z } from '../api/index.js';
import { columnOf, matcherOf, parseSelector, type Selector } from './selectors.js';

/** How columns and types may be called. */
export const columnName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    'expected small letters, digits and _, beginning with a letter; name it: { cpu: system.cpu.pct }',
  );

const selector = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      parseSelector(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });

const described = z.strictObject({
  metric: selector.describe('The metric, with labels in braces or not.'),
  labels: z.record(z.string().min(1), z.string()).default({}).describe('Labels and what they must be.'),
  unit: z.string().min(1).default('1').describe('Its unit, as the features want it.'),
  about: z.string().min(1).optional().describe('What it is, for people.'),
  kind: z
    .enum(['gauge', 'counter', 'rate'])
    .default('gauge')
    .describe(
      '`counter` only says that it grows: make its rate in the features (`cpu_rate`). `rate` is growth per second of each series by itself, then combined: for counters whose series come and go, such as those of pods. Only where others push.',
    ),
  combine: z
    .enum(['sum', 'mean', 'min', 'max', 'first'])
    .default('sum')
    .describe('What stands for several series of one key at one time, as for the cores of a host.'),
});

/** Which metrics the columns are: a map from name to metric, or a list of metrics. */
export const columnsSchema = z.union([z.array(selector).min(1), z.record(columnName, z.union([selector, described]))]);

/** Columns that an observation may lack: all, none, or these. */
export const optionalSchema = z.union([z.boolean(), z.array(columnName)]);

type Columns = Readonly<Record<'columns', z.output<typeof columnsSchema>> & Record<'optional', z.output<typeof optionalSchema>>>;

/** Says what of the columns does not go together. */
export function checkColumns(
  { columns, optional }: Columns,
  complain: (path: (string | number)[], message: string) => void,
): void {
  if (Array.isArray(columns))
    columns.forEach((one, i) => {
      const first = columns.findIndex((other) => nameOf(other) === nameOf(one));
      if (first < i)
        complain(['columns', i], `"${columns[first]}" and "${one}" would both be ${nameOf(one)}; name them: { mine: ${one} }`);
    });
  const known = Array.isArray(columns) ? columns.map(nameOf) : Object.keys(columns);
  if (known.length === 0) complain(['columns'], 'expected at least one column');
  if (Array.isArray(optional))
    optional.forEach((one, i) => {
      if (!known.includes(one)) complain(['optional', i], `"${one}" is none of the columns ${known.join(', ')}`);
    });
}

/** The column of a metric; what is no metric is complained of elsewhere. */
function nameOf(text: string): string {
  try {
    return columnOf(text);
  } catch {
    return text;
  }
}

/** What a column is made of. */
export interface ColumnPlan extends Selector {
  readonly name: string;
  /** The metric and its labels, as in PromQL. */
  readonly says: string;
  readonly unit: string;
  readonly about: string;
  readonly combine: 'sum' | 'mean' | 'min' | 'max' | 'first';
  /** Whether its values are the rates of its series, and not what they say. */
  readonly rate: boolean;
  readonly optional: boolean;
}

const ABOUT = { gauge: 'metric', counter: 'counter', rate: 'growth per second of' } as const;

/** The columns in the order in which they are named. */
export function columnsOf({ columns, optional }: Columns): ColumnPlan[] {
  const named = Array.isArray(columns)
    ? columns.map((text): [string, string] => [columnOf(text), text])
    : (Object.entries(columns) as [string, string | z.output<typeof described>][]);
  return named.map(([name, given]) => {
    const more = typeof given === 'string' ? undefined : given;
    const { metric, matchers } = parseSelector(typeof given === 'string' ? given : given.metric);
    const labels = Object.entries(more?.labels ?? {}).map(([label, value]) => matcherOf(label, '=', value));
    const all = [...matchers, ...labels];
    const says = all.length === 0 ? metric : `${metric}{${all.map(({ says }) => says).join(',')}}`;
    return {
      name,
      says,
      metric,
      matchers: all,
      unit: more?.unit ?? '1',
      about: more?.about ?? `${ABOUT[more?.kind ?? 'gauge']} ${says}`,
      combine: more?.combine ?? 'sum',
      rate: more?.kind === 'rate',
      optional: typeof optional === 'boolean' ? optional : optional.includes(name),
    };
  });
}
