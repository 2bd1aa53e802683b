// The roles that timescaledb/init makes: what each may do in the database, and what it may not.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { TestHosts, testSchema } from '@quantstream/engine/testing';
import timescale from '@quantstream/sink-timescale';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, POSTGRES, ROOT } from './support.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const SECRET = "it's a secret";
const ENGINE = { role: 'quantstream_engine', script: '050_engine.sql', variable: 'QUANTSTREAM_ENGINE_PASSWORD' };
const READER = { role: 'grafana_reader', script: '100_grafana_reader.sql', variable: 'GRAFANA_READER_PASSWORD' };

const psql = spawnSync('psql', ['--version']).status === 0;
const why = POSTGRES ? (psql ? '' : ' (skipped: there is no psql)') : ' (skipped: QUANTSTREAM_TEST_POSTGRES names no server)';

describe.skipIf(!POSTGRES || !psql)(`the roles of the database${why}`, () => {
  const database = `roles_${process.pid}`;
  const there = new Set<string>();

  /** The address of the database, as its administrator or as a role. */
  const at = (user?: string) => {
    const url = new URL(POSTGRES!);
    url.pathname = `/${database}`;
    return user === undefined ? url.href : Object.assign(url, { username: user, password: SECRET }).href;
  };
  const run = ({ script, variable }: typeof ENGINE, password: string | undefined) =>
    spawnSync('psql', [at(), '-v', 'VERBOSITY=terse', '-X', '-q', '-f', join(ROOT, 'timescaledb', 'init', script)], {
      encoding: 'utf8',
      env: { ...process.env, [variable]: password },
    });
  /** Opens a sink as the engine's role, which makes its tables. */
  const opened = async (schema = 'public') => {
    const sink = await timescale.create(timescale.config.parse({ url: at(ENGINE.role), schema }), hosts.sink(testSchema));
    try {
      await sink.open!();
    } finally {
      await sink.close();
    }
  };

  beforeAll(async () => {
    // Roles belong to the whole server: what was there before stays.
    for (const { rolname } of await ask<{ rolname: string }>(POSTGRES!, 'SELECT rolname FROM pg_roles')) there.add(rolname);
    await ask(POSTGRES!, `CREATE DATABASE ${database}`);
  });
  afterAll(async () => {
    await ask(POSTGRES!, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    for (const { role } of [ENGINE, READER]) if (!there.has(role)) await ask(POSTGRES!, `DROP ROLE IF EXISTS ${role}`);
  });

  it.each([ENGINE, READER])('$role is not made without a password, and made twice without complaint', (one) => {
    const { status, stderr } = run(one, undefined);
    expect([status, stderr]).toEqual([0, expect.stringContaining(`${one.variable} is not set`)]);
    for (let twice = 0; twice < 2; twice++) expect(run(one, SECRET)).toMatchObject({ status: 0, stderr: '' });
  });

  it('the engine makes its tables, labels among them, and the doctor is content with its rights', async () => {
    await opened();
    const config = timescale.config.parse({ url: at(ENGINE.role) });
    expect(await timescale.feedback!.list(config, hosts.outside())).toEqual([]);
    const found = await timescale.diagnose!(config, hosts.outside());
    expect(found.find(({ subject }) => subject.startsWith('rights'))).toMatchObject({ state: 'good' });
    const owners = await ask(at(), "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'");
    expect(owners).toEqual([{ tableowner: ENGINE.role }]);
  });

  it('the engine can make and change nothing else', async () => {
    await ask(at(), 'CREATE TABLE theirs (id text)');
    for (const statement of [
      'CREATE SCHEMA mine',
      'CREATE DATABASE mine',
      'CREATE ROLE mine',
      `ALTER ROLE ${ENGINE.role} SUPERUSER`,
      "ALTER SYSTEM SET work_mem = '1GB'",
      'SELECT rolpassword FROM pg_authid',
      "COPY (SELECT 1) TO PROGRAM 'true'",
      'SELECT * FROM theirs',
      'DROP TABLE theirs',
    ])
      await expect(ask(at(ENGINE.role), statement), statement).rejects.toThrow(/permission denied|must be (owner|superuser)/);
  });

  it('the engine works in a schema that an administrator gave it', async () => {
    await expect(opened('given')).rejects.toThrow(/permission denied/);
    await ask(at(), `CREATE SCHEMA given AUTHORIZATION ${ENGINE.role}`);
    await opened('given');
    const config = timescale.config.parse({ url: at(ENGINE.role), schema: 'given' });
    expect(await timescale.feedback!.list(config, hosts.outside())).toEqual([]);
  });

  it('the engine is handed its tables where somebody else has restored them, and no others', async () => {
    await ask(at(), 'ALTER TABLE anomalies OWNER TO CURRENT_USER');
    await expect(opened()).rejects.toThrow(/must be owner/);
    expect(run(ENGINE, SECRET)).toMatchObject({ status: 0, stderr: '' });
    await opened();
    const [theirs] = await ask(at(), "SELECT tableowner FROM pg_tables WHERE tablename = 'theirs'");
    expect(theirs).not.toEqual({ tableowner: ENGINE.role });
  });

  it('the reader reads tables that are made later, by the engine or the administrator, and can neither write, make nor drop', async () => {
    await ask(at(ENGINE.role), 'CREATE TABLE made_by_the_engine (id text)', "INSERT INTO made_by_the_engine VALUES ('a')");
    await ask(at(), 'CREATE TABLE made_by_the_administrator (id text)', "INSERT INTO made_by_the_administrator VALUES ('a')");
    const reader = at(READER.role);
    for (const table of ['made_by_the_engine', 'made_by_the_administrator'])
      expect(await ask(reader, `SELECT * FROM ${table}`)).toEqual([{ id: 'a' }]);
    for (const statement of [
      "INSERT INTO made_by_the_engine VALUES ('b')",
      'DELETE FROM made_by_the_engine',
      'DROP TABLE made_by_the_engine',
      'CREATE TABLE mine (id text)',
    ]) {
      // Also after it has lifted its own read-only setting: that one is a help, the rights are what holds.
      await expect(ask(reader, statement), statement).rejects.toThrow();
      const attempt = ask(reader, 'SET default_transaction_read_only = off', statement);
      await expect(attempt, statement).rejects.toThrow(/permission denied|must be owner/);
    }
  });
});
