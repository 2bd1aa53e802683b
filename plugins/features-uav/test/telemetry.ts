import type { Observation, Rows, Words } from '@quantstream/engine';
import { random, TestHosts } from '@quantstream/engine/testing';
import plugin from '../src/index.js';

export const T = Date.UTC(2026, 2, 1);
export const HOME = [-35.363261, 149.165236] as const;
const METRES = 111_195;

type Values = Record<string, number>;

/** An observation of a vehicle `ms` after T; its sequence is of no interest to the columns. */
export function observe(type: string, ms: number, values: Readonly<Values>): Observation {
  return { key: 'vehicle-1', type, sequence: ms, time: T + ms, received: T + ms + 5, values };
}

/** What is true at a moment of a flight, before messages say it. */
export interface Moment {
  armed: boolean;
  height: number;
  climb: number;
  /** m north and east of home. */
  north: number;
  east: number;
  speedNorth: number;
  speedEast: number;
  roll: number;
  current: number;
  voltage: number;
  remaining: number;
}

/** Changes the messages of a flight: gets the type, the second and the values, and returns others, or nothing to leave it out. */
export type Tamper = (type: string, second: number, values: Values) => Values | undefined;

export const place = (north: number, east: number) => ({
  lat: HOME[0] + north / METRES,
  lon: HOME[1] + east / (METRES * Math.cos((HOME[0] * Math.PI) / 180)),
});

/** The copter stands for 10 s, climbs to 30 m until 25 s, flies north at 5 m/s until 10 s before the end, and hovers. */
export function momentAt(second: number, length: number): Moment {
  const armed = second >= 10;
  const climbing = second > 10 && second < 25;
  const height = Math.max(0, Math.min(30, (second - 10) * 2));
  const cruise = second >= 30 && second < length - 10;
  const flown = Math.max(0, Math.min(second, length - 10) - 30);
  const current = second > 10 ? 30 : 0;
  return {
    armed,
    height,
    climb: climbing ? 2 : 0,
    north: 5 * flown,
    east: 0,
    speedNorth: cruise ? 5 : 0,
    speedEast: 0,
    roll: 0.02,
    current,
    voltage: 12.6 - current * 0.012 - Math.max(0, second - 10) * 0.0025,
    remaining: Math.round(100 - Math.max(0, second - 10) * 0.12),
  };
}

/** Messages of a quiet flight of so many seconds, ten times a second; NaN and absent are what `tamper` makes of them. */
export function flight(length: number, tamper: Tamper = (_type, _second, values) => values): Observation[] {
  const uniform = random(7);
  const noise = (size: number) => (uniform() - 0.5) * 2 * size;
  const observations: Observation[] = [];
  for (let tick = 0; tick < length * 10; tick++) {
    const second = tick / 10;
    const ms = tick * 100;
    let said = 0;
    const at = momentAt(second, length);
    const say = (type: string, values: Values) => {
      const meant = tamper(type, second, values);
      // Behind each other, so that their order is that of time.
      if (meant) observations.push(observe(type, ms + said++ / 8, meant));
    };
    const here = place(at.north, at.east);
    if (tick % 10 === 0) {
      say('heartbeat', {
        type: 2,
        autopilot: 3,
        base_mode: at.armed ? 209 : 81,
        custom_mode: 4,
        system_status: at.armed ? 4 : 3,
      });
      say('extended_sys_state', { landed_state: at.height > 0.2 ? 2 : 1, vtol_state: 0 });
      if (tick === 0) say('home_position', { latitude: HOME[0], longitude: HOME[1], altitude: 584 });
      say('link', { frames: 100, lost: 0 });
      say('fence_status', { breach_status: 0, breach_count: 0, breach_type: 0, breach_time: 0 });
    }
    say('attitude', { roll: at.roll + noise(0.002), pitch: noise(0.002), yaw: 0.5, rollspeed: 0, pitchspeed: 0, yawspeed: 0 });
    say('servo_output_raw', {
      port: 0,
      ...Object.fromEntries([1, 2, 3, 4].map((i) => [`servo${i}_raw`, at.armed ? 1_600 + noise(5) : 1_000])),
    });
    say('raw_imu', {
      xacc: noise(3),
      yacc: noise(3),
      zacc: -1_000 + noise(10),
      xgyro: noise(2),
      ygyro: 0,
      zgyro: 0,
      ...mag(200, 50, -500),
    });
    if (tick % 2 !== 0) continue;
    say('sys_status', {
      voltage_battery: at.voltage + noise(0.005),
      current_battery: at.current + noise(0.5),
      battery_remaining: at.remaining,
      onboard_control_sensors_present: 0x11ffff,
      onboard_control_sensors_enabled: 0x11ffff,
      onboard_control_sensors_health: 0x11ffff,
    });
    say('battery_status', { id: 0, current_consumed: Math.max(0, second - 10) * 8.3, voltages_0: at.voltage });
    say('vibration', {
      vibration_x: 1.3 + noise(0.3),
      vibration_y: 1.2 + noise(0.3),
      vibration_z: 1.5 + noise(0.3),
      clipping_0: 0,
      clipping_1: 0,
      clipping_2: 0,
    });
    say('scaled_imu2', {
      xacc: noise(0.03),
      yacc: noise(0.03),
      zacc: -9.807 + noise(0.1),
      xgyro: noise(0.002),
      ygyro: 0,
      zgyro: 0,
      ...mag(0.2, 0.05, -0.5),
    });
    say('gps_raw_int', {
      fix_type: 4,
      satellites_visible: 14,
      ...here,
      alt: 584 + at.height + noise(0.1),
      eph: 0.8,
      h_acc: 0.4,
      vel: Math.hypot(at.speedNorth, at.speedEast),
      cog: 0,
    });
    say('global_position_int', {
      time_boot_ms: ms,
      ...here,
      alt: 584 + at.height,
      relative_alt: at.height,
      vx: at.speedNorth,
      vy: at.speedEast,
      vz: -at.climb,
      hdg: 28,
    });
    say('attitude_target', { q_0: Math.cos(at.roll / 2), q_1: Math.sin(at.roll / 2), q_2: 0, q_3: 0 });
    say('nav_controller_output', { nav_roll: 1, nav_pitch: 0, alt_error: 0.1, wp_dist: 30, target_bearing: 0 });
    say('ekf_status_report', {
      flags: 831,
      velocity_variance: 0.02,
      pos_horiz_variance: 0.01,
      pos_vert_variance: 0.01,
      compass_variance: 0.02,
    });
    say('scaled_pressure', { press_abs: pressureAt(584 + at.height) });
    say(
      'esc_telemetry_1_to_4',
      Object.fromEntries(
        [0, 1, 2, 3].flatMap((i) => [
          [`rpm_${i}`, at.armed ? 7_000 : 0],
          [`current_${i}`, at.armed ? 7 : 0],
        ]),
      ),
    );
    say('vfr_hud', { airspeed: Math.hypot(at.speedNorth, at.speedEast), groundspeed: 5 });
  }
  return observations;
}

