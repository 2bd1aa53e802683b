// The motors of a multicopter, against each other.

import { type Flight, isJudged } from '../flight/flight.js';
import { ARDUPILOT, COMMON, fields, type Values } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth, smoothClipped } from '../smoothing.js';

/** Motors by MAV_TYPE: quadcopter, hexacopter, octocopter, tricopter, dodecacopter, decacopter. */
const COUNT: Readonly<Record<number, number>> = { 2: 4, 13: 6, 14: 8, 15: 3, 29: 12, 35: 10 };
const SENT = 16;
const ESCS = 8;
/** Share of the range from which an output cannot give more. */
const SATURATED = 0.95;
/** An ESC whose motor is told to give at least this share and does not turn. */
const TURNING = 0.1;
/** Mean of a motor's share, ms: manoeuvres move it for a second or two, a weak motor for good. */
const SHARED = 3_000;
/** Of what is usual in this flight, and how much of a flight is known before it is compared, ms. */
const USUAL = 60_000;
const KNOWN = 10_000;
/** Shares that deviate by less on average are as steady as one can ask for. */
const LEAST_SPREAD = 0.01;

export interface MotorSettings {
  /** Numbers of the servo outputs that drive motors; empty: the first ones, as many as the type of vehicle has. */
  readonly outputs: readonly number[];
  /** Pulse widths of no and of full thrust, µs. */
  readonly minimum: number;
  readonly maximum: number;
}

/** What an output gives, 0 to 1; NaN where it is not sent. */
export function outputOf(values: Values, at: number, { outputs, minimum, maximum }: MotorSettings): number {
  const pulse = values[`servo${outputs[at] ?? at + 1}_raw`] ?? Number.NaN;
  return Math.max(0, Math.min(1, (pulse - minimum) / (maximum - minimum)));
}

/** How many motors there are; 0 where they are not those of a multicopter. */
export const countOf = ({ outputs }: MotorSettings, { type }: Flight): number =>
  outputs.length > 0 ? outputs.length : (COUNT[type] ?? 0);

interface State {
  outputs: Float64Array;
  count: number;
  time: number;
  /** Share of the mean, smoothed; and its slow baseline. */
  shares: Float64Array;
  usual: Float64Array;
  /** Mean distance from it. */
  spread: Float64Array;
  /** Since when shares are learned in flight; NaN on the ground. */
  usualSince: number;
  saturated: number;
  rpm: Float64Array;
  amperes: Float64Array;
  escTimes: Float64Array;
}

const SERVO = ['heartbeat.type', 'servo_output_raw.servo1_raw'];
const RPM = ['esc_telemetry_1_to_4.rpm_0'];

