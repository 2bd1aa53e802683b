import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import mavlink from '../src/index.js';
import { byName } from '../src/wire/dialects.js';
import { described, HEADER, logged, quadFlight, TYPES, type Type } from './dataflash.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

/** 2026-01-05T00:00:00Z by a GPS: the week began a day before, and 18 leap seconds. */
const WEEK = 2_400;
const MIDNIGHT = Date.UTC(2026, 0, 5);
const OF_WEEK = 86_400_000 + 18_000;
const us = (seconds: number) => Math.round(seconds * 1e6);
/** A fix at midnight, a hundred seconds after the boot. */
const FIX = logged(TYPES.GPS, us(100), 0, 3, OF_WEEK, WEEK, 12, 0.8, 47.4, 8.5, 500, 2.2, 63, -0.5);

const messages = [...byName.keys()].filter((name) => name !== 'PARAM_VALUE');

async function read(records: readonly Buffer[], more: object = {}) {
  writeFileSync(join(hosts.directory, 'log.bin'), Buffer.concat([HEADER, ...records]));
  return readAll(hosts, { connect: 'file:log.bin', messages, ...more });
}
const valuesOf = (observations: readonly Observation[], type: string) =>
  observations.filter((one) => one.type === type).map(({ values }) => values);
/** The values of the last observation of a type that these records give. */
async function last(type: string, ...records: readonly Buffer[]) {
  return valuesOf((await read(records)).observations, type).at(-1);
}

describe('the time of an on-board log', () => {
  it('is that of its GPS less leap seconds, also before the first fix', async () => {
    const { observations } = await read([logged(TYPES.MSG, us(90), 'hello'), FIX]);
    const at = (type: string) => observations.find((one) => one.type === type)!.time;
    expect(at('statustext')).toBe(MIDNIGHT - 10_000);
    expect(at('gps_raw_int')).toBe(MIDNIGHT);
  });

  it('begins in 2000 where no GPS was heard', async () => {
    const { observations } = await read([logged(TYPES.MSG, us(90), 'hello')]);
    expect(new Date(observations.at(-1)!.time).toISOString()).toBe('2000-01-01T00:01:30.000Z');
  });

  it('of 2013 counts milliseconds, and a GPS says both its own and that since boot', async () => {
    const gps: Type = {
      type: 150,
      name: 'GPS',
      format: 'BIHBcLLeeEefI',
      columns: 'Status,TimeMS,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs,VZ,T',
    };
    const current: Type = { type: 151, name: 'CURR', format: 'IhhhHfh', columns: 'TimeMS,Throttle,Volt,Curr,Vcc,CurrTot,Volt2' };
    const { observations } = await read([
      described(gps),
      described(current),
      logged(gps, 3, OF_WEEK, WEEK, 9, 1.2, 47, 8, 10, 500, 1.5, 90, 0, 100_000),
      logged(current, 101_000, 500, 1_188, 1_250, 5_000, 42),
    ]);
    const status = observations.find(({ type }) => type === 'sys_status')!;
    expect(status.time).toBe(MIDNIGHT + 1_000);
    expect(status.values).toEqual({ voltage_battery: 11.88, current_battery: 12.5 });
    expect(valuesOf(observations, 'gps_raw_int')[0]).toMatchObject({ alt: 500, vel: 1.5, satellites_visible: 9 });
  });

  it('goes on over a second flight in the same file, which is told as a reboot', async () => {
    const mode = (seconds: number, number: number) => logged(TYPES.MODE, us(seconds), number, number, 1);
    const { observations, batches } = await read([FIX, mode(101, 5), mode(2, 3), mode(2.5, 4), mode(3, 5)]);
    const missing = batches.flatMap((batch) => batch.missing ?? []);
    expect(missing).toEqual([{ key: 'vehicle-1', from: MIDNIGHT + 1_000, to: MIDNIGHT + 1_000, reason: 'vehicle rebooted' }]);
    expect(observations.at(-1)).toMatchObject({ type: 'heartbeat', time: MIDNIGHT + 1_500, values: { custom_mode: 5 } });
  });
});