const mag = (xmag: number, ymag: number, zmag: number) => ({ xmag, ymag, zmag });

/** hPa of the standard atmosphere at a height, m. */
export const pressureAt = (height: number) => 1_013.25 * (1 - height / 44_330.77) ** (1 / 0.190263);

/** The same observations in an order that runs back by up to `lateness` ms. */
export function jumble(observations: readonly Observation[], lateness: number, seed = 2): Observation[] {
  const uniform = random(seed);
  return observations
    .map((observation) => [observation.time + uniform() * lateness, observation] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, observation]) => observation);
}

export interface Row {
  /** s after T. */
  readonly at: number;
  readonly [column: string]: number;
}

const hosts = new TestHosts();
export const dispose = () => hosts.dispose();

/** An extractor at work, driven as the engine does. */
export function run(raw: object = {}) {
  const config = plugin.config.parse(raw);
  const state = plugin.initialState(config);
  const extractor = plugin.create(config, state, hosts.host());
  const names = plugin.row(config).columns.map(({ name }) => name);
  const pending: { at: number; values: Float64Array }[] = [];
  const words: (Words & { at: number })[] = [];
  const rows: Rows = {
    next(time) {
      pending.push({ at: (time - T) / 1_000, values: new Float64Array(names.length).fill(Number.NaN) });
      return pending.at(-1)!.values;
    },
    say: (said) => void words.push({ at: pending.at(-1)!.at, ...said }),
  };
  let wake = Number.POSITIVE_INFINITY;
  let watermark = Number.NEGATIVE_INFINITY;
  const advanceTo = (time: number) => {
    watermark = Math.max(watermark, time);
    while (wake <= watermark) wake = extractor.advance!(wake, rows);
  };
  return {
    config,
    state,
    extractor,
    feed(observations: readonly Observation[], lateness = 0) {
      for (const observation of observations) {
        advanceTo(observation.time - lateness);
        extractor.update(observation, rows);
        if (wake === Number.POSITIVE_INFINITY) wake = extractor.advance!(watermark, rows);
      }
    },
    /** Silence until `second` after T, or the end of the recording. */
    end(second?: number) {
      if (second === undefined) extractor.advance!(Number.POSITIVE_INFINITY, rows);
      else advanceTo(T + second * 1_000);
    },
    words,
    rows: (): Row[] =>
      pending.map(({ at, values }) => ({ at, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) })),
  };
}

/** Rows of observations, to the end of the recording. */
export function rowsOf(observations: readonly Observation[], raw: object = {}, lateness = 0): Row[] {
  const running = run(raw);
  running.feed(observations, lateness);
  running.end();
  return running.rows();
}
