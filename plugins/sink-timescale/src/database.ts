import pg from 'pg';

export interface DatabaseSettings {
  readonly url: string;
  readonly timeoutMs: number;
  /** The port of `pglite-socket` cannot pipeline, nor be asked for SSL. */
  readonly application: string;
}

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

  constructor(settings: DatabaseSettings) {
    this.settings = settings;
  }

  async query(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    const client = await this.connect();
    try {
      return await client.query(text, values);
    } catch (error) {
      // Without an SQLSTATE it is the connection that failed, and nothing is known of what the server did.
      if (sqlState(error) === '') await this.drop();
      throw error;
    }
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
      connectionTimeoutMillis: 10_000,
      query_timeout: timeoutMs,
      keepAlive: true,
    });
    // An idle connection that breaks would otherwise end the process.
    client.on('error', () => {
      if (this.client === client) this.client = undefined;
    });
    await client.connect();
    this.client = client;
    return client;
  }

  private async drop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    // Not awaited: the server may be gone.
    void client?.end().catch(() => {});
  }
}
