import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { byName } from '../src/wire/dialects.js';
import { essence, readAll } from './helpers.js';
import { data, definitions, dropout, flags, header, logged, parameter, quadFlight, TOPICS, tagged } from './ulog.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

/** 2026-01-05T00:00:00Z by the GPS of the flight of the tests, a minute after the boot. */
const MIDNIGHT = Date.UTC(2026, 0, 5);
const us = (seconds: number) => Math.round(seconds * 1e6);
const messages = [...byName.keys()].filter((name) => name !== 'PARAM_VALUE');

async function read(bytes: Buffer, more: object = {}, from: string | null = null) {
  writeFileSync(join(hosts.directory, 'log.ulg'), bytes);
  return readAll(hosts, { connect: 'file:log.ulg', messages, ...more }, from);
}
const valuesOf = (observations: readonly Observation[], type: string) =>
  observations.filter((one) => one.type === type).map(({ values }) => values);
/** The values of the last observation of a type that these messages give. */
async function last(type: string, ...parts: readonly Buffer[]) {
  const { observations } = await read(Buffer.concat([definitions(us(60)), ...parts]));
  return valuesOf(observations, type).at(-1);
}
const near = (values: object) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expect.closeTo(value as number, 4)]));

describe('the time of a ULog', () => {
  it('is that of its GPS, and goes on in order whatever topics say of long ago and of far ahead', async () => {
    const { observations } = await read(
      Buffer.concat([
        quadFlight(2),
        data(TOPICS.home, us(3), 47, 8, 400, 1, 1),
        data(TOPICS.home, us(1_000), 47, 8, 401, 1, 1),
        data(TOPICS.home, us(62.5), 47, 8, 402, 1, 1),
      ]),
    );
    const times = observations.map(({ time }) => time);
    expect(times[0]).toBe(MIDNIGHT);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1]!)).toBe(true);
    const homes = observations.filter(({ type }) => type === 'home_position').slice(-3);
    expect(homes.map(({ time }) => time - MIDNIGHT)).toEqual([2_000, 2_000, 2_500]);
  });

  it('begins in 2000 where no GPS was heard, and is the machine of a simulator where the log counts so', async () => {
    const first = async (start: number) => {
      const { observations } = await read(Buffer.concat([definitions(start), logged(6, start, 'hello')]));
      const said = observations.find(({ type }) => type === 'statustext')!;
      return new Date(said.time).toISOString();
    };
    expect(await first(us(90))).toBe('2000-01-01T00:01:30.000Z');
    expect(await first(MIDNIGHT * 1_000)).toBe('2026-01-05T00:00:00.000Z');
  });
});

