import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { frame1, frame2, message, record } from './frames.js';
import { metric, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  hosts.dropped.clear();
  hosts.metrics.clear();
});

const T = Date.UTC(2026, 2, 1);
const AUTOPILOT = { type: 2, autopilot: 3, mavlinkVersion: 3 };
const CAMERA = { type: 30, autopilot: 8, mavlinkVersion: 3 };

/** Reads frames that were recorded ten milliseconds apart, or when they say. */
async function read(frames: readonly (Buffer | [number, Buffer])[], more: object = {}, name = 'a.tlog') {
  const records = frames.map((one, i) => (Array.isArray(one) ? record(T + one[0], one[1]) : record(T + i * 10, one)));
  writeFileSync(join(hosts.directory, name), Buffer.concat(records));
  return readAll(hosts, { connect: `file:${name}`, messages: ['SYS_STATUS', 'RADIO_STATUS'], ...more });
}
const status = (volts: number, component = 1, system = 1) =>
  frame2(message('SYS_STATUS', { voltageBattery: volts * 1_000 }), { system, component });
const volts = (observations: Awaited<ReturnType<typeof read>>['observations']) =>
  observations.filter(({ type }) => type === 'sys_status').map(({ key, values }) => [key, values.voltage_battery]);

describe('the vehicle of a system', () => {
  it('is its autopilot: what other components send is counted and not mixed in', async () => {
    const { observations } = await read([
      frame2(message('HEARTBEAT', AUTOPILOT)),
      frame2(message('HEARTBEAT', CAMERA), { component: 100 }),
      status(1),
      status(9, 100),
      status(9, 191),
    ]);
    expect(volts(observations)).toEqual([['vehicle-1', 1]]);
    expect(metric(hosts, 'mavlink_frames_total', { outcome: 'component' })).toBe(3);
  });

  it('is another component that says so, until component 1 does', async () => {
    const { observations } = await read([
      status(9, 5),
      frame2(message('HEARTBEAT', CAMERA), { component: 5 }),
      status(9, 5),
      frame2(message('HEARTBEAT', AUTOPILOT), { component: 5 }),
      status(1, 5),
      status(9, 1),
      frame2(message('HEARTBEAT', AUTOPILOT), { component: 1 }),
      status(2, 1),
      status(9, 5),
    ]);
    expect(volts(observations)).toEqual([
      ['vehicle-1', 1],
      ['vehicle-1', 2],
    ]);
  });

  it('has the name of its connection, and a second one on it that name with its id', async () => {
    writeFileSync(
      join(hosts.directory, 'two.tlog'),
      Buffer.concat([status(1, 1, 7), status(2, 1, 3)].map((one, i) => record(T + i, one))),
    );
    const { observations } = await readAll(hosts, {
      connect: [{ vehicle: 'hexa', connect: 'file:two.tlog' }],
      messages: ['SYS_STATUS'],
    });
    expect(volts(observations)).toEqual([
      ['hexa', 1],
      ['hexa-3', 2],
    ]);
  });

  it('has what the telemetry radio in front of it says, of the older message too', async () => {
    const radio = { system: 51, component: 68 };
    const { observations } = await read([
      frame2(message('RADIO_STATUS', { rssi: 1 }), radio),
      status(1),
      frame2(message('RADIO_STATUS', { rssi: 200, rxerrors: 7 }), radio),
      frame1(message('RADIO', { rssi: 190, noise: 255 }), radio),
    ]);
    const heard = observations.filter(({ type }) => type === 'radio_status');
    expect(heard.map(({ key, values }) => [key, values.rssi, values.rxerrors])).toEqual([
      ['vehicle-1', 200, 7],
      ['vehicle-1', 190, 0],
    ]);
    expect(heard[1].values.noise).toBeUndefined();
  });
});

