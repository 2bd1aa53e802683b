// Each limit on flights whose fault was put there: a simulated copter, and the recorded flight of a plane with the fault written into its frames.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { crcOf, crcWith } from '../plugins/source-mavlink/src/wire/crc.js';
import { Bench, ROOT, sharedData } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

interface Topic {
  readonly name: string;
  /** ms since the epoch. */
  readonly time: number;
}

/** Runs the limits over a source. @returns what they said, without what the autopilot says of itself */
async function said(name: string, source: object): Promise<Topic[]> {
  const out = bench.path(`${name}.jsonl`);
  const pipeline = bench.write(`${name}.yaml`, {
    extends: join(ROOT, 'plugins', 'features-uav', 'flight.yaml'),
    name,
    source: { with: source },
    features: { with: { words: false } },
    sinks: { rows: { use: 'file', with: { path: out, write: ['episodes'] } } },
    checkpoint: { store: 'memory' },
  });
  const { code, stderr } = await bench.start(['--pipeline', pipeline, '--log-level', 'warn'], name).exit;
  expect(code, stderr).toBe(0);
  const topics = new Map<string, Topic>();
  for (const line of readFileSync(out, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean)) {
    const { id, topics: all } = JSON.parse(line) as { id: string; topics: Topic[] };
    for (const topic of all) topics.set(`${id} ${topic.name}`, { name: topic.name.replace('limits/', ''), time: topic.time });
  }
  return [...topics.values()];
}

const START = Date.UTC(2026, 2, 1);
const ONSET = 130;
const LASTS = 30;

/** A copter that surveys, with a fault from 130 to 160 s. */
const copter = (fault?: { kind: string; magnitude?: number }) =>
  said(`copter-${fault?.kind ?? 'nominal'}-${Math.round(100 * (fault?.magnitude ?? 0))}`, {
    connect: 'simulator',
    simulator: {
      seed: 7,
      start: '2026-03-01T00:00:00Z',
      realTime: false,
      duration: '200s',
      ready: '20s',
      faultsPerHour: 0,
      faults: fault ? [{ ...fault, at: `${ONSET}s`, duration: `${LASTS}s` }] : [],
    },
  });

const plane = sharedData('uav', 'sitl', 'plane_nom01_auto.tlog.gz');
/** Seconds of the recording: on its circuit at 100 m. */
const [FROM, TO] = [180, 210];
/** Of messages that are changed: CRC_EXTRA, and the length of the whole payload. */
const SHAPES: Readonly<Record<number, readonly [extra: number, length: number]>> = {
  1: [124, 31],
  24: [24, 52],
  27: [144, 29],
  29: [115, 16],
};
type Tamper = (payload: Buffer, message: number) => void;

/** The flight of a plane with a fault in its frames. @returns what is said, and when the fault began */
async function flyPlane(name: string, tamper: Tamper): Promise<{ topics: Topic[]; onset: number }> {
  const log = gunzipSync(readFileSync(plane.path));
  const begin = Number(log.readBigUInt64BE(0)) / 1_000;
  const parts: Buffer[] = [];
  for (let i = 0; i + 16 < log.length; ) {
    const second = log[i + 8] === 0xfd;
    const end = i + 8 + (second ? 12 + log[i + 9]! : 8 + log[i + 9]!);
    const at = Number(log.readBigUInt64BE(i)) / 1_000 - begin;
    const id = second ? log.readUIntLE(i + 15, 3) : -1;
    const shape = SHAPES[id];
    const inFault = second && shape && log[i + 13] === 1 && at >= FROM * 1_000 && at < TO * 1_000;
    parts.push(inFault ? changed(log.subarray(i, end), id, shape, tamper) : log.subarray(i, end));
    i = end;
  }
  const file = bench.write(`${name}.tlog`, Buffer.concat(parts));
  return { topics: await said(name, { connect: `file:${file}` }), onset: begin + FROM * 1_000 };
}

