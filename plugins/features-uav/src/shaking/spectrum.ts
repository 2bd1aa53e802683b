// At which frequency it shakes most, whether that is the motors, and whether a notch filter is there.

import { ARDUPILOT, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth } from '../smoothing.js';
import { missOf, notchesOf } from './notches.js';
import { HELD, hearSource, initialSource, type Source } from './source.js';

/** The strongest peak of one kind of sensor. */
interface Peak {
  source: Source;
  frequency: number;
  amplitude: number;
  level: number;
}

interface State {
  accel: Peak;
  gyro: Peak;
  /** Speed of each motor, Hz, and when it was said. */
  speeds: Float64Array;
  speedTimes: Float64Array;
  throttle: number;
  throttleTime: number;
  /** Of the latest peak of the gyroscope: outside of the nearest notch, Hz, and which peak that is of. */
  miss: number;
  missTime: number;
}

const ESCS = 8;
const peak = (): Peak => ({ source: initialSource(), frequency: Number.NaN, amplitude: Number.NaN, level: Number.NaN });
const GYRO = ['gyro_spectrum.frequency'];
const HOLDS = `latest; missing when older than ${HELD / 1_000} s`;
const LOGGED = 'On-board logs with batches (INS_LOG_BAT_MASK) or 100 samples a second.';
const NOTCH = 'https://ardupilot.org/copter/docs/common-imu-notch-filtering.html';
const SAMPLER = 'https://ardupilot.org/copter/docs/common-imu-batchsampling.html';

