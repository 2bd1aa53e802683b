// Parameters of a vehicle: what is dangerous, what was changed in flight, and what is compared.

import type { Observation } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { dispose, flight, observe, run } from './telemetry.js';

afterAll(dispose);

type Values = Readonly<Record<string, number>>;
const said = (second: number, name: string, value: number): Observation => ({
  ...observe('parameter', second * 1_000, { value }),
  text: { name },
});
const all = (values: Values, second = 1) => Object.entries(values).map(([name, value]) => said(second, name, value));

/** A flight of 40 s, in the air from 10 s on, with what was said of parameters. */
function flown(parameters: readonly Observation[], autopilot = 3, type = 2) {
  const running = run();
  const own = flight(40, (message, _, values) => (message === 'heartbeat' ? { ...values, autopilot, type } : values));
  running.feed([...own, ...parameters].sort((a, b) => a.time - b.time));
  running.end();
  const remarks = plugin.remarks!(running.config, running.state);
  return { remarks, words: running.words.filter(({ name }) => name.startsWith('parameter')) };
}
const dangers = (values: Values, autopilot?: number, type?: number) =>
  flown(all(values), autopilot, type).remarks.filter(({ severity, describes }) => severity === 'warning' && describes);
const [ARDUPILOT, PX4] = [3, 12];
const [PLANE, ROVER] = [1, 10];

const SAFE: Values = {
  FS_THR_ENABLE: 1,
  FS_GCS_ENABLE: 0,
  FS_EKF_ACTION: 1,
  FS_CRASH_CHECK: 1,
  ARMING_CHECK: 1,
  BATT_MONITOR: 4,
  BATT_FS_LOW_ACT: 2,
  BATT_FS_CRT_ACT: 0,
  BATT_CAPACITY: 5_000,
  FENCE_ENABLE: 1,
  FENCE_ACTION: 1,
  INS_GYRO_FILTER: 20,
  SCHED_LOOP_RATE: 400,
  INS_HNTCH_ENABLE: 1,
  INS_HNTCH_FREQ: 80,
  INS_HNTCH_BW: 40,
};

describe('what is dangerous of parameters', () => {
  it('is nothing of what is usual, and nothing that was not said', () => {
    expect(dangers(SAFE)).toEqual([]);
    expect(dangers({})).toEqual([]);
  });

  it.each([
    ['FS_THR_ENABLE is 0', { FS_THR_ENABLE: 0 }],
    ['FS_EKF_ACTION is 0', { FS_EKF_ACTION: 0 }],
    ['FS_CRASH_CHECK is 0', { FS_CRASH_CHECK: 0 }],
    ['ARMING_CHECK is 0', { ARMING_CHECK: 0 }],
    ['ARMING_SKIPCHK is -1', { ARMING_SKIPCHK: -1 }],
    ['BATT_FS_LOW_ACT and BATT_FS_CRT_ACT are 0', { BATT_FS_LOW_ACT: 0 }],
    ['FENCE_ENABLE is 1 and FENCE_ACTION 0', { FENCE_ACTION: 0 }],
    ['INS_GYRO_FILTER is 0', { INS_GYRO_FILTER: 0 }],
    ['INS_GYRO_FILTER is 256 Hz, above half of SCHED_LOOP_RATE (400 Hz)', { INS_GYRO_FILTER: 256 }],
    ['INS_HNTCH_BW (100 Hz) is above INS_HNTCH_FREQ (80 Hz)', { INS_HNTCH_BW: 100 }],
    ['BATT_CAPACITY is 200 mAh and 247 mAh were drawn', { BATT_CAPACITY: 200 }],
  ])('of a copter of ArduPilot: %s, with the page that says so', (text, change) => {
    const found = dangers({ ...SAFE, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]!.text).toContain(text);
    expect(found[0]!.text).toMatch(/ \(https:\/\/ardupilot\.org\/\S+\)$/);
  });

  it.each([
    ['NAV_RCL_ACT is 0', { NAV_RCL_ACT: 0 }],
    ['COM_RC_IN_MODE is 4 (no remote control) and NAV_DLL_ACT 0', { COM_RC_IN_MODE: 4, NAV_DLL_ACT: 0 }],
    ['COM_LOW_BAT_ACT is 0', { COM_LOW_BAT_ACT: 0 }],
    ['GF_ACTION is 1 and the fence has limits: a breach is only reported', { GF_ACTION: 1, GF_MAX_HOR_DIST: 100 }],
    ['SYS_FAILURE_EN is 1', { SYS_FAILURE_EN: 1 }],
    ['IMU_GYRO_CUTOFF is 250 Hz, above half of IMU_GYRO_RATEMAX (400 Hz)', { IMU_GYRO_CUTOFF: 250, IMU_GYRO_RATEMAX: 400 }],
  ])('of PX4: %s, and of no ArduPilot', (text, values) => {
    const found = dangers(values, PX4);
    expect(found).toMatchObject([{ text: expect.stringContaining(text) }]);
    expect(found[0]!.text).toMatch(/ \(https:\/\/docs\.px4\.io\/\S+\)$/);
    expect(dangers(values, ARDUPILOT)).toEqual([]);
  });

  it('of a plane and of a rover is its own fail-safe', () => {
    expect(dangers({ THR_FAILSAFE: 0, FS_THR_ENABLE: 0, FS_ACTION: 0 }, ARDUPILOT, PLANE)).toMatchObject([
      { text: expect.stringContaining('THR_FAILSAFE is 0') },
    ]);
    expect(dangers({ THR_FAILSAFE: 0, FS_THR_ENABLE: 0, FS_ACTION: 0 }, ARDUPILOT, ROVER)).toMatchObject([
      { text: expect.stringContaining('FS_ACTION is 0') },
    ]);
  });
});

