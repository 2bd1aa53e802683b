// Whether the database can be reached and lets us work.

import { type Finding, messageOf, type OutsideHost } from '@quantstream/engine';
import type { Settings } from './config.js';
import { Database } from './database/database.js';

/** How long a server may take to answer a question of ours, ms. */
const PATIENCE = 5_000;

/** One row that says everything: version, TimescaleDB, rights, size. Reads catalogues only. */
const QUESTION = `
  SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS number,
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only,
    current_user AS who,
    pg_size_pretty(pg_database_size(current_database())) AS size,
    has_database_privilege(current_database(), 'CREATE') AS may_make_schemas,
    CASE WHEN to_regnamespace($1) IS NULL THEN NULL ELSE has_schema_privilege($1, 'CREATE') END AS may_make_tables,
    CASE WHEN to_regclass($2) IS NULL THEN NULL ELSE has_table_privilege($2, 'INSERT') AND has_table_privilege($2, 'UPDATE') END AS may_write,
    (SELECT installed_version FROM pg_available_extensions WHERE name = 'timescaledb') AS timescale,
    EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS timescale_available,
    current_setting('timescaledb.license', true) AS licence`;

interface Answer {
  readonly version: string;
  readonly number: number;
  readonly read_only: boolean;
  readonly who: string;
  readonly size: string;
  readonly may_make_schemas: boolean;
  readonly may_make_tables: boolean | null;
  readonly may_write: boolean | null;
  readonly timescale: string | null;
  readonly timescale_available: boolean;
  readonly licence: string | null;
}

/** Whether the database can be reached and lets us work. Changes nothing there, and never throws. */
export async function diagnose(settings: Settings, host: OutsideHost): Promise<readonly Finding[]> {
  if (settings.url === 'embedded') {
    return [
      { subject: 'embedded database', state: 'good', detail: 'runs inside the engine, in its data folder: nothing to reach' },
    ];
  }
  const subject = placeOf(settings.url);
  const application = `quantstream ${host.pipeline} doctor`;
  const database = new Database({ url: settings.url, timeoutMs: PATIENCE, application, prepare: false });
  try {
    const { rows } = await database.query(QUESTION, [settings.schema, `${settings.schema}.anomalies`]);
    return findingsOf(rows[0] as Answer, settings, subject);
  } catch (error) {
    const detail = `${messageOf(error)}; see that the server runs, and that host, port, user, password and database of url are right`;
    return [{ subject, state: 'bad', detail }];
  } finally {
    await database.close();
  }
}

function findingsOf(answer: Answer, settings: Settings, subject: string): Finding[] {
  const old = answer.number < 140_000;
  return [
    {
      subject,
      state: old ? 'doubtful' : 'good',
      detail: `PostgreSQL ${answer.version}, ${answer.size} in this database${old ? '; the dashboards need 14 or newer' : ''}`,
    },
    rightsOf(answer, settings),
    timescaleOf(answer, settings),
  ];
}

function rightsOf(answer: Answer, { schema, ddl }: Settings): Finding {
  const subject = `rights of ${answer.who}`;
  const bad = (detail: string): Finding => ({ subject, state: 'bad', detail });
  if (answer.read_only) return bad('this server or this user only reads; name the primary server, or a user that may write');
  if (answer.may_write === false) {
    return bad(
      `may not write into the tables of schema ${schema}: GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA "${schema}"`,
    );
  }
  if (ddl === 'check') {
    return answer.may_make_tables === null
      ? bad(`there is no schema ${schema}, and ddl: check makes none`)
      : { subject, state: 'good', detail: `may work in schema ${schema}; tables are checked at start` };
  }
  if (answer.may_make_tables ?? answer.may_make_schemas) {
    return { subject, state: 'good', detail: `may make tables in schema ${schema} and write into them` };
  }
  return bad(
    answer.may_make_tables === null
      ? `may not make the schema ${schema}: an administrator has to`
      : `may not make tables in schema ${schema}: GRANT CREATE ON SCHEMA "${schema}", or set ddl: check`,
  );
}

function timescaleOf(answer: Answer, { compressAfter, dropAfter }: Settings): Finding {
  const subject = 'TimescaleDB';
  const aged = compressAfter !== undefined || dropAfter !== undefined;
  const nothing = aged ? '; nothing will be compressed or dropped by age' : '';
  const doubt = aged ? 'doubtful' : 'good';
  if (!answer.timescale_available) return { subject, state: doubt, detail: `is not on this server: plain tables${nothing}` };
  if (answer.timescale === null) return { subject, state: 'good', detail: 'is there, and is enabled at start' };
  if (answer.licence === 'apache') return { subject, state: doubt, detail: `${answer.timescale}, the Apache edition${nothing}` };
  return { subject, state: 'good', detail: `${answer.timescale}, the community edition` };
}

/** The URL without user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgresql://${host}${pathname}`;
  } catch {
    return 'the database of url';
  }
}
