import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { frame1, frame2, message, record } from './frames.js';
import { essence, metric, readAll } from './helpers.js';
import { listenTo, TestLink, until } from './live-helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  for (const counts of [hosts.dropped, hosts.metrics]) counts.clear();
  hosts.drops.length = 0;
});

const T = Date.UTC(2026, 2, 1);
/** Eight frames in 100 ms, and the next eight in the next. */
const EVERY = 100 / 8;

interface Who {
  /** Its first number, boot time (ms), MAV_TYPE, m north. */
  readonly from?: number;
  readonly boot?: number;
  readonly type?: number;
  readonly north?: number;
  readonly frame?: typeof frame1;
  /** Milliseconds between its frames. */
  readonly every?: number;
  readonly begins?: number;
}

/** What somebody sends for so many seconds: attitude, position and heartbeat, one after the other. */
function sent(seconds: number, { from = 0, boot = 5_000, type = 2, north = 0, frame = frame2, every = EVERY, begins = 0 }: Who) {
  const frames: { at: number; bytes: Buffer }[] = [];
  for (let i = 0; begins + i * every < seconds * 1_000; i++) {
    const at = begins + i * every;
    const timeBootMs = Math.round(boot + at);
    const content =
      i % 50 === 0
        ? message('HEARTBEAT', { type, autopilot: 3 })
        : i % 2 === 0
          ? message('ATTITUDE', { timeBootMs, roll: Math.sin(i) })
          : message('GLOBAL_POSITION_INT', { timeBootMs, lat: 470_000_000 + Math.round(north / 0.01112) + i, lon: 80_000_000 });
    frames.push({ at, bytes: frame(content, { sequence: (from + i) & 0xff }) });
  }
  return frames;
}

async function recorded(...senders: { at: number; bytes: Buffer }[][]) {
  const frames = senders.flat().sort((a, b) => a.at - b.at);
  writeFileSync(join(hosts.directory, 'a.tlog'), Buffer.concat(frames.map(({ at, bytes }) => record(T + at, bytes))));
  return read();
}
const read = (more: object = {}, from: string | null = null) =>
  readAll(hosts, { connect: 'file:a.tlog', messages: ['ATTITUDE', 'GLOBAL_POSITION_INT'], ...more }, from);
const lost = ({ observations }: Awaited<ReturnType<typeof read>>) =>
  observations.filter(({ type }) => type === 'link').reduce((sum, { values }) => sum + values.lost, 0);
const reasons = ({ batches }: Awaited<ReturnType<typeof read>>) =>
  batches.flatMap(({ missing }) => missing ?? []).map(({ key, reason }) => `${key}: ${reason}`);

describe('two vehicles under one id', () => {
  it.each<[string, Who, string]>([
    ['of other boots', { from: 30, boot: 900_000 }, 'boot clocks are 895 s apart'],
    ['of other boots, in MAVLink 1', { from: 200, boot: 60_000, frame: frame1 }, 'boot clocks are 55 s apart'],
    ['at other places', { from: 100, north: 560 }, 'they are 560 m apart'],
    ['of other kinds', { from: 50, type: 1 }, 'of type'],
    ['of another rate', { from: 7, north: 900, every: 47 }, 'm apart'],
    ['of which one comes later', { from: 7, boot: 2_400, begins: 6_000 }, 'boot clocks are 3 s apart'],
  ])('(%s) are named, and nothing of them is taken for lost or believed', async (_, other, why) => {
    const taken = await recorded(sent(20, {}), sent(20, other));
    expect(lost(taken)).toBe(0);
    // Before its counter is told apart, another boot may look like a reboot, once.
    const [last, ...before] = reasons(taken).reverse();
    expect(last).toBe('vehicle-1: two vehicles under one id');
    expect(before.filter((reason) => reason !== 'vehicle-1: vehicle rebooted' || before.length > 1)).toEqual([]);
    expect(hosts.dropped.get('two_vehicles')).toBeGreaterThan(800);
    expect(hosts.drops.join()).toContain(why);
    expect(hosts.drops.join()).toContain('two vehicles send as system 1');
    const end = Math.max(...taken.observations.map(({ time }) => time)) - T;
    expect(end).toBeLessThan((other.begins ?? 0) + 4_000);
  });

  it('are one again when the other one is gone, from then on', async () => {
    const taken = await recorded(sent(60, {}), sent(20, { from: 99, north: 700 }));
    expect(new Set(reasons(taken))).toEqual(new Set(['vehicle-1: two vehicles under one id']));
    const times = taken.observations.map(({ time }) => time - T);
    expect(times.filter((time) => time > 3_000 && time < 28_000)).toEqual([]);
    expect(times.filter((time) => time > 36_000).length).toBeGreaterThan(1_500);
    expect(lost(taken)).toBe(0);
  });

  it('are told again exactly after a restart', async () => {
    await recorded(sent(40, {}), sent(8, { from: 99, north: 700, begins: 3_000 }));
    const whole = await read({ batch: 64 });
    for (const at of [1, Math.floor(whole.batches.length / 2), whole.batches.length - 2]) {
      const before = whole.batches.slice(0, at + 1).flatMap(({ observations }) => observations).length;
      const rest = await read({ batch: 64 }, whole.batches[at]!.cursor);
      expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(before)));
    }
  });

  it('at two ends of a link are named with their addresses', async () => {
    const link = new TestLink();
    const heard = listenTo(hosts, [link], { messages: ['ATTITUDE'] });
    await until(() => link.events !== undefined, 'the link is open');
    const [one, two] = [sent(3, {}), sent(3, { from: 3, boot: 800_000 })];
    for (const [i, { bytes }] of one.entries()) {
      link.receive(bytes, '10.0.0.1:14550');
      link.receive(two[i]!.bytes, '10.0.0.2:14550');
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => (hosts.dropped.get('two_vehicles') ?? 0) > 0, 'it is told');
    expect(hosts.drops.join()).toContain('at 10.0.0.1:14550 and 10.0.0.2:14550');
    expect(heard.missing.map(({ reason }) => reason)).toContain('two vehicles under one id');
    await heard.stop();
  });
});

describe('one vehicle on two links', () => {
  it('has two counters, and nothing of it is lost', async () => {
    const taken = await recorded(sent(20, {}), sent(20, { from: 120, begins: 3 }));
    expect(lost(taken)).toBe(0);
    expect(reasons(taken)).toEqual([]);
    expect(taken.observations.filter(({ type }) => type === 'attitude').length).toBeGreaterThan(1_500);
  });

  it('whose frames come twice from two routers is heard once', async () => {
    const frames = sent(20, {});
    const taken = await recorded(
      frames,
      frames.map(({ at, bytes }) => ({ at: at + 3, bytes })),
    );
    expect(lost(taken)).toBe(0);
    expect(metric(hosts, 'mavlink_frames_total', { outcome: 'repeated' })).toBe(frames.length);
    const once = await recorded(frames);
    expect(essence(taken.observations).map(({ values }) => values)).toEqual(
      essence(once.observations).map(({ values }) => values),
    );
  });
});
