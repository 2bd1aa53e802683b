import { NOT_OBSERVED } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { dispose, flight, jumble, observe, rowsOf, run, T } from './telemetry.js';

afterAll(dispose);

const quiet = rowsOf(flight(60));
const at = (rows: typeof quiet, second: number) => rows.find((row) => Math.abs(row.at - second) < 1e-6)!;

describe('telemetry rows', () => {
  it('stand at multiples of `every` and hold what was said before', () => {
    expect(quiet).toHaveLength(300);
    expect(quiet[0]!.at).toBeCloseTo(0.2, 9);
    expect(quiet.slice(1).every((row, i) => Math.abs(row.at - quiet[i]!.at - 0.2) < 1e-6)).toBe(true);
    expect(
      rowsOf([observe('attitude', 0, { roll: 0.1, pitch: 0 }), observe('attitude', 200, { roll: 0.2, pitch: 0 })])[0]!.tilt,
    ).toBeCloseTo((0.1 * 180) / Math.PI, 9);
  });

  it('say in which phase a flight is, and judge it only in the air', () => {
    expect([5, 12, 20, 50].map((second) => at(quiet, second).phase)).toEqual([1, 4, 4, 4]);
    expect([5, 11, 20, 50].map((second) => at(quiet, second).in_flight)).toEqual([0, 0, 1, 1]);
    for (const column of ['sag', 'resistance']) expect(at(quiet, 5)[column]).toBeNaN();
    for (const column of ['motor_imbalance', 'baro_gap', 'unhealthy_sensors']) {
      expect(at(quiet, 11)[column], column).toBeNaN();
      expect(at(quiet, 50)[column], column).not.toBeNaN();
    }
  });

  it('show nothing remarkable in a quiet flight, in no column', () => {
    const { columns } = plugin.row(plugin.config.parse({}));
    const absent = [
      'reboot_age',
      'cell_spread',
      'radio_margin',
      'airspeed',
      'airspeed_gap',
      'throttle',
      'energy_rate',
      // The first minute is what a flight is held against.
      'motor_weakness',
      'weak_motor',
      'fence_distance',
      'fence_speed',
      'stopping_distance',
      'time_to_breach',
      // Links carry no fast samples.
      'accel_peak_frequency',
      'accel_peak_amplitude',
      'gyro_peak_frequency',
      'gyro_peak_amplitude',
      'gyro_peak_level',
      'peak_motor_ratio',
      'notch_miss',
      ...['roll', 'pitch', 'yaw'].flatMap((axis) => [`${axis}_step_delay`, `${axis}_step_overshoot`]),
    ];
    const row = at(quiet, 58);
    for (const { name } of columns) {
      if (absent.includes(name)) expect(row[name], name).toBeNaN();
      else expect(row[name], name).not.toBeNaN();
    }
    const judged = quiet.filter((one) => one.in_flight === 1);
    const worst = (name: string) =>
      Math.max(...judged.map((one) => Math.abs(one[name]!)).filter((value) => !Number.isNaN(value)));
    const calm: Record<string, number> = {
      sag: 0.05,
      charge_gap: 0.1,
      vibration_rise: 1.5,
      accel_disagreement: 0.1,
      gps_jump: 1.5,
      gps_offset: 0.5,
      gps_drift: 2,
      gps_height_gap: 0.5,
      field_change: 1,
      heading_gap: 1,
      baro_gap: 0.5,
      baro_step: 0.5,
      attitude_error: 1,
      motor_imbalance: 2,
      motor_shift: 2,
      loss_rate: 0.01,
      ekf_lost: 0.5,
    };
    for (const [name, limit] of Object.entries(calm)) expect(worst(name), name).toBeLessThan(limit);
  });

  it('leave what a vehicle does not send missing, and what it stopped sending once that is stale', () => {
    const without = rowsOf(
      flight(60, (type, second, values) =>
        type === 'vibration' || (type === 'scaled_pressure' && second > 40) ? undefined : values,
      ),
    );
    expect(without.every(({ vibration, clip_rate }) => Number.isNaN(vibration!) && Number.isNaN(clip_rate!))).toBe(true);
    expect(at(without, 42).baro_gap).not.toBeNaN();
    expect(at(without, 44).baro_gap).toBeNaN();
  });

  it('go on through a silence in flight for `lostAfter`, with the age of the link, and stop then', () => {
    const running = run({ lostAfter: '20s' });
    running.feed(flight(40));
    running.end(100);
    const rows = running.rows();
    expect(rows.at(-1)!.at).toBeCloseTo(60, 0);
    expect(at(rows, 50)).toMatchObject({ in_flight: 1, voltage: Number.NaN, latitude: Number.NaN });
    expect(at(rows, 50).link_age).toBeCloseTo(10, 0);
    // And begin again with the next word.
    running.feed([observe('heartbeat', 110_000, { type: 2, autopilot: 3, base_mode: 209, custom_mode: 4, system_status: 4 })]);
    running.end();
    expect(running.rows().at(-1)!.at).toBeCloseTo(110.2, 6);
  });

  it('stop soon after a silence on the ground, and at the end of a recording at once', () => {
    const running = run();
    running.feed(flight(8));
    running.end(100);
    expect(running.rows().at(-1)!.at).toBeLessThan(11.1);
    expect(rowsOf(flight(40)).at(-1)!.at).toBeCloseTo(40, 6);
  });

  it('come out alike when observations arrive late, as long as a lateness was allowed', () => {
    const observations = flight(30);
    const late = rowsOf(jumble(observations, 2_000), {}, 2_000);
    expect(late).toEqual(rowsOf(observations));
  });

  it('begin anew where the vehicle has rebooted', () => {
    const running = run();
    running.feed(flight(40));
    running.extractor.missing!({ key: 'vehicle-1', from: T + 40_000, to: T + 100_000, reason: 'vehicle rebooted' });
    running.feed([observe('heartbeat', 100_000, { type: 2, autopilot: 3, base_mode: 81, custom_mode: 0, system_status: 3 })]);
    running.end();
    const last = running.rows().at(-1)!;
    expect(last.at).toBeCloseTo(100.2, 6);
    expect(last).toMatchObject({ phase: 1, in_flight: 0, voltage: Number.NaN, latitude: Number.NaN });
    expect(last.reboot_age).toBeCloseTo(0.2, 6);
  });

  it('do not hold a vehicle for silent while nobody listened', () => {
    const running = run();
    running.feed(flight(40));
    running.extractor.missing!({ key: '*', from: T + 70_000, to: T + 70_000, reason: NOT_OBSERVED });
    running.feed([observe('attitude', 71_000, { roll: 0, pitch: 0 })]);
    running.end();
    const after = running.rows().filter(({ at: second }) => second > 40.3);
    expect(after.every(({ at: second }) => second > 70)).toBe(true);
    expect(Math.max(...after.map(({ link_age }) => link_age!))).toBeLessThan(1.5);
  });

  it('hold a vehicle for silent whose radio and link go on speaking', () => {
    const observations = flight(60, (type, second, values) => (second > 40 && type !== 'link' ? undefined : values));
    const rows = rowsOf(
      [...observations, observe('radio_status', 55_000, { rssi: 180, noise: 40 })].sort((a, b) => a.time - b.time),
    );
    expect(at(rows, 55).link_age).toBeCloseTo(15, 0);
    expect(at(rows, 55).in_flight).toBe(1);
  });

  it('guess home only where arming was seen, and need none for a fence that says where it is', () => {
    const late = flight(90, (type, second, values) => (second < 50 || type === 'home_position' ? undefined : values));
    const fence = {
      include: [
        [
          [-35.4, 149.1],
          [-35.4, 149.2],
          [-35.3625, 149.2],
          [-35.3625, 149.1],
        ],
      ],
    };
    const rows = rowsOf(late, { fence });
    expect(rows.at(-1)!.endurance_margin).toBeNaN();
    // The edge lies 84.6 m north of home, which is passed at 47 s: it was outside from the first row on.
    expect(rows.find(({ fence_distance }) => !Number.isNaN(fence_distance!))!.fence_distance).toBeLessThan(0);
    expect(rowsOf(late, { fence: { circle: { radius: 50 } } }).every(({ fence_distance }) => Number.isNaN(fence_distance!))).toBe(
      true,
    );
  });

  it('hold only what was chosen, in that order', () => {
    const [row] = rowsOf(flight(5), { columns: ['satellites', 'voltage'] });
    expect(Object.keys(row!).slice(-2)).toEqual(['satellites', 'voltage']);
    expect(row).toMatchObject({ satellites: 14 });
  });
});
