import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../src/simulator/faults/faults.js';
import { Flight, median, ONSET, withFault } from './simulator-helpers.js';

/** Values before the onset, during the fault, and after it. */
function parts(flight: Flight, name: string, seconds: number): [number[], number[], number[]] {
  const end = ONSET + seconds;
  return [flight.series(name, ONSET - 40, ONSET), flight.series(name, ONSET, end), flight.series(name, end)];
}
const most = (values: readonly number[]) => Math.max(...values);
const least = (values: readonly number[]) => Math.min(...values);

describe('a fault of a simulated vehicle', () => {
  it('battery_sag takes more than a volt off, and the vehicle returns when that is too low', () => {
    const flight = withFault('battery_sag', 60, 0.06);
    const [before, during] = parts(flight, 'sys_status.voltage_battery', 15);
    expect(median(before) - median(during)).toBeGreaterThan(1);
    expect(flight.texts(ONSET)).toContain('Battery Failsafe');
    expect(flight.series('heartbeat.custom_mode', ONSET)).toContain(6);
  });

  it('battery_drain empties the pack while what was counted goes on as before', () => {
    const [voltage, remaining] = [new Flight(), withFault('battery_drain', 100, 6)].map((flight) => {
      flight.until(280);
      return [flight.series('sys_status.voltage_battery', 225, 230), flight.series('sys_status.battery_remaining', 225, 230)];
    });
    expect(median(voltage[0]) - median(remaining[0])).toBeGreaterThan(0.3);
    expect(Math.abs(median(voltage[1]) - median(remaining[1]))).toBeLessThan(2);
  });

  it('vibration shakes all axes, and clips only when it is violent', () => {
    const moderate = withFault('vibration', 40, 8);
    const [before, during, after] = parts(moderate, 'vibration.vibration_z', 40);
    expect(median(before)).toBeLessThan(2);
    expect(median(during)).toBeGreaterThan(6);
    expect(median(after)).toBeLessThan(2);
    expect(most(moderate.series('vibration.clipping_0'))).toBe(0);
    const violent = withFault('vibration', 40, 50);
    expect(median(parts(violent, 'vibration.vibration_z', 40)[1])).toBeGreaterThan(30);
    expect(most(violent.series('vibration.clipping_0'))).toBeGreaterThan(100);
    const spread = (values: number[]) => most(values) - least(values);
    const [calm, shaken] = parts(violent, 'raw_imu.xacc', 40);
    expect(spread(shaken)).toBeGreaterThan(3 * spread(calm));
  });

  it('gps_loss takes the fix while accuracies and variances freeze, and one that is long makes it land', () => {
    const short = withFault('gps_loss', 5);
    expect(new Set(parts(short, 'gps_raw_int.fix_type', 5)[1].slice(2))).toEqual(new Set([1]));
    expect(new Set(parts(short, 'gps_raw_int.satellites_visible', 5)[1].slice(2))).toEqual(new Set([3]));
    expect(parts(short, 'gps_raw_int.eph', 5)[1].slice(2)).toEqual([]);
    expect(new Set(parts(short, 'gps_raw_int.h_acc', 5)[1]).size).toBe(1);
    expect(new Set(parts(short, 'ekf_status_report.pos_horiz_variance', 5)[1].slice(2)).size).toBe(1);
    expect(new Set(parts(short, 'ekf_status_report.flags', 5)[1])).toEqual(new Set([831]));
    const long = withFault('gps_loss', 20);
    expect(long.texts(ONSET)).toContain('EKF Failsafe: changed to LAND Mode');
    expect(least(parts(long, 'ekf_status_report.flags', 20)[1])).toBe(167);
    const landing = long.messages.filter(({ type, at }) => type === 'local_position_ned' && at > ONSET + 30);
    const [first, last] = [landing[0].values, landing.at(-1)!.values];
    expect(Math.hypot(last.x - first.x, last.y - first.y)).toBeLessThan(15);
  });

  it('gps_glitch moves the receiver at once; the filter rejects it, gives in after ten seconds, and flies the vehicle away', () => {
    const flight = withFault('gps_glitch', 25, 44);
    const fixes = flight.messages.filter(({ type, at }) => type === 'gps_raw_int' && Math.abs(at - ONSET) < 0.45);
    const jumps = fixes.slice(1).map(({ values }, i) => {
      const before = fixes[i].values;
      return Math.hypot((values.lat - before.lat) * 111_300, (values.lon - before.lon) * 111_300 * Math.cos(0.827));
    });
    expect(most(jumps)).toBeGreaterThan(38);
    const [before, during] = parts(flight, 'ekf_status_report.pos_horiz_variance', 25);
    expect(most(before)).toBeLessThan(0.05);
    expect(median(during.slice(5, 45))).toBeGreaterThan(8);
    expect(median(during.slice(60))).toBeLessThan(0.5);
    expect(
      parts(flight, 'ekf_status_report.flags', 25)[1]
        .slice(3, 90)
        .every((flags) => flags === 33_599),
    ).toBe(true);
    expect(flight.texts(ONSET)).toContain('GPS Glitch or Compass error');
    const told = flight.messages.filter(({ type, at }) => type === 'local_position_ned' && at > ONSET && at < ONSET + 12);
    const steps = told.slice(1).map(({ values }, i) => Math.hypot(values.x - told[i].values.x, values.y - told[i].values.y));
    expect(most(steps)).toBeGreaterThan(30);
  });

  it('gps_drift drags the vehicle off its place without a jump, and past every gate', () => {
    const calm = new Flight().until(ONSET + 140);
    const flight = withFault('gps_drift', 90, 0.8);
    expect(most(parts(flight, 'ekf_status_report.pos_horiz_variance', 90)[1])).toBeLessThan(0.5);
    expect(most(parts(flight, 'ekf_status_report.velocity_variance', 90)[1])).toBeLessThan(0.5);
    expect(flight.texts(ONSET).filter((text) => /Glitch|lane|variance/.test(text))).toEqual([]);
    const away = new Flight({ faults: [{ kind: 'gps_drift', at: ONSET * 1_000, duration: 90_000, magnitude: 0.8 }] });
    let farthest = 0;
    for (let at = ONSET; at < ONSET + 90; at++) {
      const { body, estimate } = away.until(at).vehicle;
      farthest = Math.max(farthest, Math.hypot(body.north - estimate.north, body.east - estimate.east));
    }
    expect(farthest).toBeGreaterThan(30);
    // What it says of itself looks as if nothing had happened.
    const end = (one: Flight) => one.messages.filter(({ type }) => type === 'local_position_ned').at(-1)!.values;
    expect(Math.hypot(end(flight).x - end(calm).x, end(flight).y - end(calm).y)).toBeLessThan(5);
  });

  it('motor_degradation makes one motor work harder, not the others, and height is held', () => {
    const flight = withFault('motor_degradation', 60, 0.25);
    const [before, during, after] = parts(flight, 'servo_output_raw.servo1_raw', 60);
    expect(median(during) - median(before)).toBeGreaterThan(150);
    expect(Math.abs(median(after.slice(20)) - median(before))).toBeLessThan(40);
    for (const other of [2, 3, 4]) {
      const [calm, then] = parts(flight, `servo_output_raw.servo${other}_raw`, 60);
      expect(Math.abs(median(then) - median(calm))).toBeLessThan(40);
    }
    const height = parts(flight, 'global_position_int.relative_alt', 60)[1];
    expect(most(height) - least(height)).toBeLessThan(1.5);
  });

  it('compass_interference moves the field and is fought by the filter until that learns it', () => {
    const flight = withFault('compass_interference', 50, 180);
    const [before, during, after] = parts(flight, 'ekf_status_report.compass_variance', 50);
    expect(most(before)).toBeLessThan(0.05);
    expect(median(during.slice(5, 40))).toBeGreaterThan(0.9);
    expect(median(during.slice(100))).toBeLessThan(0.1);
    expect(most(after)).toBeGreaterThan(0.9);
    const strength = (from: number, to: number) =>
      flight.messages
        .filter(({ type, at }) => type === 'raw_imu' && at >= from && at < to)
        .map(({ values }) => Math.hypot(values.xmag, values.ymag, values.zmag));
    const calm = strength(ONSET - 40, ONSET);
    expect(most(calm) - least(calm)).toBeLessThan(30);
    expect(most(strength(ONSET, ONSET + 50).map((value) => Math.abs(value - median(calm))))).toBeGreaterThan(40);
  });

  it('baro_glitch jumps the pressure; the vehicle sinks until it reads as before, and only the satellites know', () => {
    const flight = withFault('baro_glitch', 30, 6);
    const pressure = parts(flight, 'scaled_pressure.press_abs', 30);
    expect(median(pressure[0]) - least(pressure[1])).toBeGreaterThan(0.5);
    expect(Math.abs(median(pressure[1].slice(60)) - median(pressure[0]))).toBeLessThan(0.1);
    expect(most(parts(flight, 'ekf_status_report.pos_vert_variance', 30)[1])).toBeGreaterThan(0.3);
    const [above, during] = parts(flight, 'gps_raw_int.alt', 30);
    expect(median(above) - median(during.slice(75))).toBeGreaterThan(4.5);
  });

  it('imu_bias shows in one of two units, and the filter changes to the other', () => {
    const flight = withFault('imu_bias', 40, 1.2);
    const [before, during] = parts(flight, 'raw_imu.zacc', 40);
    expect(median(during) - median(before)).toBeGreaterThan(90);
    const [other, then] = parts(flight, 'scaled_imu2.zacc', 40);
    expect(Math.abs(median(then) - median(other))).toBeLessThan(0.5);
    expect(most(parts(flight, 'ekf_status_report.velocity_variance', 40)[1])).toBeGreaterThan(0.1);
    expect(flight.texts(ONSET)).toEqual(expect.arrayContaining(['EKF3 lane switch 1', 'EKF3 lane switch 0']));
  });

  it('link_loss leaves no byte, and the sequence has gone on meanwhile', () => {
    const flight = withFault('link_loss', 30);
    expect(flight.messages.filter(({ at }) => at > ONSET + 0.05 && at < ONSET + 29.9)).toEqual([]);
    expect(flight.vehicle.autopilot.phase).toBe('mission');
    expect(flight.messages.filter(({ at }) => at > ONSET + 30).length).toBeGreaterThan(4_000);
  });

  it('geofence_breach is over the edge from and to the moments of its label, by as much as it says', () => {
    const flight = withFault('geofence_breach', 60, 50);
    const [label] = flight.labels;
    expect(flight.labels.map(({ kind }) => kind)).toEqual(['geofence_breach']);
    expect(label.from).toBeGreaterThan(ONSET);
    expect(label.magnitude).toBeGreaterThan(45);
    expect(label.magnitude).toBeLessThan(56);
    for (const { at, values } of flight.messages.filter(({ type }) => type === 'local_position_ned')) {
      const beyond = Math.hypot(values.x, values.y) - 300;
      if (at > label.from + 0.3 && at < label.to - 0.3) expect(beyond).toBeGreaterThan(-1.5);
      else if (at < label.from - 0.3 || at > label.to + 0.3) expect(beyond).toBeLessThan(0);
    }
    const inside = flight.series('fence_status.breach_status', label.from + 1, label.to - 1);
    expect(inside.every((status) => status === 1)).toBe(true);
    expect(flight.series('fence_status.breach_type', label.from + 1, label.to - 1)[0]).toBe(3);
    expect(flight.texts(ONSET)).toEqual(expect.arrayContaining(['Circle fence breached', 'Fence breach cleared']));
    const unhealthy = flight.messages.filter(
      ({ type, at, values }) =>
        type === 'sys_status' &&
        at > label.from + 1 &&
        at < label.to - 1 &&
        (values.onboard_control_sensors_health & (1 << 20)) !== 0,
    );
    expect(unhealthy).toEqual([]);
  });

  it('rc_loss clears the health of the receiver and makes it return', () => {
    const flight = withFault('rc_loss', 20);
    const health = parts(flight, 'sys_status.onboard_control_sensors_health', 20)[1].slice(6);
    expect(health.every((bits) => (bits & (1 << 16)) === 0)).toBe(true);
    expect(flight.texts(ONSET)).toEqual(expect.arrayContaining(['Radio Failsafe', 'Radio Failsafe Cleared']));
    expect(flight.series('heartbeat.custom_mode', ONSET + 3)).not.toContain(3);
  });

  it('reboot begins the boot clock and the sequence anew, and the flight goes on', () => {
    const flight = withFault('reboot', 3);
    const first = flight.messages.find(({ at }) => at > ONSET + 1)!;
    expect(first.sequence).toBe(0);
    expect(flight.series('attitude.time_boot_ms', ONSET - 1, ONSET).at(-1)).toBeGreaterThan(129_000);
    expect(flight.series('attitude.time_boot_ms', ONSET + 1)[0]).toBeLessThan(3_000);
    expect(flight.vehicle.autopilot.phase).toBe('mission');
    expect(flight.texts(ONSET).filter((text) => /Failsafe/.test(text))).toEqual([]);
  });

  it('is labelled from its beginning to its end, and drawn ones come in the air, apart from each other', () => {
    for (const kind of FAULT_KINDS.filter((one) => one !== 'geofence_breach')) {
      const [label] = withFault(kind, 20).labels;
      expect([label.kind, label.from, label.to]).toEqual([kind, ONSET, ONSET + 20]);
    }
    const flight = new Flight({ faultsPerHour: 30 });
    const phases: string[] = [];
    let known = 0;
    for (let at = 1; at < 3_600; at++) {
      flight.vehicle.advance(at * 1_000, () => {});
      const fresh = flight.labels.slice(known).filter(({ kind }) => kind !== 'geofence_breach');
      known = flight.labels.length;
      for (const _ of fresh) phases.push(flight.vehicle.autopilot.phase);
    }
    const drawn = flight.labels.filter(({ kind }) => kind !== 'geofence_breach' && kind !== 'normal');
    expect(drawn.length).toBeGreaterThan(8);
    expect(phases.filter((phase) => phase === 'mission' || phase === 'return').length).toBe(phases.length);
    for (let i = 1; i < drawn.length; i++) expect(drawn[i].from - drawn[i - 1].to).toBeGreaterThan(30);
  });
});

