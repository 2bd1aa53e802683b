/** A PostgreSQL of one's own for tests and benches; see postgres.mjs. */
export class PostgresServer {
  static create(options?: { running?: boolean }): Promise<PostgresServer>;
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  dispose(): Promise<void>;
}
