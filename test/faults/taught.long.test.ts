// What people say of episodes, and what began together, while processes are killed and partitions go from hand to hand.

import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { ROUNDS, show } from './figures.js';
import { BROKER, type Machine, POSTGRES, Stage, WITHOUT } from './stage.js';

const KILLS = ROUNDS === 1 ? 3 : 5 * ROUNDS;

interface Stored {
  readonly id: string;
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Somebody says something of the latest episode that is over and that nobody has spoken of, and it is heard. */
async function saySomething(stage: Stage, label: 'normal' | 'anomaly', spoken: Set<string>): Promise<void> {
  let found: Stored | undefined;
  await stage.until('an episode', async () => {
    const all = await stage.ask<Stored>(
      `SELECT id, key, extract(epoch FROM start_time)::float8 * 1000 AS from, extract(epoch FROM end_time)::float8 * 1000 AS to
       FROM SCHEMA.episodes WHERE status = 'closed' ORDER BY end_time DESC, id`,
    );
    found = all.find(({ id }) => !spoken.has(id));
    return found !== undefined;
  });
  const { id: episode, key, from, to } = found!;
  spoken.add(episode);
  await stage.labels((labels) => labels.put({ episode, key, from, to, label }));
}

/** What it was that was compared: rows that labels decided, and what began together. */
async function found(stage: Stage) {
  const taught = await stage.ask<{ label: string; n: number }>(
    `SELECT taught->>'label' AS label, count(*)::int AS n FROM SCHEMA.windows WHERE taught IS NOT NULL GROUP BY 1`,
  );
  const of = (label: string) => taught.find((one) => one.label === label)?.n ?? 0;
  const [incidents] = await stage.ask<{ n: number }>('SELECT count(*)::int AS n FROM SCHEMA.incidents');
  const [joined] = await stage.ask<{ n: number }>('SELECT count(*)::int AS n FROM SCHEMA.episodes WHERE incident IS NOT NULL');
  return { incidents: incidents!.n, joined: joined!.n, normal: of('normal'), anomaly: of('anomaly') };
}

/** Something is said again and again, and each time something happens to the processes. @param together whether incidents are looked for */
async function play(stage: Stage, together: boolean, happens: (nth: number) => Promise<void>): Promise<void> {
  const uniform = random(41);
  const spoken = new Set<string>();
  for (let nth = 0; nth < KILLS; nth++) {
    const before = await stage.stored();
    await stage.until('more rows', async () => (await stage.stored()) > before + 500);
    for (const label of ['normal', 'anomaly', 'normal', 'normal', 'normal'] as const) await saySomething(stage, label, spoken);
    // Some of it is heard before, and some is not.
    await sleep(uniform() * 3_000);
    await happens(nth);
  }
  // What was said last is heard while there are rows to be judged by it.
  await stage.until('all to be heard', () =>
    stage.labels(async (labels) => (await labels.changes()).every(({ since }) => since !== undefined)),
  );
  await stage.until(
    'rows that labels decide, and an incident',
    async () => {
      const { normal, anomaly, incidents } = await found(stage);
      return normal > 0 && anomaly > 0 && (incidents > 0 || !together);
    },
    120_000,
  );
}

describe.skipIf(WITHOUT !== '')(`what people say, and incidents${WITHOUT}`, () => {
  it('are as in an undisturbed run where the only process is killed again and again', { timeout: 120_000 + KILLS * 60_000 }, () =>
    Stage.play(
      { name: 'taught-killed', database: POSTGRES!, broker: BROKER!, rate: 1_500, alone: true, alarms: { incidents: {} } },
      async (stage) => {
        let process = stage.ingest();
        await play(stage, true, async () => {
          expect(process.ended).toBe(false);
          await process.end('SIGKILL');
          process = stage.ingest();
        });
        const observations = await stage.finish();
        const { rows, lost, more, examples } = await stage.compared();
        const what = await found(stage);
        show('labels and incidents, the only process killed', { kills: KILLS, observations, rows, lost, twice: more, ...what });
        expect(examples).toEqual([]);
        for (const [name, count] of Object.entries(what)) expect(count, name).toBeGreaterThan(0);
      },
    ),
  );

  // Which episodes are one thing may then differ, as docs/decisions/0019 says.
  it('teach the same where partitions are dealt anew among detectors', { timeout: 120_000 + KILLS * 60_000 }, () =>
    Stage.play(
      { name: 'taught-dealt', database: POSTGRES!, broker: BROKER!, rate: 1_500, partitions: 4, alarms: { incidents: false } },
      async (stage) => {
        stage.ingest();
        let count = 0;
        const join = async (): Promise<Machine> => {
          const machine = stage.detect(`detect-${count++}`);
          await stage.until('its share', () => machine.assigned.length > 0);
          return machine;
        };
        const working = [await join(), await join()];
        await play(stage, false, async (nth) => {
          const [first] = working.splice(0, 1);
          await first!.end(nth % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
          working.push(await join());
        });
        const observations = await stage.finish();
        await stage.judged(working);
        const { rows, lost, more, examples } = await stage.compared();
        const { normal, anomaly } = await found(stage);
        show('labels, partitions dealt anew', { kills: KILLS, observations, rows, lost, twice: more, normal, anomaly });
        expect(examples).toEqual([]);
        expect(Math.min(normal, anomaly)).toBeGreaterThan(0);
      },
    ),
  );
});
