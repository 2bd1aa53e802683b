// The connection to PostgreSQL, and which of its errors go away.

import pg from 'pg';

export interface DatabaseSettings {
  readonly url: string;
  /** How long a statement may take: the server cancels it then, and a server that says nothing is given up a little later. */
  readonly timeoutMs: number;
  readonly application: string;
  /** Whether statements that come again are prepared on the server, and settings are kept by its session. */
  readonly prepare: boolean;
  /** Told what was found out about the server. */
  readonly notice?: (text: string) => void;
}

/** How much longer than the server we wait, ms: a statement that it has cancelled leaves the connection whole. */
const PATIENCE = 1_000;

/**
 * A process that is stopped in the middle of a transaction must not keep out whoever takes over: the server gives it up. Within the
 * transaction, so that a pooler may stand in between.
 */
const BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5s'";

let connections = 0;

/**
 * SQLSTATE classes that mean "this record can never be written": data exception, integrity constraint violation, limit exceeded; and what
 * triggers and functions of users raise: a triggered action or data change, a view's check, a routine, RAISE EXCEPTION.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const RECORD_CLASSES = ['22', '23', '54', '09', '21', '27', '2F', '38', '39', '44', 'P0'];
/** Classes that the standard leaves to whoever writes a trigger; PostgreSQL uses some of them itself. */
const OF_USERS = /^[5-9I-Z]/;
const OF_POSTGRES = ['53', '54', '55', '57', '58', '72', 'P0', 'XX'];
/** SQLSTATE classes that only a person can mend: who may do what, and what does not exist. */
const SETUP_CLASSES = ['28', '3D', '3F', '42'];
/** A statement that was prepared is unknown to the session, or another has its name: a pooler changes the session in between. */
const OTHER_SESSION = ['26000', '42P05'];

const sqlState = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
};

/** Whether an error comes from a record, so that the same one would fail for ever. */
export function isRecordError(error: unknown): boolean {
  const kind = sqlState(error).slice(0, 2);
  return RECORD_CLASSES.includes(kind) || (OF_USERS.test(kind) && !OF_POSTGRES.includes(kind));
}

/** Whether an error comes from rights or names, so that waiting will not help. */
export const isSetupError = (error: unknown): boolean =>
  SETUP_CLASSES.includes(sqlState(error).slice(0, 2)) && !isOtherSession(error);

const isOtherSession = (error: unknown): boolean => OTHER_SESSION.includes(sqlState(error));

/** One connection that is made when it is needed and made again after it broke. */
export class Database {
  private readonly settings: DatabaseSettings;
  private client: pg.Client | undefined;
  private readonly prepared = new Map<string, number>();
  private connection = '';
  /** Whether a session is ours from one transaction to the next: not behind a pooler. */
  private ownSession: boolean;

  constructor(settings: DatabaseSettings) {
    this.settings = settings;
    this.ownSession = settings.prepare;
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

  /**
   * Runs a statement that comes again and again: the server parses it once per connection.
   * @throws also, once, where a pooler turns out to stand in between: what was begun is to be tried again
   */
  async write(text: string, values: unknown[]): Promise<pg.QueryResult> {
    if (!this.ownSession) return this.query(text, values);
    let number = this.prepared.get(text);
    if (number === undefined) {
      number = this.prepared.size;
      this.prepared.set(text, number);
    }
    try {
      return await this.query(text, values, number);
    } catch (error) {
      if (isOtherSession(error)) {
        this.ownSession = false;
        this.settings.notice?.(
          'a pooler hands its sessions to others between two transactions: statements are no longer prepared (prepare: false says so from the start)',
        );
      }
      throw error;
    }
  }

  /** Runs in one transaction: all of it, or nothing. */
  async transaction(action: () => Promise<void>): Promise<void> {
    await this.query(BEGIN);
    try {
      if (!this.ownSession) await this.query(`SET LOCAL statement_timeout = ${this.settings.timeoutMs}`);
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
      if (this.ownSession) await client.query(`SET statement_timeout = ${timeoutMs}`);
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
