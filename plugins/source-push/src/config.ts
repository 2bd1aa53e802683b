/** What may be set, with units and defaults, and the checks across fields. */
import { duration, z } from '@quantstream/engine';
import { checkColumns, columnName, columnsSchema, optionalSchema } from '@quantstream/engine/metrics';

const MIB = 1024 * 1024;

const token = z.string().min(16, 'expected at least 16 characters');

export const configSchema = z
  .strictObject({
    columns: columnsSchema.describe(
      'The numbers of an observation: a map from name to metric (`cpu: system.cpu.pct`, `user: node_cpu_seconds_total{mode="user"}`, or with more said of it), or a list of metrics, each of which gives its column its name.',
    ),
    key: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .transform((given) => [given].flat())
      .describe('What an observation belongs to: a label (tag, attribute, field), or several, whose values are joined by `/`.'),
    type: columnName.default('reading').describe('Type of the observations.'),
    optional: optionalSchema
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
      .describe(
        'Who pushes says it: `Authorization: Bearer TOKEN`, or `Token TOKEN` as clients of InfluxDB do. Needed on an address that others reach.',
      ),
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
    const { tenants, token } = config;
    checkColumns(config, complain);
    if (tenants?.from === 'token') {
      const given = Object.values(tenants.tokens);
      if (given.length === 0) complain(['tenants', 'tokens'], 'from: token needs the token of each: { acme: ${ACME_TOKEN} }');
      if (new Set(given).size < given.length) complain(['tenants', 'tokens'], 'two have the same token');
      if (token !== undefined) complain(['token'], 'each has a token of its own in tenants.tokens; leave this one out');
    } else if (tenants && Object.keys(tenants.tokens).length > 0)
      complain(['tenants', 'tokens'], `tokens go with from: token, not with from: ${tenants.from}`);
  });

export type Settings = z.output<typeof configSchema>;
