import { TestHosts } from '@quantstream/engine/testing';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';

const url = process.env.QUANTSTREAM_TEST_POSTGRES;

describe.skipIf(url === undefined)('with a PostgreSQL (QUANTSTREAM_TEST_POSTGRES)', () => {
  const hosts = new TestHosts();
  const pipeline = `stopped-${process.pid}`;
  const open = () => plugin.create(plugin.config.parse({ url }), { ...hosts.outside(), pipeline, layout: 1 });
  afterAll(() => hosts.dispose());

  it('a holder that stands still in the middle of a transaction keeps nobody out for long', async () => {
    const [one, other] = [await open(), await open()];
    const first = one.of('');
    await first.open();
    await first.commit(new Uint8Array([1]));
    // What a holder has done that was stopped right after its first statement.
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    await client.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5s'");
    await client.query('UPDATE quantstream_parts SET last = last WHERE pipeline = $1', [pipeline]);
    const second = other.of('');
    expect((await second.open())?.meta).toEqual(Buffer.from([1]));
    await second.commit(new Uint8Array([2]));
    await expect(client.query('COMMIT')).rejects.toThrow();
    for (const each of [one, other]) await each.close();
    await client.end().catch(() => {});
  });

  it('a connection that the server ends in between ends no process, and is made again', async () => {
    const checkpoints = await open();
    const store = checkpoints.of('cut');
    await store.open();
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const kill = () =>
      admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
        `quantstream ${pipeline} checkpoints`,
      ]);
    let failed = 0;
    for (let i = 0; i < 30; i++) {
      store.put(`k${i}`, new Uint8Array(200_000), { wake: i, blobs: [] });
      const [outcome] = await Promise.all([
        store.commit(new Uint8Array([i])).then(
          () => undefined,
          (error) => error,
        ),
        kill(),
      ]);
      if (outcome) {
        expect(outcome).toMatchObject({ code: 'QS_STORE_AWAY', retry: true });
        failed++;
      }
    }
    expect(failed).toBeGreaterThan(0);
    await store.commit(new Uint8Array([99]));
    await store.close();
    const found = await store.open();
    expect(found).toMatchObject({ meta: Buffer.from([99]), warnings: [] });
    expect([...store.entries()]).toHaveLength(30);
    await admin.end();
    await checkpoints.close();
  });
});