describe('what a source says itself', () => {
  it('is once a second how many frames came and were lost, of all components of a system, and nothing in a silence', async () => {
    const frames: [number, Buffer][] = [];
    let camera = 0;
    for (let i = 0; i < 300; i++) {
      const at = i < 200 ? i * 10 : 60_000 + i * 10;
      // Every tenth frame is lost.
      if (i % 10 !== 9) frames.push([at, frame2(message('ATTITUDE', { timeBootMs: 1_000 + at }), { sequence: i % 256 })]);
      if (i % 50 === 0) frames.push([at, frame2(message('HEARTBEAT', CAMERA), { component: 100, sequence: camera++ })]);
    }
    const { observations, batches } = await read(frames);
    const links = observations.filter(({ type }) => type === 'link');
    expect(links.map(({ values }) => values)).toEqual([
      // What is missing may be late, for a second.
      { frames: 92, lost: 0 },
      { frames: 92, lost: 19 },
    ]);
    expect(batches.flatMap(({ missing }) => missing ?? [])).toMatchObject([{ key: 'vehicle-1', reason: 'link lost' }]);
    expect(hosts.metrics.get('mavlink_uncountable_gaps_total')).toBe(1);
  });

  it('counts frames with a wrong checksum in front of those of the vehicle', async () => {
    const frames: [number, Buffer][] = Array.from({ length: 30 }, (_, i) => {
      const frame = frame2(message('ATTITUDE', { timeBootMs: 1_000 + i * 100 }), { sequence: i });
      if (i % 5 === 2) frame[11] ^= 1;
      return [i * 100, frame];
    });
    const { observations } = await read(frames);
    const links = observations.filter(({ type }) => type === 'link').map(({ values }) => values);
    expect(links).toEqual([
      { frames: 8, lost: 0, bad_crc: 2 },
      { frames: 8, lost: 2, bad_crc: 2 },
    ]);
    expect(hosts.dropped.get('bad_crc')).toBe(6);
  });

  it('takes frames of messages in no dialect for heard, not for lost', async () => {
    const frames: [number, Buffer][] = Array.from({ length: 30 }, (_, i) => {
      const frame = frame2(message('ATTITUDE', { timeBootMs: 1_000 + i * 100 }), { sequence: i });
      if (i % 5 > 2) frame[9] = 0xee;
      return [i * 100, frame];
    });
    const { observations } = await read(frames);
    const links = observations.filter(({ type }) => type === 'link').map(({ values }) => values);
    expect(links[0]).toEqual({ frames: 6, lost: 0 });
    expect(metric(hosts, 'mavlink_unknown_frames_total', { message: String(0xee001e) })).toBe(12);
  });

  it('is a setting for each parameter that expectations rest on, in plain units, and none of the others', async () => {
    const parameter = (paramId: string, paramValue: number, component = 1) =>
      frame2(message('PARAM_VALUE', { paramId, paramValue }), { component });
    const { observations } = await read([
      parameter('FENCE_RADIUS', 300),
      parameter('SIM_GPS1_ENABLE', 0),
      parameter('RTL_ALT', 1_500),
      parameter('BATT2_CAPACITY', 5_200),
      parameter('WPNAV_SPEED', 1_000),
      parameter('FENCE_ALT_MAX', Number.NaN),
      parameter('FENCE_ALT_MAX', 9, 100),
      parameter('BATT_LOW_VOLT', 14.5),
    ]);
    const settings = observations.filter(({ type }) => type === 'setting');
    expect(settings.map(({ values }) => values)).toEqual([
      { fence_radius: 300 },
      { rtl_alt: 15 },
      { batt2_capacity: 5_200 },
      { batt_low_volt: 14.5 },
    ]);
  });

  it('is every parameter by its name and as the vehicle has it, but for those of simulators', async () => {
    const parameter = (paramId: string, paramValue: number, paramType = 9) =>
      frame2(message('PARAM_VALUE', { paramId, paramValue, paramType }));
    const bytes = new DataView(new ArrayBuffer(4));
    bytes.setInt32(0, 3);
    const { observations } = await read([
      parameter('FENCE_RADIUS', 300),
      parameter('SIM_ENGINE_FAIL', 1),
      parameter('RTL_ALT', 1_500),
      parameter('NOT_A_NUMBER', Number.NaN),
      // ArduPilot sends the value of whole numbers as a float, PX4 their bytes.
      parameter('ARMING_SKIPCHK', -1, 6),
      frame2(message('HEARTBEAT', { type: 2, autopilot: 12 })),
      parameter('GF_ACTION', bytes.getFloat32(0), 6),
      parameter('IMU_GYRO_CUTOFF', 30.5),
    ]);
    const parameters = observations.filter(({ type }) => type === 'parameter');
    expect(parameters.map(({ text, values }) => [text!.name, values.value])).toEqual([
      ['FENCE_RADIUS', 300],
      ['RTL_ALT', 1_500],
      ['ARMING_SKIPCHK', -1],
      ['GF_ACTION', 3],
      ['IMU_GYRO_CUTOFF', 30.5],
    ]);
  });

  it('is a parameter of PX4 also before the vehicle has said what it is', async () => {
    const whole = (paramId: string, value: number) => {
      const bytes = new DataView(new ArrayBuffer(4));
      bytes.setInt32(0, value);
      return frame2(message('PARAM_VALUE', { paramId, paramValue: bytes.getFloat32(0), paramType: 6 }));
    };
    const real = (paramId: string, paramValue: number) => frame2(message('PARAM_VALUE', { paramId, paramValue, paramType: 9 }));
    const { observations } = await read([
      whole('NAV_RCL_ACT', 2),
      whole('GF_ACTION', 3),
      real('GF_MAX_HOR_DIST', 300),
      real('GF_MAX_VER_DIST', 120.5),
      frame2(message('HEARTBEAT', { type: 2, autopilot: 12 })),
      whole('NAV_RCL_ACT', 2),
    ]);
    const said = observations.filter(({ type }) => type === 'parameter');
    expect(said.map(({ text, values }) => [text!.name, values.value])).toEqual([
      ['NAV_RCL_ACT', 2],
      ['GF_ACTION', 3],
      ['GF_MAX_HOR_DIST', 300],
      ['GF_MAX_VER_DIST', 120.5],
      ['NAV_RCL_ACT', 2],
    ]);
    const settings = observations.filter(({ type }) => type === 'setting');
    expect(settings.map(({ values }) => values)).toEqual([
      { fence_enable: 1, fence_type: 3, fence_radius: 300, fence_alt_max: 120.5 },
    ]);
  });

  it('is what flies, in words, when the vehicle has said more of itself', async () => {
    const text = (words: string) => frame2(message('STATUSTEXT', { severity: 6, text: words }));
    const beat = frame2(message('HEARTBEAT', { type: 13, autopilot: 3 }));
    const version = {
      flightSwVersion: 0x04_06_01_ff,
      flightCustomVersion: [...'4f2a1b3c'].map((one) => one.charCodeAt(0)),
      uid2: Array.from({ length: 18 }, (_, i) => i),
    };
    const { observations } = await read([
      beat,
      text('Frame: HEXA/X'),
      beat,
      text('AHRS: EKF3 active'),
      text('EKF2 IMU0 is using GPS'),
      frame2(message('AUTOPILOT_VERSION', version)),
      text('CubeOrange 0031001D 3033510A 32343934'),
      text('ArduCopter V4.6.1 (4f2a1b3c)'),
      frame2(message('PARAM_VALUE', { paramId: 'AHRS_EKF_TYPE', paramValue: 2, paramType: 2 })),
    ]);
    const told = observations.filter(({ type }) => type === 'vehicle');
    const identity = '000102030405060708090a0b0c0d0e0f1011';
    const airframe = 'hexarotor, frame HEXA/X';
    expect(told.map((one) => one.text)).toMatchObject([
      { firmware: 'ArduCopter', airframe: 'hexarotor', estimator: '', identity: '' },
      { firmware: 'ArduCopter', airframe },
      { airframe, estimator: 'EKF3' },
      { firmware: 'ArduCopter 4.6.1 (4f2a1b3c)', identity },
      { hardware: 'CubeOrange', identity },
      { firmware: 'ArduCopter V4.6.1 (4f2a1b3c)', hardware: 'CubeOrange', airframe, estimator: 'EKF3', identity },
      { estimator: 'EKF2' },
    ]);
    expect(told.map(({ values }) => values.type)).toEqual([13, 13, 13, 13, 13, 13, 13]);
    const px4 = await read([
      frame2(message('HEARTBEAT', { type: 2, autopilot: 12 })),
      text('ArduCopter V4.6.1'),
      frame2(message('AUTOPILOT_VERSION', { flightSwVersion: 0x01_0f_04_ff, uid: 0x1234n })),
    ]);
    expect(px4.observations.at(-1)!.text).toMatchObject({ firmware: 'PX4 1.15.4', identity: '3412000000000000' });
  });

  it('is that the fence has no item any more', async () => {
    const { observations } = await read([
      frame2(message('MISSION_COUNT', { count: 0, missionType: 0 })),
      frame2(message('MISSION_COUNT', { count: 0, missionType: 1 })),
    ]);
    expect(observations.map(({ type, values }) => [type, values])).toEqual([['setting', { fence_total: 0 }]]);
  });

  it('is each item of the fence, and none of the mission', async () => {
    const item = (fields: object) =>
      frame2(message('MISSION_ITEM_INT', { command: 5_001, param1: 3, x: 474_000_000, y: 85_000_000, ...fields }));
    const { observations } = await read([
      item({ missionType: 1, seq: 0 }),
      frame2(message('MISSION_COUNT', { count: 9, missionType: 0 })),
      frame2(message('MISSION_COUNT', { count: 3, missionType: 1 })),
      item({ missionType: 0, seq: 1, command: 16 }),
      item({ missionType: 1, seq: 1, command: 5_003, param1: 120 }),
      item({ missionType: 1, seq: 2, command: 16 }),
      item({ missionType: 1, seq: 2, param1: Number.NaN }),
    ]);
    expect(observations.map(({ type, values }) => [type, values])).toEqual([
      ['fence_item', { index: 0, command: 5_001, param1: 3, latitude: 47.4, longitude: 8.5 }],
      ['fence_item', { index: 1, count: 3, command: 5_003, param1: 120, latitude: 47.4, longitude: 8.5 }],
    ]);
  });
});

