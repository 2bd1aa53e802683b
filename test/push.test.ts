import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { sendWrite, writeRequest } from '../plugins/source-push/test/bodies.js';
import { freePort } from '../scripts/lib/servers.mjs';
import { Bench, type Running } from './support.js';

const bench = new Bench();
let running: Running | undefined;
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.exit;
});
afterAll(() => bench.dispose());

const EPOCH = Date.now() - 86_400_000;
const HOSTS = 40;

/** One scrape of all hosts, with two cores each. */
const scrape = (i: number) =>
  writeRequest(
    Array.from({ length: HOSTS }, (_, host) => [
      { labels: { __name__: 'load', instance: `host-${host}` }, samples: [[EPOCH + i * 15_000, i + host]] as const },
      ...[0, 1].map((cpu) => ({
        labels: { __name__: 'cpu_seconds', cpu: String(cpu), instance: `host-${host}` },
        samples: [[EPOCH + i * 15_000, i * 2 + cpu]] as const,
      })),
    ]).flat(),
  );

const pipeline = (name: string, port: number, source: object) => ({
  name,
  source: { use: 'push', with: { key: 'instance', columns: { load: 'load', cpu: 'cpu_seconds' }, join: '200ms', ...source } },
  features: { use: 'window', with: { columns: ['load', 'cpu_rate'] } },
  models: { distance: { use: 'mahalanobis', columns: ['cpu_rate'] } },
  alarms: { threshold: 1_000 },
  checkpoint: { every: '300ms' },
  http: { listen: `127.0.0.1:${port}` },
  sinks: { out: { use: 'file', with: { path: `./${name}.jsonl`, write: ['observations', 'verdicts'] } } },
});

/** Sends until it is taken, as Prometheus does. */
async function insist(address: string, body: Uint8Array, tried: () => void): Promise<void> {
  for (;;) {
    tried();
    const status = await sendWrite(address, body).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 204) return;
    if (status !== 0 && status !== 503) throw new Error(`answered ${status}`);
    await sleep(50);
  }
}

