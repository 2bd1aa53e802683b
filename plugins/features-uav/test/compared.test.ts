// What parts slowly: a motor that grows weak, a propeller that gives too little.

import { afterAll, describe, expect, it } from 'vitest';
import { dispose, flight, observe, type Row, rowsOf, type Tamper } from './telemetry.js';

afterAll(dispose);

/** Angles in degrees and senses of rotation of motors 1, 2 …, as ArduPilot's page draws them: https://ardupilot.org/copter/docs/connect-escs-and-motors.html */
const FRAMES = {
  'quadcopter in X': { type: 2, parameters: {}, angles: [45, -135, -45, 135], turns: [1, 1, -1, -1] },
  'quadcopter in +': { type: 2, parameters: { FRAME_TYPE: 0 }, angles: [90, -90, 0, 180], turns: [1, 1, -1, -1] },
  'quadcopter in the order of Betaflight': {
    type: 2,
    parameters: { FRAME_TYPE: 12 },
    angles: [135, 45, -135, -45],
    turns: [-1, 1, 1, -1],
  },
  'hexacopter in X': {
    type: 13,
    parameters: { FRAME_CLASS: 2 },
    angles: [90, -90, -30, 150, 30, -150],
    turns: [-1, 1, -1, 1, 1, -1],
  },
  'octocopter in X': {
    type: 14,
    parameters: { FRAME_CLASS: 3 },
    angles: [22.5, -157.5, 67.5, 157.5, -22.5, -112.5, -67.5, 112.5],
    turns: [-1, -1, 1, 1, 1, 1, -1, -1],
  },
  'octocopter of four arms': {
    type: 14,
    parameters: { FRAME_CLASS: 4 },
    angles: [45, -45, -135, 135, -45, 45, 135, -135],
    turns: [1, -1, 1, -1, 1, -1, 1, -1],
  },
} as const;
type Frame = (typeof FRAMES)[keyof typeof FRAMES];

const radians = (degrees: number) => (degrees * Math.PI) / 180;
/** What a mixer sends to each motor for a lean along an angle and a turn. */
const mixed = ({ angles, turns }: Frame, lean: number, angle: number, turn: number) =>
  angles.map((at, i) => lean * Math.cos(radians(at - angle)) + turn * turns[i]!);
/** What it sends where motor `i` gives `share` less: the others cannot be told apart from their lean, their turn and their lift. */
const lacking = (frame: Frame, i: number, share: number) =>
  mixed(frame, (2 * share) / frame.angles.length, frame.angles[i]!, (share / frame.angles.length) * frame.turns[i]!).map(
    (one) => one + share / frame.angles.length,
  );

/** A flight of 200 s in which outputs change from 90 to 140 s and stay. */
function fly(frame: Frame, by: readonly number[], parameters: Readonly<Record<string, number>> = frame.parameters): Row[] {
  const tamper: Tamper = (type, second, values) => {
    if (type === 'heartbeat') return { ...values, type: frame.type };
    if (type !== 'servo_output_raw' || second < 10) return values;
    const grown = Math.max(0, Math.min(1, (second - 90) / 50));
    return {
      port: 0,
      ...Object.fromEntries(by.map((one, i) => [`servo${i + 1}_raw`, 1_000 + 500 * (1 + grown * one)])),
    };
  };
  const told = Object.entries(parameters).map(([name, value]) => ({ ...observe('parameter', 0, { value }), text: { name } }));
  return rowsOf([...told, ...flight(200, tamper)]);
}

const most = (rows: readonly Row[]) => Math.max(...rows.map(({ motor_weakness }) => motor_weakness || 0));

