// What an autopilot says of itself, as the words of its rows.

import type { Observation } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { dispose, flight, observe, run } from './telemetry.js';

afterAll(dispose);

/** The flight of the tests is in the air from 10 s on. */
const FLIGHT = flight(40);
const say = (second: number, severity: number | undefined, text: string, more: Record<string, number> = {}): Observation => ({
  ...observe('statustext', second * 1_000, { ...(severity === undefined ? {} : { severity }), ...more }),
  text: { text },
});
function wordsOf(...said: readonly Observation[]) {
  const running = run();
  running.feed([...FLIGHT, ...said].sort((a, b) => a.time - b.time));
  running.end();
  return running.words.filter(({ name }) => !/^armed|^disarmed|^mode/.test(name));
}
const severities = (...said: readonly Observation[]) => wordsOf(...said).map(({ severity }) => severity);

describe('the words of an autopilot', () => {
  it('have its severity: 0 to 2 are critical, 3 and 4 a warning, others and none worth knowing', () => {
    const all = [0, 1, 2, 3, 4, 5, 6, 7, undefined].map((severity, i) => say(20 + i, severity, `text ${i}`));
    expect(severities(...all)).toEqual([
      ...['critical', 'critical', 'critical', 'warning', 'warning', 'info', 'info', 'info', 'info'],
    ]);
  });

  it('come with the row behind them, in quotes, by a name that numbers do not change', () => {
    expect(wordsOf(say(20.3, 2, 'EKF3 lane switch 1'), say(21.3, 2, 'EKF3 lane switch 0 '))).toEqual([
      {
        at: 20.4,
        name: 'EKF# lane switch #',
        severity: 'critical',
        reason: 'the autopilot says "EKF3 lane switch 1"',
        subsystem: 'estimator',
      },
      {
        at: 21.4,
        name: 'EKF# lane switch #',
        severity: 'critical',
        reason: 'the autopilot says "EKF3 lane switch 0"',
        subsystem: 'estimator',
      },
    ]);
    expect(wordsOf(say(20, 2, '  '))).toEqual([]);
  });

  it('are nothing wrong where they say that something is over', () => {
    const over = [
      'Radio Failsafe Cleared',
      'Glitch cleared',
      'Throttle failsafe off',
      'GPS: glitch cleared',
      'Airspeed sensor 1 now OK.',
    ];
    expect(severities(...over.map((text) => say(20, 2, text)))).toEqual(over.map(() => 'info'));
    expect(
      severities(say(20, 2, 'EKF Failsafe: changed to LAND Mode'), say(20, 4, 'SmartRTL deactivated: bad position')),
    ).toEqual(['critical', 'warning']);
  });

  it('on the ground are only heard where they are critical and do not refuse arming', () => {
    const onGround = [
      say(2, 4, 'EKF primary changed:0'),
      say(2, 2, 'PreArm: Battery failsafe'),
      say(2, 2, 'Internal Errors 0x8000'),
    ];
    expect(severities(...onGround)).toEqual(['info', 'info', 'critical']);
  });

  it('are put together where they come in pieces, in any order, and with holes where some are lost', () => {
    const long = `${'Crash: Disarming: AngErr=90>30, '.repeat(4)}end`;
    const pieces = [0, 1, 2].map((i) => say(20 + i / 100, 0, long.slice(i * 50, i * 50 + 50), { id: 7, chunk_seq: i }));
    const [a, b, c] = pieces as [Observation, Observation, Observation];
    const whole = [`the autopilot says "${long}"`];
    const reasons = (...said: Observation[]) => wordsOf(...said).map(({ reason }) => reason);
    expect(reasons(a, b, c)).toEqual(whole);
    expect(reasons({ ...c, time: a.time - 1 }, a, b)).toEqual(whole);
    expect(reasons(a, c)).toEqual([`the autopilot says "${long.slice(0, 50)}…${long.slice(100)}"`]);
    expect(reasons(a)).toEqual([`the autopilot says "${long.slice(0, 50)}…"`]);
    expect(reasons(a, say(20.5, 0, 'short', { id: 8, chunk_seq: 0 }))).toEqual([
      `the autopilot says "${long.slice(0, 50)}…"`,
      'the autopilot says "short"',
    ]);
    // What makes no sense takes no room.
    expect(reasons(say(20, 0, 'x'.repeat(50), { id: 7, chunk_seq: 255 }))).toEqual([]);
    // A text that ends with a whole piece has an empty one behind it.
    expect(reasons({ ...a, text: { text: 'y'.repeat(50) } }, { ...b, text: { text: '' } })).toEqual([
      `the autopilot says "${'y'.repeat(50)}"`,
    ]);
  });

  it.each([
    ['Radio Failsafe', 'rc'],
    ['GPS Glitch or Compass error', 'gps'],
    ['Compass 1 health error', 'compass'],
    ['EKF3 IMU0 stopped aiding', 'estimator'],
    ['Accels inconsistent', 'imu'],
    ['EKF variance', 'estimator'],
    ['Battery 1 is low 10.5V used 2000 mAh', 'battery'],
    ['Potential Thrust Loss (3)', 'motor'],
    ['Vibration compensation ON', 'vibration'],
    ['Barometer unhealthy', 'baro'],
    ['Fence breached', 'fence'],
    ['GCS Failsafe', 'link'],
    ['Airspeed sensor 1 failure', 'airspeed'],
    ['Mission: 3 WP', undefined],
  ])('say which part of the aircraft they speak of: %s', (text, subsystem) => {
    expect(wordsOf(say(20, 2, text))[0]!.subsystem).toBe(subsystem);
  });

  it('are of bounded size, whatever comes', () => {
    const [words] = wordsOf(say(20, 2, '<script>\u0000\ud800'.repeat(10_000)));
    expect(words!.reason.length).toBeLessThan(300);
  });

  it('tell changes of its mode and state, by their names', () => {
    const beat = (second: number, more: Record<string, number>) =>
      observe('heartbeat', second * 1_000 + 1, {
        type: 2,
        autopilot: 3,
        base_mode: 209,
        custom_mode: 5,
        system_status: 4,
        ...more,
      });
    const running = run();
    running.feed(
      [
        ...FLIGHT.filter(({ type }) => type !== 'heartbeat'),
        ...[8, 11, 12, 13, 14, 15, 16].map((second) => beat(second, {})),
        beat(20, { custom_mode: 6 }),
        beat(21, { custom_mode: 99, system_status: 5 }),
      ].sort((a, b) => a.time - b.time),
    );
    running.end();
    expect(running.words.map(({ at, severity, reason }) => [at, severity, reason])).toEqual([
      [20.2, 'info', 'the autopilot goes from mode Loiter to RTL'],
      [21.2, 'info', 'the autopilot goes from mode RTL to 99'],
      [21.2, 'warning', 'the autopilot calls its state critical'],
    ]);
  });

  it('tell which sensors it calls unhealthy, once these are for a second, and again when they come back', () => {
    const [GYRO_2, GPS, RC] = [131_072, 32, 65_536];
    const status = (second: number, bad: number, enabled = 0xffff_ffff) =>
      observe('sys_status', second * 1_000 + 1, {
        onboard_control_sensors_present: 0xffff_ffff,
        onboard_control_sensors_enabled: enabled,
        onboard_control_sensors_health: 0xffff_ffff - bad,
      });
    const running = run();
    running.feed(
      [
        ...FLIGHT.filter(({ type }) => type !== 'sys_status'),
        ...[8, 9, 10].map((second) => status(second, 0)),
        // For one message, by what is not used, and by what has a limit of its own.
        status(12, GYRO_2),
        ...[13, 14].map((second) => status(second, GYRO_2, 0xffff_ffff - GYRO_2)),
        ...[15, 16, 17].map((second) => status(second, RC)),
        ...[20, 21, 22, 23].map((second) => status(second, GPS + GYRO_2)),
        status(24, 0),
        ...[25, 26].map((second) => status(second, GPS)),
        observe('sys_status', 27_001, {}),
      ].sort((a, b) => a.time - b.time),
    );
    running.end();
    const told = running.words.filter(({ name }) => name.startsWith('unhealthy'));
    expect(told.map(({ at, severity, reason, subsystem }) => [at, severity, reason, subsystem])).toEqual([
      [21.2, 'warning', 'the autopilot calls its GPS unhealthy', 'gps'],
      [21.2, 'warning', 'the autopilot calls its second gyroscope unhealthy', 'imu'],
      [26.2, 'warning', 'the autopilot calls its GPS unhealthy', 'gps'],
    ]);
  });

  it('are left out where nobody wants them', () => {
    const running = run({ words: false });
    running.feed([...FLIGHT, say(39, 0, 'Crash')]);
    running.end();
    expect(running.words).toEqual([]);
  });

  it('survive a state of an earlier version', () => {
    const running = run();
    running.feed(FLIGHT.slice(0, 400));
    const { words: _, ...old } = structuredClone(running.state) as never as Record<string, unknown>;
    const migrated = plugin.migrate!(old, 3, running.config) as unknown as Record<string, unknown>;
    expect(migrated).toMatchObject({ ...old, words: { pieces: { id: 0 } } });
    const whole = structuredClone(running.state) as unknown as { parts: { baro: object } };
    const { changed: _changed, pressure: _pressure, ...baro } = whole.parts.baro as Record<string, number>;
    const before = { ...whole, parts: { ...whole.parts, baro } };
    expect(plugin.migrate!(before, 4, running.config)).toMatchObject({
      parts: { baro: { ...baro, changed: Number.NaN, pressure: Number.NaN } },
    });
  });
});
