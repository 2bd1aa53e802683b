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
  readonly reason: string;
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
    for (const topic of all) topics.set(`${id} ${topic.name}`, { ...topic, name: topic.name.replace('limits/', '') });
  }
  return [...topics.values()];
}

const START = Date.UTC(2026, 2, 1);
const ONSET = 130;
const LASTS = 30;

interface Fault {
  readonly kind: string;
  readonly magnitude?: number;
  /** Seconds; absent: 30. */
  readonly lasts?: number;
}

/** A copter that surveys, with a fault from 130 s on. */
const copter = (fault?: Fault) =>
  said(`copter-${fault?.kind ?? 'nominal'}-${Math.round(100 * (fault?.magnitude ?? 0))}`, {
    connect: 'simulator',
    simulator: {
      seed: 7,
      start: '2026-03-01T00:00:00Z',
      realTime: false,
      duration: `${ONSET + (fault?.lasts ?? LASTS) + 40}s`,
      ready: '20s',
      faultsPerHour: 0,
      faults: fault
        ? [{ kind: fault.kind, magnitude: fault.magnitude, at: `${ONSET}s`, duration: `${fault.lasts ?? LASTS}s` }]
        : [],
    },
  });

interface Recorded {
  readonly path: string;
  readonly present: boolean;
  /** MAVLink system id. */
  readonly system: number;
}

const plane: Recorded = { ...sharedData('uav', 'sitl', 'plane_nom01_auto.tlog.gz'), system: 1 };
/** Another copter: its motors sit in a +, and it surveys in 4 m/s of wind. */
const survey: Recorded = { ...sharedData('uav', 'sitl', 'nom02_auto_survey_wind4.tlog.gz'), system: 1 };
/** A real one, with the noise of its sensors and a receiver that claims 1 m. */
const real: Recorded = { ...sharedData('uav', 'brunoolivieri_20211202-132614.tlog.gz'), system: 10 };
/** Seconds of the recordings: on its circuit at 100 m, the copters on their lanes. */
const FROM = 180;
/** Of messages that are changed: CRC_EXTRA, and the length of the whole payload. */
const SHAPES: Readonly<Record<number, readonly [extra: number, length: number]>> = {
  1: [124, 31],
  24: [24, 52],
  27: [144, 29],
  29: [115, 16],
  33: [104, 28],
  36: [222, 37],
  74: [20, 20],
};
/** @param seconds since the fault began */
type Tamper = (payload: Buffer, message: number, seconds: number) => void;

/** A recorded flight with a fault in its frames. @returns what is said, and when the fault began */
async function fly(
  name: string,
  tamper: Tamper,
  lasts = LASTS,
  { path, system } = plane,
): Promise<{ topics: Topic[]; onset: number }> {
  const log = gunzipSync(readFileSync(path));
  const begin = Number(log.readBigUInt64BE(0)) / 1_000;
  const parts: Buffer[] = [];
  let shift = 0;
  for (let i = 0; i + 16 < log.length; ) {
    const second = log[i + 8] === 0xfd;
    const end = i + 8 + (second ? 12 + log[i + 9]! : 8 + log[i + 9]!);
    const at = Number(log.readBigUInt64BE(i)) / 1_000 - begin;
    const id = second ? log.readUIntLE(i + 15, 3) : -1;
    const shape = SHAPES[id];
    const inFault = second && shape && log[i + 13] === system && at >= FROM * 1_000 && at < (FROM + lasts) * 1_000;
    // The clock of a ground station may be days off: rows then have that of the satellites.
    const unix = id === 2 && log[i + 13] === system ? Number(log.readBigUInt64LE(i + 18)) / 1_000 : 0;
    if (shift === 0 && unix > 0) shift = unix - begin - at;
    const since = at / 1_000 - FROM;
    parts.push(
      inFault
        ? changed(log.subarray(i, end), id, shape, (payload, message) => tamper(payload, message, since))
        : log.subarray(i, end),
    );
    i = end;
  }
  const file = bench.write(`${name}.tlog`, Buffer.concat(parts));
  return {
    topics: await said(name, { connect: `file:${file}` }),
    onset: begin + FROM * 1_000 + (Math.abs(shift) > 60_000 ? shift : 0),
  };
}

function changed(
  record: Buffer,
  id: number,
  [extra, length]: readonly [number, number],
  tamper: (payload: Buffer, message: number) => void,
): Buffer {
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
const FAULTS: readonly (readonly [string, Fault, Tamper])[] = [
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
  ['baro_drift', { kind: 'baro_drift', magnitude: 1 }, (payload, id, seconds) => sink(payload, id, seconds)],
  [
    'gps_drift',
    { kind: 'gps_drift', magnitude: 0.5, lasts: 60 },
    // Northwards, in 1e-7°, while the speed that it measures stays what it is.
    (payload, id, seconds) =>
      id === 24 && payload.writeInt32LE(Math.round(payload.readInt32LE(8) + (0.5 * seconds) / 0.0111319), 8),
  ],
];

/** The vehicle keeps the height by a barometer that rises by 1 m/s: it sinks, which GPS and vertical speed say; m, cm/s, mm. */
function sink(payload: Buffer, id: number, seconds: number): void {
  if (id === 24) payload.writeInt32LE(Math.round(payload.readInt32LE(16) - 1_000 * seconds), 16);
  if (id === 33) add(payload, 24, 100);
}

/** All heights fall by 3 m/s at full throttle. 1 hPa are some 9 m there. */
function falling(payload: Buffer, id: number, seconds: number): void {
  const down = 3 * seconds;
  if (id === 24) payload.writeInt32LE(Math.round(payload.readInt32LE(16) - 1_000 * down), 16);
  if (id === 29) payload.writeFloatLE(payload.readFloatLE(4) + down / 9, 4);
  if (id === 33) {
    payload.writeInt32LE(Math.round(payload.readInt32LE(16) - 1_000 * down), 16);
    add(payload, 24, 300);
  }
}

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
        expect(time).toBeLessThan(START + (ONSET + (fault.lasts ?? LASTS)) * 1_000);
      }
    },
    60_000,
  );
});