describe('pushing to an engine', () => {
  it('loses nothing that was answered with ack: sink, and judges nothing twice, however often it is killed', async () => {
    const port = await freePort();
    bench.write('kept.yaml', pipeline('kept', port, { ack: 'sink' }));
    const address = `http://127.0.0.1:${port}/kept/push`;
    const start = () => {
      running = bench.start(['-p', 'kept.yaml', '--log-format', 'text', '--summary', '-']);
      return running;
    };
    let engine = start();
    const [scrapes, kills] = [24, 4];
    for (let i = 0; i < scrapes; i++) {
      // Killed at some moment between the sending and the answer.
      const kill = i % (scrapes / kills) === 3;
      let tries = 0;
      const sent = insist(address, scrape(i), () => tries++);
      if (!kill) {
        await sent;
        continue;
      }
      await sleep(20 * i);
      engine.child.kill('SIGKILL');
      await engine.exit;
      engine = start();
      await sent;
    }
    engine.child.kill('SIGTERM');
    const { code, stderr } = await engine.exit;
    expect(code, stderr).toBe(0);
    const records = readFileSync(bench.path('kept.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string; key: string; sequence: number; values: object; id?: string });
    const said = new Map<string, string>();
    for (const { what, key, sequence, values } of records)
      if (what === 'observation') said.set(`${key} ${sequence}`, JSON.stringify(values));
    const expected = Array.from({ length: scrapes }, (_, i) =>
      Array.from(
        { length: HOSTS },
        (_, host) => [`host-${host} ${EPOCH + i * 15_000}`, JSON.stringify({ load: i + host, cpu: i * 4 + 1 })] as const,
      ),
    ).flat();
    expect(new Map([...said].sort())).toEqual(new Map([...expected].sort((a, b) => (a[0] < b[0] ? -1 : 1))));
    // Rows that come again are the same ones.
    const verdicts = new Map<string, string>();
    for (const { what, ...rest } of records) {
      if (what !== 'verdict') continue;
      const text = JSON.stringify(rest);
      expect(verdicts.get(rest.id!) ?? text).toBe(text);
      verdicts.set(rest.id!, text);
    }
    expect(verdicts.size).toBe(scrapes * HOSTS);
  });

  it('believes the times of what is pushed, whatever lies between, and keeps the order of time over keys that wait', async () => {
    const port = await freePort();
    const file = pipeline('jumps', port, { join: '2s' });
    bench.write('jumps.yaml', {
      ...file,
      features: { use: 'window', with: { every: '5s', columns: ['load'] } },
      models: { distance: { use: 'mahalanobis', columns: ['load'] } },
    });
    running = bench.start(['-p', 'jumps.yaml', '--log-format', 'text', '--summary', '-']);
    await running.says('push: listens at');
    const address = `http://127.0.0.1:${port}/jumps/push`;
    const row = (key: string, time: number, names = ['load', 'cpu_seconds']) =>
      names.map((name) => ({ labels: { __name__: name, instance: key }, samples: [[time, 1]] as const }));
    const times = [0, 1_000, 3_600_000, 3_601_000, 3_601_500, 50_000_000].map((after) => EPOCH + after);
    for (const time of times) {
      // One key is whole at once, of the other something is never sent after the first time.
      expect(
        (
          await sendWrite(
            address,
            writeRequest([...row('a', time + 100), ...row('b', time, time === EPOCH ? ['load', 'cpu_seconds'] : ['load'])]),
          )
        ).status,
      ).toBe(204);
    }
    const observations = () =>
      existsSync(bench.path('jumps.jsonl'))
        ? readFileSync(bench.path('jumps.jsonl'), 'utf8')
            .split('\n')
            .filter((one) => one.includes('"what":"observation"'))
        : [];
    const end = Date.now() + 60_000;
    while (observations().length < 2 * times.length && Date.now() < end) await sleep(50);
    running.child.kill('SIGTERM');
    const { stdout, stderr } = await running.exit;
    const { observations: seen, late, ahead, dropped } = JSON.parse(stdout);
    expect({ seen, late, ahead, dropped }, stderr).toEqual({ seen: 2 * times.length, late: 0, ahead: 0, dropped: {} });
  });

  it('wants the token of the source where it has one, on any address; that of the pages is another', async () => {
    const port = await freePort();
    const token = 'the-token-of-those-who-push';
    const file = pipeline('guarded', port, { token });
    bench.write('guarded.yaml', { ...file, http: { listen: `127.0.0.1:${port}`, token: 'the-token-of-the-pages' } });
    running = bench.start(['-p', 'guarded.yaml', '--log-format', 'text']);
    await running.says('push: listens at');
    const address = `http://127.0.0.1:${port}/guarded/push`;
    const send = async (headers: Record<string, string>) => (await sendWrite(address, scrape(0), 1, headers)).status;
    expect(await send({})).toBe(401);
    expect(await send({ authorization: 'Bearer the-token-of-the-pages' })).toBe(401);
    expect(await send({ authorization: `Bearer ${token}`, origin: 'http://evil.example' })).toBe(403);
    expect(await send({ authorization: `Bearer ${token}` })).toBe(204);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  });

  it('says what opens it where others reach its address and it has no token', async () => {
    bench.write('open.yaml', { ...pipeline('open', 0, {}), http: { listen: '0.0.0.0:0' } });
    running = bench.start(['-p', 'open.yaml', '--log-format', 'text']);
    await running.says('whoever speaks to /open/push needs the token of the pages, http.token');
    await running.says('push: listens at');
    const port = /push: listens at http:\/\/[^:]+:(\d+)/.exec(running.said())![1];
    expect((await sendWrite(`http://127.0.0.1:${port}/open/push`, scrape(0))).status).toBe(401);
  });

  it('is told by validate how what is pushed is called', async () => {
    bench.write('named.yaml', {
      ...pipeline('named', 9464, { columns: ['load', 'cpu.seconds{mode="user"}'] }),
      features: { use: 'window', with: { columns: ['load', 'cpu_seconds_user_rate'] } },
      models: undefined,
    });
    const { code, stdout, stderr } = await bench.run(['validate', 'named.yaml']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('reading: load is load, cpu_seconds_user is cpu.seconds{mode="user"}');
  });

  it('ends where its address is taken: who pushes knows no other', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    bench.write('taken.yaml', pipeline('taken', port, {}));
    const { code, stderr } = await bench.run(['-p', 'taken.yaml']);
    server.close();
    expect(code).toBe(2);
    expect(stderr).toContain('QS_HTTP_LISTEN');
  });
});