/** Peaks of the spectra of accelerometer and gyroscope. */
export function spectrum(): Part {
  const read = (unit: string) => ({
    ...fields('Hz', 'frequency', 'rate'),
    amplitude: fields(unit, 'amplitude').amplitude!,
    ...fields('dB', 'level'),
    ...fields('1', 'instance'),
  });
  const speeds = fields('rpm', ...[0, 1, 2, 3].map((i) => `rpm_${i}`));
  return part<State>({
    name: 'spectrum',
    consumes: {
      accel_spectrum: read('m/s²'),
      gyro_spectrum: read('rad/s'),
      esc_telemetry_1_to_4: speeds,
      esc_telemetry_5_to_8: speeds,
      vfr_hud: fields('%', 'throttle'),
    },
    columns: [
      {
        name: 'accel_peak_frequency',
        unit: 'Hz',
        about: `Where the accelerometer shakes most. ${LOGGED}`,
        formula: `the strongest peak above 10 Hz that stands 14 dB above the median around it, ${HOLDS}`,
        source: SAMPLER,
        needs: ['accel_spectrum.frequency'],
        gate: 'armed',
      },
      {
        name: 'accel_peak_amplitude',
        unit: 'm/s²',
        about: 'How much it shakes there, all axes together.',
        formula: `√(x² + y² + z²) of the amplitudes of a sine at accel_peak_frequency, ${HOLDS}`,
        source: SAMPLER,
        needs: ['accel_spectrum.frequency'],
        gate: 'armed',
      },
      {
        name: 'gyro_peak_frequency',
        unit: 'Hz',
        about: `Where the gyroscope shakes most: what filters have to take out. ${LOGGED}`,
        formula: `as accel_peak_frequency, of the gyroscope, ${HOLDS}`,
        source: SAMPLER,
        needs: GYRO,
        gate: 'armed',
      },
      {
        name: 'gyro_peak_amplitude',
        unit: 'rad/s',
        about: 'How much it shakes there, all axes together.',
        formula: `as accel_peak_amplitude, of the gyroscope, ${HOLDS}`,
        source: SAMPLER,
        needs: GYRO,
        gate: 'armed',
      },
      {
        name: 'gyro_peak_level',
        unit: 'dB',
        about:
          'How far that peak stands above what is around it. ArduPilot takes 25 dB for a signal that is there (FFT_SNR_REF).',
        formula: `10 · log₁₀ of the power of the peak over the median from 1/1.5 to 1.5 times its frequency, ${HOLDS}`,
        source: 'https://ardupilot.org/copter/docs/parameters.html#fft-snr-ref',
        needs: GYRO,
        gate: 'armed',
      },
      {
        name: 'peak_motor_ratio',
        unit: '1',
        about:
          'The frequency of the strongest peak over the speed of the motors: near 1 an imbalance of propellers, near their number of blades what the blades do, else something of the frame.',
        formula:
          'gyro_peak_frequency (without it accel_peak_frequency) / mean of ESC_TELEMETRY rpm / 60 over the motors that turn, each a mean over 1 s',
        source: `${ARDUPILOT}#ESC_TELEMETRY_1_TO_4`,
        needs: ['esc_telemetry_1_to_4.rpm_0'],
        gate: 'armed',
      },
      {
        name: 'notch_miss',
        unit: 'Hz',
        about:
          'How far the strongest peak of the gyroscope lies outside of every notch filter; 0 within one. Missing where none is switched on, or where one follows what no log says.',
        formula:
          'max(0, min over notches of |gyro_peak_frequency − centre| − bandwidth / 2), by INS_HNTCH_…, INS_HNTC2_…, INS_NOTCH_… or IMU_GYRO_NF…, IMU_GYRO_DNF_…',
        source: NOTCH,
        needs: [...GYRO, 'parameter.value'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      accel: peak(),
      gyro: peak(),
      speeds: new Float64Array(ESCS).fill(Number.NaN),
      speedTimes: new Float64Array(ESCS).fill(Number.NaN),
      throttle: Number.NaN,
      throttleTime: Number.NaN,
      miss: Number.NaN,
      missTime: Number.NaN,
    }),
    update(state, type, values, time) {
      if (type === 'esc_telemetry_1_to_4') return turning(state, values, time, 0);
      if (type === 'esc_telemetry_5_to_8') return turning(state, values, time, 4);
      if (type === 'vfr_hud') {
        if (values.throttle === undefined) return;
        state.throttle = smooth(state.throttle, values.throttle / 100, time - state.throttleTime, 1_000);
        state.throttleTime = time;
        return;
      }
      const target = type === 'accel_spectrum' ? state.accel : state.gyro;
      if (!hearSource(target.source, values, time)) return;
      target.frequency = values.frequency ?? Number.NaN;
      target.amplitude = values.amplitude ?? Number.NaN;
      target.level = values.level ?? Number.NaN;
    },
    write(state, out, time, _flight, parameter) {
      const { accel, gyro } = state;
      const on = ({ source }: Peak, value: number) => fresh(value, source.time, time, HELD);
      out[0] = on(accel, accel.frequency);
      out[1] = on(accel, accel.amplitude);
      out[2] = on(gyro, gyro.frequency);
      out[3] = on(gyro, gyro.amplitude);
      out[4] = on(gyro, gyro.level);
      const speed = speedOf(state, time);
      out[5] = (Number.isNaN(out[2]) ? out[0] : out[2]) / speed;
      // Once for each spectrum: where the notches were then.
      if (gyro.source.time !== state.missTime && !Number.isNaN(gyro.source.time)) {
        const notches = Number.isNaN(gyro.frequency)
          ? undefined
          : notchesOf(parameter, speed, fresh(state.throttle, state.throttleTime, time, HELD));
        state.miss = notches ? missOf(gyro.frequency, notches) : Number.NaN;
        state.missTime = gyro.source.time;
      }
      out[6] = on(gyro, state.miss);
    },
  });
}

function turning(state: State, values: Readonly<Record<string, number>>, time: number, first: number): void {
  for (let i = 0; i < 4; i++) {
    const rpm = values[`rpm_${i}`];
    if (rpm === undefined) continue;
    const at = first + i;
    state.speeds[at] = smooth(state.speeds[at]!, rpm / 60, time - state.speedTimes[at]!, 1_000);
    state.speedTimes[at] = time;
  }
}

/** Mean speed of the motors that turn, Hz; NaN where none does, or nobody says. */
function speedOf({ speeds, speedTimes }: State, time: number): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < ESCS; i++) {
    if (!(time - speedTimes[i]! <= STALE) || !(speeds[i]! > 1)) continue;
    sum += speeds[i]!;
    count++;
  }
  return count > 0 ? sum / count : Number.NaN;
}

/** A motor that nobody speaks of for so long has no known speed, ms. */
const STALE = 3_000;
