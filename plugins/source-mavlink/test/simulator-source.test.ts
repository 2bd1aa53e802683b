import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Missing, Observation, z } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import mavlink from '../src/index.js';
import { simulatorConfig } from '../src/simulator/config.js';
import { SimulatedLinks } from '../src/simulator/link.js';
import { START } from './simulator-helpers.js';

type Raw = z.input<typeof simulatorConfig>;
const start = new Date(START).toISOString();
const messages = ['HEARTBEAT', 'ATTITUDE', 'SYS_STATUS', 'SYSTEM_TIME'];

describe('simulated vehicles as a source', () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());

  async function readAll(raw: Raw) {
    const simulator = { realTime: false, start, faultsPerHour: 0, ...raw };
    const settings = mavlink.config.parse({ connect: 'simulator', messages, simulator });
    const source = await mavlink.create(settings, hosts.source());
    const observations: Observation[] = [];
    const missing: Missing[] = [];
    let watermark = Number.NEGATIVE_INFINITY;
    for await (const batch of source.read(null, new AbortController().signal)) {
      expect(batch.cursor).toBeNull();
      for (const { time } of batch.observations) expect(time).toBeGreaterThanOrEqual(watermark);
      expect(batch.observations.length).toBeLessThanOrEqual(settings.batch);
      observations.push(...batch.observations);
      missing.push(...(batch.missing ?? []));
      if (batch.watermark !== undefined) watermark = batch.watermark;
    }
    return { observations, missing, watermark };
  }
  const typed = (observations: readonly Observation[], type: string) => observations.filter((one) => one.type === type);

  it('hand over the same observations for the same seed, in order of time, with nothing dropped', async () => {
    hosts.dropped.clear();
    const { observations, missing, watermark } = await readAll({ vehicles: 3, duration: '90s' });
    expect(new Set(observations.map(({ key }) => key))).toEqual(new Set(['vehicle-1', 'vehicle-2', 'vehicle-3']));
    expect([...hosts.dropped]).toEqual([]);
    expect(missing).toEqual([]);
    expect(watermark).toBe(START + 90_000);
    const last = new Map<string, number>();
    for (const { key, type, sequence, time } of observations) {
      expect(time).toBeGreaterThanOrEqual(START);
      expect(time).toBeLessThanOrEqual(START + 90_000);
      expect(sequence).toBe((last.get(`${key}/${type}`) ?? 0) + 1);
      last.set(`${key}/${type}`, sequence);
    }
    expect(last.get('vehicle-2/attitude')).toBeGreaterThan(850);
    const essence = (all: readonly Observation[]) => all.map(({ received: _, ...rest }) => rest);
    const again = await readAll({ vehicles: 3, duration: '90s' });
    expect(essence(again.observations)).toEqual(essence(observations));
    const systemTime = typed(observations, 'system_time').filter(({ time }) => time > START + 30_000);
    for (const { time, values } of systemTime) expect(Math.abs(values.time_unix_usec / 1_000 - time)).toBeLessThan(30);
  });

  it('tell their links, settings and fences', async () => {
    const polygon: [number, number][] = [
      [-200, -200],
      [-200, 200],
      [200, 0],
    ];
    const fence = { circle: 250, ceiling: 90, polygon };
    const { observations } = await readAll({ duration: '60s', fence, loss: 0.1, streams: 'on request', vehicles: 2 });
    for (const key of ['vehicle-1', 'vehicle-2']) {
      const own = observations.filter((one) => one.key === key);
      const known: Record<string, number> = Object.assign({}, ...typed(own, 'setting').map(({ values }) => values));
      expect(known).toMatchObject({ fence_radius: 250, fence_alt_max: 90, fence_type: 7, batt_capacity: 10_000, rtl_alt: 30 });
      const items = typed(own, 'fence_item');
      expect(new Set(items.map(({ values }) => values.index))).toEqual(new Set([0, 1, 2]));
      expect(items[0].values).toMatchObject({ command: 5_001, param1: 3 });
      const lost = typed(own, 'link').reduce((sum, { values }) => sum + values.lost, 0);
      const heard = typed(own, 'link').reduce((sum, { values }) => sum + values.frames, 0);
      expect(lost / (lost + heard)).toBeCloseTo(0.1, 1);
      expect(typed(own, 'attitude').length).toBeGreaterThan(300);
    }
  });

  it('are each on a connection of its own where that is asked for', async () => {
    const { observations } = await readAll({ duration: '30s', vehicles: 2, connections: 'own' });
    expect(new Set(observations.map(({ key }) => key))).toEqual(new Set(['vehicle-1', 'vehicle-2']));
  });

  it('say what is missing of a link that was lost and of a reboot', async () => {
    const faults: Raw['faults'] = [
      { kind: 'link_loss', at: '60s', duration: '20s' },
      { kind: 'reboot', at: '120s', duration: '3s' },
    ];
    const { missing } = await readAll({ duration: '150s', faults });
    expect(missing.map(({ reason }) => reason)).toEqual(['link lost', 'vehicle rebooted']);
    expect((missing[0].from - START) / 1_000).toBeCloseTo(60, 0);
    expect((missing[0].to - START) / 1_000).toBeCloseTo(80, 0);
    expect((missing[1].from - START) / 1_000).toBeGreaterThan(119.8);
    expect((missing[1].to - START) / 1_000).toBeCloseTo(123, 0);
  });

  it('write what happened to a file of labels, by the keys of the vehicles', async () => {
    const faults: Raw['faults'] = [
      { kind: 'vibration', at: '70s', duration: '10s', magnitude: 12, vehicle: 2 },
      { kind: 'geofence_breach', at: '80s', magnitude: 30, vehicle: 1 },
    ];
    await readAll({ duration: '200s', vehicles: 2, faults, labels: 'labels/flight.jsonl' });
    const path = hosts.source().resolvePath('labels/flight.jsonl');
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ key, kind }) => [key, kind])).toEqual([
      ['vehicle-2', 'vibration'],
      ['vehicle-1', 'geofence_breach'],
    ]);
    expect(lines[0]).toEqual({ key: 'vehicle-2', kind: 'vibration', from: START + 70_000, to: START + 80_000, magnitude: 12 });
    expect(lines[1].from).toBeGreaterThan(START + 80_000);
    expect(lines[1].to).toBeGreaterThan(lines[1].from + 3_000);
  });
});

