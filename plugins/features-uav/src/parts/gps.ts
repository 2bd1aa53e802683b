// Receivers: fix, accuracy, jumps, and what contradicts them.

import { isJudged } from '../flight/flight.js';
import { project } from '../geo.js';
import { COMMON, fields, optional } from '../inputs.js';
import { type Part, part } from '../part.js';
import { clamp, fresh, smooth, usualOf } from '../smoothing.js';

const RADIANS = Math.PI / 180;
const FIX_3D = 3;
/** Fixes with stamps are no further apart, ms; more is a clock that was set. */
const STAMPED = 60_000;
/** A jump is shown for so long, ms. */
const SHOWN = 1_000;
/** Position that no velocity explains and that is forgiven, m/s. */
const ALLOWANCE = 0.15;
const DRIFT_LIMIT = 100;
/** What a vehicle may have sped up by between two fixes, m/s²: as ArduPilot allows its glitch radius to grow. */
const ACCELERATION = 5;

interface State {
  fix: number;
  satellites: number;
  hdop: number;
  accuracy: number;
  time: number;
  /** When it measured, by a clock of the vehicle, ms; NaN where it does not say. */
  measured: number;
  latitude: number;
  longitude: number;
  altitude: number;
  north: number;
  east: number;
  /** When the fix was last good enough to compare. */
  fixTime: number;
  jump: number;
  jumpTime: number;
  offset: number;
  /** CUSUM north +, north −, east +, east −, m. */
  drift: Float64Array;
  baro: number;
  baroTime: number;
  gap: number;
  usualGap: number;
  gapTime: number;
}

const GPS = `${COMMON}#GPS_RAW_INT`;
const GLITCH = 'https://ardupilot.org/copter/docs/gps-failsafe-glitch-protection.html';
const PLACE = ['gps_raw_int.lat', 'gps_raw_int.lon'];

/** Height of the standard atmosphere at a pressure, m (ICAO, troposphere). */
export function pressureHeight(hectopascal: number): number {
  return 44_330.77 * (1 - (hectopascal / 1_013.25) ** 0.190263);
}