/** Outputs of a multicopter, and what its speed controllers report (ArduPilot). Planes and helicopters: missing. */
export function motors(settings: MotorSettings, staleAfter: number): Part {
  const four = {
    ...fields('rpm', ...[0, 1, 2, 3].map((i) => `rpm_${i}`)),
    ...fields('A', ...[0, 1, 2, 3].map((i) => `current_${i}`)),
  };
  return part<State>({
    name: 'motors',
    consumes: {
      servo_output_raw: {
        ...fields('µs', ...Array.from({ length: SENT }, (_, i) => `servo${i + 1}_raw`)),
        ...fields('1', 'port'),
      },
      esc_telemetry_1_to_4: four,
      esc_telemetry_5_to_8: four,
    },
    columns: [
      {
        name: 'motor_mean',
        unit: '1',
        about: 'Mean output of the motors: 0 is idle, 1 is full.',
        formula: 'mean of (SERVO_OUTPUT_RAW − minimum) / (maximum − minimum) over the motors, latest',
        source: `${COMMON}#SERVO_OUTPUT_RAW`,
        needs: SERVO,
        gate: 'always',
      },
      {
        name: 'motor_imbalance',
        unit: '%',
        about: 'How far the hardest working motor lies above the mean of all.',
        formula: '100 · (max / mean − 1) of the outputs, each a mean over 3 s',
        source: `${COMMON}#SERVO_OUTPUT_RAW`,
        needs: SERVO,
        gate: 'airborne',
      },
      {
        name: 'motor_shift',
        unit: '%',
        about: 'How far one motor has left its usual share of the work.',
        formula:
          '100 · max |share − mean of share over 60 s|, share = output / mean of outputs, a mean over 3 s; from 10 s of flight on',
        source: `${COMMON}#SERVO_OUTPUT_RAW`,
        needs: SERVO,
        gate: 'airborne',
      },
      {
        name: 'motor_shift_times',
        unit: '1',
        about:
          'The same in terms of what is usual in this flight: wind and pilots move the shares of one aircraft more than those of another.',
        formula:
          'max of |share − its mean| / max(0.01, mean of |share − its mean| over 60 s, which learns at most three times itself at once); from 10 s of flight on',
        source: `${COMMON}#SERVO_OUTPUT_RAW`,
        needs: SERVO,
        gate: 'airborne',
      },
      {
        name: 'shifted_motor',
        unit: '1',
        about: 'Which motor that is, counted from 1 in the order of its outputs: for messages, not for models.',
        formula: 'the place of the motor whose motor_shift_times is largest; from 10 s of flight on',
        source: `${COMMON}#SERVO_OUTPUT_RAW`,
        needs: SERVO,
        gate: 'airborne',
      },
      {
        name: 'motor_saturation',
        unit: '1',
        about: 'Share of time in which some motor could not give more.',
        formula: 'mean over 2 s of (any output ≥ 0.95)',
        source: `${COMMON}#SERVO_OUTPUT_RAW`,
        needs: SERVO,
        gate: 'airborne',
      },
      {
        name: 'esc_rpm_spread',
        unit: '%',
        about: 'Between the fastest and the slowest motor (ArduPilot, where speed controllers report).',
        formula: '100 · (max − min) / mean of ESC_TELEMETRY rpm over the motors, each a mean over 1 s',
        source: `${ARDUPILOT}#ESC_TELEMETRY_1_TO_4`,
        needs: RPM,
        gate: 'airborne',
      },
      {
        name: 'esc_current_spread',
        unit: '%',
        about: 'Between the motor that draws most and the one that draws least (ArduPilot).',
        formula: '100 · (max − min) / mean of ESC_TELEMETRY current over the motors, each a mean over 1 s',
        source: `${ARDUPILOT}#ESC_TELEMETRY_1_TO_4`,
        needs: ['esc_telemetry_1_to_4.current_0'],
        gate: 'airborne',
      },
      {
        name: 'motors_stopped',
        unit: '1',
        about: 'Motors that are told to turn and do not (ArduPilot).',
        formula: 'count of motors with output ≥ 0.1 and ESC_TELEMETRY rpm 0, once that motor has turned',
        source: `${ARDUPILOT}#ESC_TELEMETRY_1_TO_4`,
        needs: [...SERVO, ...RPM],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      outputs: new Float64Array(SENT).fill(Number.NaN),
      count: 0,
      time: Number.NaN,
      shares: new Float64Array(SENT).fill(Number.NaN),
      usual: new Float64Array(SENT).fill(Number.NaN),
      spread: new Float64Array(SENT),
      usualSince: Number.NaN,
      saturated: 0,
      rpm: new Float64Array(ESCS).fill(Number.NaN),
      amperes: new Float64Array(ESCS).fill(Number.NaN),
      escTimes: new Float64Array(ESCS).fill(Number.NaN),
    }),
    update(state, type, values, time, flight) {
      if (type === 'esc_telemetry_1_to_4') return controllers(state, values, time, 0);
      if (type === 'esc_telemetry_5_to_8') return controllers(state, values, time, 4);
      // Port 1 carries auxiliary outputs.
      if ((values.port ?? 0) === 0) outputs(state, settings, values, time, flight);
    },
    write(state, out, time) {
      const on = (value: number) => fresh(value, state.time, time, staleAfter);
      const { count } = state;
      let [sum, most, shift, times, shifted] = [0, 0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        sum += state.outputs[i]!;
        most = Math.max(most, state.shares[i]!);
        const away = Math.abs(state.shares[i]! - state.usual[i]!);
        shift = Math.max(shift, away);
        const often = away / Math.max(LEAST_SPREAD, state.spread[i]!);
        if (often > times) [times, shifted] = [often, i + 1];
      }
      const known = count > 0 ? 1 : Number.NaN;
      out[0] = on(sum / count);
      out[1] = on(100 * (most - 1) * known);
      const compared = time - state.usualSince >= KNOWN ? known : Number.NaN;
      out[2] = on(100 * shift * compared);
      out[3] = on(times * compared);
      out[4] = shifted > 0 ? on(shifted * compared) : Number.NaN;
      out[5] = on(state.saturated * known);
      out[6] = spread(state, state.rpm, time, staleAfter);
      out[7] = spread(state, state.amperes, time, staleAfter);
      out[8] = stopped(state, time, staleAfter);
    },
  });
}

