// A stretch that is judged again under other settings: what stands of it is what its bars confirm.

import { afterAll, expect, it } from 'vitest';
import { pipeline, writeBase } from './faults/killing.js';
import { ask, Bench, withEmbedded, writeRecording } from './support.js';

const bench = new Bench();
writeBase(bench);
afterAll(() => bench.dispose());

const ANOMALIES = `SELECT count(*)::int AS n FROM anomalies AS a FULL JOIN (SELECT * FROM bars WHERE anomalous) AS b USING (pipeline, key, time, n)
  WHERE a.withdrawn_at IS NULL AND (a.id IS NULL OR b.model IS NULL)`;
const EPISODES = `SELECT count(*)::int AS n FROM episodes AS e LEFT JOIN anomalies AS a ON a.id = e.id AND a.episode = e.id AND a.withdrawn_at IS NULL
  WHERE e.withdrawn_at IS NULL AND a.id IS NULL`;
const COUNTS = `SELECT (SELECT count(*)::int FROM anomalies WHERE withdrawn_at IS NULL) AS standing, (SELECT count(*)::int FROM anomalies) AS anomalies,
  (SELECT count(*)::int FROM episodes WHERE withdrawn_at IS NULL) AS called, (SELECT count(*)::int FROM episodes) AS episodes`;

/** What stands, and how much of it no bar confirms. */
const look = () =>
  withEmbedded(bench.path('data'), 'again', async (url) => ({
    unconfirmed: [(await ask<{ n: number }>(url, ANOMALIES))[0]!.n, (await ask<{ n: number }>(url, EPISODES))[0]!.n],
    ...(await ask<Record<'standing' | 'anomalies' | 'called' | 'episodes', number>>(url, COUNTS))[0]!,
  }));

it('leaves no anomaly and no episode unmarked that its bar does not confirm', { timeout: 240_000 }, async () => {
  const recording = bench.path('BTCUSDT-trades-generated.csv');
  await writeRecording(recording, 10_000);
  const file = bench.write('again.yaml', pipeline('again', recording, { url: 'embedded' }));
  await bench.prepare('again');
  const run = async (...more: string[]) => {
    const { code, stderr } = await bench.run(['-p', file, ...more], 'data');
    expect(code, stderr).toBe(0);
    return look();
  };
  const first = await run();
  expect(first).toMatchObject({ unconfirmed: [0, 0], standing: first.anomalies, called: first.episodes });
  // The same once more changes nothing.
  expect(await run('--reset-state')).toEqual(first);
  // Fewer by another share; by another model; and what lasts longer is called fewer times.
  const fewer = await run('--reset-state', '--set', 'alarms.contamination=0.004');
  expect(fewer.unconfirmed).toEqual([0, 0]);
  expect(fewer.standing).toBeLessThan(first.standing / 2);
  expect(fewer.anomalies).toBeGreaterThanOrEqual(first.anomalies);
  const other = await run('--reset-state', '--set', 'models.forest.with.trees=7', '--set', 'alarms.cooldown=3s');
  expect(other.unconfirmed).toEqual([0, 0]);
  const rarer = await run('--reset-state', '--set', 'alarms.minimumDuration=5s');
  expect(rarer.called).toBeLessThan(first.called);
  // What did not last long enough is an anomaly still, and no episode.
  expect(rarer.unconfirmed[0]).toBe(0);
  // And back: what stands is what stood first.
  const back = await run('--reset-state');
  expect(back).toMatchObject({ unconfirmed: [0, 0], standing: first.standing, called: first.called });
});
