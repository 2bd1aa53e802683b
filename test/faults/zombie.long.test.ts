// A detector that stands still for longer than its session, and wakes up when another one has its partition.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ask, Bench, POSTGRES, ROOT, type Running } from '../support.js';

const BROKER = process.env.QUANTSTREAM_TEST_KAFKA;
const why =
  POSTGRES && BROKER ? '' : ' (skipped: QUANTSTREAM_TEST_POSTGRES and QUANTSTREAM_TEST_KAFKA must name a database and a broker)';

describe.skipIf(!POSTGRES || !BROKER || process.platform === 'win32')(`a detector that was taken for dead${why}`, () => {
  const bench = new Bench();
  const schema = `zombie_${process.pid}`;
  const name = `zombie-${process.pid}`;
  const running: Running[] = [];
  afterAll(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.map(({ exit }) => exit));
    bench.dispose();
    if (!POSTGRES) return;
    await ask(POSTGRES, `DROP SCHEMA IF EXISTS ${schema} CASCADE`, `DROP SCHEMA IF EXISTS ${schema}_direct CASCADE`);
    for (const who of ['first', 'second']) await ask(POSTGRES, `DROP ROLE IF EXISTS ${schema}_${who}`);
    for (const table of ['parts', 'checkpoints', 'states', 'blobs'])
      await ask(POSTGRES, `DELETE FROM quantstream_${table} WHERE pipeline = '${name}'`);
  });

  const pipeline = (into: string, more: object = {}) => ({
    name,
    source: { use: './ticking-source' },
    features: { use: './mean-features' },
    models: { z: { use: './deviation-model', columns: ['mean_level', 'mean_change'] } },
    alarms: { threshold: 4 },
    sinks: { database: { use: 'timescale', with: { url: POSTGRES!, schema: into } } },
    ...more,
  });
  const start = (args: readonly string[], data: string) => {
    const one = bench.start([...args, '--log-level', 'info'], data);
    running.push(one);
    return one;
  };
  const count = async () => {
    const [row] = await ask<{ n: number }>(POSTGRES!, `SELECT count(*)::int AS n FROM ${schema}.windows`).catch(() => [{ n: 0 }]);
    return row!.n;
  };
  async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + 60_000;
    while (!(await condition())) {
      if (performance.now() > end)
        throw new Error(`${what} did not happen:\n${running.map((one) => one.said()).join('\n---\n')}`);
      await sleep(50);
    }
  }

  it('writes nothing more to the database once another has its partition, and every row is right', {
    timeout: 180_000,
  }, async () => {
    cpSync(join(ROOT, 'engine', 'test', 'fixtures'), bench.directory, { recursive: true });
    const file = bench.write(
      'zombie.yaml',
      pipeline(schema, {
        channel: { use: 'kafka', with: { brokers: BROKER!, topic: name, group: name } },
        checkpoint: { every: '100ms', store: 'postgres', url: POSTGRES! },
      }),
    );
    const ingest = start(['-p', file, '--role', 'ingest'], 'ingest');
    // Each detector is a user of its own, so that the database can tell who writes, whichever connection it comes by.
    const detect = async (who: string) => {
      await ask(POSTGRES!, `CREATE ROLE ${schema}_${who} LOGIN SUPERUSER`);
      const url = Object.assign(new URL(POSTGRES!), { username: `${schema}_${who}` }).href;
      return start(['-p', file, '--role', 'detect', '--set', `sinks.database.with.url=${url}`], who);
    };
    const first = await detect('first');
    await until('rows of the first detector', async () => (await count()) > 100);
    // Who writes, and in whose epoch: that of the one who has put it into the table of fences.
    await ask(
      POSTGRES!,
      `CREATE TABLE ${schema}.audit (who text, epoch bigint, fence bool)`,
      `CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         INSERT INTO ${schema}.audit SELECT session_user, epoch, TG_ARGV[0] = 'fence' FROM ${schema}.quantstream_fences; RETURN NULL; END $$`,
      `INSERT INTO ${schema}.audit SELECT '${schema}_first', epoch, true FROM ${schema}.quantstream_fences`,
      `CREATE TRIGGER note AFTER INSERT OR UPDATE ON ${schema}.quantstream_fences FOR EACH ROW EXECUTE FUNCTION ${schema}.note('fence')`,
      `CREATE TRIGGER note AFTER INSERT OR UPDATE ON ${schema}.windows FOR EACH ROW EXECUTE FUNCTION ${schema}.note('row')`,
    );
    await until(
      'noted rows',
      async () => (await ask(POSTGRES!, `SELECT FROM ${schema}.audit WHERE NOT fence LIMIT 1`)).length > 0,
    );
    first.child.kill('SIGSTOP');
    await detect('second');
    const epochs = async () => (await ask(POSTGRES!, `SELECT DISTINCT epoch FROM ${schema}.audit WHERE fence`)).length;
    await until('the takeover', async () => (await epochs()) > 1);
    const before = await count();
    await until('rows of the second detector', async () => (await count()) > before + 100);
    first.child.kill('SIGCONT');
    await sleep(15_000);
    ingest.child.kill('SIGTERM');
    await ingest.exit;
    await sleep(2_000);

    const writers = await ask<{ who: string; epoch: string; fence: boolean }>(
      POSTGRES!,
      `SELECT DISTINCT who, epoch, fence FROM ${schema}.audit`,
    );
    const holders = new Map(writers.filter(({ fence }) => fence).map(({ who, epoch }) => [epoch, who]));
    for (const { who, epoch } of writers) expect(who, `a row in epoch ${epoch}`).toBe(holders.get(epoch));
    expect(holders.size).toBeGreaterThan(1);
    expect(await ask(POSTGRES!, `SELECT * FROM ${schema}.missing`)).toEqual([]);

    const direct = bench.write('direct.yaml', pipeline(`${schema}_direct`, { checkpoint: { store: 'memory' } }));
    const rows = await count();
    const alone = start(['-p', direct], 'direct');
    await until('as many rows without a channel', async () => {
      const found = await ask<{ n: number }>(POSTGRES!, `SELECT count(*)::int AS n FROM ${schema}_direct.windows`).catch(
        () => [],
      );
      return (found[0]?.n ?? 0) >= rows;
    });
    alone.child.kill('SIGTERM');
    await alone.exit;
    const inOrder = (from: string) => ask(POSTGRES!, `SELECT * FROM ${from}.windows ORDER BY time, n LIMIT ${rows}`);
    expect(await inOrder(schema)).toEqual(await inOrder(`${schema}_direct`));
  });
});