describe('the vehicle of an on-board log', () => {
  it.each([
    [['ArduCopter V4.5.7 (abc)'], { FRAME_CLASS: 2 }, 13],
    [['ArduCopter V4.5.7 (abc)'], { FRAME_CLASS: 3 }, 14],
    [['APM:Copter V3.4.4 (abc)', 'Frame: TRI'], {}, 15],
    [['ArduCopter V3.2 (abc)'], {}, 2],
    [['ArduPlane V4.5.7 (abc)'], { FRAME_CLASS: 1 }, 1],
    [['ArduRover V4.5.7 (abc)'], {}, 10],
  ])('that says %o with %o is of type %i', async (texts, parameters, type) => {
    const { observations } = await read([
      ...texts.map((text) => logged(TYPES.MSG, us(1), text)),
      ...Object.entries(parameters).map(([name, value]) => logged(TYPES.PARM, us(1), name, value)),
    ]);
    expect(valuesOf(observations, 'heartbeat')[0]).toMatchObject({ type, autopilot: 3, mavlink_version: 3 });
  });

  it('has the key of its system id, or the name that is given', async () => {
    const id = logged(TYPES.PARM, us(1), 'SYSID_THISMAV', 7);
    const keys = async (more: object) => new Set((await read([id, FIX], more)).observations.map(({ key }) => key));
    expect(await keys({})).toEqual(new Set(['vehicle-7']));
    expect(await keys({ vehicles: { 7: 'hexa' } })).toEqual(new Set(['hexa']));
    expect(await keys({ connect: [{ vehicle: 'mine', connect: 'file:log.bin' }] })).toEqual(new Set(['mine']));
  });

  it('says that it is armed and where, as events and arming records do, and every second', async () => {
    const { observations } = await read([quadFlight(4).subarray(HEADER.length)]);
    const states = observations
      .filter(({ type }) => type === 'heartbeat')
      .map(({ time, values }) => [Math.round((time - observations[0]!.time) / 100) / 10, values.base_mode]);
    expect(states).toEqual([
      [0, 1],
      [0.1, 129],
      [1.1, 129],
      [2, 129],
      [3, 129],
      [4, 129],
      [4, 129],
      [4, 1],
    ]);
    expect(valuesOf(observations, 'extended_sys_state').map(({ landed_state }) => landed_state)).toEqual([2, 2, 2, 1, 1]);
    const arm = (seconds: number, state: number) => logged(TYPES.ARM, us(seconds), state);
    const armed = await read([arm(1, 1), arm(2, 0)]);
    expect(valuesOf(armed.observations, 'heartbeat').map(({ base_mode }) => base_mode)).toEqual([1, 129, 129, 1]);
  });

  it('is taken for armed by its throttle where nothing says it', async () => {
    const control = (seconds: number, throttle: number) => logged(TYPES.CTUN, us(seconds), throttle, throttle, 0, 0);
    const { observations } = await read([control(1, 0), control(1.1, 0.3), control(1.2, 0)]);
    expect(valuesOf(observations, 'heartbeat').map(({ base_mode }) => base_mode)).toEqual([1, 129, 1]);
  });
});

