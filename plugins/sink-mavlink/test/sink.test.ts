import { setTimeout as sleep } from 'node:timers/promises';
import type { Episode, SinkBatch } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { systemOf } from '../src/config.js';
import { asciiOf, Encoder } from '../src/encode.js';
import plugin from '../src/index.js';
import { groundStation } from './ground.js';

const hosts = new TestHosts();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => hosts.dispose());

const NOW = Date.UTC(2026, 0, 1, 1);
const template = testBatch(0, 200).episodes[0]!;
const episode = (over: Partial<Episode>): Episode => ({
  ...template,
  id: 'pipeline/vehicle-3/telemetry/1/0',
  key: 'vehicle-3',
  status: 'open',
  severity: 'critical',
  start: NOW - 1_000,
  end: NOW - 1_000,
  reason: 'battery: 1.3 V below its model at 31 A; look at plugs, cells and the temperature of the pack',
  topics: [],
  ...over,
});
const batch = (over: Partial<SinkBatch>): SinkBatch => ({ observations: [], verdicts: [], episodes: [], missing: [], ...over });

async function started(over: object = {}) {
  const station = await groundStation();
  const config = plugin.config.parse({ connect: station.connect, ...over });
  const host = { ...hosts.sink(testSchema), clock: { now: () => NOW, sleep: async () => {} } };
  const sink = await plugin.create(config, host);
  await sink.open!();
  closing.push(() => sink.close(), station.close);
  return { station, sink };
}

describe('a ground station', () => {
  it('is told of an episode once, with its severity, in chunks that make the whole sentence', async () => {
    const { station, sink } = await started({ heartbeat: false, on: ['opened', 'closed'] });
    await sink.write(batch({ episodes: [episode({}), episode({ rows: 2 }), episode({ rows: 3 })] }));
    await sink.write(batch({ episodes: [episode({ rows: 4 }), episode({ status: 'closed' }), episode({ status: 'closed' })] }));
    await vi.waitFor(() => expect(station.texts()).toHaveLength(2));
    await sleep(50);
    const { reason } = episode({});
    expect(station.texts()).toEqual([reason, `over: ${reason}`]);
    expect(station.heard.map(({ system, component }) => [system, component]).every(([s, c]) => s === 3 && c === 191)).toBe(true);
    expect(station.heard.map(({ fields }) => fields.severity)).toEqual([2, 2, 6, 6]);
    expect(station.heard[0]!.fields).toMatchObject({ chunkSeq: 0, text: reason.slice(0, 50) });
  });

  it('is told what else goes wrong within an episode, each topic once', async () => {
    const { station, sink } = await started({ heartbeat: false });
    const topic = (name: string, reason: string, severity: 'warning' | 'critical') => ({
      name,
      reason,
      severity,
      time: NOW - 500,
    });
    const first = topic('limits/battery', 'battery: low', 'warning');
    await sink.write(
      batch({
        episodes: [episode({ topics: [first] }), episode({ topics: [first, topic('limits/gps', 'GPS: gone', 'critical')] })],
      }),
    );
    await vi.waitFor(() => expect(station.texts()).toEqual(['battery: low', 'GPS: gone']));
    expect(station.heard.map(({ fields }) => fields.severity)).toEqual([4, 2]);
  });

  it('hears nothing of what the autopilot has said itself', async () => {
    const { station, sink } = await started({ heartbeat: false, on: ['opened', 'closed'] });
    const said = {
      name: 'said/Crash',
      severity: 'critical' as const,
      reason: 'the autopilot says "Crash"',
      said: true as const,
      time: NOW,
    };
    const own = { name: 'limits/gps', severity: 'critical' as const, reason: 'GPS: gone', time: NOW };
    const alone = { id: 'alone', model: 'said', topics: [said], reason: said.reason };
    await sink.write(batch({ episodes: [episode(alone), episode({ ...alone, status: 'closed' })] }));
    await sink.write(batch({ episodes: [episode({ id: 'both', topics: [said, own] })] }));
    await vi.waitFor(() => expect(station.texts()).toEqual(['GPS: gone']));
  });

  it('hears nothing of what is old, not bad enough or muted', async () => {
    const { station, sink } = await started({ heartbeat: false, severity: 'warning', maxAge: '10s' });
    await sink.write(
      batch({
        episodes: [
          episode({ id: 'a', start: NOW - 60_000 }),
          episode({ id: 'b', severity: 'info' }),
          episode({ id: 'c', key: 'vehicle-4', severity: 'warning', reason: 'short' }),
        ],
      }),
    );
    await vi.waitFor(() => expect(station.texts()).toEqual(['short']));
    expect(station.heard[0]!.fields).toMatchObject({ id: 0, severity: 4 });
    expect(station.heard[0]!.system).toBe(4);
  });

  it('gets values at most once in a while, and none that is missing', async () => {
    const { station, sink } = await started({
      heartbeat: false,
      values: { qs_score: 'score', level: 'level_mean' },
      maxAge: '10000d',
    });
    const verdicts = [0, 200, 400, 1_000, 1_200].map((ms) => ({
      ...testBatch(0, 1).verdicts[0]!,
      key: 'hexa',
      time: NOW + ms,
      score: Number.NaN,
      values: { level_mean: ms },
    }));
    await sink.write(batch({ verdicts }));
    await vi.waitFor(() => expect(station.heard).toHaveLength(2));
    await sleep(50);
    expect(station.heard.map(({ name, fields }) => [name, fields.name, fields.value])).toEqual([
      ['NAMED_VALUE_FLOAT', 'level', 0],
      ['NAMED_VALUE_FLOAT', 'level', 1_000],
    ]);
  });

  it('hears values and heartbeats only while the vehicle itself is heard: they would pass for signs of its life', async () => {
    const { station, sink } = await started({
      heartbeat: true,
      values: { level: 'level_mean' },
      valuesEvery: '0ms',
      maxAge: '10000d',
    });
    const verdict = (link_age: number) => ({
      ...testBatch(0, 1).verdicts[0]!,
      key: 'vehicle-3',
      time: NOW,
      values: { level_mean: 1, link_age },
    });
    await sink.write(batch({ verdicts: [verdict(9)] }));
    await sleep(1_300);
    expect(station.heard).toEqual([]);
    await sink.write(batch({ verdicts: [verdict(0.1)] }));
    await vi.waitFor(() => expect(station.heard.map(({ name }) => name)).toContain('NAMED_VALUE_FLOAT'));
  });

  it('sees a heartbeat of an on-board controller where asked for, and never one of a ground station', async () => {
    const { station, sink } = await started({ heartbeat: true, maxAge: '10000d' });
    await sink.write(
      batch({ episodes: [episode({})], verdicts: [{ ...testBatch(0, 1).verdicts[0]!, key: 'vehicle-3', time: NOW }] }),
    );
    await vi.waitFor(() => expect(station.heard.some(({ name }) => name === 'HEARTBEAT')).toBe(true), 3_000);
    for (const { name, system, component, fields } of station.heard) {
      expect([system, component]).toEqual([3, 191]);
      if (name === 'HEARTBEAT') expect(fields).toMatchObject({ type: 18, autopilot: 8 });
    }
  });

  it('is not waited for when it is not there', async () => {
    const { sink, station } = await started({ heartbeat: false });
    await station.close();
    closing.pop();
    await sink.write(batch({ episodes: [episode({}), episode({ id: 'other' })] }));
    await sink.write(batch({ episodes: [episode({ id: 'third' })] }));
  });
});

