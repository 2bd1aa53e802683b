// The declaration of the database sink, and the sink itself.

import { rmSync, writeFileSync } from 'node:fs';
import { defineSink, QuantStreamError, type Sink, type SinkHost } from '@quantstream/engine';
import { configSchema, type Settings } from './config.js';
import { Database, isSetupError } from './database/database.js';
import { type Embedded, startEmbedded } from './database/embedded.js';
import { diagnose } from './diagnose.js';
import { ADDRESS, feedback, mutesOf } from './feedback.js';
import { historyOf } from './history.js';
import { prepareSchema } from './tables/schema.js';
import { allTables, type Tables, tablesOf } from './tables/tables.js';
import { Writer } from './writer.js';

/** How long a statement that makes tables may take, ms. */
const PREPARING = 600_000;

class TimescaleSink implements Sink {
  private readonly settings: Settings;
  private readonly host: SinkHost;
  private readonly tables: Tables;
  private embedded: Embedded | undefined;
  private database: Database | undefined;
  private writer: Writer | undefined;

  constructor(settings: Settings, host: SinkHost) {
    this.settings = settings;
    this.host = host;
    this.tables = tablesOf(host.schema, settings.store);
  }

  async open(): Promise<void> {
    const { settings, host } = this;
    if (settings.url === 'embedded' && !this.embedded) {
      this.embedded = await startEmbedded(host.dataPath('database'), settings.port);
      writeFileSync(host.dataPath(ADDRESS), this.embedded.url, { mode: 0o600 });
      if (this.embedded.moved) host.log.warn({}, this.embedded.moved);
      host.log.info({ url: this.embedded.url }, `the embedded database listens; look with: psql ${this.embedded.url}`);
    }
    const url = this.embedded?.url ?? settings.url;
    const notice = (text: string) => host.log.warn({}, text);
    const connection = { url, application: `quantstream ${host.pipeline}`, prepare: settings.prepare, notice };
    this.database ??= new Database({ ...connection, timeoutMs: settings.timeout });
    // Moving the rows of a plain table into a hypertable may take longer than any write, and so may a look at all that is stored.
    const patient = new Database({ ...connection, timeoutMs: Math.max(settings.timeout, PREPARING) });
    const where = { pipeline: host.pipeline, schema: settings.schema, batch: settings.batch, judgement: host.judgement };
    this.writer = new Writer(this.database, this.tables, where, (letter) => host.deadLetter(letter));
    try {
      await prepareSchema(patient, this.tables, schemaSettings(settings), host.log);
      await this.writer.open(patient);
    } catch (error) {
      if (!isSetupError(error)) throw error;
      const message = `the database refuses: ${(error as Error).message}; correct url, or the rights of its user`;
      throw new QuantStreamError('QS_SINK_FAILED', message, { cause: error });
    } finally {
      await patient.close();
    }
    host.log.info(
      {},
      `writes to ${allTables(this.tables)
        .map(({ name }) => name)
        .join(', ')}`,
    );
  }

  async write(batch: Parameters<Sink['write']>[0]): Promise<void> {
    await this.writer!.write(batch);
  }

  mutes() {
    return mutesOf(this.database!, this.settings.schema, this.host.pipeline);
  }

  async close(): Promise<void> {
    if (this.embedded) rmSync(this.host.dataPath(ADDRESS), { force: true });
    await this.database?.close();
    this.database = undefined;
    await this.embedded?.close();
    this.embedded = undefined;
  }
}

function schemaSettings({ schema, ddl, chunk, compressAfter, dropAfter }: Settings) {
  return {
    schema,
    ddl,
    chunkMs: chunk,
    ...(compressAfter === undefined ? {} : { compressAfterMs: compressAfter }),
    ...(dropAfter === undefined ? {} : { dropAfterMs: dropAfter }),
  };
}

