import type { Clock } from '@quantstream/engine';
import { NOT_OBSERVED } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { config } from '../src/config.js';
import { LiveSource } from '../src/live/source.js';
import { frame2, message } from './frames.js';
import { Listening, TestLink, until } from './live-helpers.js';

const hosts = new TestHosts();
const open: Listening[] = [];
afterAll(() => hosts.dispose());
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

const STOOD = 6_000;

/** Two vehicles that send every 20 ms, and a process that stands still when it is told to. */
async function flying() {
  hosts.metrics.clear();
  let slept = 0;
  const { clock: real } = hosts.source();
  const clock: Clock = { now: () => real.now() + slept, sleep: (ms, signal) => real.sleep(ms, signal) };
  const link = new TestLink();
  const settings = config.parse({ connect: 'udpin:127.0.0.1:0', messages: ['ATTITUDE'], wait: '200ms', silence: '1s' });
  const heard = new Listening(new LiveSource(settings, { ...hosts.source(), clock }, [{ name: undefined, link }]));
  open.push(heard);
  await until(() => link.events !== undefined, 'the link is open');
  const boot = clock.now() - 10_000;
  const sequence = [0, 0, 0];
  /** A frame of a vehicle, sent at a moment of its own clock; `lost`: on the way to us. */
  const send = (system: number, at: number, lost = false) => {
    const bytes = frame2(message('ATTITUDE', { timeBootMs: Math.round(at - boot), roll: 1 }), {
      system,
      sequence: sequence[system]++ & 255,
    });
    if (!lost) link.receive(bytes);
  };
  const fly = async (ms: number, systems = [1, 2]) => {
    for (const end = clock.now() + ms; clock.now() < end; ) {
      for (const system of systems) send(system, clock.now());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await fly(400);
  /** Stands still; then what was sent meanwhile is read, as far as the socket has room for it. */
  const stand = (keeps: Readonly<Record<number, number>>) => {
    const from = clock.now();
    slept += STOOD;
    for (const [system, kept] of Object.entries(keeps))
      for (let at = from + 20; at < from + STOOD; at += 20) send(Number(system), at, at > from + kept);
    return { from, to: clock.now() };
  };
  return { heard, fly, stand };
}

const reasons = (heard: Listening) => heard.missing.map(({ key, reason }) => `${key}: ${reason}`);
/** The longest step between two observations of a vehicle, ms of event time. */
const longest = (heard: Listening, key: string) => {
  const times = heard.observations.filter((one) => one.key === key).map(({ time }) => time);
  return Math.max(...times.map((time, i) => (i === 0 ? 0 : time - times[i - 1])));
};

describe('a process that stood still', () => {
  it('reads what its links hold before it tells the time, and places it where it was sent', async () => {
    const { heard, fly, stand } = await flying();
    stand({ 1: STOOD, 2: STOOD });
    await fly(600);
    await until(() => heard.watermarks.at(-1)! >= heard.observations.at(-1)!.time - 300, 'time has caught up');
    // Nothing came behind the time that was told: `Listening` would have thrown.
    expect(reasons(heard)).toEqual([]);
    expect(longest(heard, 'vehicle-1')).toBeLessThan(STOOD / 2);
  });

  it('says of what its sockets had no room for that it was not observed, and not that the link was bad', async () => {
    const { heard, fly, stand } = await flying();
    const { from, to } = stand({ 1: 2_000, 2: 2_000 });
    await fly(800);
    await until(() => heard.missing.length >= 2, 'what was lost is told');
    expect(reasons(heard).sort()).toEqual([`vehicle-1: ${NOT_OBSERVED}`, `vehicle-2: ${NOT_OBSERVED}`]);
    for (const missing of heard.missing) {
      expect(missing.from).toBeGreaterThan(from + 1_000);
      expect(missing.to).toBeGreaterThan(to - 500);
    }
    expect(heard.of('link').map(({ values }) => values.lost)).not.toContainEqual(expect.toSatisfy((lost: number) => lost > 0));
    expect(hosts.metrics.get('mavlink_lost_frames_total') ?? 0).toBe(0);
  });

  it('knows nothing of a vehicle that is not heard again until it went on, and everything from then on', async () => {
    const { heard, fly, stand } = await flying();
    const { to } = stand({ 1: STOOD });
    await fly(900, [1]);
    await until(() => heard.missing.length > 0, 'it is told');
    expect(reasons(heard)).toEqual([`vehicle-2: ${NOT_OBSERVED}`]);
    expect(heard.missing[0].to).toBeGreaterThan(to - 100);
    expect(heard.missing[0].to).toBeLessThan(to + 500);
  });
});