function changed(record: Buffer, id: number, [extra, length]: readonly [number, number], tamper: Tamper): Buffer {
  const head = Buffer.from(record.subarray(0, 18));
  const payload = Buffer.alloc(length);
  record.copy(payload, 0, 18, 18 + record[9]!);
  tamper(payload, id);
  head[9] = length;
  const frame = Buffer.concat([head, payload, Buffer.alloc(2)]);
  frame.writeUInt16LE(crcWith(crcOf(frame, 9, 18 + length), extra), 18 + length);
  return frame;
}

const add = (payload: Buffer, at: number, more: number) => payload.writeInt16LE(payload.readInt16LE(at) + more, at);
let frozen: number | undefined;
/** Limit, the fault of the copter, and what is done to the plane. Milli-g, mrad/s, mG, mm and % as MAVLink has them. */
const FAULTS: readonly (readonly [string, { kind: string; magnitude?: number }, Tamper])[] = [
  ['battery_low', { kind: 'battery_empty', magnitude: 0.82 }, (payload, id) => id === 1 && payload.writeInt8(12, 30)],
  ['battery_empty', { kind: 'battery_empty', magnitude: 0.9 }, (payload, id) => id === 1 && payload.writeInt8(5, 30)],
  ['accel_bias', { kind: 'imu_bias', magnitude: 6 }, (payload, id) => id === 27 && add(payload, 8, 1_500)],
  ['gyro_bias', { kind: 'gyro_bias', magnitude: 12 }, (payload, id) => id === 27 && add(payload, 14, 210)],
  ['gps_weak', { kind: 'gps_weak', magnitude: 12 }, (payload, id) => id === 24 && payload.writeUInt32LE(12_000, 34)],
  [
    'heading_far',
    { kind: 'compass_turned', magnitude: 139 },
    (payload, id) => {
      if (id !== 27) return;
      const [x, y] = [payload.readInt16LE(20), payload.readInt16LE(22)];
      const [cos, sin] = [Math.cos((139 * Math.PI) / 180), Math.sin((139 * Math.PI) / 180)];
      payload.writeInt16LE(Math.round(cos * x + sin * y), 20);
      payload.writeInt16LE(Math.round(cos * y - sin * x), 22);
    },
  ],
  [
    'baro_frozen',
    { kind: 'baro_freeze' },
    (payload, id) => {
      if (id !== 29) return;
      frozen ??= payload.readFloatLE(4);
      payload.writeFloatLE(frozen, 4);
    },
  ],
];

describe('a simulated copter', () => {
  it('raises nothing where nothing is wrong', async () => {
    expect(await copter()).toEqual([]);
  }, 60_000);

  it.each(FAULTS)(
    'has what is wrong named: %s',
    async (limit, fault) => {
      const found = (await copter(fault)).filter(({ name }) => name === limit);
      expect(found.length).toBeGreaterThan(0);
      for (const { time } of found) {
        expect(time).toBeGreaterThan(START + ONSET * 1_000);
        expect(time).toBeLessThan(START + (ONSET + LASTS) * 1_000);
      }
    },
    60_000,
  );
});

describe.skipIf(!plane.present)(`a plane${plane.present ? '' : ` (skipped: ${plane.path} is absent)`}`, () => {
  it('raises nothing where nothing is wrong', async () => {
    const { topics } = await flyPlane('plane-nominal', () => {});
    expect(topics).toEqual([]);
  }, 60_000);

  it.each(FAULTS)(
    'has what is wrong named: %s',
    async (limit, _, tamper) => {
      const { topics, onset } = await flyPlane(`plane-${limit}`, tamper);
      const found = topics.filter(({ name }) => name === limit);
      expect(found.length).toBeGreaterThan(0);
      for (const { time } of found) {
        expect(time).toBeGreaterThan(onset);
        expect(time).toBeLessThan(onset + (TO - FROM + 5) * 1_000);
      }
    },
    60_000,
  );
});