describe('the configuration', () => {
  it.each([
    [{ connect: 'tcp:127.0.0.1:5760' }, 'udpout:HOST:PORT'],
    [{ connect: 'udpout:127.0.0.1:70000' }, 'udpout:HOST:PORT'],
    [{ connect: 'udpout:127.0.0.1:14550', systems: { gcs: 255 } }, '254'],
    [{ connect: 'udpout:127.0.0.1:14550', component: 190 }, 'ground station'],
    [{ connect: 'udpout:127.0.0.1:14550', values: { 'a name too long': 'score' } }, 'ten printable'],
  ])('refuses %j', (raw, why) => {
    expect(JSON.stringify(plugin.config.safeParse(raw).error)).toContain(why);
  });

  it('finds the system of a vehicle by its key', () => {
    expect(['vehicle-7', 'hexa', 'hexa-2', 'drone 300'].map((key) => systemOf(key, { hexa: 9 }))).toEqual([7, 9, 2, 1]);
  });

  it('knows the columns that it is to send', () => {
    const config = plugin.config.parse({
      connect: 'udpout:127.0.0.1:14550',
      values: { a: 'score', b: 'level_mean', c: 'depth' },
    });
    expect(plugin.check!(config, testSchema)).toEqual(['values names the column depth, which the rows do not have']);
  });
});

describe('texts', () => {
  it('are spelled in ASCII and cut after four chunks', () => {
    expect(asciiOf('−3 °, 9 m/s² × µ „naïve“')).toBe('-3  deg, 9 m/s2 x u naive');
    expect(new Encoder(1, 191).statusText('x'.repeat(500), 'info')).toHaveLength(4);
  });
});
