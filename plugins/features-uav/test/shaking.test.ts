import type { Observation } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { dispose, flight, observe, rowsOf } from './telemetry.js';

afterAll(dispose);

/** The quiet flight, in which the motors turn at 7,000 a minute, with more said at some seconds. */
const saying = (...more: readonly Observation[]) => [...flight(50), ...more].sort((a, b) => a.time - b.time);
const at = (rows: ReturnType<typeof rowsOf>, second: number) => rows.find((row) => Math.abs(row.at - second) < 1e-6)!;
const gyro = (second: number, values: Record<string, number>) =>
  observe('gyro_spectrum', second * 1_000 + 50, { instance: 0, rate: 1_000, samples: 1_024, ...values });

describe('what shakes', () => {
  it('is held against the motors, and until it is ten seconds old', () => {
    const rows = rowsOf(saying(gyro(30, { frequency: 233.3, amplitude: 0.2, level: 30, band_0: 0.1, band_23: 0.3 })), {
      spectrum: true,
    });
    expect(at(rows, 32)).toMatchObject({ gyro_peak_frequency: 233.3, gyro_peak_amplitude: 0.2, gyro_peak_level: 30 });
    expect(at(rows, 32).peak_motor_ratio).toBeCloseTo(2, 2);
    expect(at(rows, 32)).toMatchObject({ gyro_16hz: 0.1, gyro_228hz: 0.3, gyro_18hz: Number.NaN, notch_miss: Number.NaN });
    expect(at(rows, 40).gyro_16hz).toBe(0.1);
    for (const name of ['gyro_16hz', 'gyro_peak_frequency', 'peak_motor_ratio']) expect(at(rows, 41)[name], name).toBeNaN();
  });

  it('is that of the first sensor, by its fastest samples', () => {
    const rows = rowsOf(
      saying(
        gyro(30, { instance: 1, frequency: 50 }),
        gyro(31, { instance: 0, frequency: 60 }),
        gyro(32, { instance: 1, frequency: 70 }),
        gyro(33, { instance: 0, rate: 250, frequency: 80 }),
        gyro(34, { instance: 0, rate: 4_000, frequency: 90 }),
      ),
    );
    expect([30.4, 31.4, 32.4, 33.4, 34.4].map((second) => at(rows, second).gyro_peak_frequency)).toEqual([50, 60, 60, 60, 90]);
  });

  it('has no peak where none stands out any more', () => {
    const rows = rowsOf(saying(gyro(30, { frequency: 50, amplitude: 0.1, level: 20 }), gyro(32, {})));
    expect(at(rows, 31).gyro_peak_frequency).toBe(50);
    expect(at(rows, 33).gyro_peak_frequency).toBeNaN();
  });
});

describe('how the rates follow', () => {
  it('is told by axis, in flight only', () => {
    const step = (second: number) =>
      observe('rate_step', second * 1_000, { rate: 400, roll_delay: 35, roll_overshoot: 12, roll_end: 1 });
    const rows = rowsOf(saying(step(5), step(30)));
    expect(at(rows, 6).roll_step_delay).toBeNaN();
    expect(at(rows, 31)).toMatchObject({ roll_step_delay: 35, roll_step_overshoot: 12, pitch_step_delay: Number.NaN });
    expect(at(rows, 46).roll_step_delay).toBeNaN();
  });
});
