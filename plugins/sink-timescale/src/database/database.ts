// The connection to PostgreSQL, and which of its errors go away.

import pg from 'pg';

export interface DatabaseSettings {
  readonly url: string;
  /** How long a statement may take: the server cancels it then, and a server that says nothing is given up a little later. */
  readonly timeoutMs: number;
  readonly application: string;
  /** Whether statements that come again are prepared on the server. */
  readonly prepare: boolean;
}

/** How much longer than the server we wait, ms: a statement that it has cancelled leaves the connection whole. */
const PATIENCE = 1_000;

let connections = 0;

/** SQLSTATE classes that mean "this value can never be written": data exception, integrity constraint violation, limit exceeded. */
const VALUE_CLASSES = ['22', '23', '54'];
/** SQLSTATE classes and codes that only a person can mend: who may do what, and what does not exist. */
const SETUP_CODES = ['28', '3D', '3F', '42'];

const sqlState = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
};

/** Whether an error comes from a value, so that the same row would fail for ever. */
export const isValueError = (error: unknown): boolean => VALUE_CLASSES.includes(sqlState(error).slice(0, 2));

/** Whether an error comes from rights or names, so that waiting will not help. */
export const isSetupError = (error: unknown): boolean => SETUP_CODES.includes(sqlState(error).slice(0, 2));

/** One connection that is made when it is needed and made again after it broke. */
export class Database {
  private readonly settings: DatabaseSettings;
  private client: pg.Client | undefined;
  private readonly prepared = new Map<string, number>();
  private connection = '';

  constructor(settings: DatabaseSettings) {
    this.settings = settings;
  }

  /** @param prepared number of a statement that the server is to remember */
  async query(text: string, values?: unknown[], prepared?: number): Promise<pg.QueryResult> {
    const client = await this.connect();
    const name = prepared === undefined ? {} : { name: `${this.connection}_${prepared}` };
    try {
      return await client.query({ text, ...(values ? { values } : {}), ...name });
    } catch (error) {
      // Without an SQLSTATE it is the connection that failed, and nothing is known of what the server did.
      if (sqlState(error) === '') await this.drop();
      if ((error as Error).message !== 'Query read timeout') throw error;
      const seconds = this.settings.timeoutMs / 1_000;
      throw new Error(`the database has not answered for more than ${seconds} s`, { cause: error });
    }
  }

  /** Runs a statement that comes again and again: the server parses it once per connection. */
  write(text: string, values: unknown[]): Promise<pg.QueryResult> {
    if (!this.settings.prepare) return this.query(text, values);
    let number = this.prepared.get(text);
    if (number === undefined) {
      number = this.prepared.size;
      this.prepared.set(text, number);
    }
    return this.query(text, values, number);
  }

  /** Runs in one transaction: all of it, or nothing. */
  async transaction(action: () => Promise<void>): Promise<void> {
    await this.query('BEGIN');
    try {
      await action();
      await this.query('COMMIT');
    } catch (error) {
      try {
        if (this.client) await this.query('ROLLBACK');
      } catch {
        await this.drop();
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => {});
  }

  private async connect(): Promise<pg.Client> {
    if (this.client) return this.client;
    const { url, timeoutMs, application } = this.settings;
    const client = new pg.Client({
      connectionString: url,
      application_name: application,
      connectionTimeoutMillis: Math.min(10_000, timeoutMs),
      query_timeout: timeoutMs + PATIENCE,
      keepAlive: true,
    });
    // An idle connection that breaks would otherwise end the process.
    client.on('error', () => {
      if (this.client === client) this.client = undefined;
    });
    try {
      await client.connect();
      // Not as a parameter of the connection: poolers refuse those that they do not know.
      await client.query(`SET statement_timeout = ${timeoutMs}`);
    } catch (error) {
      void client.end().catch(() => {});
      if ((error as Error).message !== 'timeout expired') throw error;
      throw new Error('the database does not answer: no connection in time', { cause: error });
    }
    this.client = client;
    // The embedded database has one session for all connections: names must not meet those of another.
    this.connection = `write_${process.pid}_${connections++}`;
    return client;
  }

  private async drop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    // Not awaited: the server may be gone.
    void client?.end().catch(() => {});
  }
}
