// Receivers that keep alerts: what opens one is what closes it, one for an episode or an incident.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Episode, type Incident, type SinkBatch, z } from '@quantstream/engine';
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
const open = async (config: object) => {
  const sink = await plugin.create(plugin.config.parse(config), hosts.sink(schema));
  await sink.open!();
  return sink;
};
const NOW = Date.now();
const [template] = testBatch(0, 40).episodes as [Episode];
const episode = (key: string, more: Partial<Episode> = {}): Episode => ({
  ...template,
  id: `test/${key}/1`,
  key,
  severity: 'warning',
  reason: `${key} is odd`,
  start: NOW - 10_000,
  end: NOW - 2_000,
  status: 'open',
  ...more,
});
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: 'test/incident/1/a',
  pipeline: 'test',
  status: 'open',
  start: NOW - 10_000,
  end: NOW - 1_000,
  key: 'a',
  keys: 2,
  names: ['a', 'b'],
  episodes: ['test/a/1', 'test/b/1'],
  columns: ['cpu'],
  severity: 'warning',
  topics: [],
  reason: 'a is odd',
  ...more,
});
const batch = (more: Partial<SinkBatch>): SinkBatch => ({ observations: [], verdicts: [], missing: [], episodes: [], ...more });
const bodies = () => server.received.map(({ body }) => body);
const until = async (condition: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 30_000; !(await condition()) && Date.now() < end; ) await sleep(20);
  expect(await condition()).toBe(true);
};

/** An episode that is told alone, one that nobody is told of, and an incident of two; all are over at the end. */
async function tell(config: object): Promise<void> {
  const sink = await open(config);
  hosts.mutes.add('quiet');
  await sink.write(batch({ episodes: [episode('c'), episode('a'), episode('b'), episode('quiet')] }));
  await sink.write(batch({ alone: ['test/c/1', 'test/quiet/1'] }));
  await until(() => server.received.length === 1);
  const joined = ['a', 'b'].map((key) => episode(key, { incident: 'test/incident/1/a' }));
  await sink.write(batch({ incidents: [incident()], episodes: joined }));
  await until(() => server.received.length === 2);
  await sink.write(batch({ incidents: [incident({ severity: 'critical' })] }));
  await until(() => server.received.length === 3);
  await sink.close();
  // A restart between the two.
  const again = await open(config);
  // What was told alone is resolved, although it was told with an incident since; what was muted is not.
  const over = [episode('c', { status: 'closed', incident: 'test/incident/1/a' }), episode('quiet', { status: 'closed' })];
  await again.write(batch({ episodes: [...over, ...joined.map((one) => ({ ...one, status: 'closed' as const }))] }));
  await again.write(batch({ alone: ['test/c/1'] }));
  await again.write(batch({ incidents: [incident({ status: 'closed', severity: 'critical' })] }));
  await until(() => server.received.length === 5);
  await again.close();
  expect(server.received).toHaveLength(5);
}

// postableAlerts of Alertmanager's api/v2/openapi.yaml.
const labelSet = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string());
const postableAlerts = z.array(
  z.strictObject({
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    annotations: labelSet,
    labels: labelSet,
    generatorURL: z.url().optional(),
  }),
);

