// Attitude against what the autopilot wants.

import { degrees, radians } from '../geo.js';
import { ARDUPILOT, COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth } from '../smoothing.js';

interface State {
  /** Direction that the thrust axis should have: x, y, z in north-east-down without the heading. */
  targetRoll: number;
  targetPitch: number;
  targetTime: number;
  /** The target before; NaN where targets say when they were, so that their order is known. */
  earlierRoll: number;
  earlierPitch: number;
  /** Whether ATTITUDE_TARGET comes; NAV_CONTROLLER_OUTPUT then is not asked. */
  direct: boolean;
  error: number;
  tilt: number;
  height: number;
  heightTime: number;
  time: number;
}

/** Older targets are of another moment: in a turn the angles differ by what was flown meanwhile, ms. */
const TARGET_AGE = 300;
/** So often the navigation must say its target at least, ms. */
const TARGET_EVERY = 500;

/** Commanded against actual attitude. */
export function attitude(staleAfter: number): Part {
  return part<State>({
    name: 'attitude',
    consumes: {
      attitude: fields('rad', 'roll', 'pitch'),
      attitude_target: fields('1', 'q_0', 'q_1', 'q_2', 'q_3'),
      nav_controller_output: { ...fields('deg', 'nav_roll', 'nav_pitch'), ...fields('m', 'alt_error') },
    },
    columns: [
      {
        name: 'tilt',
        unit: 'deg',
        about: 'How far the aircraft leans.',
        formula: 'acos(cos roll · cos pitch) of ATTITUDE, latest',
        source: `${COMMON}#ATTITUDE`,
        needs: ['attitude.roll'],
        gate: 'always',
      },
      {
        name: 'attitude_error',
        unit: 'deg',
        about: 'Between the lean that is commanded and the one that is flown.',
        formula:
          '|(roll, pitch) of ATTITUDE_TARGET.q − of ATTITUDE|, without ATTITUDE_TARGET nav_roll and nav_pitch of NAV_CONTROLLER_OUTPUT (where it comes twice a second at least; of its last two, which may have changed places on their way, the nearer one); targets of the last 0.3 s; mean over 1 s',
        source: `${COMMON}#ATTITUDE_TARGET`,
        needs: ['attitude.roll'],
        gate: 'airborne',
      },
      {
        name: 'height_error',
        unit: 'm',
        about: 'Between the height that is commanded and the one that is flown.',
        formula: '|NAV_CONTROLLER_OUTPUT.alt_error|, mean over 1 s',
        source: `${ARDUPILOT}#NAV_CONTROLLER_OUTPUT`,
        needs: ['nav_controller_output.alt_error'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      targetRoll: Number.NaN,
      targetPitch: Number.NaN,
      targetTime: Number.NaN,
      earlierRoll: Number.NaN,
      earlierPitch: Number.NaN,
      direct: false,
      error: Number.NaN,
      tilt: Number.NaN,
      height: Number.NaN,
      heightTime: Number.NaN,
      time: Number.NaN,
    }),
    update(state, type, values, time) {
      if (type === 'attitude_target') {
        quaternion(state, values, time);
      } else if (type === 'nav_controller_output') {
        const dt = time - state.heightTime;
        const often = dt <= TARGET_EVERY;
        state.heightTime = time;
        if (values.alt_error !== undefined) state.height = smooth(state.height, Math.abs(values.alt_error), dt, 1_000);
        if (state.direct || !often || values.nav_roll === undefined || values.nav_pitch === undefined) return;
        state.earlierRoll = state.targetRoll;
        state.earlierPitch = state.targetPitch;
        state.targetRoll = radians(values.nav_roll);
        state.targetPitch = radians(values.nav_pitch);
        state.targetTime = time;
      } else if (values.roll !== undefined && values.pitch !== undefined) {
        const { roll, pitch } = values;
        const dt = time - state.time;
        state.time = time;
        state.tilt = degrees(Math.acos(Math.cos(roll) * Math.cos(pitch)));
        if (!(time - state.targetTime <= TARGET_AGE)) return;
        const last = Math.hypot(roll - state.targetRoll, pitch - state.targetPitch);
        const earlier = Math.hypot(roll - state.earlierRoll, pitch - state.earlierPitch);
        const error = degrees(earlier < last ? earlier : last);
        if (!Number.isNaN(error)) state.error = smooth(state.error, error, dt, 1_000);
      }
    },
    write(state, out, time) {
      out[0] = fresh(state.tilt, state.time, time, staleAfter);
      out[1] = time - state.targetTime <= staleAfter ? fresh(state.error, state.time, time, staleAfter) : Number.NaN;
      out[2] = fresh(state.height, state.heightTime, time, staleAfter);
    },
  });
}

/** Roll and pitch of a quaternion w, x, y, z. */
function quaternion(state: State, values: Readonly<Record<string, number>>, time: number): void {
  const [w, x, y, z] = [values.q_0!, values.q_1!, values.q_2!, values.q_3!];
  const roll = Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y));
  const pitch = Math.asin(Math.max(-1, Math.min(1, 2 * (w * y - z * x))));
  if (Number.isNaN(roll) || Number.isNaN(pitch)) return;
  state.direct = true;
  state.earlierRoll = Number.NaN;
  state.earlierPitch = Number.NaN;
  state.targetRoll = roll;
  state.targetPitch = pitch;
  state.targetTime = time;
}
