// Servers that are stopped, slow, locked, or refuse a row: both halves wait within bounds, and catch up.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { KafkaBroker } from '../../scripts/lib/kafka.mjs';
import { PostgresServer } from '../../scripts/lib/postgres.mjs';
import { ask } from '../support.js';
import { ROUNDS, show } from './figures.js';
import type { Compared } from './oracle.js';
import { SlowLine } from './slow-line.js';
import { BROKER, KEYS, type Machine, POSTGRES, Stage, WITHOUT } from './stage.js';

/** How long something is away, s, in CI and with rounds; once for 5 minutes with many. */
const AWAY = ROUNDS === 1 ? 8 : 20;
const BROKER_AWAY = [AWAY, AWAY, AWAY, ...(ROUNDS === 1 ? [] : [AWAY, AWAY]), ...(ROUNDS < 5 ? [] : [300])];
/** Readings a second: in CI so few that a machine shared with others catches up. */
const RATE = ROUNDS === 1 ? 500 : 2_000;
/** Bytes that a process may hold more than before, after a collection: what is garbage is V8's to keep or to give back. */
const MORE_MEMORY = 64 * 1_048_576;
/** How many times as fast as they come readings are judged that have waited. */
const CATCH_UP = 3;
/** Before the first fault, ms: code is compiled, and memory is what it is. */
const WARM_UP = 15_000;

interface Outage {
  /** What the process that held most more held more, bytes. */
  readonly memory: number;
  /** From the end of the fault to the first new row, s. */
  readonly firstRow: number;
  /** Readings a second from then until all are there that should be, over those that come; `undefined`: too few had waited to tell. */
  readonly catchUp: number | undefined;
}

/** The most that a process held since a time, bytes. */
const most = (machine: Machine, from: number) =>
  Math.max(...machine.looks.filter(({ at }) => at >= from).map(({ heap, external }) => heap + external));
const COLLECTING = { FAULTS_PROBE_COLLECT: 'yes', FAULTS_PROBE_EVERY: '500' };

/** Does something to what both halves need, and looks at them until they have caught up. */
async function outage(stage: Stage, machines: readonly Machine[], fault: () => Promise<void>): Promise<Outage> {
  const since = Date.now();
  const before = machines.map((machine) => most(machine, since - 5_000));
  await fault();
  const over = Date.now();
  const stood = await stage.stored();
  const waiting = stage.due - stood;
  await stage.until('the first row behind a fault', async () => (await stage.stored()) > stood);
  const first = Date.now();
  // Who catches up slower than three times as fast as it comes is still waited for, and told how slow that was.
  const patience = 60_000 + (over - since);
  await stage.until('all rows that are due', async () => (await stage.stored()) > stage.due * 0.999 - RATE / 2, patience);
  const seconds = (Date.now() - first) / 1_000;
  const judged = (await stage.stored()) - stood;
  return {
    memory: Math.max(...machines.map((machine, i) => most(machine, since) - before[i]!)),
    firstRow: (first - over) / 1_000,
    catchUp: waiting < (AWAY / 2) * RATE ? undefined : judged / seconds / RATE,
  };
}

/** Shows what some outages were like, and holds them to what is promised. */
function judge(what: string, outages: readonly Outage[], compared: Compared): void {
  const caughtUp = outages.flatMap(({ catchUp }) => catchUp ?? []);
  const memory = Math.max(...outages.map((one) => one.memory));
  const { rows, lost, more, examples } = compared;
  show(what, {
    faults: outages.length,
    'seconds each': AWAY,
    rows,
    lost,
    twice: more,
    'memory held + MB': memory / 1_048_576,
    'first row, most s': Math.max(...outages.map(({ firstRow }) => firstRow)),
    'catch-up, least': Math.min(...caughtUp),
  });
  expect(examples).toEqual([]);
  expect(memory).toBeLessThan(MORE_MEMORY);
  expect(caughtUp.length).toBeGreaterThan(0);
  expect(Math.min(...caughtUp)).toBeGreaterThan(CATCH_UP);
}

describe.skipIf(WITHOUT !== '')(`servers that fail${WITHOUT}`, () => {
  it('a broker that is stopped and killed: no row differs, memory is bounded, and what waited is caught up with', {
    timeout: 300_000 + BROKER_AWAY.reduce((sum, s) => sum + s, 0) * 3_000,
  }, async () => {
    const broker = await KafkaBroker.create();
    try {
      await Stage.play({ name: 'no-broker', database: POSTGRES!, broker: broker.address, rate: RATE }, async (stage) => {
        const machines = [stage.ingest(COLLECTING), stage.detect('detect', COLLECTING)];
        await sleep(WARM_UP);
        const outages: Outage[] = [];
        for (const [i, seconds] of BROKER_AWAY.entries())
          outages.push(
            await outage(stage, machines, async () => {
              await broker.stop(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
              await sleep(seconds * 1_000);
              await broker.start();
            }),
          );
        await stage.finish();
        await stage.judged([machines[1]!]);
        judge('broker away', outages, await stage.compared());
      });
    } finally {
      await broker.dispose();
    }
  });

  it('a database that is away, slow, locked, and refuses a row: only that row is not there, and it is kept', {
    timeout: 600_000,
  }, async () => {
    const server = await PostgresServer.create();
    const line = await SlowLine.to(server.url);
    try {
      const settings = { name: 'no-database', database: server.url, through: line.url, broker: BROKER!, rate: RATE };
      await Stage.play(settings, async (stage) => {
        const machines = [stage.ingest(COLLECTING), stage.detect('detect', COLLECTING)];
        await sleep(WARM_UP);
        const away = (signal: NodeJS.Signals) => async () => {
          await server.stop(signal);
          await sleep(AWAY * 1_000);
          await server.start();
        };
        const slow = async () => {
          line.delay = 150;
          await sleep(AWAY * 1_000);
          line.delay = 0;
        };
        const locked = async () => {
          const client = new pg.Client({ connectionString: server.url });
          await client.connect();
          // Who reads may read.
          await client.query(`BEGIN; LOCK TABLE ${stage.schema}.readings, ${stage.schema}.windows IN EXCLUSIVE MODE`);
          await sleep(AWAY * 1_000);
          await client.end();
        };
        const outages: Outage[] = [];
        for (const fault of [away('SIGINT'), away('SIGQUIT'), slow, locked]) outages.push(await outage(stage, machines, fault));

        // A reading that is still to come, which a trigger of the user does not let in.
        const refused = `key = 'key-7' AND sequence = ${Math.floor(stage.due / KEYS) + 60}`;
        await ask(
          server.url,
          `CREATE FUNCTION ${stage.schema}.guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not on my watch'; END $$`,
          `CREATE TRIGGER guard BEFORE INSERT ON ${stage.schema}.readings FOR EACH ROW
             WHEN (${refused.replaceAll(/key =|sequence/g, 'NEW.$&')}) EXECUTE FUNCTION ${stage.schema}.guard()`,
        );
        await stage.until('the refused reading', () => stage.putAway('detect').length > 0, 90_000);
        await stage.finish();
        await stage.judged([machines[1]!]);
        judge('database away, slow, locked', outages, await stage.compared({ readings: refused }));
        expect(stage.putAway('detect')).toMatchObject([{ kind: 'observation', record: { key: 'key-7' } }]);
      });
    } finally {
      line.close();
      await server.dispose();
    }
  });
});