describe('records of an on-board log become what the vehicle would have sent', () => {
  it.each<[string, readonly Buffer[], string, object]>([
    [
      'ATT in degrees as ATTITUDE in radians',
      [logged(TYPES.ATT, us(1), 10, 30, -5, -15, 0, 270)],
      'attitude',
      { roll: Math.PI / 6, pitch: -Math.PI / 12, yaw: -Math.PI / 2 },
    ],
    [
      'its wanted angles as the quaternion of ATTITUDE_TARGET',
      [logged(TYPES.ATT, us(1), 90, 0, 0, 0, 0, 0)],
      'attitude_target',
      { q_0: Math.SQRT1_2, q_1: Math.SQRT1_2, q_2: 0, q_3: 0 },
    ],
    [
      'IMU of the first sensor in thousandths of g and of a radian, and its compass',
      [logged(TYPES.MAG, us(1), 0, 200, -50, 500), logged(TYPES.IMU, us(1), 0, 0.5, 0.25, -0.125, 0, 0, -9.80665)],
      'raw_imu',
      { zacc: -1_000, xgyro: 500, ygyro: 250, zgyro: -125, xmag: 200, ymag: -50, zmag: 500 },
    ],
    [
      'IMU of the second in plain units',
      [logged(TYPES.MAG, us(1), 1, 200, -50, 500), logged(TYPES.IMU, us(1), 1, 0.5, 0.25, -0.125, 0, 0, -9.75)],
      'scaled_imu2',
      { zacc: -9.75, xgyro: 0.5, xmag: 0.2, zmag: 0.5 },
    ],
    [
      'BARO in pascals as SCALED_PRESSURE',
      [logged(TYPES.BARO, us(1), 0, 1, 95_000, 21.5)],
      'scaled_pressure',
      { press_abs: 950, temperature: 21.5 },
    ],
    [
      'the second BARO as SCALED_PRESSURE2',
      [logged(TYPES.BARO, us(1), 1, 1, 95_000, 21.5)],
      'scaled_pressure2',
      { press_abs: 950 },
    ],
    [
      'GPS with its accuracy',
      [logged(TYPES.GPA, us(99.9), 0, 1.5, 0.75, 1.25, 0.5), FIX],
      'gps_raw_int',
      {
        fix_type: 3,
        satellites_visible: 12,
        eph: 0.8,
        epv: 1.5,
        lat: 47.4,
        lon: 8.5,
        alt: 500,
        cog: 63,
        h_acc: 0.75,
        v_acc: 1.25,
      },
    ],
    [
      'POS with the velocity of the filter',
      [logged(TYPES.XKF1, us(1), 0, 1, 2, -0.5), logged(TYPES.POS, us(1), 47.4, 8.5, 500, 12.5, 12)],
      'global_position_int',
      { lat: 47.4, lon: 8.5, alt: 500, relative_alt: 12.5, vx: 1, vy: 2, vz: -0.5, time_boot_ms: 1_000 },
    ],
    [
      'CTUN as the height that is wanted and the throttle',
      [logged(TYPES.ATT, us(1), 3, 0, 4, 0, 0, 90), logged(TYPES.CTUN, us(1), 0.5, 0.25, 12.5, 10)],
      'nav_controller_output',
      { nav_roll: 3, nav_pitch: 4, alt_error: 2.5 },
    ],
    ['CTUN as VFR_HUD', [logged(TYPES.CTUN, us(1), 0.5, 0.25, 12.5, 10)], 'vfr_hud', { throttle: 25 }],
    [
      'XKF4 with the flags of its filter',
      [logged(TYPES.XKF4, us(1), 0, 0.1, 0.2, 0.3, 0.4, 0x433f, 0)],
      'ekf_status_report',
      { velocity_variance: 0.1, pos_horiz_variance: 0.2, pos_vert_variance: 0.3, compass_variance: 0.4, flags: 0x33f + 32_768 },
    ],
    [
      'RCOU as SERVO_OUTPUT_RAW',
      [logged(TYPES.RCOU, us(1), 1_100, 1_200, 1_300, 1_400)],
      'servo_output_raw',
      { servo1_raw: 1_100, servo4_raw: 1_400, port: 0 },
    ],
    [
      'ESC by its number',
      [logged(TYPES.ESC, us(1), 5, 4_200, 0, 15.5, 7.25)],
      'esc_telemetry_5_to_8',
      { rpm_1: 4_200, voltage_1: 15.5, current_1: 7.25 },
    ],
    [
      'the home of ORGN',
      [logged(TYPES.ORGN, us(1), 1, 47.4, 8.5, 488)],
      'home_position',
      { latitude: 47.4, longitude: 8.5, altitude: 488 },
    ],
    [
      'a vertex of FNCE',
      [logged(TYPES.FNCE, us(1), 6, 2, 98, 47.4, 8.5, 4, 0)],
      'fence_item',
      { index: 2, count: 6, command: 5_001, param1: 4, latitude: 47.4, longitude: 8.5 },
    ],
    ['a circle of FNCE', [logged(TYPES.FNCE, us(1), 6, 2, 93, 47.4, 8.5, 0, 75)], 'fence_item', { command: 5_004, param1: 75 }],
    ['a parameter of the list', [logged(TYPES.PARM, us(1), 'RTL_ALT', 1_500)], 'setting', { rtl_alt: 15 }],
    ['a breach of the fence', [logged(TYPES.ERR, us(1), 9, 1)], 'fence_status', { breach_status: 1, breach_type: 2 }],
    [
      'a breach that is over',
      [logged(TYPES.ERR, us(1), 9, 2), logged(TYPES.ERR, us(2), 9, 0)],
      'fence_status',
      { breach_status: 0 },
    ],
  ])('%s', async (_, records, type, expected) => {
    const values = (await last(type, ...records))!;
    for (const [name, value] of Object.entries(expected)) expect(values[name], name).toBeCloseTo(value as number, 4);
  });

  it('with cells where they are measured, else with the pack as the first of them', async () => {
    const battery = logged(TYPES.BAT, us(2), 0, 16, 16.2, 20, 1_000, 10, 0, 0.01, 80);
    expect(await last('battery_status', logged(TYPES.BCL, us(1.9), 0, 16, 4_100, 4_050, 0, 65_535), battery)).toEqual({
      id: 0,
      current_battery: 20,
      current_consumed: 1_000,
      energy_consumed: 36_000,
      battery_remaining: 80,
      voltages_0: 4.1,
      voltages_1: 4.05,
    });
    expect(await last('battery_status', battery)).toMatchObject({ voltages_0: 16 });
  });

  it('with the charge that capacity and consumption let count, where the log does not say it', async () => {
    const battery = logged(TYPES.BAT, us(2), 0, 16, 16, 20, 1_000, 10, 0, 0.01, 255);
    expect(await last('sys_status', battery)).toEqual({ voltage_battery: 16, current_battery: 20 });
    expect(await last('sys_status', logged(TYPES.PARM, us(1), 'BATT_CAPACITY', 4_000), battery)).toMatchObject({
      battery_remaining: 75,
    });
  });

  it('without the current of a monitor that never measured one', async () => {
    expect(await last('sys_status', logged(TYPES.BAT, us(2), 0, 16, 16, 0, 0, 0, 0, 0, 100))).toEqual({
      voltage_battery: 16,
      battery_remaining: 100,
    });
  });

  it('without the height that a mode by hand does not want', async () => {
    expect(await last('nav_controller_output', logged(TYPES.CTUN, us(1), 0.5, 0.25, 0, 10))).toBeUndefined();
  });

  it('with clipping of all accelerometers, from the second round on', async () => {
    const vibration = (seconds: number, sensor: number, clips: number) => logged(TYPES.VIBE, us(seconds), sensor, 1, 2, 3, clips);
    const { observations } = await read([vibration(1, 0, 7), vibration(1, 1, 9), vibration(1.1, 0, 8), vibration(1.1, 1, 9)]);
    expect(valuesOf(observations, 'vibration')).toEqual([
      { time_usec: 1_100_000, vibration_x: 1, vibration_y: 2, vibration_z: 3, clipping_0: 8, clipping_1: 9 },
    ]);
  });

  it('with the state of the filter that flies, of those that are logged', async () => {
    const filter = (core: number, compass: number, primary: number) =>
      logged(TYPES.XKF4, us(1), core, 0, 0, 0, compass, 0x33f, primary);
    const { observations } = await read([filter(0, 0.1, 0), filter(1, 0.2, 0), filter(0, 0.3, 1), filter(1, 0.4, 1)]);
    expect(valuesOf(observations, 'ekf_status_report').map(({ compass_variance }) => compass_variance)).toEqual([0.1, 0.4]);
  });

  it('with a remote control that is lost, once the log has spoken of it', async () => {
    const battery = (seconds: number) => logged(TYPES.BAT, us(seconds), 0, 16, 16, 20, 1, 1, 0, 0, 90);
    const radio = (seconds: number, code: number) => logged(TYPES.ERR, us(seconds), 5, code);
    const { observations } = await read([battery(1), radio(2, 1), battery(3), radio(4, 0), battery(5)]);
    const bits = valuesOf(observations, 'sys_status').map((values) => [
      values.onboard_control_sensors_enabled,
      values.onboard_control_sensors_health,
    ]);
    expect(bits).toEqual([
      [undefined, undefined],
      [65_536, 0],
      [65_536, 65_536],
    ]);
  });

  it('as texts: its own, its errors and its events in words, as bad as the autopilot calls them', async () => {
    const { observations } = await read([
      logged(TYPES.MSG, us(1), 'EKF3 IMU0 is using GPS'),
      logged(TYPES.ERR, us(2), 12, 1),
      logged(TYPES.ERR, us(3), 11, 0),
      logged(TYPES.ERR, us(4), 77, 3),
      logged(TYPES.ERR, us(5), 5, 1),
      logged(TYPES.EV, us(6), 62),
      logged(TYPES.EV, us(7), 54),
      logged(TYPES.EV, us(8), 38),
    ]);
    expect(observations.flatMap(({ text, values }) => (text?.text ? [[values.severity, text.text]] : []))).toEqual([
      [undefined, 'EKF3 IMU0 is using GPS'],
      [0, 'crash check: crash'],
      [6, 'GPS: glitch cleared'],
      [3, 'error of subsystem 77: code 3'],
      [4, 'remote control fail-safe: triggered'],
      [6, 'heading of the estimate reset'],
      [2, 'motors stopped in an emergency'],
    ]);
  });
});

