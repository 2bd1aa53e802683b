// Who is called when several keys have trouble at once.

import type { Episode, Incident, SinkBatch } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { receiver } from './receiver.js';

let hosts: TestHosts;
let server: Awaited<ReturnType<typeof receiver>>;
beforeEach(async () => {
  hosts = new TestHosts();
  server = await receiver();
});
afterEach(async () => {
  hosts.dispose();
  await server.close();
});

const incidents = { withinMs: 120_000, longestMs: 3_600_000, settleMs: 30_000 };
const schema = { ...testSchema, alarms: { ...testSchema.alarms, incidents } };
/** A clock that is put forward by hand. */
let ahead = 0;
const clock = {
  now: () => Date.now() + ahead,
  sleep: async (ms: number, signal?: AbortSignal) => {
    const until = clock.now() + ms;
    while (clock.now() < until) await hosts.outside().clock.sleep(5, signal);
  },
};
const open = async (config: object = {}) => {
  const sink = await plugin.create(plugin.config.parse({ url: server.url, ...config }), { ...hosts.sink(schema), clock });
  await sink.open!();
  return sink;
};

const [template] = testBatch(0, 40).episodes as [Episode];
const episode = (key: string, more: Partial<Episode> = {}): Episode => ({
  ...template,
  id: `test/${key}/1`,
  key,
  severity: 'warning',
  reason: `${key} is odd`,
  start: clock.now() - 1_000,
  end: clock.now(),
  status: 'open',
  ...more,
});
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: 'test/incident/1/a',
  pipeline: 'test',
  status: 'open',
  start: clock.now() - 1_000,
  end: clock.now(),
  key: 'a',
  keys: KEYS.length,
  names: KEYS,
  episodes: KEYS.map((key) => `test/${key}/1`),
  columns: ['cpu'],
  severity: 'warning',
  topics: [],
  reason: 'a is odd',
  ...more,
});
const batch = (more: Partial<SinkBatch>): SinkBatch => ({ observations: [], verdicts: [], missing: [], episodes: [], ...more });
const joined = () => KEYS.map((key) => episode(key, { incident: 'test/incident/1/a' }));
const counted = (result: string) => hosts.metrics.get(`webhook_messages_total${JSON.stringify({ sink: 'sink', result })}`) ?? 0;
const texts = () => server.received.map(({ body }) => body.text as string);
const settled = () => new Promise((resolve) => setTimeout(resolve, 100));
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

