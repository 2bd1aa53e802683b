// The estimator of the autopilot: how well it agrees with its sensors.

import { ARDUPILOT, COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh } from '../smoothing.js';

/** EKF_STATUS_FLAGS that a healthy estimate has: attitude, horizontal and vertical velocity, absolute horizontal and vertical position. */
const HEALTHY = [1, 2, 4, 16, 32];
/** What of that is lost, by what it is: attitude; horizontal velocity and position; climb and height. */
const LOST = [
  ['attitude', 'the attitude', 1],
  ['horizontal', 'velocity over ground or absolute position', 2 | 16],
  ['vertical', 'climb or absolute height', 4 | 32],
] as const;
/** A receiver is thought to jump (ArduPilot). */
const GPS_GLITCH = 32_768;
/** PX4's ESTIMATOR_STATUS_FLAGS say the same with another bit. */
const PX4_GPS_GLITCH = 1_024;

interface State {
  ratios: Float64Array;
  flags: number;
  glitch: number;
  /** Healthy flags that were set once since boot. */
  seen: number;
  time: number;
}

const EKF = `${ARDUPILOT}#EKF_STATUS_REPORT`;
const CHECK = 'https://ardupilot.org/copter/docs/ekf-inav-failsafe.html';

/** How well the estimate of the autopilot agrees with its sensors. */
export function ekf(staleAfter: number): Part {
  const ratio = (name: string, of: string, field: string, px4: string) =>
    ({
      name,
      unit: '1',
      about: `Innovation of the estimate against ${of}, as a share of what passes. ArduPilot calls 0.8 bad; from 1 on measurements are rejected.`,
      formula: `EKF_STATUS_REPORT.${field}, with PX4 ESTIMATOR_STATUS.${px4}, latest`,
      source: CHECK,
      gate: 'armed',
      // Both kinds of autopilot send one of two.
      needs: [],
    }) as const;
  return part<State>({
    name: 'ekf',
    consumes: {
      ekf_status_report: fields('1', 'flags', 'velocity_variance', 'pos_horiz_variance', 'pos_vert_variance', 'compass_variance'),
      estimator_status: fields('1', 'flags', 'vel_ratio', 'pos_horiz_ratio', 'pos_vert_ratio', 'mag_ratio'),
    },
    columns: [
      ratio('ekf_velocity', 'velocity', 'velocity_variance', 'vel_ratio'),
      ratio('ekf_position', 'horizontal position', 'pos_horiz_variance', 'pos_horiz_ratio'),
      ratio('ekf_height', 'height', 'pos_vert_variance', 'pos_vert_ratio'),
      ratio('ekf_compass', 'the compass', 'compass_variance', 'mag_ratio'),
      {
        name: 'ekf_over',
        unit: '1',
        about: 'How many of compass, velocity and position are at 0.8 or above: two for a second are a fail-safe of ArduPilot.',
        formula: 'count of ekf_compass, ekf_velocity, ekf_position ≥ 0.8',
        source: CHECK,
        gate: 'armed',
        needs: [],
      },
      {
        name: 'ekf_lost',
        unit: '1',
        about: 'What the estimate has had since boot and has no more: attitude, velocities, absolute positions.',
        formula: 'count of EKF_STATUS_FLAGS 1, 2, 4, 16, 32 that were set once and are not',
        source: EKF,
        gate: 'armed',
        needs: [],
      },
      ...LOST.map(([name, what, flags]) => ({
        name: `ekf_lost_${name}`,
        unit: '1',
        about: `1 while the estimate has ${what} no more, which it has had since boot.`,
        formula: `any of EKF_STATUS_FLAGS ${[1, 2, 4, 16, 32].filter((flag) => flags & flag).join(', ')} that was set once and is not`,
        source: EKF,
        gate: 'armed' as const,
        needs: [],
      })),
      {
        name: 'ekf_gps_glitch',
        unit: '1',
        about: '1 while the autopilot itself holds the GPS for jumping.',
        formula: 'EKF_STATUS_REPORT.flags bit 32768, with PX4 ESTIMATOR_STATUS.flags bit 1024',
        source: `${COMMON}#ESTIMATOR_STATUS_FLAGS`,
        gate: 'always',
        needs: [],
      },
    ],
    initial: () => ({ ratios: new Float64Array(4).fill(Number.NaN), flags: 0, glitch: 0, seen: 0, time: Number.NaN }),
    update(state, type, values, time) {
      const px4 = type === 'estimator_status';
      const names = px4 ? PX4_FIELDS : FIELDS;
      names.forEach((name, i) => {
        state.ratios[i] = values[name] ?? Number.NaN;
      });
      state.flags = values.flags ?? 0;
      state.glitch = state.flags & (px4 ? PX4_GPS_GLITCH : GPS_GLITCH) ? 1 : 0;
      for (const flag of HEALTHY) state.seen |= state.flags & flag;
      state.time = time;
    },
    write(state, out, time) {
      const { ratios } = state;
      const on = (value: number) => fresh(value, state.time, time, staleAfter);
      for (let i = 0; i < 4; i++) out[i] = on(ratios[i]!);
      out[4] = on([ratios[0]!, ratios[1]!, ratios[3]!].filter((ratio) => ratio >= 0.8).length);
      out[5] = on(HEALTHY.filter((flag) => (state.seen & flag) !== 0 && (state.flags & flag) === 0).length);
      for (const [i, [, , flags]] of LOST.entries()) out[6 + i] = on((state.seen & ~state.flags & flags) === 0 ? 0 : 1);
      out[9] = on(state.glitch);
    },
  });
}

const FIELDS = ['velocity_variance', 'pos_horiz_variance', 'pos_vert_variance', 'compass_variance'] as const;
const PX4_FIELDS = ['vel_ratio', 'pos_horiz_ratio', 'pos_vert_ratio', 'mag_ratio'] as const;
