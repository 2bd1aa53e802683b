import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import binance from '@quantstream/source-binance';
import pg from 'pg';
import { stringify } from 'yaml';
import type { Summary } from '../engine/src/vitals/summary.js';
import { startEmbedded } from '../plugins/sink-timescale/src/database/embedded.js';
import { prepareDatabase } from '../plugins/sink-timescale/test/prepared.js';
import { type Exit, type Running, startEngine } from './command-line.js';

export { CLI, type Exit, ROOT, type Running } from './command-line.js';
export { sharedData } from './shared.js';

/** The URL of a real PostgreSQL to test against, where there is one. */
export const POSTGRES = process.env.QUANTSTREAM_TEST_POSTGRES;

/** A folder with pipeline files, recordings and data for one test file. */
export class Bench {
  readonly directory = mkdtempSync(join(tmpdir(), 'quantstream-test-'));

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  write(name: string, content: string | Uint8Array | object): string {
    const path = this.path(name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof content === 'string' || content instanceof Uint8Array ? content : stringify(content));
    return path;
  }

  /** @param data where this run keeps its state, below the folder */
  start(args: readonly string[], data?: string): Running {
    return startEngine(this.directory, args, data === undefined ? {} : { data });
  }

  run(args: readonly string[], data?: string): Promise<Exit> {
    return this.start(args, data).exit;
  }

  /** Spares a pipeline that stores into the embedded database the making of it, which takes longer than most tests. */
  prepare(pipeline: string, data = 'data'): Promise<void> {
    return prepareDatabase(this.path(data, pipeline, 'database'));
  }

  /** Runs a pipeline to the end of its source. */
  async summary(pipeline: string, set: readonly string[] = [], data?: string): Promise<Summary> {
    const settings = set.flatMap((setting) => ['--set', setting]);
    const { code, stdout, stderr } = await this.run(['-p', pipeline, '--summary', '-', ...settings], data);
    const summary = stdout.startsWith('{') ? (JSON.parse(stdout) as Summary) : undefined;
    // A run that is worth a look ends with a code of its own.
    if (!summary || code !== (summary.doubts.length > 0 ? 3 : 0)) throw new Error(`exit code ${code}:\n${stdout}${stderr}`);
    return summary;
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A recording of the simulated exchange, anomalies included, as an archive of trades. */
export async function writeRecording(path: string, count: number, simulator: object = {}): Promise<void> {
  const hosts = new TestHosts();
  const settings = { connect: 'simulator', stream: 'trade', simulator: { seed: 11, anomaliesPerDay: 400, ...simulator } };
  const source = await binance.create(binance.config.parse(settings), hosts.source());
  const abort = new AbortController();
  const lines: string[] = [];
  for await (const { observations } of source.read(null, abort.signal)) {
    for (const { sequence, time, values } of observations) {
      const { price, quantity, buyer_is_maker } = values as { price: number; quantity: number; buyer_is_maker: number };
      lines.push(`${sequence},${price},${quantity},${price * quantity},${time},${buyer_is_maker === 1 ? 'True' : 'False'},True`);
      if (lines.length === count) break;
    }
    if (lines.length === count) break;
  }
  abort.abort();
  await source.close?.();
  hosts.dispose();
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** Asks a database. */
export async function ask<Row extends pg.QueryResultRow = Record<string, unknown>>(
  url: string,
  ...statements: string[]
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

/** Runs `action` against the database that a pipeline keeps in its data folder. The pipeline must have ended. */
export async function withEmbedded<T>(data: string, pipeline: string, action: (url: string) => Promise<T>): Promise<T> {
  const embedded = await startEmbedded(join(data, pipeline, 'database'), 0);
  try {
    return await action(embedded.url);
  } finally {
    await embedded.close();
  }
}

/** Every row of every table of a schema as text, in order: equal contents are equal texts. */
export async function tablesOf(url: string, schema = 'public'): Promise<Record<string, string[]>> {
  const names = await ask<{ name: string }>(
    url,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${schema}' AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const tables: Record<string, string[]> = {};
  for (const { name } of names) {
    const rows = await ask<{ row: string }>(url, `SELECT to_jsonb(t)::text AS row FROM "${schema}"."${name}" AS t ORDER BY 1`);
    tables[name] = rows.map(({ row }) => row);
  }
  return tables;
}
