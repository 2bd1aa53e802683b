// Shaking, clipping, and inertial sensors that contradict each other.

import { isJudged } from '../flight/flight.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth, smoothClipped, usualOf } from '../smoothing.js';

/** m/s² of one milli-g: ArduPilot's RAW_IMU carries mG and mrad/s, which its definition leaves unsaid. */
const MILLI_G = 9.80665e-3;
const CLIP_WINDOW = 5_000;
/** Mean over so long before two accelerometers are compared, ms: they are not sampled at the same moment. */
const COMPARED = 4_000;
const BASELINE = 60_000;
/** Vibration of so long a flight is known before it is compared, ms. */
const KNOWN = 10_000;

interface Imu {
  /** Means, m/s² and rad/s. */
  accel: Float64Array;
  gyro: Float64Array;
  time: number;
  /** Since the one before, ms. */
  gap: number;
}

interface State {
  axes: Float64Array;
  time: number;
  /** log of the vibration: over 2 s, and its slow baseline of this flight. */
  recent: number;
  usual: number;
  usualSince: number;
  clips: number;
  clipTotal: number;
  clipTime: number;
  first: Imu;
  second: Imu;
  /** Slow mean of the difference of the two, which calibration leaves. */
  accelBias: Float64Array;
  gyroBias: Float64Array;
  biasTime: number;
  accelGap: number;
  gyroGap: number;
  gapTime: number;
  /** Between samples, ms. */
  interval: number;
}

const three = () => new Float64Array(3).fill(Number.NaN);
const imu = (): Imu => ({ accel: three(), gyro: three(), time: Number.NaN, gap: Number.NaN });
const VIBRATION = ['vibration.vibration_x', 'vibration.vibration_y', 'vibration.vibration_z'];
const LEVELS = 'https://ardupilot.org/copter/docs/common-measuring-vibration.html';
const TWO = ['raw_imu.xacc', 'scaled_imu2.xacc'];

/** Shaking, clipping, and inertial sensors that contradict each other. */
export function vibration(staleAfter: number): Part {
  const axis = (name: 'x' | 'y' | 'z') =>
    ({
      name: `vibration_${name}`,
      unit: 'm/s²',
      about: `Vibration along ${name}.`,
      formula: `VIBRATION.vibration_${name}, latest`,
      source: `${COMMON}#VIBRATION`,
      needs: [`vibration.vibration_${name}`],
      gate: 'always',
    }) as const;
  return part<State>({
    name: 'vibration',
    consumes: {
      vibration: {
        ...fields('m/s²', 'vibration_x', 'vibration_y', 'vibration_z'),
        ...fields('1', 'clipping_0', 'clipping_1', 'clipping_2'),
      },
      raw_imu: fields('1', 'xacc', 'yacc', 'zacc', 'xgyro', 'ygyro', 'zgyro'),
      scaled_imu2: { ...fields('m/s²', 'xacc', 'yacc', 'zacc'), ...fields('rad/s', 'xgyro', 'ygyro', 'zgyro') },
    },
    columns: [
      {
        name: 'vibration',
        unit: 'm/s²',
        about:
          'Vibration of the axis that shakes most. ArduPilot: below 30 is fine, above 60 is bad. PX4 sends another measure (gyro and accelerometer metrics).',
        formula: 'max of VIBRATION.vibration_x, _y, _z, latest',
        source: LEVELS,
        needs: VIBRATION,
        gate: 'always',
      },
      axis('x'),
      axis('y'),
      axis('z'),
      {
        name: 'vibration_rise',
        unit: '1',
        about: 'Vibration against that of the same flight so far: 1 is as usual, 3 is three times as much.',
        formula:
          'exp(mean over 2 s of ln v − mean over 60 s of ln v), v the length of (x, y, z) + 0.5 m/s²; the slow mean learns at most 0.7 at once; from 10 s of flight on',
        needs: VIBRATION,
        gate: 'airborne',
      },
      {
        name: 'clip_rate',
        unit: '1/s',
        about:
          'How often accelerometers reach the end of their range. ArduPilot: a rising count is bad, above 100 in all it is serious.',
        formula: 'increase of VIBRATION.clipping_0 + _1 + _2, smoothed over 5 s (time constant)',
        source: LEVELS,
        needs: ['vibration.clipping_0'],
        gate: 'armed',
      },
      {
        name: 'accel_disagreement',
        unit: 'm/s²',
        about: 'Between the first and the second accelerometer, beyond what they always differ by (ArduPilot).',
        formula: 'length of (RAW_IMU − SCALED_IMU2), each a mean over 4 s, minus the mean of that difference over 60 s',
        source: `${COMMON}#SCALED_IMU2`,
        needs: TWO,
        gate: 'airborne',
      },
      {
        name: 'gyro_disagreement',
        unit: 'rad/s',
        about: 'Between the first and the second gyroscope, beyond what they always differ by (ArduPilot).',
        formula: 'as accel_disagreement, of angular rates',
        source: `${COMMON}#SCALED_IMU2`,
        needs: ['raw_imu.xgyro', 'scaled_imu2.xgyro'],
        gate: 'airborne',
      },
      {
        name: 'imu_interval',
        unit: 's',
        about:
          'From one sample of the inertial sensors to the next. Far apart, two of them are compared at different moments of a turn.',
        formula: 'mean over 4 s of the longer of the gaps between two RAW_IMU and between two SCALED_IMU2',
        source: `${COMMON}#SCALED_IMU2`,
        needs: TWO,
        gate: 'always',
      },
    ],
    initial: () => ({
      axes: three(),
      time: Number.NaN,
      recent: Number.NaN,
      usual: Number.NaN,
      usualSince: Number.NaN,
      clips: 0,
      clipTotal: Number.NaN,
      clipTime: Number.NaN,
      first: imu(),
      second: imu(),
      accelBias: three(),
      gyroBias: three(),
      biasTime: Number.NaN,
      accelGap: Number.NaN,
      gyroGap: Number.NaN,
      gapTime: Number.NaN,
      interval: Number.NaN,
    }),
    update(state, type, values, time, flight) {
      if (type === 'vibration') {
        shaking(state, values, time, isJudged(flight, time));
        return;
      }
      // Zeros are what a vehicle without that sensor sends.
      if (values.xacc === 0 && values.yacc === 0 && values.zacc === 0) return;
      const raw = type === 'raw_imu';
      const target = raw ? state.first : state.second;
      const dt = time - target.time;
      target.time = time;
      target.gap = dt;
      for (let i = 0; i < 3; i++) {
        const accel = values[ACCEL[i]!]! * (raw ? MILLI_G : 1);
        const gyro = values[GYRO[i]!]! * (raw ? 1e-3 : 1);
        target.accel[i] = smooth(target.accel[i]!, accel, dt, COMPARED);
        target.gyro[i] = smooth(target.gyro[i]!, gyro, dt, COMPARED);
      }
      if (!raw) compare(state, time, isJudged(flight, time));
    },
    write(state, out, time) {
      const on = (value: number) => fresh(value, state.time, time, staleAfter);
      const [x, y, z] = [state.axes[0]!, state.axes[1]!, state.axes[2]!];
      out[0] = on(Math.max(x, y, z));
      out[1] = on(x);
      out[2] = on(y);
      out[3] = on(z);
      out[4] = time - state.usualSince >= KNOWN ? on(Math.exp(state.recent - state.usual)) : Number.NaN;
      out[5] = on(state.clips);
      out[6] = fresh(state.accelGap, state.gapTime, time, staleAfter);
      out[7] = fresh(state.gyroGap, state.gapTime, time, staleAfter);
      out[8] = fresh(state.interval / 1_000, state.gapTime, time, staleAfter);
    },
  });
}

