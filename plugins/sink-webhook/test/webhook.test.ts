import type { Episode } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { receiver } from './receiver.js';

let hosts: TestHosts;
const servers: { close(): Promise<void> }[] = [];
beforeEach(() => {
  hosts = new TestHosts();
});
afterEach(async () => {
  hosts.dispose();
  for (const server of servers.splice(0)) await server.close();
});

async function listening(...answer: Parameters<typeof receiver>) {
  const server = await receiver(...answer);
  servers.push(server);
  return server;
}

/** A clock whose seconds are milliseconds, so that pauses are short. */
function quick() {
  const begun = Date.now();
  return {
    now: () => begun + (Date.now() - begun) * 1_000,
    sleep: (ms: number, signal?: AbortSignal) => hosts.outside().clock.sleep(Math.ceil(ms / 1_000), signal),
  };
}

const [template] = testBatch(0, 40).episodes as [Episode];
const episode = (n: number, more: Partial<Episode> = {}): Episode => ({
  ...template,
  id: `test/pump/${n}`,
  key: 'pump',
  start: Date.now() - 1_000,
  end: Date.now(),
  status: 'open',
  ...more,
});
const batch = (...episodes: Episode[]) => ({ observations: [], verdicts: [], missing: [], episodes });
const open = async (config: object, clock?: ReturnType<typeof quick>) => {
  const host = hosts.sink(testSchema);
  const sink = await plugin.create(plugin.config.parse(config), clock ? { ...host, clock } : host);
  await sink.open!();
  return sink;
};
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};
const counted = (result: string) => hosts.metrics.get(`webhook_messages_total${JSON.stringify({ sink: 'sink', result })}`) ?? 0;

