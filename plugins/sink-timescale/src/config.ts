// What `with:` of the database sink holds.

import { duration, z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  url: z
    .string()
    .regex(
      /^(embedded|postgres(ql)?:\/\/.+)$/,
      'expected `embedded` or a URL such as postgresql://user:password@host:5432/database',
    )
    .default('embedded')
    .describe('`embedded`: a database inside this process, in its data folder; else the URL of a PostgreSQL or TimescaleDB'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('port on 127.0.0.1 where the embedded database listens for psql; 0, or one that is taken: a free one'),
  store: z
    .array(z.string())
    .default([])
    .describe('observation types to store, a table each; judged rows, anomalies and episodes are always stored'),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected small letters, digits and _')
    .default('public')
    .describe('schema of the tables'),
  ddl: z
    .enum(['manage', 'check'])
    .default('manage')
    .describe('`manage`: create and extend the tables; `check`: only make sure that they are there, and say what is missing'),
  chunk: duration('how much time a hypertable chunk holds').default(86_400_000),
  compressAfter: duration(
    'age at which chunks are compressed, where TimescaleDB can; absent: what the table has already, at first never',
  ).optional(),
  dropAfter: duration(
    'age at which chunks are dropped, where TimescaleDB can; absent: what the table has already, at first never',
  ).optional(),
  batch: z.int().min(1).max(50_000).default(5_000).describe('rows per INSERT'),
  timeout: duration(
    'how long a write may take: it is cancelled then and tried again, and a server that says nothing for 1 s more is given up',
  ).default(15_000),
  prepare: z
    .boolean()
    .default(true)
    .describe(
      'whether the server is to remember the statements; `false` behind a pooler that hands a session to others in between',
    ),
});

export type Settings = z.output<typeof configSchema>;