describe('missions about the fence', () => {
  it('near misses come within 5 to 20 m of an edge at cruise speed, never cross it, and are labelled as normal', () => {
    for (const seed of ['3/1', '5/1']) {
      const flight = new Flight({ mission: 'near_miss', seed }).until(500);
      flight.vehicle.finish();
      expect(flight.series('fence_status.breach_status').every((status) => status === 0)).toBe(true);
      expect(flight.labels.length).toBeGreaterThan(2);
      for (const { kind, magnitude } of flight.labels) {
        expect(kind).toBe('normal');
        expect(magnitude).toBeGreaterThan(4);
        expect(magnitude).toBeLessThan(30);
      }
      expect(flight.labels.some(({ magnitude }) => magnitude < 21)).toBe(true);
    }
  });

  it('approaches cross it at cruise speed, by a side or by the ceiling', () => {
    const kinds = new Set<number>();
    for (const seed of ['1/1', '2/1', '3/1', '4/1', '5/1', '6/1']) {
      const flight = new Flight({ mission: 'approach', seed }).until(350);
      const [label] = flight.labels;
      expect(label.kind).toBe('geofence_breach');
      const [type] = flight.series('fence_status.breach_type', label.from + 1, label.to);
      kinds.add(type);
      const [speed] = flight.series('vfr_hud.groundspeed', label.from, label.to);
      if (type === 3) expect(speed).toBeGreaterThan(7);
      else expect(flight.series('vfr_hud.climb', label.from, label.to)[0]).toBeGreaterThan(1);
    }
    expect(kinds).toEqual(new Set([2, 3]));
  });

  it('keep to a polygon as to a circle', () => {
    const polygon = [
      [-200, -200],
      [-200, 250],
      [150, 250],
      [220, 0],
      [150, -200],
    ] as const;
    const fence = { circle: 0, ceiling: 80, polygon };
    const near = new Flight({ mission: 'near_miss', fence }).until(400);
    expect(near.series('fence_status.breach_status').every((status) => status === 0)).toBe(true);
    const over = new Flight({ mission: 'approach', fence, seed: '1/1' }).until(400);
    expect(over.texts()).toContain('Polygon fence breached');
    const survey = new Flight({ fence }).until(400);
    expect(survey.labels).toEqual([]);
  });
});
