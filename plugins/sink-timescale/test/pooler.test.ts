// Behind PgBouncer, which hands a session to others between two transactions.

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, unprivileged } from '../../../scripts/lib/servers.mjs';
import plugin from '../src/index.js';
import { ask, POSTGRES } from './places.js';

const installed = spawnSync('pgbouncer', ['--version']).status === 0;
const lacking = [
  ...(POSTGRES ? [] : ['QUANTSTREAM_TEST_POSTGRES names no PostgreSQL']),
  ...(installed ? [] : ['there is no pgbouncer']),
];
if (process.env.CI && POSTGRES && !installed) throw new Error('pgbouncer is to be installed where tests run in CI');

describe.skipIf(lacking.length > 0)(`behind a pooler${lacking.length > 0 ? ` (skipped: ${lacking.join(', ')})` : ''}`, () => {
  const hosts = new TestHosts();
  const folder = mkdtempSync(join(tmpdir(), 'quantstream-pooler-'));
  let url: string;
  let pooler: ReturnType<typeof spawn>;
  beforeAll(async () => {
    const database = new URL(POSTGRES!);
    const port = await freePort();
    const users = join(folder, 'users.txt');
    writeFileSync(users, `"${database.username}" "${database.password}"\n`);
    const settings = join(folder, 'pgbouncer.ini');
    // A single session for all: whoever relies on it meets the others.
    writeFileSync(
      settings,
      `[databases]\npostgres = host=${database.hostname} port=${database.port} dbname=${database.pathname.slice(1)}\n` +
        `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = trust\nauth_file = ${users}\n` +
        'pool_mode = transaction\ndefault_pool_size = 2\nserver_lifetime = 1\nserver_round_robin = 1\n',
    );
    chmodSync(folder, 0o755);
    pooler = spawn('pgbouncer', [settings], { ...unprivileged(), stdio: 'ignore' });
    url = `postgresql://${database.username}@127.0.0.1:${port}/postgres`;
    for (let i = 0; i < 100; i++) {
      if (await ask(url, 'SELECT 1 AS one').catch(() => undefined)) return;
      await sleep(50);
    }
    throw new Error('pgbouncer did not come up');
  });
  afterAll(() => {
    pooler?.kill();
    hosts.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([true, false])(
    'stores everything with prepare: %s, at most one batch of it at the second attempt',
    async (prepare) => {
      const schema = `pooled_${process.pid}_${prepare}`;
      const config = plugin.config.parse({ url, schema, store: ['reading'], prepare });
      const told: string[] = [];
      const host = hosts.sink(testSchema);
      const log = { ...host.log, warn: (_: object, text: string) => void told.push(text) };
      const sinks = await Promise.all([1, 2].map(() => plugin.create(config, { ...host, log })));
      let again = 0;
      for (const sink of sinks) await sink.open?.();
      for (let i = 0; i < 40; i++) {
        for (const sink of sinks) {
          // As the engine does with whatever is not final.
          for (;;) {
            try {
              await sink.write(testBatch(10 * i, 10));
              break;
            } catch (error) {
              expect(error).not.toMatchObject({ retry: false });
              again++;
            }
          }
        }
        // What was prepared is gone with its session.
        if (i % 10 === 5) await sleep(1_200);
      }
      for (const sink of sinks) await sink.close();
      expect(await ask(POSTGRES!, `SELECT count(*)::int AS n FROM ${schema}.readings`)).toEqual([{ n: 400 }]);
      const found = told.filter((text) => text.includes('a pooler hands its sessions'));
      expect([again, found.length]).toEqual(prepare ? [2, 2] : [0, 0]);
    },
    30_000,
  );
});
