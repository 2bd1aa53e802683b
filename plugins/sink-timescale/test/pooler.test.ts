// Behind PgBouncer, which hands a session to others between two transactions.

import { setTimeout as sleep } from 'node:timers/promises';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgBouncer, poolerInstalled } from '../../../scripts/lib/pgbouncer.mjs';
import plugin from '../src/index.js';
import { ask, POSTGRES } from './places.js';

const installed = poolerInstalled();
const lacking = [
  ...(POSTGRES ? [] : ['QUANTSTREAM_TEST_POSTGRES names no PostgreSQL']),
  ...(installed ? [] : ['there is no pgbouncer']),
];
if (process.env.CI && POSTGRES && !installed) throw new Error('pgbouncer is to be installed where tests run in CI');

describe.skipIf(lacking.length > 0)(`behind a pooler${lacking.length > 0 ? ` (skipped: ${lacking.join(', ')})` : ''}`, () => {
  const hosts = new TestHosts();
  let pooler: PgBouncer;
  beforeAll(async () => {
    pooler = await PgBouncer.create(POSTGRES!);
  });
  afterAll(async () => {
    await pooler.dispose();
    hosts.dispose();
  });

  it.each([true, false])(
    'stores everything with prepare: %s, at most one batch of it at the second attempt',
    async (prepare) => {
      const schema = `pooled_${process.pid}_${prepare}`;
      const config = plugin.config.parse({ url: pooler.url, schema, store: ['reading'], prepare });
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
