// The magnetic field against this flight, a second compass, and the heading of the estimate.

import { type Flight, isJudged } from '../flight/flight.js';
import { degrees, turnOf } from '../geo.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth, usualOf } from '../smoothing.js';

const COMPARED = 1_000;
const AXES = ['xmag', 'ymag', 'zmag'] as const;

interface State {
  first: Float64Array;
  firstTime: number;
  second: Float64Array;
  secondTime: number;
  field: number;
  usualField: number;
  bias: Float64Array;
  between: number;
  betweenTime: number;
  heading: number;
  usualHeading: number;
  headingTime: number;
}

const three = () => new Float64Array(3).fill(Number.NaN);
const NEEDS = ['raw_imu.xmag'];
const INTERFERENCE = 'https://ardupilot.org/copter/docs/common-magnetic-interference.html';

/** Magnetic field against what this flight has had, against a second compass, and against the heading of the estimate. */
export function compass(staleAfter: number): Part {
  return part<State>({
    name: 'compass',
    consumes: { raw_imu: fields('1', ...AXES), scaled_imu2: fields('gauss', ...AXES) },
    columns: [
      {
        name: 'field_change',
        unit: '%',
        about:
          'Strength of the magnetic field against that of the last minute. ArduPilot calls 30 % within a flight interference, 60 % bad.',
        formula: '100 · (|mag| / mean of |mag| over 60 s − 1), mag of RAW_IMU, mean over 1 s (ArduPilot)',
        source: INTERFERENCE,
        needs: NEEDS,
        gate: 'airborne',
      },
      {
        name: 'compass_disagreement',
        unit: 'gauss',
        about: 'Between the first and the second compass, beyond what they always differ by (ArduPilot).',
        formula:
          'length of (RAW_IMU − SCALED_IMU2) of xmag, ymag, zmag, each a mean over 1 s, minus the mean of that difference over 60 s',
        source: `${COMMON}#SCALED_IMU2`,
        needs: [...NEEDS, 'scaled_imu2.xmag'],
        gate: 'airborne',
      },
      {
        name: 'heading_gap',
        unit: 'deg',
        about: 'Between the heading by the first compass and that of the estimate, beyond what they have always differed by.',
        formula:
          '|tilt-compensated heading of RAW_IMU mag − ATTITUDE.yaw − its mean over 60 s|, mean over 1 s, while roll and pitch are below 30°',
        source: `${COMMON}#RAW_IMU`,
        needs: [...NEEDS, 'attitude.yaw'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      first: three(),
      firstTime: Number.NaN,
      second: three(),
      secondTime: Number.NaN,
      field: Number.NaN,
      usualField: Number.NaN,
      bias: three(),
      between: Number.NaN,
      betweenTime: Number.NaN,
      heading: Number.NaN,
      usualHeading: Number.NaN,
      headingTime: Number.NaN,
    }),
    update(state, type, values, time, flight) {
      // Zeros are what a vehicle without a compass sends.
      if (values.xmag === 0 && values.ymag === 0 && values.zmag === 0) return;
      if (type === 'scaled_imu2') {
        take(state.second, values, time - state.secondTime, 1);
        state.secondTime = time;
        return;
      }
      const dt = time - state.firstTime;
      // ArduPilot fills RAW_IMU with milligauss.
      take(state.first, values, dt, 1e-3);
      state.firstTime = time;
      const field = Math.hypot(...state.first);
      state.field = field;
      const judged = isJudged(flight, time);
      state.usualField = usualOf(state.usualField, field, dt, 0.05, judged);
      heading(state, values, time, flight);
      if (time - state.secondTime <= 1_000) between(state, time, judged);
    },
    write(state, out, time) {
      out[0] = fresh(100 * (state.field / state.usualField - 1), state.firstTime, time, staleAfter);
      out[1] = fresh(state.between, state.betweenTime, time, staleAfter);
      out[2] = fresh(Math.abs(state.heading), state.headingTime, time, staleAfter);
    },
  });
}

function take(mean: Float64Array, values: Readonly<Record<string, number>>, dt: number, scale: number): void {
  for (let i = 0; i < 3; i++) mean[i] = smooth(mean[i]!, values[AXES[i]!]! * scale, dt, COMPARED);
}

function between(state: State, time: number, judged: boolean): void {
  const dt = time - state.betweenTime;
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    const difference = state.first[i]! - state.second[i]!;
    sum += (difference - (Number.isNaN(state.bias[i]!) ? difference : state.bias[i]!)) ** 2;
    state.bias[i] = usualOf(state.bias[i]!, difference, dt, 0.02, judged);
  }
  state.between = Math.sqrt(sum);
  state.betweenTime = time;
}

const TILTED = Math.PI / 6;

/** Compass heading on the level, from the field in body axes (x forward, y right, z down). */
function heading(state: State, values: Readonly<Record<string, number>>, time: number, flight: Flight): void {
  const { roll, pitch, yaw } = flight;
  if (!(time - flight.attitudeTime <= 500) || Math.abs(roll) > TILTED || Math.abs(pitch) > TILTED) return;
  const [x, y, z] = [values.xmag!, values.ymag!, values.zmag!];
  const across = y * Math.cos(roll) - z * Math.sin(roll);
  const along = x * Math.cos(pitch) + (y * Math.sin(roll) + z * Math.cos(roll)) * Math.sin(pitch);
  const difference = turnOf(degrees(yaw), degrees(Math.atan2(-across, along)));
  const dt = time - state.headingTime;
  const usual = Number.isNaN(state.usualHeading) ? difference : state.usualHeading;
  const gap = turnOf(usual, difference);
  state.heading = smooth(state.heading, gap, dt, 1_000);
  state.usualHeading = turnOf(0, usualOf(usual, usual + gap, dt, 3, isJudged(flight, time)));
  state.headingTime = time;
}