describe('what flies', () => {
  const said = async (...records: Buffer[]) => {
    const { observations } = await read([...records, logged(TYPES.MSG, us(9), 'the rest')]);
    return observations.filter(({ type }) => type === 'vehicle').map(({ values, text }) => ({ ...values, ...text }));
  };

  it('is said once, first, in the words of the autopilot', async () => {
    const { observations } = await read([quadFlight(2).subarray(HEADER.length)]);
    expect(observations[0]!.type).toBe('vehicle');
    expect(
      await said(
        logged(TYPES.MSG, us(1), 'ArduPlane V4.4.0 (0123abcd)'),
        logged(TYPES.MSG, us(2), 'ChibiOS: 17a50e3a'),
        logged(TYPES.MSG, us(3), 'CubeOrangePlus 0031001D 3033510A 32343934'),
        logged(TYPES.PARM, us(4), 'AHRS_EKF_TYPE', 11),
      ),
    ).toEqual([
      {
        type: 1,
        firmware: 'ArduPlane V4.4.0 (0123abcd)',
        hardware: 'CubeOrangePlus',
        airframe: 'plane',
        estimator: 'an external one',
        identity: '0031001d3033510a32343934',
      },
    ]);
    expect(
      await said(logged(TYPES.MSG, us(1), 'ArduCopter V4.6.1 (ab)'), logged(TYPES.MSG, us(2), 'Frame: HEXA/X')),
    ).toMatchObject([{ type: 13, hardware: '', airframe: 'hexarotor, frame HEXA/X', estimator: '' }]);
  });
});

