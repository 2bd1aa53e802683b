import { afterAll, describe, expect, it } from 'vitest';
import { cellVoltageOf } from '../src/parts/battery.js';
import { makeSag, stepSag } from '../src/sag.js';
import { dispose, flight, place, pressureAt, type Row, rowsOf, type Tamper } from './telemetry.js';

afterAll(dispose);

/** The extremes of a column while something is wrong, from `from` to `to` s, and in the flight before. */
function extremes(column: string, tamper: Tamper, [from, to] = [60, 66], raw: object = {}) {
  const rows = rowsOf(
    flight(90, (type, second, values) => (second >= from && second < to ? tamper(type, second, values) : values)),
    raw,
  );
  const of = (some: Row[]) => {
    const values = some.map((row) => row[column]!).filter((value) => !Number.isNaN(value));
    return [Math.min(...values), Math.max(...values)] as const;
  };
  const inFlight = rows.filter(({ in_flight, at }) => in_flight === 1 && at > 25);
  return {
    before: of(inFlight.filter(({ at }) => at < from)),
    during: of(inFlight.filter(({ at }) => at > from && at <= to)),
    rows,
  };
}

const change =
  (type: string, changed: (values: Record<string, number>, second: number) => Record<string, number>): Tamper =>
  (is, second, values) =>
    is === type ? { ...values, ...changed(values, second) } : values;

/** Column, what is wrong, least and most that the column reaches while it is. */
const CASES: readonly (readonly [string, string, Tamper, number, number])[] = [
  ['sag', 'the voltage falls by 1 V', change('sys_status', (v) => ({ voltage_battery: v.voltage_battery! - 1 })), 0.5, 1.05],
  [
    'vibration_rise',
    'it shakes four times as much',
    change('vibration', (v) => ({ vibration_x: 6, vibration_y: 6, vibration_z: v.vibration_z! * 4 })),
    2.5,
    5,
  ],
  [
    'clip_rate',
    'ten clips come with every message',
    change('vibration', (_, s) => ({ clipping_0: Math.round((s - 60) * 50) })),
    20,
    51,
  ],
  ['accel_disagreement', 'one accelerometer is off by 1.2 m/s²', change('raw_imu', (v) => ({ zacc: v.zacc! + 122 })), 0.7, 1.25],
  ['gyro_disagreement', 'one gyroscope is off by 0.1 rad/s', change('raw_imu', () => ({ xgyro: 100 })), 0.05, 0.11],
  [
    'ekf_over',
    'velocity and compass are at 0.9',
    change('ekf_status_report', () => ({ velocity_variance: 0.9, compass_variance: 0.9 })),
    2,
    2,
  ],
  ['ekf_lost', 'the horizontal position is lost', change('ekf_status_report', () => ({ flags: 831 & ~16 })), 1, 1],
  ['ekf_lost_horizontal', 'the horizontal position is lost', change('ekf_status_report', () => ({ flags: 831 & ~16 })), 1, 1],
  ['ekf_lost_vertical', 'the height is lost', change('ekf_status_report', () => ({ flags: 831 & ~32 })), 1, 1],
  ['ekf_lost_attitude', 'the attitude is lost', change('ekf_status_report', () => ({ flags: 831 & ~1 })), 1, 1],
  ['ekf_gps_glitch', 'the autopilot calls the GPS jumping', change('ekf_status_report', () => ({ flags: 831 | 32_768 })), 1, 1],
  ['gps_jump', 'the GPS jumps 40 m north', change('gps_raw_int', (v) => ({ lat: v.lat! + 40 / 111_195 })), 39, 41],
  ['gps_offset', 'the GPS stays 40 m north', change('gps_raw_int', (v) => ({ lat: v.lat! + 40 / 111_195 })), 35, 41],
  ['gps_drift', 'the GPS drifts by 1 m/s', change('gps_raw_int', (v, s) => ({ lat: v.lat! + (s - 60) / 111_195 })), 4, 6],
  ['gps_height_gap', 'the GPS height jumps 10 m', change('gps_raw_int', (v) => ({ alt: v.alt! + 10 })), 9, 10.5],
  ['baro_gap', 'the barometer falls by 6 m', change('scaled_pressure', () => ({ press_abs: pressureAt(608) })), 5.5, 6.5],
  ['baro_step', 'the barometer falls by 6 m', change('scaled_pressure', () => ({ press_abs: pressureAt(608) })), 5.5, 6.5],
  [
    'field_change',
    'the field grows by half',
    change('raw_imu', (v) => ({ xmag: v.xmag! * 1.5, ymag: v.ymag! * 1.5, zmag: v.zmag! * 1.5 })),
    40,
    50,
  ],
  ['compass_disagreement', 'one compass is off by 0.2 gauss', change('raw_imu', (v) => ({ xmag: v.xmag! + 200 })), 0.15, 0.21],
  ['heading_gap', 'one compass is off by 0.2 gauss across', change('raw_imu', (v) => ({ ymag: v.ymag! + 200 })), 30, 60],
  ['attitude_error', 'it leans 30° without being told', change('attitude', () => ({ roll: 0.54 })), 25, 31],
  ['height_error', 'it is 12 m from its height', change('nav_controller_output', () => ({ alt_error: -12 })), 11, 12.1],
  ['motor_imbalance', 'one motor has to give a third more', change('servo_output_raw', () => ({ servo1_raw: 1_850 })), 20, 35],
  ['motor_shift', 'one motor has to give a third more', change('servo_output_raw', () => ({ servo1_raw: 1_850 })), 20, 35],
  ['motor_saturation', 'one motor is at its limit', change('servo_output_raw', () => ({ servo1_raw: 1_990 })), 0.9, 1],
  ['esc_rpm_spread', 'one motor turns slower', change('esc_telemetry_1_to_4', () => ({ rpm_2: 5_000 })), 25, 35],
  ['esc_current_spread', 'one motor draws more', change('esc_telemetry_1_to_4', () => ({ current_1: 12 })), 50, 70],
  ['motors_stopped', 'one motor stands', change('esc_telemetry_1_to_4', () => ({ rpm_3: 0 })), 1, 1],
  [
    'unhealthy_sensors',
    'gyroscope and GPS are unhealthy',
    change('sys_status', () => ({ onboard_control_sensors_health: 0x11ffff & ~33 })),
    2,
    2,
  ],
  [
    'rc_lost',
    'the remote control is lost',
    change('sys_status', () => ({ onboard_control_sensors_health: 0x11ffff & ~65_536 })),
    1,
    1,
  ],
  ['emergency', 'the autopilot calls itself critical', change('heartbeat', () => ({ system_status: 5 })), 1, 1],
  ['loss_rate', 'every second frame is lost', change('link', () => ({ frames: 50, lost: 50 })), 30, 50],
  ['fence_breached', 'the autopilot reports a breach', change('fence_status', () => ({ breach_status: 1 })), 1, 1],
];