describe.skipIf(!plane.present)(`a plane${plane.present ? '' : ` (skipped: ${plane.path} is absent)`}`, () => {
  it('raises nothing where nothing is wrong', async () => {
    const { topics } = await fly('plane-nominal', () => {});
    expect(topics).toEqual([]);
  }, 60_000);

  it.each(FAULTS)(
    'has what is wrong named: %s',
    async (limit, { lasts = LASTS }, tamper) => {
      const { topics, onset } = await fly(`plane-${limit}`, tamper, lasts);
      const found = topics.filter(({ name }) => name === limit);
      expect(found.length).toBeGreaterThan(0);
      for (const { time } of found) {
        expect(time).toBeGreaterThan(onset);
        expect(time).toBeLessThan(onset + (lasts + 5) * 1_000);
      }
    },
    60_000,
  );

  it('has a propeller named that gives too little, and neither a glide nor a dive', async () => {
    const throttle = (percent: number) => (payload: Buffer, id: number, seconds: number) => {
      if (id === 74) payload.writeUInt16LE(percent, 18);
      falling(payload, id, seconds);
    };
    const { topics, onset } = await fly('plane-propulsion', throttle(100), 20);
    const [first] = topics.filter(({ name }) => name === 'propulsion');
    expect(first!.time).toBeGreaterThan(onset);
    expect(first!.time).toBeLessThan(onset + 15_000);
    expect((await fly('plane-glide', throttle(0), 20)).topics.map(({ name }) => name)).not.toContain('propulsion');
  }, 60_000);
});

describe('a motor that grows weak slowly', () => {
  it('is named on a copter in X, which then makes up for a third of it', async () => {
    const found = (await copter({ kind: 'motor_fade', magnitude: 0.35, lasts: 150 })).filter(({ name }) => name === 'motor_weak');
    expect(found).toHaveLength(1);
    expect(found[0]!.time).toBeGreaterThan(START + ONSET * 1_000);
    expect(found[0]!.time).toBeLessThan(START + (ONSET + 150) * 1_000);
  }, 60_000);

  it.skipIf(!survey.present)(
    `is named on a copter in +${survey.present ? '' : ` (skipped: ${survey.path} is absent)`}`,
    async () => {
      // The third of four: 35 % more in the end, as its frames say.
      const fade: Tamper = (payload, id, seconds) => {
        if (id !== 36) return;
        payload.writeUInt16LE(Math.round(1_000 + (payload.readUInt16LE(8) - 1_000) * (1 + (0.35 * seconds) / 150)), 8);
      };
      const { topics, onset } = await fly('survey-fade', fade, 150, survey);
      const found = topics.filter(({ name }) => name === 'motor_weak');
      expect(found).toHaveLength(1);
      expect(found[0]!.time).toBeGreaterThan(onset);
      expect(found[0]!.time).toBeLessThan(onset + 150_000);
      expect(found[0]!.reason).toMatch(/number 3 /);
    },
    60_000,
  );
});

const move = (payload: Buffer, at: number, by: number) => payload.writeInt32LE(Math.round(payload.readInt32LE(at) + by), at);
/** Which of three heights is at fault, by what moves: 1 m/s of one of them, or half of that of two. */
const HEIGHTS: readonly (readonly [string, Tamper])[] = [
  ['baro_drift', sink],
  ['gps_height', (payload, id, seconds) => id === 24 && move(payload, 16, 1_000 * seconds)],
  ['height_estimate_off', (payload, id, seconds) => id === 33 && move(payload, 16, 1_000 * seconds)],
  [
    'heights_apart',
    (payload, id, seconds) => {
      if (id === 24) move(payload, 16, 500 * seconds);
      if (id === 29) payload.writeFloatLE(payload.readFloatLE(4) + (0.5 * seconds) / 8.8, 4);
    },
  ],
];
const HEIGHT_LIMITS = new Set(HEIGHTS.map(([limit]) => limit));

describe.each([
  ['a plane', plane],
  ['a copter in +', survey],
  ['a real copter', real],
] as const)('%s whose heights part', (name, flight) => {
  it.skipIf(!flight.present).each(HEIGHTS)(
    `has the one at fault named: %s${flight.present ? '' : ` (skipped: ${flight.path} is absent)`}`,
    async (limit, tamper) => {
      const { topics, onset } = await fly(`${name.replaceAll(' ', '-').replace('+', 'plus')}-${limit}`, tamper, LASTS, flight);
      const first = topics.filter(({ name }) => HEIGHT_LIMITS.has(name)).sort((a, b) => a.time - b.time)[0];
      expect(first?.name).toBe(limit);
      expect(first!.time).toBeGreaterThan(onset);
      expect(first!.time).toBeLessThan(onset + LASTS * 1_000);
    },
    60_000,
  );
});

describe.skipIf(!real.present)(`a real copter${real.present ? '' : ` (skipped: ${real.path} is absent)`}`, () => {
  it('has a slow drag of its position named', async () => {
    const drag: Tamper = (payload, id, seconds) => id === 24 && move(payload, 8, (0.5 * seconds) / 0.0111319);
    const { topics, onset } = await fly('real-drag', drag, 60, real);
    const [first] = topics.filter(({ name }) => name === 'gps_drift');
    expect(first!.time - onset).toBeGreaterThan(0);
    expect(first!.time - onset).toBeLessThan(40_000);
  }, 60_000);
});