function outputs(
  state: State,
  settings: MotorSettings,
  values: Readonly<Record<string, number>>,
  time: number,
  flight: Flight,
): void {
  state.count = countOf(settings, flight);
  const { count } = state;
  if (count === 0) return;
  const dt = time - state.time;
  state.time = time;
  let [sum, high] = [0, false];
  for (let i = 0; i < count; i++) {
    const output = outputOf(values, i, settings);
    state.outputs[i] = output;
    sum += output;
    if (output >= SATURATED) high = true;
  }
  state.saturated = smooth(state.saturated, high ? 1 : 0, dt, 2_000);
  const mean = sum / count;
  const judged = isJudged(flight, time);
  if (!judged) state.usualSince = Number.NaN;
  else if (Number.isNaN(state.usualSince)) state.usualSince = time;
  // A plain mean at first.
  const memory = Math.min(USUAL, Math.max(SHARED, time - state.usualSince));
  // Shares of next to nothing are noise.
  if (!(mean > 0.05)) return;
  for (let i = 0; i < count; i++) {
    state.shares[i] = smooth(state.shares[i]!, state.outputs[i]! / mean, dt, SHARED);
    const away = Math.abs(state.shares[i]! - state.usual[i]!) || 0;
    if (judged) {
      state.spread[i] = smooth(state.spread[i]!, Math.min(away, Math.max(LEAST_SPREAD, 3 * state.spread[i]!)), dt, memory);
      state.usual[i] = smoothClipped(state.usual[i]!, state.shares[i]!, dt, memory, 0.05);
    } else state.usual[i] = state.shares[i]!;
  }
}

function controllers(state: State, values: Readonly<Record<string, number>>, time: number, first: number): void {
  for (let i = 0; i < 4; i++) {
    const rpm = values[`rpm_${i}`];
    if (rpm === undefined) continue;
    const at = first + i;
    const dt = time - state.escTimes[at]!;
    // An output without a controller sends zeros for ever.
    if (rpm === 0 && Number.isNaN(state.rpm[at]!)) continue;
    state.rpm[at] = rpm === 0 ? 0 : smooth(state.rpm[at]!, rpm, dt, 1_000);
    state.amperes[at] = smooth(state.amperes[at]!, values[`current_${i}`] ?? Number.NaN, dt, 1_000);
    state.escTimes[at] = time;
  }
}

function spread(state: State, of: Float64Array, time: number, staleAfter: number): number {
  let [most, least, sum, count] = [0, Number.POSITIVE_INFINITY, 0, 0];
  for (let i = 0; i < Math.min(state.count, ESCS); i++) {
    if (!(time - state.escTimes[i]! <= staleAfter)) continue;
    most = Math.max(most, of[i]!);
    least = Math.min(least, of[i]!);
    sum += of[i]!;
    count++;
  }
  return count < 2 || sum === 0 ? Number.NaN : (100 * (most - least) * count) / sum;
}

function stopped(state: State, time: number, staleAfter: number): number {
  let [count, known] = [0, false];
  for (let i = 0; i < Math.min(state.count, ESCS); i++) {
    if (!(time - state.escTimes[i]! <= staleAfter) || !(time - state.time <= staleAfter)) continue;
    known = true;
    if (state.outputs[i]! >= TURNING && state.rpm[i] === 0) count++;
  }
  return known ? count : Number.NaN;
}