describe.each(Object.entries(FRAMES))('a %s', (_, frame) => {
  it('has each of its motors named that grows weak', () => {
    frame.angles.forEach((_angle, i) => {
      const rows = fly(frame, lacking(frame, i, 0.3));
      const last = rows.findLast(({ in_flight, motor_weakness }) => in_flight === 1 && !Number.isNaN(motor_weakness))!;
      expect(last.weak_motor).toBe(i + 1);
      expect(last.motor_weakness).toBeGreaterThan(20);
      expect(last.motor_weakness).toBeLessThan(32);
    });
  });

  it('is not taken for weak by wind, speed, a load or a trim of yaw', () => {
    for (const angle of [0, 45, 90, 100, 180, -60]) expect(most(fly(frame, mixed(frame, 0.3, angle, 0)))).toBeLessThan(1);
    for (const turn of [0.2, -0.2]) expect(most(fly(frame, mixed(frame, 0, 0, turn)))).toBeLessThan(1);
  });
});

describe('motor weakness', () => {
  it('is missing where it is not known how the motors sit', () => {
    const { 'hexacopter in X': hexa, 'quadcopter in X': quad } = FRAMES;
    const weak = lacking(hexa, 0, 0.3);
    expect(fly(hexa, weak, {}).every(({ motor_weakness }) => Number.isNaN(motor_weakness!))).toBe(true);
    // A V-tail has no four equal arms.
    expect(fly(quad, lacking(quad, 0, 0.3), { FRAME_TYPE: 4 }).every(({ weak_motor }) => Number.isNaN(weak_motor!))).toBe(true);
  });
});

/** A plane or VTOL by the equation of its energy: it flies level at `speed`, and from 60 s on as is said (m, m/s, %). */
function glide(
  type: number,
  speed: number,
  then: (seconds: number) => { height: number; speed: number; throttle: number },
  parameters: Readonly<Record<string, number>> = {},
): Row[] {
  const tamper: Tamper = (is, second, values) => {
    const now = second < 60 ? { height: 0, speed, throttle: 50 } : then(second - 60);
    if (is === 'heartbeat') return { ...values, type };
    if (second < 30) return values;
    if (is === 'vfr_hud') return { ...values, airspeed: now.speed, throttle: now.throttle };
    if (is !== 'global_position_int') return values;
    return { ...values, vx: now.speed, relative_alt: 60 + now.height };
  };
  const told = Object.entries(parameters).map(([name, value]) => ({ ...observe('parameter', 0, { value }), text: { name } }));
  return rowsOf([...told, ...flight(90, tamper)]).filter(({ at, in_flight }) => in_flight === 1 && at > 60 && at < 79);
}

const fails = (rows: readonly Row[]) => rows.filter(({ throttle, energy_rate }) => throttle! > 95 && energy_rate! < -1).length;

describe.each([
  ['a slow plane', 1, 12],
  ['a fast VTOL', 22, 28],
])('%s', (_, type, speed) => {
  it('loses energy at full throttle when its propeller gives too little', () => {
    expect(fails(glide(type, speed, (s) => ({ height: -2.5 * s, speed, throttle: 100 })))).toBeGreaterThan(50);
  });

  it('loses none in a dive or a zoom, and may glide', () => {
    const faster = (s: number) => Math.sqrt(speed ** 2 + 2 * 9.80665 * Math.min(3 * s, 20));
    expect(fails(glide(type, speed, (s) => ({ height: -Math.min(3 * s, 20), speed: faster(s), throttle: 100 })))).toBe(0);
    expect(fails(glide(type, speed, (s) => ({ height: 2 * s, speed, throttle: 100 })))).toBe(0);
    expect(fails(glide(type, speed, (s) => ({ height: -2.5 * s, speed, throttle: 0 })))).toBe(0);
  });

  it('has a throttle in shares of the most that its autopilot gives', () => {
    const level = () => ({ height: 0, speed, throttle: 75 });
    expect(glide(type, speed, level).at(-1)!.throttle).toBeCloseTo(75, 0);
    expect(glide(type, speed, level, { THR_MAX: 75 }).at(-1)!.throttle).toBeCloseTo(100, 0);
    expect(glide(type, speed, level, { FW_THR_MAX: 0.75 }).at(-1)!.throttle).toBeCloseTo(100, 0);
  });
});