describe('a webhook', () => {
  it('tells an episode once, however often it changes, and again when it is over if asked to', async () => {
    const server = await listening();
    const sink = await open({ url: server.url, on: ['opened', 'closed'] });
    await sink.write(batch(episode(1), episode(1, { rows: 2 })));
    await sink.write(batch(episode(1, { rows: 3 }), episode(1, { rows: 3, status: 'closed' })));
    await sink.close();
    expect(server.received.map(({ body, headers }) => [body.episode.status, headers['idempotency-key']])).toEqual([
      ['opened', 'test/pump/1/opened'],
      ['closed', 'test/pump/1/closed'],
    ]);
    expect(server.received[0]!.body).toMatchObject({ version: 1, episode: { key: 'pump', rows: 1, severity: 'critical' } });
    expect(server.received[0]!.body.text).toMatch(/^🚨 critical: pump \(test\) since 20.* UTC: level_change is 9 m$/);
  });

  it('repeats nothing after a restart, and tells then what was still waiting', async () => {
    let away = true;
    const server = await listening((_, response) => void response.writeHead(away ? 503 : 200).end());
    const first = await open({ url: server.url });
    await first.write(batch(episode(1)));
    await until(() => server.received.length > 0);
    await first.close();
    // An attempt that was on its way when it was closed still arrives.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = server.received.length;
    away = false;
    const second = await open({ url: server.url });
    await second.write(batch(episode(1), episode(2)));
    await second.close();
    expect(server.received.slice(before).map(({ body }) => body.episode.id)).toEqual(['test/pump/1', 'test/pump/2']);
  });

  it('calls nobody for what is old, mild or muted, and counts the old and the muted', async () => {
    const server = await listening();
    hosts.mutes.add('noisy');
    const sink = await open({ url: server.url, severity: 'warning' });
    const old = Date.now() - 3_600_000;
    await sink.write(
      batch(
        episode(1, { start: old }),
        episode(1, { start: old, rows: 2 }),
        episode(2, { key: 'noisy' }),
        episode(3, { severity: 'info' }),
        episode(4),
      ),
    );
    await sink.close();
    expect(server.received.map(({ body }) => body.episode.id)).toEqual(['test/pump/4']);
    expect([counted('old'), counted('muted'), counted('sent')]).toEqual([1, 1, 1]);
  });

  it('tries again what may succeed, not before it is asked to, and in order', async () => {
    const answers = [429, 503, 200, 200];
    const times: number[] = [];
    const clock = quick();
    const server = await listening((n, response) => {
      times.push(clock.now());
      response.writeHead(answers[n - 1]!, n === 1 ? { 'retry-after': '90' } : {}).end();
    });
    const sink = await open({ url: server.url, timeout: '10m' }, clock);
    await sink.write(batch(episode(1)));
    await sink.write(batch(episode(2)));
    await until(() => counted('sent') === 2);
    await sink.close();
    expect(server.received.map(({ body }) => body.episode.id)).toEqual([
      'test/pump/1',
      'test/pump/1',
      'test/pump/1',
      'test/pump/2',
    ]);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(85_000);
    expect(hosts.deadLetters).toEqual([]);
  });

  it('puts away what is refused for good, and what nobody took for too long, and goes on', async () => {
    const clock = quick();
    const server = await listening((n, response) => void response.writeHead(n === 1 ? 400 : n < 9 ? 500 : 200).end());
    const sink = await open({ url: server.url, giveUpAfter: '30s' }, clock);
    await sink.write(batch(episode(1)));
    await until(() => counted('failed') === 1);
    await sink.write(batch(episode(2, { start: clock.now() })));
    await until(() => counted('failed') === 2);
    await sink.close();
    expect(hosts.deadLetters.map(({ reason }) => reason)).toEqual([
      'nobody was told: the receiver answers 400 Bad Request',
      'nobody was told: the receiver answers 500 Internal Server Error',
    ]);
  });

  it('never holds the stream: a receiver that hangs, or is not there, costs a write nothing', async () => {
    const server = await listening(() => {});
    for (const url of [server.url, 'http://127.0.0.1:1']) {
      const sink = await open({ url, timeout: '100ms' });
      for (let n = 0; n < 50; n++) await sink.write(batch(episode(n)));
      expect(counted('sent')).toBe(0);
      await sink.close();
    }
  });

  it('tells together what comes faster than people can read', async () => {
    const server = await listening();
    const sink = await open({ url: server.url, perMinute: 3 });
    await sink.write(batch(...Array.from({ length: 40 }, (_, n) => episode(n, { key: n % 4 ? 'pump' : 'fan' }))));
    await sink.close();
    expect(server.received).toHaveLength(1);
    expect(server.received[0]!.body.text).toMatch(/^40 more episodes in a short time: pump ×30, fan ×10\. The latest: /);
    expect(server.received[0]!.body.episodes).toHaveLength(40);
  });

  it('speaks to Slack and to Telegram in their own forms', async () => {
    const server = await listening();
    const slack = await open({ url: `${server.url}/services/x`, format: 'slack' });
    await slack.write(batch(episode(1, { reason: 'a < b & c' })));
    await slack.close();
    const telegram = await open({ url: server.url, format: 'telegram', token: '12:secret', chat: -100 });
    await telegram.write(batch(episode(2, { reason: 'a < b & c' })));
    await telegram.close();
    expect(server.received[0]).toMatchObject({ path: '/services/x', method: 'POST' });
    expect(server.received[0]!.body).toEqual({ text: expect.stringContaining('a &lt; b &amp; c') });
    expect(server.received[1]).toMatchObject({
      path: '/bot12:secret/sendMessage',
      body: { chat_id: -100, disable_web_page_preview: true },
    });
    expect(server.received[1]!.body.text).toContain('a < b & c');
  });

  it('never says its address, its token or its headers: not in logs, dead letters, metrics or findings', async () => {
    const said: unknown[] = [];
    const keep = (fields: object, message: string) => void said.push(fields, message);
    const server = await listening((n, response) => void response.writeHead(n % 2 ? 404 : 503).end());
    const host = { ...hosts.sink(testSchema), log: { debug: keep, info: keep, warn: keep, error: keep }, clock: quick() };
    for (const url of [`${server.url}/hush-path?hush=1`, 'http://hush-user:hush@127.0.0.1:1/hush-path']) {
      const config = plugin.config.parse({ url, headers: { authorization: 'hush-token' }, giveUpAfter: '20s' });
      const sink = await plugin.create(config, host);
      await sink.open!();
      await sink.write(batch(episode(said.length, { start: host.clock.now() })));
      await until(() => hosts.deadLetters.length > 0);
      await sink.close();
      said.push(await plugin.diagnose!(config, host));
    }
    said.push(hosts.deadLetters, [...hosts.metrics]);
    expect(said.length).toBeGreaterThan(4);
    expect(JSON.stringify(said)).not.toContain('hush');
  });

  it('is refused without what its form needs', () => {
    const complaint = (config: object) => plugin.config.safeParse(config).error?.issues.map(({ message }) => message);
    expect(complaint({})).toEqual(['json needs a url']);
    expect(complaint({ format: 'telegram' })).toEqual(['telegram needs the token of a bot', 'telegram needs a chat']);
    expect(complaint({ url: 'hooks.slack.com' })![0]).toContain('expected a URL');
  });
});
