import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '@quantstream/engine';
import { random, TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { config } from '../src/config.js';
import { Router } from '../src/vehicle/router.js';
import { Drafts, Streams } from '../src/vehicle/streams.js';
import { FrameParser } from '../src/wire/frames.js';
import { record } from './frames.js';
import { essence, readAll } from './helpers.js';
import { Flight, START } from './simulator-helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => hosts.metrics.clear());

interface Sent {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Every frame of a minute and a half of flight, when it was sent. */
const sent: Sent[] = [];
const flight = new Flight();
flight.vehicle.advance(90_000, (bytes, at) => sent.push({ at, bytes }));

/** The same frames, each with the time of its arrival. */
type Delivery = (frames: readonly Sent[], seed: number) => Sent[];

const inBursts: Delivery = (frames, seed) => {
  const uniform = random(seed);
  let end = 0;
  return frames.map(({ at, bytes }) => {
    while (at >= end) end = Math.max(end, at) + 600 + uniform() * 1_400;
    return { at: end, bytes };
  });
};
const reordered: Delivery = (frames, seed) => {
  const uniform = random(seed);
  return frames.map(({ at, bytes }) => ({ at: at + uniform() * 300, bytes })).sort((a, b) => a.at - b.at);
};
const messages = ['ATTITUDE', 'GPS_RAW_INT', 'SYS_STATUS', 'VFR_HUD', 'RAW_IMU', 'GLOBAL_POSITION_INT', 'VIBRATION'];

async function recorded(frames: readonly Sent[], more: object = {}) {
  writeFileSync(join(hosts.directory, 'a.tlog'), Buffer.concat(frames.map(({ at, bytes }) => record(START + at, bytes))));
  return readAll(hosts, { connect: 'file:a.tlog', messages, ...more });
}

/** Those whose content says when they were measured: it tells them apart in whatever order they come. */
const STAMPED = ['attitude', 'raw_imu', 'vibration', 'global_position_int'];
const nameOf = ({ type, values, sequence }: Observation, stamped: boolean) =>
  `${type} ${stamped ? JSON.stringify(values) : sequence}`;

/** How far each observation is from where it stands without any pause, less what all have in common, ms: the most. */
function farthest(observations: readonly Observation[], straight: readonly Observation[], stamped = false): number {
  const truth = new Map(straight.map((one) => [nameOf(one, stamped), one.time]));
  const own = observations.filter(({ type }) => (stamped ? STAMPED.includes(type) : type !== 'link' && type !== 'setting'));
  const off = own.map((one) => one.time - truth.get(nameOf(one, stamped))!);
  expect(off.length).toBeGreaterThan(2_000);
  const usual = [...off].sort((a, b) => a - b)[off.length >> 1]!;
  return Math.max(...off.map((one) => Math.abs(one - usual)));
}
const lost = (observations: readonly Observation[]) =>
  observations.filter(({ type }) => type === 'link').reduce((sum, { values }) => sum + values.lost!, 0);

describe('frames that a link delivers in bursts of 0.6 to 2 s', () => {
  it.each([1, 2, 3])('stand where they were measured, not where they arrived (seed %i)', async (seed) => {
    const straight = await recorded(sent);
    const { observations } = await recorded(inBursts(sent, seed));
    expect(farthest(observations, straight.observations)).toBeLessThanOrEqual(250);
    expect(lost(observations)).toBe(0);
  });

  it('stand there on a live link as well', async () => {
    const straight = await recorded(sent);
    const drafts = new Drafts();
    const router = new Router(
      { ...config.parse({ connect: 'udpin:127.0.0.1:0', messages }), name: undefined, timing: 'live' },
      new Streams(),
    );
    const parser = new FrameParser(0);
    for (const { at, bytes } of inBursts(sent, 4)) {
      parser.push(bytes);
      while (parser.next()) router.take(parser, START + at, START + at, drafts);
    }
    // The least delay becomes known in the first bursts.
    const counted = new Map<string, number>();
    for (const draft of drafts.observations) {
      draft.sequence = (counted.get(draft.type) ?? 0) + 1;
      counted.set(draft.type, draft.sequence);
    }
    const late = drafts.observations.filter(({ time }) => time > START + 30_000) as Observation[];
    expect(farthest(late, straight.observations)).toBeLessThanOrEqual(250);
  });

  it('come the same whatever the batches, and after a restart', async () => {
    const whole = await recorded(inBursts(sent, 5), { batch: 4_096 });
    const small = await readAll(hosts, { connect: 'file:a.tlog', messages, batch: 500 });
    expect(essence(small.observations)).toEqual(essence(whole.observations));
    const at = 7;
    const before = small.batches.slice(0, at + 1).flatMap(({ observations }) => observations).length;
    const rest = await readAll(hosts, { connect: 'file:a.tlog', messages, batch: 500 }, small.batches[at]!.cursor);
    expect(essence(rest.observations)).toEqual(essence(small.observations.slice(before)));
  });
});

describe('frames that a link reorders by up to 0.3 s', () => {
  it.each([1, 2])('are not lost, and stand within that (seed %i)', async (seed) => {
    const straight = await recorded(sent);
    const { observations } = await recorded(reordered(sent, seed));
    expect(lost(observations)).toBe(0);
    expect(farthest(observations, straight.observations, true)).toBeLessThanOrEqual(350);
  });
});

describe('a fix of a GPS after a silence', () => {
  it('is placed by its own stamp although nothing else has said the time yet', async () => {
    const isFix = ({ bytes }: Sent) => bytes[0] === 0xfd && bytes[7] === 24;
    const first = sent.findIndex((one) => one.at > 70_000 && isFix(one));
    const frames = [...sent.filter(({ at }) => at < 50_000), ...sent.slice(first)];
    const { observations } = await recorded(frames);
    const place = observations.findIndex(({ time }) => time > START + 60_000);
    const fix = observations.slice(place).find(({ type }) => type === 'gps_raw_int')!;
    expect(observations.slice(place).find(({ type }) => type !== 'link')!.type).toBe('gps_raw_int');
    expect(Math.abs(fix.time - START - sent[first]!.at)).toBeLessThan(400);
  });
});