const ACCEL = ['xacc', 'yacc', 'zacc'] as const;
const GYRO = ['xgyro', 'ygyro', 'zgyro'] as const;

function shaking(state: State, values: Readonly<Record<string, number>>, time: number, judged: boolean): void {
  const dt = time - state.time;
  state.time = time;
  AXES.forEach((axis, i) => {
    state.axes[i] = values[axis] ?? Number.NaN;
  });
  const level = Math.log(Math.hypot(state.axes[0]!, state.axes[1]!, state.axes[2]!) + 0.5);
  if (!Number.isNaN(level)) {
    state.recent = smooth(state.recent, level, dt, 2_000);
    // What it shakes like on the ground or in a climb from it says nothing of the air.
    if (!judged) state.usualSince = Number.NaN;
    else if (Number.isNaN(state.usualSince)) [state.usualSince, state.usual] = [time, state.recent];
    // A plain mean at first.
    const memory = Math.min(BASELINE, Math.max(2_000, time - state.usualSince));
    if (judged) state.usual = smoothClipped(state.usual, level, dt, memory, 0.7);
  }
  const total = (values.clipping_0 ?? 0) + (values.clipping_1 ?? 0) + (values.clipping_2 ?? 0);
  const more = Math.max(0, total - state.clipTotal) || 0;
  if (dt > 0) state.clips = smooth(state.clips, (more / dt) * 1_000, dt, CLIP_WINDOW);
  state.clipTotal = total;
}

const AXES = ['vibration_x', 'vibration_y', 'vibration_z'] as const;

function compare(state: State, time: number, judged: boolean): void {
  if (!(time - state.first.time <= 1_000)) return;
  const dt = time - state.biasTime;
  state.biasTime = time;
  state.accelGap = gapOf(state.first.accel, state.second.accel, state.accelBias, dt, 0.3, judged);
  state.gyroGap = gapOf(state.first.gyro, state.second.gyro, state.gyroBias, dt, 0.01, judged);
  state.gapTime = time;
  const longer = Math.max(state.first.gap, state.second.gap);
  if (!Number.isNaN(longer)) state.interval = smooth(state.interval, longer, dt, COMPARED);
}

/** Length of a − b − bias; the bias follows slowly, and what lies beyond `limit` moves it no faster than that. */
function gapOf(a: Float64Array, b: Float64Array, bias: Float64Array, dt: number, limit: number, judged: boolean): number {
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    const difference = a[i]! - b[i]!;
    const own = difference - (Number.isNaN(bias[i]!) ? difference : bias[i]!);
    sum += own * own;
    bias[i] = usualOf(bias[i]!, difference, dt, limit, judged);
  }
  return Math.sqrt(sum);
}
