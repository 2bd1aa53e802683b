import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Embedded, startEmbedded } from '../src/database/embedded.js';
import { prepareDatabase } from './prepared.js';

/** The URL of a real PostgreSQL to test against, where there is one. */
export const POSTGRES = process.env.QUANTSTREAM_TEST_POSTGRES;

/** An embedded database in a folder of its own. */
export async function embeddedPlace(port = 0): Promise<Embedded & { directory: string; remove(): Promise<void> }> {
  const place = mkdtempSync(join(tmpdir(), 'quantstream-embedded-'));
  const directory = join(place, 'database');
  await prepareDatabase(directory);
  const embedded = await startEmbedded(directory, port);
  return {
    ...embedded,
    directory,
    remove: async () => {
      await embedded.close();
      rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Runs one statement. */
export async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Everything in the tables of a schema, a record a row. */
export async function contents(url: string, schema: string): Promise<unknown[]> {
  const tables = await ask(url, `SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}' ORDER BY 1`);
  const all: unknown[] = [];
  for (const { table_name: table } of tables) {
    const rows = await ask(url, `SELECT to_jsonb(t) AS record FROM "${schema}"."${table}" AS t`);
    all.push(...rows.map(({ record }) => ({ table, record })));
  }
  return all;
}

/**
 * Holds tests on the embedded database, and on a PostgreSQL where there is one; else they are seen to be skipped.
 * @param tests given where the database is, once they run, and whether it is the embedded one
 */
export function onEachPlace(title: string, tests: (url: () => string, embedded: boolean) => void): void {
  describe(`${title}, on the embedded database`, () => {
    let place: Awaited<ReturnType<typeof embeddedPlace>> | undefined;
    beforeAll(async () => {
      place = await embeddedPlace();
    });
    afterAll(() => place?.remove());
    tests(() => place!.url, true);
  });
  const skipped = POSTGRES ? '' : ' (skipped: QUANTSTREAM_TEST_POSTGRES names none)';
  describe.skipIf(!POSTGRES)(`${title}, on PostgreSQL${skipped}`, () => tests(() => POSTGRES!, false));
}
