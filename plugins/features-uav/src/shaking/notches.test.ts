import { describe, expect, it } from 'vitest';
import { missOf, notchesOf } from './notches.js';

/** Notches by parameters, with the motors at 100 Hz and a quarter of the throttle. */
const notches = (parameters: Readonly<Record<string, number>>, motor = 100, throttle = 0.25) =>
  notchesOf((name) => parameters[name] ?? Number.NaN, motor, throttle)?.map(({ centre, half }) => [centre, half]);

const HNTCH = { INS_HNTCH_ENABLE: 1, INS_HNTCH_FREQ: 80, INS_HNTCH_BW: 40, INS_HNTCH_HMNCS: 3, INS_HNTCH_REF: 1 };

describe('the notches of a vehicle', () => {
  it.each<[string, Record<string, number>, [number, number][] | undefined]>([
    ['none', { INS_HNTCH_ENABLE: 0, IMU_GYRO_NF0_FRQ: 0, IMU_GYRO_DNF_EN: 0 }, undefined],
    ['nothing said', {}, undefined],
    [
      'fixed, with its second harmonic, which is as much wider',
      { ...HNTCH, INS_HNTCH_MODE: 0 },
      [
        [80, 20],
        [160, 40],
      ],
    ],
    ['by speed controllers', { ...HNTCH, INS_HNTCH_MODE: 3, INS_HNTCH_HMNCS: 1 }, [[100, 25]]],
    [
      'by speed controllers, not below its frequency',
      { ...HNTCH, INS_HNTCH_MODE: 3, INS_HNTCH_FREQ: 120, INS_HNTCH_HMNCS: 1 },
      [[120, 20]],
    ],
    [
      'by throttle, which goes by its root',
      { ...HNTCH, INS_HNTCH_MODE: 1, INS_HNTCH_REF: 0.0625, INS_HNTCH_HMNCS: 1 },
      [[160, 40]],
    ],
    [
      'by throttle, with a reference of 0 where it stays',
      { ...HNTCH, INS_HNTCH_MODE: 1, INS_HNTCH_REF: 0, INS_HNTCH_HMNCS: 1 },
      [[80, 20]],
    ],
    ['by a transform in flight', { ...HNTCH, INS_HNTCH_MODE: 4 }, undefined],
    ['the older one', { INS_NOTCH_ENABLE: 1, INS_NOTCH_FREQ: 90, INS_NOTCH_BW: 30 }, [[90, 15]]],
    [
      'two of PX4',
      { IMU_GYRO_NF0_FRQ: 70, IMU_GYRO_NF0_BW: 10, IMU_GYRO_NF1_FRQ: 140 },
      [
        [70, 5],
        [140, 10],
      ],
    ],
    [
      'by the speed controllers of PX4',
      { IMU_GYRO_DNF_EN: 1, IMU_GYRO_DNF_HMC: 2, IMU_GYRO_DNF_BW: 20 },
      [
        [100, 10],
        [200, 10],
      ],
    ],
    ['by a transform of PX4', { IMU_GYRO_DNF_EN: 2 }, undefined],
    ['what makes no sense', { ...HNTCH, INS_HNTCH_MODE: 0, INS_HNTCH_FREQ: 0 }, undefined],
  ])('%s', (_, parameters, expected) => {
    const found = notches(parameters);
    if (expected === undefined) expect(found).toBeUndefined();
    else
      expected.forEach(([centre, half], i) => {
        expect(found![i]![0]).toBeCloseTo(centre, 6);
        expect(found![i]![1]).toBeCloseTo(half, 6);
      });
    expect(found?.length).toBe(expected?.length);
  });

  it('are not known where what they follow is not', () => {
    expect(notches({ ...HNTCH, INS_HNTCH_MODE: 3 }, Number.NaN)).toBeUndefined();
    expect(notches({ IMU_GYRO_DNF_EN: 1 }, Number.NaN)).toBeUndefined();
    expect(notches({ ...HNTCH, INS_HNTCH_MODE: 1 }, 100, Number.NaN)).toBeUndefined();
  });

  it('are missed by what lies outside of them', () => {
    const both = [
      { centre: 80, half: 20 },
      { centre: 160, half: 40 },
    ];
    expect([50, 60, 100, 110, 115, 210].map((frequency) => missOf(frequency, both))).toEqual([10, 0, 0, 10, 5, 10]);
  });
});
