// Makes the tables, or says what they lack.

import type { Log } from '@quantstream/engine';
import type { Database } from '../database/database.js';
import {
  createStatements,
  EXISTING_COLUMNS,
  type HypertableSettings,
  hypertableStatement,
  policyStatements,
  quote,
} from './sql.js';
import { allTables, type Tables } from './tables.js';

/** Key of the advisory lock under which tables are made: "QSDDL" in ASCII. */
const LOCK = 0x51_53_44_44_4c;

export interface SchemaSettings extends HypertableSettings {
  readonly schema: string;
  readonly ddl: 'manage' | 'check';
}

/** Makes or checks the tables. Several processes may do it at once. */
export async function prepareSchema(database: Database, tables: Tables, settings: SchemaSettings, log: Log): Promise<void> {
  if (settings.ddl === 'check') return checkSchema(database, tables, settings);
  const edition = await enableTimescale(database, log);
  const policies = settings.compressAfterMs !== undefined || settings.dropAfterMs !== undefined;
  // A transaction for each table: one that holds two is what writers of others, who write both, come to a deadlock with.
  const locked = (action: () => Promise<void>) =>
    database.transaction(async () => {
      await database.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      await action();
    });
  await locked(() => makeSchema(database, settings.schema));
  for (const table of allTables(tables)) {
    await locked(async () => {
      for (const statement of createStatements(settings.schema, table)) await database.query(statement);
      if (edition === undefined || table.time === undefined) return;
      await database.query(hypertableStatement(settings.schema, table, settings));
      if (edition !== 'timescale') return;
      for (const statement of policyStatements(settings.schema, table, settings)) await database.query(statement);
    });
  }
  if (edition === undefined && policies) {
    log.warn({}, 'this is plain PostgreSQL without TimescaleDB: plain tables, and nothing is compressed or dropped by age');
  } else if (edition === undefined) {
    log.info({}, 'this is plain PostgreSQL without TimescaleDB: plain tables');
  } else if (edition === 'apache' && policies) {
    log.warn({}, 'this is the Apache edition of TimescaleDB: hypertables, but nothing is compressed or dropped by age');
  }
}

/** Makes a schema where there is none. IF NOT EXISTS alone asks for the right to make schemas even where it is there. */
export async function makeSchema(database: Database, schema: string): Promise<void> {
  const { rows } = await database.query('SELECT to_regnamespace($1) IS NULL AS absent', [quote(schema)]);
  if (rows[0].absent) await database.query(`CREATE SCHEMA IF NOT EXISTS ${quote(schema)}`);
}

/** @returns the licence of TimescaleDB (`timescale` or `apache`), or `undefined` without it */
async function enableTimescale(database: Database, log: Log): Promise<string | undefined> {
  const { rows } = await database.query("SELECT installed_version FROM pg_available_extensions WHERE name = 'timescaledb'");
  if (rows.length === 0) return undefined;
  if (rows[0].installed_version === null) {
    try {
      await database.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
    } catch (error) {
      log.warn(
        {},
        `TimescaleDB is there but cannot be enabled (${(error as Error).message}); ask an administrator for CREATE EXTENSION timescaledb`,
      );
      return undefined;
    }
  }
  const licence = await database.query("SELECT current_setting('timescaledb.license', true) AS licence");
  return licence.rows[0].licence ?? 'apache';
}

async function checkSchema(database: Database, tables: Tables, { schema }: SchemaSettings): Promise<void> {
  const { rows } = await database.query(EXISTING_COLUMNS, [schema]);
  const existing = new Set(rows.map(({ table_name, column_name }) => `${table_name}.${column_name}`));
  const lacking = allTables(tables).flatMap((table) =>
    table.columns.map(({ name }) => `${table.name}.${name}`).filter((name) => !existing.has(name)),
  );
  if (lacking.length === 0) return;
  const statements = allTables(tables)
    .filter((table) => table.columns.some(({ name }) => lacking.includes(`${table.name}.${name}`)))
    .flatMap((table) => createStatements(schema, table).filter((statement) => !statement.startsWith('COMMENT')));
  const message = `ddl is "check" and the schema ${schema} lacks ${lacking.join(', ')}; set ddl: manage, or run:\n${statements.map((s) => `${s};`).join('\n')}`;
  throw Object.assign(new Error(message), { retry: false });
}