/** The first receiver: what it says of itself, and whether its positions agree with its velocities, the estimate and the barometer. */
export function gps(staleAfter: number): Part {
  return part<State>({
    name: 'gps',
    consumes: {
      gps_raw_int: {
        time_usec: optional('µs'),
        ...fields('1', 'fix_type', 'satellites_visible', 'eph'),
        ...fields('deg', 'lat', 'lon', 'cog'),
        ...fields('m', 'alt', 'h_acc'),
        ...fields('m/s', 'vel'),
      },
      scaled_pressure: fields('hPa', 'press_abs'),
    },
    columns: [
      {
        name: 'fix_type',
        unit: '1',
        about: 'GPS_FIX_TYPE: 2 is flat, 3 spatial, 4 differential, 5 and 6 RTK.',
        formula: 'GPS_RAW_INT.fix_type, latest',
        source: GPS,
        needs: ['gps_raw_int.fix_type'],
        gate: 'always',
      },
      {
        name: 'satellites',
        unit: '1',
        about: 'Satellites that the first receiver uses.',
        formula: 'GPS_RAW_INT.satellites_visible, latest',
        source: GPS,
        needs: ['gps_raw_int.satellites_visible'],
        gate: 'always',
      },
      {
        name: 'hdop',
        unit: '1',
        about: 'Horizontal dilution of precision. ArduPilot arms below 1.4 and calls 2 poor.',
        formula: 'GPS_RAW_INT.eph / 100, latest',
        source: GPS,
        needs: ['gps_raw_int.eph'],
        gate: 'always',
      },
      {
        name: 'gps_accuracy',
        unit: 'm',
        about: 'Horizontal accuracy that the receiver claims; some freeze it when the fix is lost (MAVLink 2).',
        formula: 'GPS_RAW_INT.h_acc, latest',
        source: GPS,
        needs: ['gps_raw_int.h_acc'],
        gate: 'always',
      },
      {
        name: 'gps_jump',
        unit: 'm',
        about:
          'Farthest jump in the last second that the measured velocity does not explain. ArduPilot rejects more than 5 m beyond what an acceleration of 10 m/s² explains.',
        formula:
          'max over 1 s of |Δposition − mean velocity · Δt| − 5 m/s² · Δt² (at least 0) between two fixes of GPS_RAW_INT at most 2 s apart (by their time_usec where they have one)',
        source: GLITCH,
        needs: [...PLACE, 'gps_raw_int.vel', 'gps_raw_int.cog'],
        gate: 'armed',
      },
      {
        name: 'gps_offset',
        unit: 'm',
        about: 'Distance between the receiver and the estimate of the autopilot, beyond what 0.3 s of flight explain.',
        formula: 'max(0, |GPS_RAW_INT − GLOBAL_POSITION_INT| − 0.3 s · speed), mean over 0.5 s',
        source: GLITCH,
        needs: [...PLACE, 'global_position_int.lat', 'global_position_int.lon'],
        gate: 'armed',
      },
      {
        name: 'gps_drift',
        unit: 'm',
        about: 'Slow drift of the position that the velocity does not show, as when a false signal drags it away.',
        formula:
          'one-sided CUSUM (E. Page 1954) of Δposition − velocity · Δt, north and east in both senses, allowance 0.15 m/s; the largest of the four',
        needs: [...PLACE, 'gps_raw_int.vel', 'gps_raw_int.cog'],
        gate: 'airborne',
      },
      {
        name: 'gps_height_gap',
        unit: 'm',
        about: 'Height by GPS minus height by barometer, against the mean of that over the last minute.',
        formula:
          'GPS_RAW_INT.alt − height of the standard atmosphere at SCALED_PRESSURE.press_abs − its mean over 60 s (learning at most 1 m at once)',
        needs: ['gps_raw_int.alt', 'scaled_pressure.press_abs'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      fix: Number.NaN,
      satellites: Number.NaN,
      hdop: Number.NaN,
      accuracy: Number.NaN,
      time: Number.NaN,
      measured: Number.NaN,
      latitude: Number.NaN,
      longitude: Number.NaN,
      altitude: Number.NaN,
      north: Number.NaN,
      east: Number.NaN,
      fixTime: Number.NaN,
      jump: 0,
      jumpTime: Number.NaN,
      offset: Number.NaN,
      drift: new Float64Array(4),
      baro: Number.NaN,
      baroTime: Number.NaN,
      gap: Number.NaN,
      usualGap: Number.NaN,
      gapTime: Number.NaN,
    }),
    update(state, type, values, time, flight) {
      if (type === 'scaled_pressure') {
        if (values.press_abs! > 100) {
          state.baro = pressureHeight(values.press_abs!);
          state.baroTime = time;
        }
        return;
      }
      const since = values.time_usec! / 1_000 - state.measured;
      const elapsed = time - state.time;
      state.fix = values.fix_type ?? Number.NaN;
      state.satellites = values.satellites_visible ?? Number.NaN;
      state.hdop = values.eph ?? Number.NaN;
      state.accuracy = values.h_acc ?? Number.NaN;
      state.time = time;
      if (!(state.fix >= FIX_3D)) return;
      moved(state, values, time, since);
      state.measured = values.time_usec! > 0 ? values.time_usec! / 1_000 : Number.NaN;
      if (time - flight.positionTime <= 1_000) {
        const { north, east } = project(state.latitude, state.longitude, flight.latitude, flight.longitude);
        const speed = Math.hypot(flight.north, flight.east);
        state.offset = smooth(state.offset, Math.max(0, Math.hypot(north, east) - 0.3 * speed), elapsed, 500);
      }
      heights(state, time, isJudged(flight, time));
    },
    write(state, out, time) {
      const on = (value: number) => fresh(value, state.time, time, staleAfter);
      const fixed = (value: number) => fresh(value, state.fixTime, time, staleAfter);
      out[0] = on(state.fix);
      out[1] = on(state.satellites);
      out[2] = on(state.hdop);
      out[3] = on(state.accuracy);
      out[4] = fixed(time - state.jumpTime <= SHOWN ? state.jump : 0);
      out[5] = fixed(state.offset);
      out[6] = fixed(Math.max(...state.drift));
      out[7] = fresh(state.gap, state.gapTime, time, staleAfter);
    },
  });
}

/**
 * Takes in a fix: jump and drift against the velocity that the receiver measures itself.
 * @param since the time from the last fix to this one by the clock that stamps them, ms; NaN or nonsense where they are not stamped
 */
function moved(state: State, values: Readonly<Record<string, number>>, time: number, since: number): void {
  const [latitude, longitude] = [values.lat ?? Number.NaN, values.lon ?? Number.NaN];
  const course = (values.cog ?? Number.NaN) * RADIANS;
  const speed = values.vel ?? Number.NaN;
  // At rest the course means nothing.
  const north = speed < 0.2 ? 0 : speed * Math.cos(course);
  const east = speed < 0.2 ? 0 : speed * Math.sin(course);
  const same = since === 0 && latitude === state.latitude && longitude === state.longitude;
  if (same) {
    state.fixTime = time;
    return;
  }
  // Links pause and burst: how long it was between two fixes, they say themselves.
  const dt = (since > 0 && since <= STAMPED ? since : time - state.fixTime) / 1_000;
  if (dt > 0 && dt <= 2) {
    const went = project(latitude, longitude, state.latitude, state.longitude);
    const unexplained = [went.north - ((north + state.north) / 2) * dt, went.east - ((east + state.east) / 2) * dt];
    const jump = Math.max(0, Math.hypot(unexplained[0]!, unexplained[1]!) - ACCELERATION * dt * dt);
    if (!Number.isNaN(jump)) {
      if (!(time - state.jumpTime <= SHOWN && state.jump > jump)) {
        state.jump = jump;
        state.jumpTime = time;
      }
      unexplained.forEach((by, axis) => {
        for (const [i, sign] of [1, -1].entries()) {
          const at = 2 * axis + i;
          // One jump is a jump: it counts as a metre of drift at most.
          const sum = state.drift[at]! + clamp(by, 1) * sign - ALLOWANCE * dt;
          state.drift[at] = Math.min(DRIFT_LIMIT, Math.max(0, sum));
        }
      });
    }
  } else if (!(dt <= 2)) state.drift.fill(0);
  state.latitude = latitude;
  state.longitude = longitude;
  state.north = north;
  state.east = east;
  state.altitude = values.alt ?? Number.NaN;
  state.fixTime = time;
}

function heights(state: State, time: number, judged: boolean): void {
  if (!(time - state.baroTime <= 1_000)) return;
  const difference = state.altitude - state.baro;
  if (Number.isNaN(difference)) return;
  const dt = time - state.gapTime;
  if (!(dt <= 10_000)) state.usualGap = Number.NaN;
  state.gap = difference - (Number.isNaN(state.usualGap) ? difference : state.usualGap);
  state.usualGap = usualOf(state.usualGap, difference, dt, 1, judged);
  state.gapTime = time;
}