describe('alerts', () => {
  it('of Alertmanager are opened and resolved with the same labels, as its API has them', async () => {
    await tell({ format: 'alertmanager', url: `${server.url}/am/` });
    expect(server.received.every(({ path, method }) => path === '/am/api/v2/alerts' && method === 'POST')).toBe(true);
    const alerts = bodies().map((body) => postableAlerts.parse(body)[0]!);
    const [opened, joined, worse, over, overAll] = alerts;
    expect(opened!.labels).toEqual({
      alertname: 'QuantStreamAnomaly',
      pipeline: template.pipeline,
      key: 'c',
      severity: 'warning',
      episode: 'test/c/1',
    });
    expect(over!.labels).toEqual(opened!.labels);
    expect([worse!.labels, overAll!.labels]).toEqual([joined!.labels, joined!.labels]);
    expect([worse!.annotations.severity, joined!.labels.incident]).toEqual(['critical', 'test/incident/1/a']);
    expect(alerts.map(({ endsAt }) => Date.parse(endsAt) > Date.now())).toEqual([true, true, true, false, false]);
    expect(Date.parse(over!.endsAt)).toBe(NOW - 2_000);
    expect(Date.parse(over!.startsAt)).toBe(NOW - 10_000);
  });

  it('of PagerDuty are triggered and resolved by the same key', async () => {
    await tell({ format: 'pagerduty', url: server.url, token: 'R0UT1NG' });
    expect(bodies().map(({ event_action, dedup_key, routing_key }) => [event_action, dedup_key, routing_key])).toEqual([
      ['trigger', 'test/c/1', 'R0UT1NG'],
      ['trigger', 'test/incident/1/a', 'R0UT1NG'],
      ['trigger', 'test/incident/1/a', 'R0UT1NG'],
      ['resolve', 'test/c/1', 'R0UT1NG'],
      ['resolve', 'test/incident/1/a', 'R0UT1NG'],
    ]);
    const { payload } = bodies()[0];
    expect(payload).toMatchObject({
      source: 'c',
      severity: 'warning',
      component: 'c',
      timestamp: new Date(NOW - 10_000).toISOString(),
    });
    expect(payload.summary).toContain('c is odd');
  });

  it('of Opsgenie are created and closed by their alias, with the key in a header', async () => {
    await tell({ format: 'opsgenie', url: server.url, token: 'G3N1E' });
    expect(server.received.map(({ path }) => path)).toEqual([
      ...Array(3).fill('/v2/alerts'),
      '/v2/alerts/test%2Fc%2F1/close?identifierType=alias',
      '/v2/alerts/test%2Fincident%2F1%2Fa/close?identifierType=alias',
    ]);
    expect(server.received.every(({ headers }) => headers.authorization === 'GenieKey G3N1E')).toBe(true);
    expect(bodies().map(({ alias, priority }) => [alias, priority])).toEqual([
      ['test/c/1', 'P3'],
      ['test/incident/1/a', 'P3'],
      ['test/incident/1/a', 'P1'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('for programs say since when it is abnormal, and since when normal again', async () => {
    await tell({ format: 'state', url: server.url });
    expect(bodies().map(({ state, keys, since, id }) => [state, keys.join(), Date.parse(since) - NOW, id])).toEqual([
      ['abnormal', 'c', -10_000, 'test/c/1'],
      ['abnormal', 'a,b', -10_000, 'test/incident/1/a'],
      ['abnormal', 'a,b', -10_000, 'test/incident/1/a'],
      ['normal', 'c', -2_000, 'test/c/1'],
      ['normal', 'a,b', -1_000, 'test/incident/1/a'],
    ]);
  });

  it('of what begins and ends in one batch are raised and resolved, alone and with an incident', async () => {
    const sink = await open({ format: 'pagerduty', url: server.url, token: 'R0UT1NG' });
    const both = (key: string, more: Partial<Episode> = {}) => [episode(key, more), episode(key, { ...more, status: 'closed' })];
    const said = () => bodies().map(({ event_action, dedup_key }) => [event_action, dedup_key]);
    await sink.write(batch({ episodes: both('c'), alone: ['test/c/1'] }));
    await until(() => server.received.length === 2);
    const joined = { incident: 'test/incident/1/a' };
    const over = [incident(), incident({ status: 'closed' })];
    await sink.write(batch({ episodes: [...both('a', joined), ...both('b', joined)], incidents: over }));
    await until(() => server.received.length === 4);
    await sink.close();
    expect(said()).toEqual([
      ['trigger', 'test/c/1'],
      ['resolve', 'test/c/1'],
      ['trigger', 'test/incident/1/a'],
      ['resolve', 'test/incident/1/a'],
    ]);
  });

  it('go to Discord as text that calls nobody, and come again when it says so', async () => {
    await server.close();
    server = await receiver((n, response) => {
      response.statusCode = n === 1 ? 429 : 204;
      response.end(n === 1 ? '{"message":"You are being rate limited.","retry_after":0.05,"global":false}' : undefined);
    });
    const sink = await open({ format: 'discord', url: server.url });
    await sink.write(batch({ episodes: [episode('@everyone', { severity: 'critical' })] }));
    await until(() => server.received.length === 2);
    await sink.close();
    expect(bodies()[1]).toEqual({ content: expect.stringContaining('@everyone is odd'), allowed_mentions: { parse: [] } });
  });

  it('need what their receiver needs', () => {
    const refused = (config: object) => plugin.config.safeParse(config).error?.issues[0]?.message;
    expect(refused({ format: 'alertmanager' })).toBe('alertmanager needs a url');
    expect(refused({ format: 'pagerduty' })).toBe('pagerduty needs the routing key of an integration');
    expect(refused({ format: 'opsgenie' })).toBe('opsgenie needs the key of an API integration');
  });
});
