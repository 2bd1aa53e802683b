// The declaration of the store of checkpoints in PostgreSQL.

import { defineStore, type Finding, messageOf, z } from '@quantstream/engine';
import { PostgresParts } from './checkpoints.js';
import { Connection } from './connection.js';

const NOTES = `
## What it does

The state of a pipeline lies in a database that every machine reaches, so that a detector on another machine takes over a partition with its state.

- **A checkpoint is one transaction.** A crash at any moment leaves the last complete one.
- **An epoch.** Opening a part takes the next one. Whoever had it before can write nothing any more: its next statement is refused with \`QS_FENCED\`.
  With a channel it gives up that partition and goes on with the others; without one it ends, so of two processes that run the same pipeline the later one stays.
- **The last three checkpoints are kept.** At the start every state is checked (SHA-256, by the server). Where the newest checkpoint is damaged, an older
  one is used, and the log says so.
- **States are read when their keys come**, those of many keys by one statement; what is spilled is written between checkpoints.
- **While the database is away** the pipeline judges and delivers on, \`/ready\` says so, and it saves when it can. Once it needs a key that is
  not in memory, or once 32 MB of states wait for the database, it holds until the database is back: memory is bounded, and nothing is lost.

## Tables

\`quantstream_parts\` (who may write), \`quantstream_checkpoints\`, \`quantstream_states\`, \`quantstream_blobs\` and \`quantstream_labels\` (what people say of
episodes, for all machines; made when somebody says something first), in the first schema of the user's
\`search_path\`; made at the first start, unless they are there. Another schema: \`ALTER ROLE … SET search_path\`, or \`?options=-csearch_path%3DNAME\` in the URL.
PostgreSQL 11 or newer. No prepared statements and no session settings are used, so a pooler in transaction mode may stand in between.
`;

export default defineStore({
  name: 'postgres',
  api: 1,
  about: 'Keeps checkpoints in PostgreSQL, where a detector on another machine finds them',
  config: z.strictObject({
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\/.+$/, 'expected a URL such as postgresql://user:password@host:5432/database')
      .describe('the database, as a URL'),
  }),
  example: { url: 'postgresql://quantstream@localhost:5432/quantstream' },
  notes: NOTES,
  async diagnose({ url }, host): Promise<readonly Finding[]> {
    const connection = new Connection(url, `quantstream ${host.pipeline} doctor`);
    const subject = connection.place;
    try {
      const [row] = await connection.query<{ version: string; number: number; may: boolean; read_only: boolean }>(
        `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
           pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only,
           to_regclass('quantstream_parts') IS NOT NULL OR has_schema_privilege(current_schema(), 'CREATE') AS may`,
        [],
        5_000,
      );
      const { version, number, may, read_only } = row!;
      if (number < 110_000) return [{ subject, state: 'bad', detail: `PostgreSQL ${version}; 11 or newer is needed` }];
      if (read_only) return [{ subject, state: 'bad', detail: 'this server or this user only reads; name the primary server' }];
      if (!may)
        return [
          { subject, state: 'bad', detail: 'the user may not make tables: GRANT CREATE ON SCHEMA, or set its search_path' },
        ];
      return [{ subject, state: 'good', detail: `PostgreSQL ${version}` }];
    } catch (error) {
      return [{ subject, state: 'bad', detail: messageOf(error) }];
    } finally {
      await connection.close();
    }
  },
  create: ({ url }, host) => new PostgresParts(url, host),
});
