import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../engine/src/vitals/summary.js';
import { ask, Bench, POSTGRES, ROOT } from './support.js';

const KAFKA = process.env.QUANTSTREAM_TEST_KAFKA;
const bench = new Bench();
afterAll(() => bench.dispose());

/** What the engines have said, for when something does not happen. */
const heard: Record<string, string> = {};

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 450; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not happen within 45 s:\n${JSON.stringify(heard, null, 2).replaceAll('\\n', '\n')}`);
}

/** The fake exchange as a process of its own, as one runs it by hand. */
async function exchange() {
  const script = join(ROOT, 'plugins', 'source-binance', 'test', 'fake', 'main.mjs');
  const child = spawn(process.execPath, [script, '--trades-per-second', '200'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  return { ...(JSON.parse(line) as { websocket: string; rest: string }), end: () => child.kill('SIGTERM') };
}

describe.skipIf(!KAFKA || !POSTGRES)(
  'the two engines of the stack, as Compose starts them (skipped without services: see scripts/with-kafka.mjs and with-postgres.mjs)',
  () => {
    it('say what is down at the start and later, wait, go on, and store every trade once', async () => {
      const { KafkaBroker } = await import('../scripts/lib/kafka.mjs');
      const { PostgresServer } = await import('../scripts/lib/postgres.mjs');
      const broker = await KafkaBroker.create({ running: false });
      const database = await PostgresServer.create({ running: false });
      const fake = await exchange();
      try {
        const pipeline = bench.write('stack.yaml', {
          extends: join(ROOT, 'pipelines', 'btc-stack.yaml'),
          source: { with: { connect: 'live', backfill: '0s', endpoints: { websocket: fake.websocket, rest: fake.rest } } },
          channel: { with: { brokers: broker.address, topic: 'stack' } },
          sinks: { database: { with: { url: database.url } }, console: null },
          checkpoint: { every: '500ms' },
          http: { listen: '127.0.0.1:0' },
        });
        const start = (role: string) => {
          const file = bench.path(`${role}.json`);
          const running = bench.start(['-p', pipeline, '--role', role, '--summary', file, '--log-format', 'text'], role);
          let said = '';
          running.child.stderr!.on('data', (piece) => {
            said += piece;
            heard[role] = said.slice(-4_000);
          });
          const url = async () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
          const ready = async (): Promise<{ ready: boolean; reasons: string[] } | undefined> => {
            const base = await url();
            return base === undefined ? undefined : fetch(`${base}/ready`).then((answer) => answer.json() as never);
          };
          const hears = (text: RegExp, from = 0) => until(`"${text}" of ${role}`, () => text.test(said.slice(from)));
          return { ...running, ready, hears, length: () => said.length };
        };
        const stored = async () =>
          Number((await ask<{ count: string }>(database.url, 'SELECT count(*) FROM trades').catch(() => []))[0]?.count ?? 0);
        const growing = async (what: string) => {
          const before = await stored();
          await until(`trades in the database ${what}`, async () => (await stored()) > before);
        };

        // Nothing is there at the start.
        const ingest = start('ingest');
        const detect = start('detect');
        await ingest.hears(/the broker .* cannot be reached: .*ECONNREFUSED.*trying again in/);
        await detect.hears(/sink database cannot open: .*ECONNREFUSED.*tries again in/);
        expect((await ingest.ready())!.reasons.join()).toContain(broker.address);
        await database.start();
        await detect.hears(/sink database accepts again/);
        await detect.hears(/the broker .* cannot be reached/);
        await broker.start();
        await ingest.hears(/the broker .* answers again/);
        await growing('after the start');
        await until('the readiness of both', async () => (await ingest.ready())!.ready && (await detect.ready())!.ready);

        // The database goes: the ingesting half does not notice.
        let mark = detect.length();
        await database.stop('SIGQUIT');
        await until('the trouble with the database', async () => !(await detect.ready())!.ready);
        expect((await detect.ready())!.reasons.join()).toContain('sink database does not accept');
        expect((await ingest.ready())!.ready).toBe(true);
        await database.start();
        await detect.hears(/sink database accepts again/, mark);
        await growing('after the database came back');

        // The broker goes, then both.
        mark = detect.length();
        await broker.stop('SIGKILL');
        await until('the trouble with the broker', async () => !(await ingest.ready())!.ready);
        await broker.start();
        await detect.hears(/answers again|reads 1 of 1/, mark);
        await growing('after the broker came back');
        await Promise.all([broker.stop('SIGKILL'), database.stop('SIGQUIT')]);
        await until('the trouble with both', async () => !(await ingest.ready())!.ready && !(await detect.ready())!.ready);
        await Promise.all([broker.start(), database.start()]);
        await growing('after both came back');

        ingest.child.kill('SIGTERM');
        expect((await ingest.exit).code).toBe(0);
        const sent = (JSON.parse(await read(bench.path('ingest.json'))) as Summary).observations;
        await until('the last trade in the database', async () => (await stored()) >= sent);
        detect.child.kill('SIGTERM');
        expect((await detect.exit).code).toBe(0);
        const [row] = await ask<{ trades: string; ids: string; span: string; missing: string }>(
          database.url,
          'SELECT count(*) AS trades, count(DISTINCT sequence) AS ids, max(sequence) - min(sequence) + 1 AS span, (SELECT count(*) FROM missing) AS missing FROM trades',
        );
        expect(row).toEqual({ trades: String(sent), ids: String(sent), span: String(sent), missing: '0' });
      } finally {
        fake.end();
        await broker.dispose();
        await database.dispose();
      }
    }, 240_000);
  },
);

async function read(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path, 'utf8');
}
