/** What may be set, with units and defaults, and the checks across fields. */
import { duration, z } from '@quantstream/engine';
import { columnOf, matcherOf, parseSelector, type Selector } from './selectors.js';

const MIB = 1024 * 1024;

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    'expected small letters, digits and _, beginning with a letter; name it: { cpu: system.cpu.pct }',
  );

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

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
    .enum(['gauge', 'counter'])
    .default('gauge')
    .describe('`counter` only says that it grows: make its rate in the features (`cpu_rate`).'),
  combine: z
    .enum(['sum', 'mean', 'min', 'max', 'first'])
    .default('sum')
    .describe('What stands for several series of one key at one time, as for the cores of a host.'),
});

const columns = z.union([z.array(selector).min(1), z.record(name, z.union([selector, described]))]);

const token = z.string().min(16, 'expected at least 16 characters');

export const configSchema = z
  .strictObject({
    columns: columns.describe(
      'The numbers of an observation: a map from name to metric (`cpu: system.cpu.pct`, `user: node_cpu_seconds_total{mode="user"}`, or with more said of it), or a list of metrics, each of which gives its column its name.',
    ),
    key: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .transform((given) => [given].flat())
      .describe('What an observation belongs to: a label (tag, attribute, field), or several, whose values are joined by `/`.'),
    type: name.default('reading').describe('Type of the observations.'),
    optional: z
      .union([z.boolean(), z.array(name)])
      .default(true)
      .describe('Columns that an observation may lack: all, none, or these. One that lacks another is dropped.'),
    round: duration('to which times are rounded down: samples of one key in one such stretch are one observation').default(0),
    join: duration(
      'how long an observation of which samples may be on their way is waited for, since the last of them came',
    ).default(10_000),
    quiet: duration('after so long without a push time goes on by the clock, so that the silence of all is one').default(300_000),
    ack: z
      .enum(['buffer', 'sink'])
      .default('buffer')
      .describe(
        'When a push is answered: once the engine’s buffer has it, or (`sink`) once the checkpoint that holds it is written. With the latter a crash loses nothing.',
      ),
    prefix: z
      .string()
      .regex(/^[a-zA-Z0-9-]+$/, 'expected letters, digits and -')
      .default('push')
      .describe('Where it answers on the engine’s listener: `/PIPELINE/PREFIX/`.'),
    token: token
      .optional()
      .describe('Who pushes says it: `Authorization: Bearer TOKEN`. Needed on an address that others reach.'),
    tenants: z
      .strictObject({
        from: z
          .enum(['token', 'header', 'path'])
          .describe(
            'Whose a push is: by its token, by a header, or by the first part of the path (`/PIPELINE/PREFIX/TENANT/…`).',
          ),
        tokens: z
          .record(z.string().regex(/^[\w.-]{1,64}$/), token)
          .default({})
          .describe('With `from: token`: the token of each.'),
        header: z.string().min(1).default('X-Scope-OrgID').describe('With `from: header`: which.'),
      })
      .optional()
      .describe('Several who push: the name of each stands before the key, as `TENANT/KEY`.'),
    json: z
      .strictObject({
        time: z.string().min(1).default('time').describe('The field of the event time: ISO 8601, or a number.'),
        timeUnit: z
          .enum(['auto', 's', 'ms', 'us', 'ns'])
          .default('auto')
          .describe(
            'Unit of a time that is a number, since the Unix epoch; `auto` goes by its size, which is right from 1973 on.',
          ),
      })
      .prefault({})
      .describe('Objects that are pushed as JSON.'),
    maxBody: z
      .int()
      .min(1_024)
      .default(8 * MIB)
      .describe('Largest body as it is sent.')
      .meta({ unit: 'bytes' }),
    maxUnpacked: z
      .int()
      .min(1_024)
      .default(32 * MIB)
      .describe('Largest body once it is unpacked.')
      .meta({ unit: 'bytes' }),
    buffer: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe('Observations that may wait here; then pushes are answered 503 (Prometheus) or 429, and come again.')
      .meta({ unit: 'observations' }),
    series: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(200_000)
      .describe('Series of the columns that are remembered; beyond that all are learned anew.'),
    batch: z.int().min(1).max(100_000).default(1_000).describe('Most observations in a batch.').meta({ unit: 'observations' }),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { columns, optional, tenants, token } = config;
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
    if (tenants?.from === 'token') {
      const given = Object.values(tenants.tokens);
      if (given.length === 0) complain(['tenants', 'tokens'], 'from: token needs the token of each: { acme: ${ACME_TOKEN} }');
      if (new Set(given).size < given.length) complain(['tenants', 'tokens'], 'two have the same token');
      if (token !== undefined) complain(['token'], 'each has a token of its own in tenants.tokens; leave this one out');
    } else if (tenants && Object.keys(tenants.tokens).length > 0)
      complain(['tenants', 'tokens'], `tokens go with from: token, not with from: ${tenants.from}`);
  });

/** The column of a metric; what is no metric is complained of elsewhere. */
function nameOf(text: string): string {
  try {
    return columnOf(text);
  } catch {
    return text;
  }
}

export type Settings = z.output<typeof configSchema>;

/** What a column is made of. */
export interface ColumnPlan extends Selector {
  readonly name: string;
  /** The metric and its labels, as in PromQL. */
  readonly says: string;
  readonly unit: string;
  readonly about: string;
  readonly combine: 'sum' | 'mean' | 'min' | 'max' | 'first';
  readonly optional: boolean;
}

/** The columns in the order in which they are named. */
export function columnsOf({ columns, optional }: Pick<Settings, 'columns' | 'optional'>): ColumnPlan[] {
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
      about: more?.about ?? `${more?.kind === 'counter' ? 'counter' : 'metric'} ${says}`,
      combine: more?.combine ?? 'sum',
      optional: typeof optional === 'boolean' ? optional : optional.includes(name),
    };
  });
}