describe('topics of a ULog become what the vehicle would have sent', () => {
  it('as its state: arming, mode, fail-safe, landing, kind', async () => {
    expect(await last('heartbeat', data(TOPICS.status, us(61), 2, 5, 13, 1), data(TOPICS.land, us(61), 0))).toEqual({
      custom_mode: 4 * 65_536 + 5 * 16_777_216,
      type: 13,
      autopilot: 12,
      base_mode: 129,
      system_status: 5,
      mavlink_version: 3,
    });
    expect(await last('extended_sys_state', data(TOPICS.land, us(61), 0))).toEqual({ vtol_state: 0, landed_state: 2 });
  });

  it('as what flies, in words', async () => {
    const { observations } = await read(quadFlight(1));
    const [first] = observations;
    expect(first).toMatchObject({
      key: 'vehicle-7',
      type: 'vehicle',
      text: { firmware: 'PX4 1.14.3', hardware: 'PX4_FMU_V6X', airframe: 'quadrotor, airframe 4001', estimator: 'EKF2' },
    });
  });

  it('as settings: the pack and the fence', async () => {
    expect(valuesOf((await read(quadFlight(1))).observations, 'setting')).toEqual([
      { batt_capacity: 5_000 },
      { fence_enable: 1, fence_type: 2, fence_radius: 150, fence_alt_max: 0 },
    ]);
    const off = await last('setting', ...['GF_ACTION', 'GF_MAX_HOR_DIST', 'GF_MAX_VER_DIST'].map((name) => parameter(name, 0)));
    expect(off).toMatchObject({ fence_enable: 0, fence_type: 0 });
  });

  it('as parameters, those at the beginning and those that were changed', async () => {
    const { observations } = await read(
      Buffer.concat([quadFlight(1), parameter('COM_LOW_BAT_ACT', 3), parameter('COM_LOW_BAT_ACT', 0)]),
    );
    const named = observations.filter(({ type, text }) => type === 'parameter' && text!.name === 'COM_LOW_BAT_ACT');
    expect(named.map(({ values }) => values.value)).toEqual([3, 0]);
    const first = observations.find(({ type, text }) => type === 'parameter' && text!.name === 'BAT1_CAPACITY');
    expect(first?.values).toEqual({ value: 5_000 });
  });

  it('as attitude and what is wanted of it', async () => {
    const [half, s] = [Math.cos(0.1), Math.sin(0.1)];
    const found = await last(
      'attitude',
      data(TOPICS.rates, us(61), [0.1, 0.2, 0.3]),
      data(TOPICS.attitude, us(61), [half, 0, s, 0]),
    );
    expect(found).toEqual(
      near({ time_boot_ms: 61_000, roll: 0, pitch: 0.2, yaw: 0, rollspeed: 0.1, pitchspeed: 0.2, yawspeed: 0.3 }),
    );
    expect(await last('attitude_target', data(TOPICS.wanted, us(61), [half, 0, s, 0], [0, 0, -0.4]))).toEqual(
      near({ time_boot_ms: 61_000, q_0: half, q_1: 0, q_2: s, q_3: 0, thrust: 0.4 }),
    );
    expect(await last('attitude_target', data(TOPICS.wanted, us(61)))).toBeUndefined();
  });

  it('as position, above home where that was said', async () => {
    const parts = [data(TOPICS.local, us(61), 1, 2, -12, 3, 4, -0.5), data(TOPICS.global, us(61), 47.4, 8.5, 500)];
    const moving = { time_boot_ms: 61_000, lat: 47.4, lon: 8.5, alt: 500, vx: 3, vy: 4, vz: -0.5 };
    expect(await last('global_position_int', ...parts)).toEqual({ ...moving, relative_alt: 12 });
    const home = data(TOPICS.home, us(60.5), 47.4, 8.5, 490, 1, 1);
    expect(await last('global_position_int', home, ...parts)).toEqual({ ...moving, relative_alt: 10 });
    expect(await last('local_position_ned', ...parts)).toEqual({
      time_boot_ms: 61_000,
      x: 1,
      y: 2,
      z: -12,
      vx: 3,
      vy: 4,
      vz: -0.5,
    });
    expect(await last('home_position', home)).toEqual({ latitude: 47.4, longitude: 8.5, altitude: 490 });
  });

  it('as the estimator that flies', async () => {
    const both = [data(TOPICS.estimator, us(61), 0.1, 0.2, 0.3, 0.4, 831), data(TOPICS.second, us(61), 0.5, 0.6, 0.7, 0.8, 1)];
    const ratios = (values: Record<string, number> | undefined) => [
      values!.vel_ratio,
      values!.pos_horiz_ratio,
      values!.pos_vert_ratio,
      values!.mag_ratio,
      values!.flags,
    ];
    expect(ratios(await last('estimator_status', ...both))).toEqual(
      [0.1, 0.2, 0.3, 0.4, 831].map((value) => expect.closeTo(value, 5)),
    );
    expect(ratios(await last('estimator_status', data(TOPICS.selector, us(60.5), 1), ...both))).toEqual(
      [0.5, 0.6, 0.7, 0.8, 1].map((value) => expect.closeTo(value, 5)),
    );
  });

  it('as sensors: the first one in thousandths, others in plain units', async () => {
    const field = data(TOPICS.magnet, us(61), [0.2, 0.05, 0.5]);
    expect(await last('raw_imu', field, data(TOPICS.combined, us(61), [0.01, 0.02, 0.03], [0, 0, -9.80665]))).toEqual(
      near({ time_usec: 61e6, xacc: 0, yacc: 0, zacc: -1_000, xgyro: 10, ygyro: 20, zgyro: 30, xmag: 200, ymag: 50, zmag: 500 }),
    );
    expect(await last('scaled_imu2', data(TOPICS.imu, us(61), [2e-5, 0, 0], [0, 0, -0.049], 5_000, 5_000))).toEqual(
      near({ time_boot_ms: 61_000, xacc: 0, yacc: 0, zacc: -9.8, xgyro: 0.004, ygyro: 0, zgyro: 0 }),
    );
    expect(await last('vibration', data(TOPICS.shaken, us(61), [1, 2, 3], 0.25, 4, 0.5))).toEqual({
      time_usec: 61e6,
      vibration_x: 0.5,
      vibration_y: 0.25,
      vibration_z: 4,
      clipping_0: 6,
    });
    expect(await last('scaled_pressure', data(TOPICS.air, us(61), 95_000, 21))).toEqual({
      time_boot_ms: 61_000,
      press_abs: 950,
      temperature: 21,
    });
    expect(
      await last('gps_raw_int', data(TOPICS.gps, us(61), 47.4, 8.5, 500, 1, 0.75, 0.5, 0.25, 2, -Math.PI / 2, 3, 12)),
    ).toEqual(
      near({
        time_usec: 61e6,
        fix_type: 3,
        satellites_visible: 12,
        eph: 0.75,
        lat: 47.4,
        lon: 8.5,
        alt: 500,
        vel: 2,
        cog: 270,
        h_acc: 0.5,
        vel_acc: 0.25,
      }),
    );
    expect(await last('wind_cov', data(TOPICS.wind, us(61), 3, -4))).toEqual({ time_usec: 61e6, wind_x: 3, wind_y: -4 });
    expect(await last('vfr_hud', data(TOPICS.local, us(61), 0, 0, -9, 3, 4, -1), data(TOPICS.airspeed, us(61), 11, 12))).toEqual({
      airspeed: 12,
      groundspeed: 5,
      climb: 1,
    });
  });

  it('as power and outputs', async () => {
    expect(await last('battery_status', data(TOPICS.battery, us(61), 16, 20, 100, 0.5, 1, [4, 4, 4, 4]))).toEqual({
      id: 0,
      current_consumed: 100,
      current_battery: 20,
      battery_remaining: 50,
      voltages_0: 4,
      voltages_1: 4,
      voltages_2: 4,
      voltages_3: 4,
    });
    expect(await last('sys_status', data(TOPICS.battery, us(61), 16, 0, 0, -1, 1))).toEqual({ voltage_battery: 16 });
    expect(await last('sys_status', data(TOPICS.battery, us(61), 16, 20, 100, 0.5, 0))).toBeUndefined();
    const motors = data(TOPICS.motors, us(61), [0.5, 0.25, 0, 1, ...new Array(8).fill(Number.NaN)]);
    expect(await last('servo_output_raw', motors)).toEqual({
      time_usec: 61e6,
      port: 0,
      servo1_raw: 1_500,
      servo2_raw: 1_250,
      servo3_raw: 1_000,
      servo4_raw: 2_000,
    });
    expect(await last('servo_output_raw', data(TOPICS.outputs, us(61), 4, [1_100, 1_200, 0, 900]))).toEqual({
      time_usec: 61e6,
      port: 0,
      servo1_raw: 1_100,
      servo2_raw: 1_200,
      servo4_raw: 900,
    });
    const lost = [data(TOPICS.remote, us(61), 2, 1, [1_500, 1_600]), data(TOPICS.battery, us(61), 16, 20, 1, 0.5, 1)];
    expect(await last('sys_status', ...lost)).not.toHaveProperty('onboard_control_sensors_health');
    expect(await last('sys_status', data(TOPICS.remote, us(60.5), 2, 0, [1_500, 1_600]), ...lost)).toMatchObject({
      onboard_control_sensors_present: 65_536,
      onboard_control_sensors_health: 0,
    });
    expect(await last('rc_channels', lost[0]!)).toEqual({ time_boot_ms: 61_000, chan1_raw: 1_500, chan2_raw: 1_600 });
  });

  it('as texts with their levels, without the colours of a terminal', async () => {
    const { observations } = await read(
      Buffer.concat([
        definitions(us(60)),
        logged(2, us(61), '[commander] \u001b[31mFailsafe\u001b[0m activated\t'),
        tagged(4, 3, us(62), 'GPS fix lost'),
        message9('x'.repeat(60_000)),
      ]),
    );
    const said = observations.filter(({ type }) => type === 'statustext');
    expect(said.map(({ values, text }) => [values.severity, text!.text])).toEqual([
      [2, '[commander] Failsafe activated'],
      [4, 'GPS fix lost'],
      [undefined, 'x'.repeat(255)],
    ]);
  });
});
/** A text of a level that is none. */
const message9 = (text: string) => logged(9, us(63), text);

