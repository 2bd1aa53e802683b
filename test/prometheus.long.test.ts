// A real Prometheus that scrapes a real process and pushes to a real engine.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { sendWrite, writeRequest } from '../plugins/source-push/test/bodies.js';
import { freePort } from '../scripts/lib/servers.mjs';
import { Bench, ROOT } from './support.js';

const PROMETHEUS = (() => {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!PROMETHEUS) {
  if (process.env.CI) throw new Error('Prometheus is to be installed where tests run in CI');
  console.warn('skipped: a test of pushing needs prometheus in the PATH (apt-get install prometheus)');
}

/** A machine that others use as well may be slow: so long a condition may take to come true, ms. */
const PATIENCE = 240_000;
const STEP = 5_000;
const HOUR = 3_600_000;
/** The history: a day to calibrate by, and what is learned before that. */
const HISTORY = 26 * HOUR;

const bench = new Bench();
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  bench.dispose();
});

async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} has not come about`);
    await sleep(100);
  }
}

interface Said {
  readonly what: string;
  readonly key: string;
  readonly time: number;
  readonly values?: Readonly<Record<string, number>>;
  readonly reason?: string;
  readonly topics?: readonly { readonly name: string }[];
}

/** What the engine has written so far, whole lines. */
function records(name: string): Said[] {
  const path = bench.path(name);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Said);
}

/** A counter as an idle process has it: a few milliseconds of work a second, more or less. */
async function sendHistory(address: string, instance: string, end: number): Promise<number> {
  const uniform = random(7);
  let seconds = 0;
  const begin = Math.ceil((end - HISTORY) / STEP) * STEP;
  let samples: [number, number][] = [];
  let count = 0;
  for (let time = begin; time < end; time += STEP) {
    seconds += (STEP / 1_000) * (0.002 + 0.04 * uniform() ** 3);
    samples.push([time, seconds]);
    count++;
    if (samples.length < 2_000 && time + STEP < end) continue;
    const body = writeRequest([{ labels: { __name__: 'process_cpu_seconds_total', instance, job: 'busy' }, samples }]);
    await until('that history is taken', async () => ((await sendWrite(address, body)).status === 204 ? true : undefined));
    samples = [];
  }
  return count;
}

describe.skipIf(!PROMETHEUS)('a real Prometheus', { timeout: 3 * PATIENCE }, () => {
  it('pushes what it scrapes: the anomaly of a process that eats CPU comes within a minute of its beginning, after a day of history', async () => {
    const [port, own] = [await freePort(), await freePort()];
    const busy = spawn(process.execPath, [join(ROOT, 'test', 'busy-process.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(busy);
    const [said] = (await once(busy.stdout!, 'data')) as [Buffer];
    const instance = `127.0.0.1:${Number(said.toString())}`;
    bench.write('hosts.yaml', {
      name: 'hosts',
      source: {
        use: 'push',
        with: {
          key: 'instance',
          columns: { cpu: { metric: 'process_cpu_seconds_total', kind: 'counter', unit: 's' } },
          join: '3s',
        },
      },
      // A machine that others use as well scrapes one target, and pushes, seconds behind another.
      time: { lateness: '15s' },
      features: { use: 'window', with: { every: `${STEP}ms`, take: 'last', columns: ['cpu_rate'] } },
      alarms: { perDay: 5, cooldown: '1m', silence: '30s', calibration: { atLeast: '24h' } },
      checkpoint: { every: '1s' },
      http: { listen: `127.0.0.1:${port}` },
      sinks: { out: { use: 'file', with: { path: './out.jsonl', write: ['observations', 'anomalies', 'episodes'] } } },
    });
    const engine = bench.start(['-p', 'hosts.yaml', '--log-format', 'text', '--summary', '-']);
    children.push(engine.child);
    await engine.says('push: listens at');
    const address = `http://127.0.0.1:${port}/hosts/push`;
    const history = await sendHistory(address, instance, Date.now() - 10_000);

    bench.write('prometheus.yml', {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        { job_name: 'busy', static_configs: [{ targets: [instance] }] },
        { job_name: 'prometheus', static_configs: [{ targets: [`127.0.0.1:${own}`] }] },
      ],
      remote_write: [{ url: `${address}/api/v1/write`, queue_config: { max_shards: 1, batch_send_deadline: '1s' } }],
    });
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${bench.path('prometheus.yml')}`,
        `--storage.tsdb.path=${bench.path('tsdb')}`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      { stdio: 'ignore' },
    );
    children.push(prometheus);
    const of = (key: string) => records('out.jsonl').filter((one) => one.key === key);
    const live = () => of(instance).filter(({ what, time }) => what === 'observation' && time > Date.now() - 60_000);
    await until('that what is scraped arrives', () => (live().length > 20 ? true : undefined));
    expect(of(instance).filter(({ what }) => what === 'observation').length).toBeGreaterThan(history);

    const begin = Date.now();
    await fetch(`http://${instance}/eat`);
    const anomaly = await until('an anomaly', () =>
      of(instance).find(({ what, time }) => what === 'anomaly' && time >= begin - STEP),
    );
    expect(anomaly.reason).toContain('cpu_rate');
    expect(anomaly.time - begin).toBeLessThan(60_000);

    // The target goes away: a stale marker, and silence, while the other one is heard.
    busy.kill('SIGKILL');
    await until('an episode of silence', () =>
      of(instance).find(({ what, topics }) => what === 'episode' && topics?.some(({ name }) => name === 'silence')),
    );
    expect(live().every(({ values }) => Number.isFinite(values?.cpu))).toBe(true);
    expect(of(`127.0.0.1:${own}`).length).toBeGreaterThan(0);

    engine.child.kill('SIGTERM');
    const { code, stdout, stderr } = await engine.exit;
    expect([0, 3], stderr).toContain(code);
    const { dropped } = JSON.parse(stdout) as { dropped: Record<string, number> };
    expect(dropped).toEqual({});
  });
});
