// Checkpoints behind PgBouncer, which hands a session to others between two transactions.

import { storeLaws } from '@quantstream/engine/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { PgBouncer, poolerInstalled } from '../../../scripts/lib/pgbouncer.mjs';
import plugin from '../src/index.js';

const database = process.env.QUANTSTREAM_TEST_POSTGRES;
const installed = poolerInstalled();
const lacking = [
  ...(database ? [] : ['QUANTSTREAM_TEST_POSTGRES names no PostgreSQL']),
  ...(installed ? [] : ['there is no pgbouncer']),
];
if (process.env.CI && database && !installed) throw new Error('pgbouncer is to be installed where tests run in CI');

describe.skipIf(lacking.length > 0)(`behind a pooler${lacking.length > 0 ? ` (skipped: ${lacking.join(', ')})` : ''}`, () => {
  let pooler: PgBouncer;
  // The laws want a place where nobody has been.
  const name = `pooled_${process.pid}`;
  const onServer = async (statement: string) => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  beforeAll(async () => {
    await onServer(`CREATE DATABASE ${name}`);
    pooler = await PgBouncer.create(Object.assign(new URL(database!), { pathname: `/${name}` }).href);
  });
  afterAll(async () => {
    await pooler.dispose();
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  });

  const config = {
    get url() {
      return pooler.url;
    },
  };
  storeLaws(plugin, { config });
});