describe('what is read of an on-board log', () => {
  it('holds no parameter but those of the list, and no link', async () => {
    const { observations } = await read([quadFlight(2).subarray(HEADER.length)]);
    expect(valuesOf(observations, 'setting')).toEqual([{ batt_capacity: 5_000 }]);
    expect(observations.filter(({ type }) => type === 'link')).toEqual([]);
  });

  it('holds parameters by their names, but none of a simulator', async () => {
    const { observations } = await read([
      logged(TYPES.PARM, us(1), 'RTL_ALT', 1_500),
      logged(TYPES.PARM, us(1), 'SIM_ENGINE_FAIL', 1),
      logged(TYPES.PARM, us(2), 'FS_THR_ENABLE', 0),
      logged(TYPES.PARM, us(2), 'ODD', Number.NaN),
    ]);
    const parameters = observations.filter(({ type }) => type === 'parameter');
    expect(parameters.map(({ text, values }) => [text, values])).toEqual([
      [{ name: 'RTL_ALT' }, { value: 1_500 }],
      [{ name: 'FS_THR_ENABLE' }, { value: 0 }],
    ]);
  });

  it('is what the configuration lists, and the own types', async () => {
    const { observations } = await read([quadFlight(2).subarray(HEADER.length)], { messages: ['VIBRATION'] });
    expect(new Set(observations.map(({ type }) => type))).toEqual(new Set(['vehicle', 'vibration', 'setting', 'parameter']));
  });

  it('is declared with fields that may be absent, unlike what a vehicle sends', () => {
    const fields = (connect: string) => mavlink.emits(mavlink.config.parse({ connect })).sys_status!.fields;
    expect(fields('file:flight.BIN.gz').load!.optional).toBe(true);
    expect(fields('file:flight.tlog').load!.optional).toBeUndefined();
  });
});

describe('a damaged on-board log', () => {
  it('has the date that two fixes agree on, and begins where two records do', async () => {
    const wrong = logged(TYPES.GPS, us(2e6), 0, 3, OF_WEEK, WEEK - 52, 12, 0.8, 47.4, 8.5, 500);
    const second = logged(TYPES.GPS, us(100.2), 0, 3, OF_WEEK + 200, WEEK, 12, 0.8, 47.4, 8.5, 500);
    const { observations } = await read([wrong, FIX, second]);
    expect(observations.at(-1)!.time).toBe(MIDNIGHT + 200);
    expect(observations[0]!.time).toBe(MIDNIGHT);
  });

  it('gives observations with finite numbers and times that never go back, whatever the bytes', async () => {
    const whole = quadFlight(6);
    const random = fc.record({
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 200 }),
      cut: fc.tuple(fc.nat(whole.length), fc.nat(2_000)),
    });
    await fc.assert(
      fc.asyncProperty(random, async ({ flips, cut: [from, length] }) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of flips) bytes[at] = value;
        writeFileSync(
          join(hosts.directory, 'damaged.bin'),
          Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]),
        );
        const { observations, batches } = await readAll(hosts, { connect: 'file:damaged.bin', messages, batch: 300 });
        const times = observations.map(({ time }) => time);
        expect(times.every((time, i) => Number.isFinite(time) && (i === 0 || time >= times[i - 1]!))).toBe(true);
        expect(observations.flatMap(({ values }) => Object.values(values)).every(Number.isFinite)).toBe(true);
        const half = batches.slice(0, (batches.length >> 1) + 1);
        const after = half.reduce((sum, batch) => sum + batch.observations.length, 0);
        const rest = await readAll(hosts, { connect: 'file:damaged.bin', messages, batch: 300 }, half.at(-1)?.cursor ?? null);
        expect(essence(rest.observations)).toEqual(essence(observations.slice(after)));
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