describe('the vehicles of one recording', () => {
  it('keep together although only one of them knows the time', async () => {
    const day = 86_400_000;
    const frames: [number, Buffer][] = [];
    for (let i = 0; i < 50; i++) {
      const unix = BigInt(T + day + i * 100) * 1_000n;
      frames.push([
        i * 100,
        frame2(message('SYSTEM_TIME', { timeBootMs: 5_000 + i * 100, timeUnixUsec: unix }), { system: 1, sequence: i }),
      ]);
      if (i > 5)
        frames.push([i * 100, frame2(message('ATTITUDE', { timeBootMs: 70_000 + i * 100 }), { system: 2, sequence: i })]);
    }
    const { observations } = await read(frames, { messages: ['ATTITUDE', 'SYSTEM_TIME'] });
    const times = observations.map(({ time }) => time);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1])).toBe(true);
    expect(times.at(-1)).toBe(T + day + 4_900);
  });
});

describe('several recordings', () => {
  const attitudes = (from: number, count: number) =>
    Buffer.concat(
      Array.from({ length: count }, (_, i) =>
        record(T + from + i * 100, frame2(message('ATTITUDE', { timeBootMs: 5_000 + i * 100 }), { sequence: i % 256 })),
      ),
    );

  it('follow each other where they do not overlap, whatever their order in the list, and are one where they are of one vehicle', async () => {
    writeFileSync(join(hosts.directory, 'late.tlog'), attitudes(60_000, 5));
    writeFileSync(join(hosts.directory, 'early.tlog'), attitudes(0, 5));
    const connect = ['late', 'early'].map((name) => ({ vehicle: 'a', connect: `file:${name}.tlog` }));
    const { observations } = await readAll(hosts, { connect, messages: ['ATTITUDE'] });
    expect(observations.map(({ sequence, time }) => [sequence, time - T])).toEqual([
      ...[0, 100, 200, 300, 400].map((time, i) => [i + 1, time]),
      ...[0, 100, 200, 300, 400].map((time, i) => [i + 6, 60_000 + time]),
    ]);
  });

  it('are interleaved where they overlap', async () => {
    writeFileSync(join(hosts.directory, 'a.tlog'), attitudes(0, 300));
    writeFileSync(join(hosts.directory, 'b.tlog'), attitudes(50, 300));
    const connect = ['a', 'b'].map((name) => ({ vehicle: name, connect: `file:${name}.tlog` }));
    const { observations } = await readAll(hosts, { connect, messages: ['ATTITUDE'], batch: 64 });
    const own = observations.filter(({ type }) => type === 'attitude');
    expect(own.map(({ key }) => key).join('')).toBe('ab'.repeat(300));
  });
});