describe('columns', () => {
  it.each(CASES)('%s shows that %s', (column, _what, tamper, least, most) => {
    const { before, during } = extremes(column, tamper);
    const farthest = ([low, high]: readonly [number, number]) => Math.max(Math.abs(low), Math.abs(high));
    expect(farthest(during)).toBeGreaterThanOrEqual(least);
    expect(farthest(during)).toBeLessThanOrEqual(most);
    // And the flight before does not.
    expect(farthest(before)).toBeLessThan(Math.max(0.5, least * 0.6));
  });

  it('of the GPS show a fix that is lost, and what it was before', () => {
    const { before, during } = extremes(
      'fix_type',
      change('gps_raw_int', () => ({ fix_type: 1 })),
    );
    expect([before, during[0]]).toEqual([[4, 4], 1]);
  });

  it('of the battery know resistance and resting voltage of the pack', () => {
    const rows = rowsOf(flight(90));
    const row = rows.at(-1)!;
    expect(row.resistance).toBeGreaterThan(0.009);
    expect(row.resistance).toBeLessThan(0.015);
    expect(row.resting_voltage).toBeCloseTo(12.6 - 80 * 0.0025, 1);
    expect(row.resting_voltage_rate).toBeCloseTo(-0.15, 1);
  });

  it('of the battery see a pack that gives less than is counted, and a home out of reach', () => {
    const worn = change('sys_status', (v, s) => ({ voltage_battery: v.voltage_battery! - (s - 30) * 0.02 }));
    const { rows } = extremes('charge_gap', worn, [30, 90]);
    expect(rows.at(-1)!.charge_gap).toBeGreaterThan(0.15);
    expect(rows.at(-1)!.sag).toBeLessThan(0.2);
    const far = extremes(
      'endurance_margin',
      change('sys_status', () => ({ battery_remaining: 21 })),
      [60, 90],
    );
    expect(far.before[0]).toBeGreaterThan(100);
    expect(far.during[0]).toBeLessThan(0);
  });

  it('of the battery compare cells where they are sent one by one', () => {
    const cells: Tamper = (type, second, values) =>
      type === 'battery_status' ? { ...values, voltages_0: 4, voltages_1: second > 60 ? 3.6 : 4, voltages_2: 4.01 } : values;
    const rows = rowsOf(flight(90, cells));
    expect(rows.find(({ at }) => at > 50)!.cell_spread).toBeCloseTo(0.01, 6);
    expect(rows.at(-1)!.cell_spread).toBeCloseTo(0.41, 6);
  });

  it('of the airspeed belong to what has wings, and see a sensor that stands still', () => {
    const plane =
      (fixed: boolean): Tamper =>
      (type, second, values) => {
        if (type === 'heartbeat') return { ...values, type: 1 };
        return type === 'vfr_hud' && fixed && second > 60 ? { ...values, airspeed: 20 } : values;
      };
    expect(Math.max(...rowsOf(flight(90, plane(false))).map(({ airspeed_gap }) => airspeed_gap || 0))).toBeLessThan(4);
    expect(Math.max(...rowsOf(flight(90, plane(true))).map(({ airspeed_gap }) => airspeed_gap || 0))).toBeGreaterThan(12);
    expect(rowsOf(flight(90)).every(({ airspeed }) => Number.isNaN(airspeed!))).toBe(true);
  });

  it('of the barometer count for how long it repeats itself, and a pause is no repetition', () => {
    const stuck = rowsOf(
      flight(60, (type, second, values) => {
        if (type !== 'scaled_pressure') return values;
        if (second > 50 && second < 54) return undefined;
        return second >= 40 ? { press_abs: 940 } : values;
      }),
    );
    const still = (second: number) => stuck.find((row) => Math.abs(row.at - second) < 1e-6)!.baro_still;
    // Height is the same while it hovers, and so is the pressure of this flight, which has no noise.
    expect(still(20)).toBe(0);
    expect(still(48)).toBeCloseTo(still(44)! + 4, 6);
    expect(still(56)).toBeLessThan(2.2);
  });

  it('of the inertial sensors say how far apart their samples are', () => {
    const thin = rowsOf(flight(40, (type, second, values) => (type === 'raw_imu' && second % 1 !== 0 ? undefined : values)));
    const last = (rows: typeof thin) => rows.at(-3)!.imu_interval!;
    expect(last(rowsOf(flight(40)))).toBeCloseTo(0.2, 1);
    expect(last(thin)).toBeGreaterThan(0.8);
  });

  it('of the motors are missing where the type of vehicle does not say how many there are', () => {
    const rows = rowsOf(
      flight(
        60,
        change('heartbeat', () => ({ type: 1 })),
      ),
    );
    expect(
      rows.every(({ motor_imbalance, motors_stopped }) => Number.isNaN(motor_imbalance!) && Number.isNaN(motors_stopped!)),
    ).toBe(true);
    const told = rowsOf(
      flight(
        60,
        change('heartbeat', () => ({ type: 1 })),
      ),
      { motors: { outputs: [1, 2] } },
    );
    expect(told.at(-1)!.motor_imbalance).toBeLessThan(2);
  });

  it('of the estimator read what PX4 sends as well', () => {
    const px4: Tamper = (type, _second, values) => (type === 'ekf_status_report' ? undefined : values);
    const observations = flight(60, px4).concat(
      flight(60)
        .filter(({ type }) => type === 'ekf_status_report')
        .map((one) => ({
          ...one,
          type: 'estimator_status',
          values: { flags: 831, vel_ratio: 0.9, pos_horiz_ratio: 0.95, pos_vert_ratio: 0.1, mag_ratio: 0.2 },
        })),
    );
    const rows = rowsOf(observations.sort((a, b) => a.time - b.time));
    expect(rows.at(-1)).toMatchObject({ ekf_velocity: 0.9, ekf_position: 0.95, ekf_height: 0.1, ekf_compass: 0.2, ekf_over: 2 });
  });
});