describe('a parameter that is changed in flight', () => {
  it('is told with its old and its new value, as a warning where it becomes dangerous by that', () => {
    const { words, remarks } = flown([
      ...all({ ...SAFE, WPNAV_SPEED: 500, ATC_ANG_RLL_P: 4.5 }),
      said(20, 'WPNAV_SPEED', 800),
      said(21, 'FENCE_ACTION', 0),
      said(22, 'ATC_ANG_RLL_P', Math.fround(4.6)),
    ]);
    expect(words).toMatchObject([
      { name: 'parameter WPNAV_SPEED', severity: 'info', reason: 'WPNAV_SPEED was changed in flight, 500 → 800' },
      {
        name: 'parameter FENCE_ACTION',
        severity: 'warning',
        reason: 'FENCE_ACTION was changed in flight, 1 → 0: FENCE_ENABLE is 1 and FENCE_ACTION 0: a breach is only reported',
      },
      { severity: 'info', reason: 'ATC_ANG_RLL_P was changed in flight, 4.5 → 4.6' },
    ]);
    expect(remarks.map(({ text }) => text).find((text) => text.includes('were changed'))).toMatch(
      /^3 parameters were changed in flight: WPNAV_SPEED 500 → 800 at \d+\.\d s, FENCE_ACTION 1 → 0 at \d+\.\d s, ATC_ANG_RLL_P 4\.5 → 4\.6 at \d+\.\d s$/,
    );
  });

  it('is not what is said again, on the ground, of a counter, or what the autopilot learned', () => {
    const before = { ...SAFE, STAT_FLTTIME: 10, COMPASS_OFS_X: 3, ATC_ANG_RLL_P: 4.6 };
    const { words, remarks } = flown([
      ...all(before, 1),
      said(2, 'FENCE_ACTION', 0),
      said(3, 'FENCE_ACTION', 1),
      ...all({ ...before, ATC_ANG_RLL_P: Math.fround(4.6), STAT_FLTTIME: 40, COMPASS_OFS_X: 7 }, 20),
    ]);
    expect(words).toEqual([]);
    expect(remarks.filter(({ text }) => text.includes('changed'))).toEqual([]);
  });

  it('is counted where there are many of them, and names of anything do no harm', () => {
    const names = Array.from({ length: 20 }, (_, i) => `P${i}`);
    const odd = ['__proto__', 'constructor', '', '\u0000', '<b>'];
    const { words, remarks } = flown([...names, ...odd].flatMap((name) => [said(1, name, 1), said(20, name, 2)]));
    expect(words).toHaveLength(24);
    expect(remarks.find(({ text }) => text.includes('changed'))?.text).toMatch(/^24 parameters .* and 16 more$/);
  });
});

describe('another board under the same key', () => {
  const introduced = (second: number, identity: string): Observation => ({
    ...observe('vehicle', second * 1_000, { type: 2 }),
    text: { firmware: 'ArduCopter', hardware: '', airframe: 'quadrotor', estimator: '', identity },
  });
  const changed = (...identities: readonly string[]) =>
    flown([
      ...identities.map((identity, i) => introduced(2 + i, identity)),
      said(1, 'FENCE_ACTION', 1),
      said(20, 'FENCE_ACTION', 0),
    ]).words.length;

  it('is another vehicle, of which nothing is known yet; one that does not say which it is, is not', () => {
    expect(changed('a1', 'a1')).toBe(1);
    expect(changed('a1', '', 'a1')).toBe(1);
    expect(changed('a1', 'b2')).toBe(0);
  });
});

describe('what is compared of a recording', () => {
  const of = (name: string, value = 1) => plugin.settings!.of(said(0, name, value));

  it('is what people set, with what a calibration found apart, and no counter', () => {
    expect(plugin.settings!.type).toBe('parameter');
    expect(of('FENCE_ACTION', 2)).toEqual({ name: 'FENCE_ACTION', value: 2 });
    for (const name of ['STAT_RUNTIME', 'SYS_NUM_RESETS', 'BARO1_GND_PRESS', 'LND_FLIGHT_T_LO', 'COM_FLIGHT_UUID'])
      expect(of(name)).toBeUndefined();
    for (const name of ['COMPASS_OFS_X', 'COMPASS_OFS2_Z', 'COMPASS_DEV_ID', 'INS_ACCOFFS_X', 'INS_GYR2OFFS_Y', 'INS_ACC_ID'])
      expect(of(name)).toMatchObject({ name, group: 'calibration' });
    for (const name of ['AHRS_TRIM_X', 'RC3_TRIM', 'CAL_ACC0_XOFF', 'MOT_THST_HOVER', 'INS_ACC1_CALTEMP', 'BATT_VOLT_MULT'])
      expect(of(name)).toMatchObject({ name, group: 'calibration' });
    for (const name of ['COMPASS_ENABLE', 'INS_GYRO_FILTER', 'RC3_OPTION', 'ARSPD_TYPE', 'BATT_CAPACITY', 'INS_ACCEL_FILTER'])
      expect(of(name)).toEqual({ name, value: 1 });
  });
});