const NOTES = `
## Tables

Derived from the declarations of the pipeline, and made under an advisory lock, so several processes may start at once. All have the pipeline's name
in them; pipelines with the same kind of row share a table, which gets the columns of all of them.

| table | rows | key |
| --- | --- | --- |
| one per stored observation type, in the plural (\`trade\` → \`trades\`) | its numbers and texts | pipeline, key, time, sequence |
| one per kind of row (\`bar\` → \`bars\`) | every column, the score, threshold, p-value and version of the leading model, the reason when it was not scored | pipeline, key, time, n |
| \`anomalies\` | anomalous rows of all pipelines: reason, \`columns\` and \`contributions\` as jsonb | pipeline, key, time, kind, n |
| \`episodes\` | consecutive anomalies as one thing; \`incident\` names the incident that one is part of | id |
| \`incidents\` | episodes of several keys that began together, as one thing | id |
| \`missing\` | stretches known to be lost | pipeline, key, from, to, reason |
| \`labels\` | what people said of episodes with \`engine label\` | pipeline, episode |
| \`quantstream_fences\` | with a store of checkpoints that counts who holds a partition: its latest holder. An earlier one writes nothing any more | pipeline, partition |

Where a stretch is judged again under other settings (a changed budget, another model, after \`--reset-state\`), anomalies, episodes and incidents that are not confirmed get a
\`withdrawn_at\`; nothing is deleted. Only keys and times that are really judged again are touched, and an episode that somebody has labelled stays and gets an
\`unconfirmed_at\`. Queries of your own want \`withdrawn_at IS NULL\`; those of the dashboard have it. A replay after a crash withdraws nothing.

A batch is one transaction, and a small one a single statement. Facts that are stored stay as they are; judgements with the same id are replaced by the latest run's. A record that the database can
never take (a NUL in a text, one that a trigger of yours refuses) is found by bisecting, goes to the dead letters, and the rest is written. Behind a pooler that hands
sessions to others between transactions (PgBouncer) statements are not prepared once that is noticed; \`prepare: false\` says so from the start. While the database is away
the pipeline waits and tries again; one that hangs is noticed after \`timeout\`, and \`/ready\` says so.

## Dashboard

\`engine dashboard -p FILE\` prints a Grafana dashboard of these tables: every column that is a feature, scores, anomalies with their reasons, episodes and what
is missing. It asks the data sources that the stack provides, unless \`--datasource\` and \`--metrics\` name others.

## Which database

- **\`embedded\`**: PGlite (PostgreSQL in WebAssembly) in a thread of the engine, behind a socket on 127.0.0.1 that \`psql\` can open with the password in the address that is printed (made with the database, kept in the data folder); it is gone when the
  engine stops, its data stays in the data folder. For trying things and small loads.
- **PostgreSQL** (14 or newer): plain tables. Nothing is compressed or dropped by age, which is said once at start if it was asked for.
- **TimescaleDB**: hypertables; in the community edition also compression and retention, in the Apache edition neither, which is said once at start.
  \`episodes\` and \`missing\` stay small and are plain tables: they are kept. A changed age holds from the next start.
`;

export default defineSink({
  name: 'timescale',
  api: 1,
  about: 'Stores observations, judged rows, anomalies and episodes in TimescaleDB, in PostgreSQL, or in an embedded database',
  config: configSchema,
  example: { url: 'postgresql://quantstream@localhost:5432/market', store: ['trade'] },
  notes: NOTES,
  delivery: 'idempotent',
  fence: true,
  check: (config, schema) => {
    try {
      tablesOf(schema, config.store);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  },
  async serve({ url, port }, host) {
    if (url !== 'embedded') {
      host.log.info({}, 'the tables are in a database of their own: look there');
      return;
    }
    const embedded = await startEmbedded(host.dataPath('database'), port);
    writeFileSync(host.dataPath(ADDRESS), embedded.url, { mode: 0o600 });
    if (embedded.moved) host.log.warn({}, embedded.moved);
    host.log.info({ url: embedded.url }, `the embedded database listens until Ctrl-C; look with: psql ${embedded.url}`);
    await new Promise<void>((resolve) => {
      if (host.signal.aborted) resolve();
      host.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    rmSync(host.dataPath(ADDRESS), { force: true });
    await embedded.close();
  },
  feedback,
  history: historyOf,
  // Loaded for this alone: no run needs it.
  dashboard: async (config, schema, sources) => (await import('./dashboard/index.js')).dashboardOf(config, schema, sources),
  diagnose,
  create: (config, host) => new TimescaleSink(config, host),
});
