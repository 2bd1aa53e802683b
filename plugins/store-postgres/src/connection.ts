// The connection to PostgreSQL, and what its errors are called.

import { isNamed, messageOf, QuantStreamError } from '@quantstream/engine';
import pg from 'pg';

/** How long a statement may take, ms; those that go through a whole state may take longer. */
const PATIENCE = 30_000;
export const THOROUGH = 600_000;
/** Connections of a process: its partitions are saved one after the other, beside them the ingesting half. */
const CONNECTIONS = 3;

/**
 * A process that is stopped in the middle of a transaction must not keep out whoever takes over: the server gives it up. Within the
 * transaction, so that a pooler may stand in between.
 */
const BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/** SQLSTATE classes that only a person can mend: who may do what, what does not exist, and a server that only reads. */
const SETUP = /^(28|3D|3F|42|25006)/;

/** Runs a statement. */
export type Ask = <Row extends object = never>(text: string, values?: unknown[], withinMs?: number) => Promise<Row[]>;

/** Connections that are made when they are needed, and made again after they broke. */
export class Connection {
  /** The URL without user and password. */
  readonly place: string;
  private readonly pool: pg.Pool;

  constructor(url: string, application: string) {
    this.place = placeOf(url);
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: application,
      max: CONNECTIONS,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      // A process that has nothing else to do may end.
      allowExitOnIdle: true,
    });
    // An idle connection that breaks would otherwise end the process.
    this.pool.on('error', () => {});
  }

  /**
   * Runs in one transaction: all of it, or nothing.
   * @throws QS_STORE_AWAY (may go through later), QS_STORE_REFUSES, and what `action` throws by name
   */
  async transaction<T>(action: (ask: Ask) => Promise<T>): Promise<T> {
    return this.named(async () => {
      const client = await this.pool.connect();
      // One that breaks in between would otherwise end the process; the next statement tells.
      client.on('error', ignore);
      let broken: Error | undefined;
      const ask: Ask = async <Row extends object>(text: string, values: unknown[] = [], withinMs = PATIENCE) => {
        const query = { text, values, query_timeout: withinMs } as pg.QueryConfig;
        return (await client.query(query)).rows as Row[];
      };
      try {
        await ask(BEGIN);
        const result = await action(ask);
        await ask('COMMIT');
        return result;
      } catch (error) {
        await ask('ROLLBACK').catch((failed: Error) => {
          broken = failed;
        });
        // Without an answer nothing is known of what the server did: another connection is needed.
        if (!isNamed(error) && sqlState(error) === '') broken = error as Error;
        throw error;
      } finally {
        client.off('error', ignore);
        client.release(broken ?? false);
      }
    });
  }

  /** One statement, which is a transaction of its own. */
  query: Ask = <Row extends object>(text: string, values: unknown[] = [], withinMs = PATIENCE) =>
    this.named(async () => {
      const query = { text, values, query_timeout: withinMs } as pg.QueryConfig;
      return (await this.pool.query(query)).rows as Row[];
    });

  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end().catch(() => {});
  }

  private async named<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (isNamed(error)) throw error;
      const state = sqlState(error);
      if (state !== '' && SETUP.test(state)) {
        const message = `${this.place} refuses the checkpoints: ${messageOf(error)}; correct checkpoint.url, or the rights of its user`;
        throw new QuantStreamError('QS_STORE_REFUSES', message, { cause: error, retry: true });
      }
      const message = `${this.place} takes no checkpoint: ${messageOf(error)}; see that the server runs and can be reached`;
      throw new QuantStreamError('QS_STORE_AWAY', message, { cause: error, retry: true });
    }
  }
}

export const sqlState = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
};

const ignore = () => {};

function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgresql://${host}${pathname}`;
  } catch {
    return 'the database of checkpoint.url';
  }
}
