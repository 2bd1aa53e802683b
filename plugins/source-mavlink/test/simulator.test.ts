import { MavLinkProtocolV2 } from 'node-mavlink';
import { describe, expect, it } from 'vitest';
import { readFields } from '../src/simulator/wire/codec.js';
import { STREAMS } from '../src/simulator/wire/streams.js';
import { definitions } from '../src/wire/dialects.js';
import { FrameParser } from '../src/wire/frames.js';
import { keyOfPassphrase, Signatures } from '../src/wire/signing.js';
import { Flight, median, START } from './simulator-helpers.js';

const bytes = (flight: Flight) => Buffer.concat(flight.frames);

describe('a simulated vehicle', () => {
  const flight = new Flight().until(510);
  const cruise = (name: string) => flight.series(name, 60, 300);

  it('says the same bytes for the same seed, however time is cut, and others for another', () => {
    const again = new Flight();
    for (let at = 0.3; at < 100; at += 0.7) again.until(at);
    again.until(100);
    const whole = bytes(new Flight().until(100));
    expect(bytes(again).equals(whole)).toBe(true);
    expect(bytes(new Flight({ seed: '7/2' }).until(100)).equals(whole)).toBe(false);
  });

  it('sends frames of which none is lost or damaged, at the rates of the recorded flights', () => {
    expect(flight.parser.takeLosses()).toMatchObject({ garbage: 0, badChecksum: 0, unsupported: 0 });
    expect(flight.messages).toHaveLength(flight.frames.length);
    for (let i = 1; i < flight.messages.length; i++) {
      expect((flight.messages[i].sequence - flight.messages[i - 1].sequence) & 0xff).toBe(1);
    }
    for (const { name, rate } of STREAMS) {
      const count = cruise(
        `${name.toLowerCase()}.${Object.keys(flight.messages.find(({ type }) => type === name.toLowerCase())!.values)[0]}`,
      );
      expect(count.length / 240, name).toBeCloseTo(rate, 0);
    }
    expect(flight.messages.length / 507).toBeGreaterThan(105);
  });

  it('makes frames that node-mavlink reads as they were meant', () => {
    const parser = new FrameParser(0);
    const protocol = new MavLinkProtocolV2();
    const seen = new Set<string>();
    for (const frame of new Flight().until(60).frames) {
      parser.push(frame);
      expect(parser.next()).toBe(true);
      const definition = definitions.get(parser.id)!;
      const payload = Buffer.from(frame.subarray(parser.payload, parser.payload + parser.payloadLength));
      const read = protocol.data(payload, definition) as unknown as Record<string, unknown>;
      const own = readFields(definition, parser.bytes, parser.payload, parser.payloadLength);
      for (const { name, source, length } of definition.FIELDS) {
        if (length > 0) continue;
        expect(Number(read[name]), `${definition.MSG_NAME}.${source}`).toBe(own[source]);
      }
      seen.add(definition.MSG_NAME);
    }
    for (const { name } of STREAMS) expect(seen).toContain(name);
  });

  it('cuts the zeros at the end of a payload off', () => {
    for (const frame of flight.frames.slice(0, 5_000)) {
      expect(frame[1]).toBe(frame.length - 12);
      if (frame[1] > 1) expect(frame[frame.length - 3]).not.toBe(0);
    }
  });

  it('boots, arms, takes off, flies its mission, returns, lands and disarms', () => {
    const modes = flight.series('heartbeat.custom_mode').filter((mode, i, all) => mode !== all[i - 1]);
    expect(modes).toEqual([0, 4, 3, 6]);
    const armed = flight.series('heartbeat.base_mode').map((mode) => mode >= 128);
    expect([armed[0], armed.at(-1)]).toEqual([false, false]);
    expect(armed.filter(Boolean).length).toBeGreaterThan(250);
    const landed = flight.series('extended_sys_state.landed_state').filter((state, i, all) => state !== all[i - 1]);
    expect(landed).toEqual([1, 3, 2, 4, 1]);
    expect(flight.series('gps_raw_int.fix_type', 0, 8).every((fix) => fix < 3)).toBe(true);
    expect(flight.series('system_time.time_unix_usec', 0, 8).every((time) => time === 0)).toBe(true);
    const [boot] = flight.series('system_time.time_boot_ms', 100);
    expect(flight.series('system_time.time_unix_usec', 100)[0] / 1_000 - boot).toBeCloseTo(START, 0);
    expect(flight.texts()).toEqual(expect.arrayContaining(['Arming motors', 'Mission: 1 WP', 'Disarming motors']));
    const end = flight.messages.filter(({ type }) => type === 'local_position_ned').at(-1)!.values;
    expect(Math.hypot(end.x, end.y)).toBeLessThan(3);
  });

  it('has signals in the ranges of the recorded flights while it flies', () => {
    const within = (name: string, low: number, high: number, middleLow: number, middleHigh: number) => {
      const values = cruise(name);
      expect(values.length, name).toBeGreaterThan(200);
      expect(Math.min(...values), name).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values), name).toBeLessThanOrEqual(high);
      expect(median(values), name).toBeGreaterThanOrEqual(middleLow);
      expect(median(values), name).toBeLessThanOrEqual(middleHigh);
    };
    within('sys_status.current_battery', 26, 40, 29, 33);
    within('sys_status.voltage_battery', 10.8, 16.6, 11.2, 16.4);
    within('vibration.vibration_x', 0.2, 5, 1.1, 1.7);
    within('ekf_status_report.velocity_variance', 0.001, 0.05, 0.005, 0.02);
    within('ekf_status_report.pos_horiz_variance', 0, 0.05, 0.0005, 0.02);
    within('ekf_status_report.pos_vert_variance', 0, 0.05, 0.002, 0.02);
    within('ekf_status_report.compass_variance', 0, 0.05, 0.005, 0.02);
    within('ekf_status_report.flags', 831, 831, 831, 831);
    within('servo_output_raw.servo1_raw', 1_560, 1_780, 1_625, 1_680);
    within('esc_telemetry_1_to_4.rpm_0', 6_700, 9_000, 7_300, 7_800);
    within('gps_raw_int.satellites_visible', 12, 14, 12, 14);
    within('vfr_hud.throttle', 33, 50, 37, 42);
    within('vfr_hud.groundspeed', 0, 9.5, 7, 8.3);
    within('attitude.roll', -0.5, 0.5, -0.25, 0.25);
    within('attitude.pitch', -0.55, 0.45, -0.4, 0);
    within('raw_imu.zacc', -1_350, -750, -1_020, -950);
    within('global_position_int.relative_alt', 39, 41, 39.9, 40.1);
    within('fence_status.breach_status', 0, 0, 0, 0);
    const remaining = cruise('sys_status.battery_remaining');
    expect(remaining[0] - remaining.at(-1)!).toBeGreaterThan(15);
    const voltage = cruise('sys_status.voltage_battery');
    expect(voltage[0]).toBeGreaterThan(voltage.at(-1)! + 0.2);
  });

  it('agrees with itself: baro with height, two inertial units with each other, the compass with the heading', () => {
    const pressure = (flight.series('scaled_pressure.press_abs', 3, 20)[0] - median(cruise('scaled_pressure.press_abs'))) / 0.113;
    expect(pressure).toBeGreaterThan(37);
    expect(pressure).toBeLessThan(43);
    expect(median(cruise('raw_imu.zacc')) * 0.00980665).toBeCloseTo(median(cruise('scaled_imu2.zacc')), 0);
    const field = flight.messages.filter(({ type, at }) => type === 'raw_imu' && at > 60 && at < 300);
    for (const { values } of field) expect(Math.hypot(values.xmag, values.ymag, values.zmag)).toBeCloseTo(481, -2);
    const still = flight.messages.filter(({ at }) => at > 3 && at < 20);
    const { values } = still.find(({ type }) => type === 'raw_imu')!;
    const heading = (Math.atan2(-values.ymag, values.xmag) * 180) / Math.PI;
    const told = still.find(({ type }) => type === 'attitude')!.values.yaw * (180 / Math.PI);
    expect(Math.abs(((heading - told + 540) % 360) - 180)).toBeLessThan(4);
  });

  it('speaks MAVLink 1 without what that cannot carry, and signs MAVLink 2', () => {
    const old = new Flight({ version: 1 }).until(60);
    expect(old.parser.takeLosses()).toMatchObject({ garbage: 0, badChecksum: 0 });
    expect(old.frames.every((frame) => frame[0] === 0xfe)).toBe(true);
    expect(new Set(old.messages.map(({ type }) => type)).has('esc_telemetry_1_to_4')).toBe(false);
    const signed = new Flight({ signingKey: 'a passphrase' }).until(20);
    expect(signed.parser.takeLosses()).toMatchObject({ garbage: 0, badChecksum: 0 });
    expect(signed.frames.length).toBeGreaterThan(1_000);
    const [right, wrong] = ['a passphrase', 'another'].map(
      (phrase) => new Signatures({ key: keyOfPassphrase(phrase), unsigned: 'refuse' }),
    );
    const parser = new FrameParser(0);
    for (const frame of signed.frames) {
      parser.push(frame);
      expect(parser.next()).toBe(true);
      expect([right.check(parser), wrong.check(parser)]).toEqual(['good', 'bad_signature']);
    }
  });

  it('loses frames in both directions when it is told to, and their numbers are missing', () => {
    const lossy = new Flight({ loss: 0.2 }).until(120);
    let missing = 0;
    for (let i = 1; i < lossy.messages.length; i++) {
      missing += (lossy.messages[i].sequence - lossy.messages[i - 1].sequence - 1) & 0xff;
    }
    expect(missing / (missing + lossy.messages.length)).toBeCloseTo(0.2, 1);
  });

  it('sends only its heartbeat until more is asked for', () => {
    const quiet = new Flight({ onRequest: true }).until(20);
    expect(new Set(quiet.messages.map(({ type }) => type))).toEqual(new Set(['heartbeat', 'statustext']));
  });

  it.each(['1/1', '2/1', '3/1', '4/1'])(
    'has nothing in an unlabelled flight (seed %s) that documented limits would flag',
    (seed) => {
      const calm = new Flight({ seed }).until(600);
      expect(calm.labels).toEqual([]);
      const most = (name: string) => Math.max(...calm.series(name, 3));
      for (const axis of ['x', 'y', 'z']) expect(most(`vibration.vibration_${axis}`)).toBeLessThan(15);
      expect(most('vibration.clipping_0')).toBe(0);
      for (const one of ['velocity', 'pos_horiz', 'pos_vert', 'compass']) {
        expect(most(`ekf_status_report.${one}_variance`), one).toBeLessThan(0.3);
      }
      expect(most('gps_raw_int.eph')).toBeLessThan(2);
      expect(Math.min(...calm.series('gps_raw_int.satellites_visible', 20))).toBeGreaterThanOrEqual(12);
      const supply = calm.series('power_status.vcc');
      expect(Math.max(...supply) - Math.min(...supply)).toBeLessThan(0.15);
      const fixes = calm.messages.filter(({ type, at }) => type === 'gps_raw_int' && at > 20);
      for (let i = 1; i < fixes.length; i++) {
        const [a, b] = [fixes[i - 1].values, fixes[i].values];
        const jump = Math.hypot((b.lat - a.lat) * 111_000, (b.lon - a.lon) * 111_000 * Math.cos(0.827));
        expect(jump).toBeLessThan(5);
      }
      expect(calm.texts().filter((text) => /fail|glitch|breach|low|lane|variance/i.test(text))).toEqual([]);
      expect(calm.vehicle.fence.count).toBe(0);
    },
  );
});