describe('simulated links', () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());

  it.each([
    ['shared', 1],
    ['own', 2],
  ] as const)('(%s) carry the bytes of vehicles at the pace of the clock until they are closed', async (connections, count) => {
    const config = simulatorConfig.parse({ vehicles: 2, connections });
    const { clock } = hosts.source();
    const simulated = new SimulatedLinks(config, clock, (vehicle) => `v${vehicle}`);
    expect(simulated.links).toHaveLength(count);
    const peers = new Set<string>();
    let ups = 0;
    let bytes = 0;
    for (const link of simulated.links) {
      link.open({
        received(piece, peer) {
          bytes += piece.length;
          peers.add(peer);
        },
        up: () => ups++,
        down() {},
      });
    }
    while (peers.size < 2) await sleep(20);
    expect(ups).toBe(count);
    expect(bytes).toBeGreaterThan(100);
    expect(simulated.links[0].send(new Uint8Array(10), [...peers][0])).toBe(true);
    for (const link of simulated.links) await link.close();
    const before = bytes;
    await sleep(60);
    expect(bytes).toBe(before);
    await simulated.links[0].close();
  });
});

describe('the configuration of simulated vehicles', () => {
  it.each([
    [{ connect: [{ vehicle: 'a', connect: 'simulator' }] }, /come alone/],
    [{ connect: 'simulator', simulator: { start } }, /realTime: false/],
    [{ connect: 'simulator', mode: 'active', simulator: { realTime: false } }, /faster than the clock/],
    [{ connect: 'simulator', vehicles: { 1: 'a' }, simulator: { connections: 'own' } }, /vehicle-1/],
  ])('refuses what does not go together: %j', (raw, sentence) => {
    expect(String(mavlink.config.safeParse(raw).error)).toMatch(sentence);
  });

  it('has a default for everything, and refuses what makes no sense', () => {
    expect(simulatorConfig.parse({})).toMatchObject({ vehicles: 1, mission: 'survey', fence: { circle: 300, ceiling: 100 } });
    for (const wrong of [
      { start: 'yesterday' },
      { vehicles: 0 },
      { loss: 2 },
      { fence: { polygon: [[0, 0]] } },
      { faults: [{ kind: 'gremlins', at: '1s' }] },
      { version: 3 },
      { unknown: 1 },
    ]) {
      expect(simulatorConfig.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});