describe('a geofence', () => {
  // The flight goes north at 5 m/s from 30 s on, so it is at 150 m after 60 s.
  const fence = { circle: { radius: 200 } };
  const straight: Tamper = (type, _second, values) => (type === 'nav_controller_output' ? { ...values, wp_dist: 300 } : values);

  it('is announced before it is left, and its distance goes through 0', () => {
    const rows = rowsOf(flight(120, straight), { fence });
    const crossed = rows.find(({ fence_distance }) => fence_distance! < 0)!.at;
    expect(crossed).toBeGreaterThan(69.5);
    expect(crossed).toBeLessThan(70.7);
    const warned = rows.find(({ time_to_breach }) => time_to_breach! < 5)!;
    expect(crossed - warned.at).toBeGreaterThan(4.5);
    expect(crossed - warned.at).toBeLessThan(5.5);
    expect(warned.fence_speed).toBeCloseTo(5, 1);
    expect(warned.stopping_distance).toBeCloseTo(25 / 5 + 2.5, 1);
  });

  it('is not announced while the autopilot heads for a place inside', () => {
    // Its target is 30 m ahead until it hovers at 10 s before the end: at 5 m/s it would stop at 200 − 10 m.
    const inside: Tamper = (type, second, values) =>
      type === 'nav_controller_output' ? { ...values, wp_dist: Math.max(0, 5 * (68 - second)) } : values;
    const rows = rowsOf(flight(78, inside), { fence });
    expect(Math.min(...rows.map(({ fence_distance }) => fence_distance || 999))).toBeLessThan(12);
    expect(Math.min(...rows.map(({ time_to_breach }) => time_to_breach || 60))).toBe(60);
  });

  it('may be what the vehicle says of it: parameters, and the corners of a polygon', () => {
    const corner = (index: number, north: number, east: number) => ({
      key: 'vehicle-1',
      type: 'fence_item',
      sequence: index,
      time: flight(1)[0]!.time + 20_000 + index,
      received: 0,
      values: { index, count: 4, command: 5_001, param1: 4, latitude: place(north, east).lat, longitude: place(north, east).lon },
    });
    const settings = [{ fence_enable: 1 }, { fence_type: 4 }].map((values, i) => ({
      key: 'vehicle-1',
      type: 'setting',
      sequence: i,
      time: flight(1)[0]!.time + 19_000 + i,
      received: 0,
      values: values as Record<string, number>,
    }));
    const corners = [corner(0, -50, -50), corner(1, 100, -50), corner(2, 100, 50), corner(3, -50, 50)];
    const observations = [...flight(90), ...settings, ...corners].sort((a, b) => a.time - b.time);
    const rows = rowsOf(observations);
    // 100 m north is reached at 50 s.
    expect(rows.find(({ fence_distance }) => fence_distance! < 0)!.at).toBeCloseTo(50, 0);
    expect(
      rowsOf(observations, { fence: { fromVehicle: false } }).every(({ fence_distance }) => Number.isNaN(fence_distance!)),
    ).toBe(true);
  });

  it('stands while the vehicle says it again, follows what is changed of it, and goes when there is none any more', () => {
    const own = (type: string, second: number, values: Record<string, number>) => ({
      key: 'vehicle-1',
      type,
      sequence: 0,
      time: flight(1)[0]!.time + second * 1_000,
      received: 0,
      values,
    });
    const edges = (north: number) => [
      [-50, -50],
      [north, -50],
      [north, 50],
      [-50, 50],
    ];
    const fenceAt = (second: number, north: number, items = 4) =>
      edges(north)
        .slice(0, items)
        .map(([n, e], index) => {
          const { lat: latitude, lon: longitude } = place(n!, e!);
          return own('fence_item', second + index / 1_000, { index, count: 4, command: 5_001, param1: 4, latitude, longitude });
        });
    const observations = [
      ...flight(90),
      own('setting', 19, { fence_enable: 1 }),
      own('setting', 19, { fence_type: 4 }),
      ...fenceAt(20, 100),
      // Its first item is said again, and no other for a while.
      ...fenceAt(32, 100, 1),
      ...fenceAt(40, 120),
      own('setting', 60, { fence_total: 0 }),
    ].sort((a, b) => a.time - b.time);
    const rows = rowsOf(observations);
    const distances = (from: number, to: number) =>
      rows.flatMap(({ at, fence_distance }) => (at > from && at < to ? [fence_distance!] : []));
    expect(distances(31, 39).every((distance) => distance > 0)).toBe(true);
    // 120 m north is reached at 54 s.
    expect(rows.find(({ fence_distance }) => fence_distance! < 0)!.at).toBeCloseTo(54, 0);
    expect(distances(61, 80).every(Number.isNaN)).toBe(true);
  });

  it('has a ceiling, and the climb towards it counts', () => {
    const rows = rowsOf(flight(60), { fence: { ceiling: 28 } });
    const crossed = rows.find(({ fence_distance }) => fence_distance! < 0)!;
    expect(crossed.at).toBeCloseTo(24, 0);
    expect(rows.find(({ time_to_breach }) => time_to_breach! < 5)!.at).toBeLessThan(20);
  });
});

describe('the model of the battery', () => {
  it('tells load from sag: a step of current within its resistance is no sag', () => {
    const sag = makeSag();
    for (let i = 0; i < 400; i++) {
      const current = i % 80 < 40 ? 10 : 40;
      stepSag(sag, 16 - 0.02 * current, current, 200);
    }
    expect(sag.resistance).toBeCloseTo(0.02, 3);
    expect(Math.abs(sag.below)).toBeLessThan(0.02);
    for (let i = 0; i < 10; i++) stepSag(sag, 16 - 0.02 * 40 - 1, 40, 200);
    expect(sag.below).toBeGreaterThan(0.8);
  });

  it('knows the resting voltage of a cell by its charge', () => {
    expect([100, 120, 50, 0, -5, 55].map(cellVoltageOf)).toEqual([4.2, 4.2, 3.84, 3.27, 3.27, expect.closeTo(3.855, 9)]);
    expect(cellVoltageOf(Number.NaN)).toBeNaN();
  });
});