describe('what a ULog lacks', () => {
  it('is told: what the recorder dropped, a log that ends in a message, formats that make no sense', async () => {
    const { batches } = await read(Buffer.concat([quadFlight(1), dropout(120), logged(6, us(62), 'on')]));
    expect(batches.flatMap(({ missing }) => missing ?? [])).toMatchObject([{ key: 'vehicle-7', reason: 'log dropout' }]);
    const [{ from, to } = { from: 0, to: 0 }] = batches.flatMap(({ missing }) => missing ?? []);
    expect(to - from).toBe(120);
  });

  it.each([
    ['px4.bin', () => quadFlight(1), 'its name should end in .ulg'],
    ['text.ulg', () => Buffer.from('# a text that is long enough to be looked at\n'.repeat(40)), 'seems to be a text'],
    ['flags.ulg', () => Buffer.concat([header(0), flags([], 2), quadFlight(1).subarray(16)]), 'needs a newer reader'],
  ])('%s is refused for what it is', async (name, bytes, why) => {
    writeFileSync(join(hosts.directory, name), bytes());
    await expect(readAll(hosts, { connect: `file:${name}` })).rejects.toThrow(why);
  });

  it('does not keep it from finite numbers and times that never go back, whatever the bytes, also after a restart', async () => {
    const whole = quadFlight(5);
    const random = fc.record({
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 200 }),
      cut: fc.tuple(fc.nat(whole.length), fc.nat(2_000)),
    });
    await fc.assert(
      fc.asyncProperty(random, async ({ flips, cut: [from, length] }) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of flips) if (at >= 64) bytes[at] = value;
        const start = Math.max(64, from);
        const damaged = Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
        const { observations, batches } = await read(damaged, { batch: 300 });
        const times = observations.map(({ time }) => time);
        expect(times.every((time, i) => Number.isFinite(time) && (i === 0 || time >= times[i - 1]!))).toBe(true);
        expect(observations.flatMap(({ values }) => Object.values(values)).every(Number.isFinite)).toBe(true);
        const half = batches.slice(0, (batches.length >> 1) + 1);
        const after = half.reduce((sum, batch) => sum + batch.observations.length, 0);
        const cursor = half.at(-1)?.cursor ?? null;
        const rest = await read(damaged, { batch: 300 }, cursor);
        expect(essence(rest.observations)).toEqual(essence(observations.slice(cursor === null ? 0 : after)));
      }),
      { numRuns: 25, seed: 11 },
    );
  });
});
