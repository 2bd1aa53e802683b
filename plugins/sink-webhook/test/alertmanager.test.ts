// A real Alertmanager: what it takes, whom it tells, and what its API says afterwards.

import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Episode, type SinkBatch, z } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/lib/servers.mjs';
import plugin from '../src/index.js';
import { receiver } from './receiver.js';

const NAMED = process.env.QUANTSTREAM_TEST_ALERTMANAGER;
const ALERTMANAGER = NAMED ?? 'prometheus-alertmanager';
// One that is named has to be there: then its absence is no reason to skip, but fails.
const present = NAMED !== undefined || isThere();
const why = present ? '' : ' (skipped: there is no prometheus-alertmanager; QUANTSTREAM_TEST_ALERTMANAGER names one)';

function isThere(): boolean {
  try {
    execFileSync(ALERTMANAGER, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const until = async (condition: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 30_000; !(await condition()) && Date.now() < end; ) await sleep(20);
  expect(await condition()).toBe(true);
};
const [template] = testBatch(0, 40).episodes as [Episode];
const NOW = Date.now();
const KEY = 'pump "1"\\é';
const episode = (status: Episode['status']): Episode => ({
  ...template,
  id: 'test/pump/1',
  key: KEY,
  start: NOW - 10_000,
  end: NOW - 2_000,
  status,
});
const batch = (one: Episode): SinkBatch => ({ observations: [], verdicts: [], missing: [], episodes: [one] });

/** What of gettableAlerts of Alertmanager's api/v2/openapi.yaml is looked at. */
const gettableAlerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    startsAt: z.string(),
    status: z.object({ state: z.string() }),
  }),
);

describe.skipIf(!present)(`a real Alertmanager${why}`, () => {
  it('takes what is sent, and an alert is resolved when its episode is over', async () => {
    const hosts = new TestHosts();
    const hook = await receiver();
    const config = join(hosts.directory, 'alertmanager.yml');
    writeFileSync(
      config,
      `route: { receiver: hook, group_by: ['...'], group_wait: 50ms, group_interval: 100ms }\nreceivers:\n  - { name: hook, webhook_configs: [{ url: '${hook.url}/hook', send_resolved: true }] }\n`,
    );
    const port = await freePort();
    const listen = [`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='];
    const child = spawn(ALERTMANAGER, [`--config.file=${config}`, `--storage.path=${hosts.directory}/am`, ...listen], {
      stdio: 'ignore',
    });
    let missing: Error | undefined;
    const ended = new Promise<void>((done) => {
      child.once('close', () => done());
      child.once('error', (error) => {
        missing = error;
        done();
      });
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      await until(() => {
        if (missing) throw missing;
        return fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      });
      /** What its API holds for true. */
      const active = async () => gettableAlerts.parse(await (await fetch(`${url}/api/v2/alerts`)).json());
      const told = () =>
        hook.received.flatMap(({ body }) =>
          body.alerts.map(({ status, labels }: { status: string; labels: { key: string } }) => `${labels.key} ${status}`),
        );
      const sink = await plugin.create(plugin.config.parse({ format: 'alertmanager', url }), hosts.sink(testSchema));
      await sink.open!();
      await sink.write(batch(episode('open')));
      await until(async () => (await active())[0]?.status.state === 'active');
      const [alert, ...others] = await active();
      expect(others).toEqual([]);
      expect(alert!.labels).toMatchObject({
        alertname: 'QuantStreamAnomaly',
        key: KEY,
        severity: 'critical',
        episode: 'test/pump/1',
      });
      expect(Date.parse(alert!.startsAt)).toBe(NOW - 10_000);
      await until(() => told().includes(`${KEY} firing`));
      await sink.write(batch(episode('closed')));
      await until(async () => (await active()).length === 0);
      await until(() => told().includes(`${KEY} resolved`));
      await sink.close();
      expect(hosts.deadLetters).toEqual([]);
    } finally {
      child.kill();
      await ended;
      await hook.close();
      hosts.dispose();
    }
  });
});
