import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Observation, SourceHost } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import mavlink from '../src/index.js';
import { metric } from './helpers.js';

/** A clock that runs so many times as fast as ours: minutes of flight must not take minutes. */
const FASTER = 10;
const began = Date.now();
const clock: Clock = {
  now: () => began + (Date.now() - began) * FASTER,
  sleep: (ms, signal) => sleep(ms / FASTER, undefined, signal ? { signal } : {}),
};

describe('simulated vehicles that are listened to live', () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());
  beforeEach(() => hosts.metrics.clear());

  /** Reads until `enough` says so, or the simulation ends. */
  async function listen(raw: object, enough: (observations: readonly Observation[]) => boolean): Promise<Observation[]> {
    const host: SourceHost = { ...hosts.source(), clock };
    const source = await mavlink.create(mavlink.config.parse({ connect: 'simulator', ...raw }), host);
    const observations: Observation[] = [];
    const abort = new AbortController();
    for await (const batch of source.read(null, abort.signal)) {
      observations.push(...batch.observations);
      if (enough(observations)) abort.abort();
    }
    await source.close?.();
    return observations;
  }
  const polygon = [
    [-200, -200],
    [-200, 200],
    [200, 0],
  ];
  const settings = (all: readonly Observation[]): Record<string, number> =>
    Object.assign({}, ...all.filter(({ type }) => type === 'setting').map(({ values }) => values));

  it('give what they are asked for in active mode: messages, settings and fence, though frames get lost', async () => {
    const simulator = {
      streams: 'on request',
      groundStation: false,
      loss: 0.1,
      fence: { polygon },
      faultsPerHour: 0,
      duration: '10m',
    };
    const raw = { mode: 'active', messages: ['HEARTBEAT', 'ATTITUDE', 'GPS_RAW_INT'], simulator };
    const observations = await listen(raw, (all) => {
      const items = new Set(all.filter(({ type }) => type === 'fence_item').map(({ values }) => values.index));
      const types = new Set(all.map(({ type }) => type));
      const said = settings(all);
      const asked = ['fence_radius', 'fence_alt_max', 'batt_capacity'].every((name) => name in said);
      return items.size === 3 && asked && types.has('attitude') && types.has('gps_raw_int');
    });
    expect(settings(observations)).toMatchObject({ fence_radius: 300, fence_alt_max: 100, batt_capacity: 10_000 });
    expect(metric(hosts, 'mavlink_sent_frames_total', { message: 'HEARTBEAT' })).toBeGreaterThan(0);
    expect(hosts.metrics.get('mavlink_refused_total') ?? 0).toBe(0);
  });

  it('are not spoken to where they would take our heartbeat for that of their ground station', async () => {
    const simulator = { groundSystem: 245, groundStation: false, faultsPerHour: 0, duration: '40s' };
    await listen({ mode: 'active', messages: ['HEARTBEAT'], simulator }, () => false);
    expect(metric(hosts, 'mavlink_sent_frames_total', { message: 'HEARTBEAT' })).toBe(0);
    expect([...hosts.metrics].filter(([name]) => name.startsWith('mavlink_refused_total')).map(([, value]) => value)).toEqual([
      1,
    ]);
  });

  it('say their settings to whoever listens where a ground station of theirs asks, until the simulation ends', async () => {
    const simulator = { vehicles: 3, connections: 'own', faultsPerHour: 0, duration: '30s' };
    const observations = await listen({ messages: ['HEARTBEAT'], simulator }, () => false);
    for (const key of ['vehicle-1', 'vehicle-2', 'vehicle-3']) {
      const own = observations.filter((one) => one.key === key);
      expect(settings(own)).toMatchObject({ fence_radius: 300, batt_capacity: 10_000 });
      expect(own.filter(({ type }) => type === 'heartbeat').length).toBeGreaterThan(20);
    }
    expect([...hosts.dropped]).toEqual([]);
  });
});