describe('a webhook, where episodes may be an incident', () => {
  it('calls once for six keys that begin together', async () => {
    const sink = await open();
    for (const key of KEYS) await sink.write(batch({ episodes: [episode(key)] }));
    await settled();
    expect(texts()).toEqual([]);
    await sink.write(batch({ incidents: [incident()], episodes: joined() }));
    await until(() => counted('sent') === 1);
    await sink.write(batch({ episodes: joined().map((one) => ({ ...one, rows: 9 })) }));
    await sink.close();
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toMatch(
      /^⚠️ warning: 6 keys together \(test\) since 20.* UTC: a, b, c, d, e and 1 more; a: a is odd \(cpu\)$/,
    );
    expect(server.received[0]!.body.incident).toMatchObject({ keys: 6, status: 'opened' });
    expect(server.received[0]!.headers['idempotency-key']).toBe('test/incident/1/a/opened');
    expect(counted('joined')).toBe(6);
  });

  it('tells an episode that stands alone as soon as that is known, and at the latest when the clock says so', async () => {
    const sink = await open();
    await sink.write(batch({ episodes: [episode('a'), episode('b')] }));
    await settled();
    expect(texts()).toEqual([]);
    await sink.write(batch({ alone: ['test/b/1'] }));
    await until(() => counted('sent') === 1);
    expect(texts()[0]).toContain('b is odd');
    ahead += 121_000;
    await until(() => counted('sent') === 2);
    expect(texts()[1]).toContain('a is odd');
    await sink.close();
  });

  it('calls at once where an episode is critical, or becomes so while it is held', async () => {
    const sink = await open();
    await sink.write(batch({ episodes: [episode('a', { severity: 'critical' }), episode('b')] }));
    await until(() => counted('sent') === 1);
    await settled();
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toContain('🚨 critical: a');
    await sink.write(batch({ episodes: [episode('b', { severity: 'critical', rows: 5 })] }));
    await until(() => counted('sent') === 2);
    expect(texts()[1]).toContain('b is odd');
    // What they turn out to be part of is told once more.
    await sink.write(batch({ incidents: [incident()], episodes: joined() }));
    await until(() => counted('sent') === 3);
    await sink.close();
    expect(texts()).toHaveLength(3);
    expect(texts()[2]).toContain('6 keys together');
  });

  it('holds across a restart, and tells once', async () => {
    const first = await open();
    await first.write(batch({ episodes: KEYS.map((key) => episode(key)) }));
    await first.close();
    expect(texts()).toEqual([]);
    const second = await open();
    await second.write(batch({ episodes: KEYS.map((key) => episode(key)) }));
    await second.write(batch({ incidents: [incident()], episodes: joined() }));
    await second.close();
    const third = await open();
    await third.write(batch({ incidents: [incident()], episodes: joined() }));
    await third.close();
    expect(texts()).toHaveLength(1);
  });

  it('tells of a new topic, of what is worse, and of the end, each once', async () => {
    const sink = await open({ on: ['opened', 'closed'] });
    const topic = (name: string) => ({ name, severity: 'warning' as const, reason: `${name} is wrong`, time: clock.now() });
    const stages: Partial<Incident>[] = [
      { topics: [topic('disk')] },
      { topics: [topic('disk')], keys: 7 },
      { topics: [topic('disk'), topic('fan')] },
      { topics: [topic('disk'), topic('fan')], severity: 'critical' },
      { topics: [topic('disk'), topic('fan')], severity: 'critical', status: 'closed' },
    ];
    for (const stage of stages) {
      await sink.write(batch({ incidents: [incident(stage)] }));
      await sink.write(batch({ incidents: [incident(stage)] }));
    }
    await sink.write(batch({ episodes: joined().map((one) => ({ ...one, status: 'closed' })) }));
    await sink.close();
    expect(texts().map((text) => text.replace(/since .* UTC/, '').replace(/from .* UTC/, ''))).toEqual([
      '⚠️ warning: 6 keys together (test) : a, b, c, d, e and 1 more; a: a is odd (cpu)',
      '⚠️ warning: 6 keys together (test) : a, b, c, d, e and 1 more; fan is wrong',
      '🚨 critical: 6 keys together (test) : a, b, c, d, e and 1 more; it is critical now',
      '✅ 6 keys are ordinary again (test), : a, b, c, d, e and 1 more',
    ]);
  });

  it('calls nobody for an incident of keys that are all muted, or that is mild or old', async () => {
    for (const key of KEYS.slice(1)) hosts.mutes.add(key);
    const sink = await open({ severity: 'warning' });
    await sink.write(batch({ incidents: [incident({ id: 'x', names: KEYS.slice(1) })] }));
    await sink.write(batch({ incidents: [incident({ id: 'y', severity: 'info' })] }));
    await sink.write(batch({ incidents: [incident({ id: 'z', start: clock.now() - 3_600_000 })] }));
    await sink.write(batch({ incidents: [incident()] }));
    await sink.close();
    expect(texts()).toHaveLength(1);
    expect([counted('muted'), counted('old'), counted('sent')]).toEqual([1, 1, 1]);
  });

  it('tells what could not be told when it is asked to once more', async () => {
    await server.close();
    let gone = true;
    server = await receiver((_, response) => void response.writeHead(gone ? 410 : 200).end());
    const sink = await open();
    await sink.write(batch({ incidents: [incident()] }));
    await until(() => hosts.deadLetters.length === 1);
    expect(hosts.deadLetters[0]).toMatchObject({ kind: 'incident', code: 'not_told' });
    gone = false;
    await sink.write(batch({ incidents: [hosts.deadLetters[0]!.record as Incident] }));
    await sink.close();
    expect(counted('sent')).toBe(1);
  });

  it('does not hold an episode again that could not be told', async () => {
    await server.close();
    let gone = true;
    server = await receiver((_, response) => void response.writeHead(gone ? 410 : 200).end());
    const sink = await open();
    await sink.write(batch({ episodes: [episode('a')], alone: ['test/a/1'] }));
    await until(() => hosts.deadLetters.length === 1);
    gone = false;
    await sink.write(batch({ episodes: [episode('a')] }));
    await sink.close();
    expect(counted('sent')).toBe(1);
  });
});
