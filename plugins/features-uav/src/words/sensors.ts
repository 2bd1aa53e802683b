// Which sensors and subsystems the autopilot calls unhealthy, by the bits of SYS_STATUS.
// Source: https://mavlink.io/en/messages/common.html#MAV_SYS_STATUS_SENSOR

import type { Consumes } from '@quantstream/engine';
import { fields, type Values } from '../inputs.js';

/** By bit: what it is, and what it is a part of. The receiver of the remote control and the fence have limits of their own. */
const SENSORS: readonly (readonly [bit: number, name: string, subsystem?: string])[] = [
  [0, 'gyroscope', 'imu'],
  [1, 'accelerometer', 'imu'],
  [2, 'compass', 'compass'],
  [3, 'barometer', 'baro'],
  [4, 'airspeed sensor', 'airspeed'],
  [5, 'GPS', 'gps'],
  [6, 'optical flow sensor'],
  [7, 'vision position'],
  [8, 'rangefinder'],
  [9, 'external position'],
  [10, 'control of angular rates'],
  [11, 'attitude control'],
  [12, 'yaw control'],
  [13, 'height control'],
  [14, 'position control'],
  [15, 'motor outputs', 'motor'],
  [17, 'second gyroscope', 'imu'],
  [18, 'second accelerometer', 'imu'],
  [19, 'second compass', 'compass'],
  [21, 'estimate of attitude and position', 'estimator'],
  [22, 'terrain data'],
  [23, 'reversed motors', 'motor'],
  [24, 'logging'],
  [25, 'battery', 'battery'],
  [26, 'proximity sensor'],
  [27, 'satellite link'],
  [29, 'obstacle avoidance'],
  [30, 'propulsion', 'propulsion'],
];

/** One that is unhealthy for so long is told, ms: some are for one message. */
const LASTING = 1_000;

export const SENSORS_CONSUMES: Consumes = {
  sys_status: fields('1', 'onboard_control_sensors_present', 'onboard_control_sensors_enabled', 'onboard_control_sensors_health'),
};

/** By bit: since when it is unhealthy, ms; below 0 once that was told. Plain data. */
export type SensorsState = Record<string, number>;

/** Takes in a SYS_STATUS. @param tell of one that has been unhealthy for long enough, once */
export function hearSensors(
  state: SensorsState,
  values: Values,
  time: number,
  tell: (name: string, subsystem: string | undefined) => void,
): void {
  const { onboard_control_sensors_present: present = 0, onboard_control_sensors_enabled: enabled = 0 } = values;
  const bad = present & enabled & ~(values.onboard_control_sensors_health ?? -1);
  for (const [bit, name, subsystem] of SENSORS) {
    if ((bad & (1 << bit)) === 0) {
      delete state[bit];
      continue;
    }
    state[bit] ??= time;
    if (state[bit] < 0 || time - state[bit] < LASTING) continue;
    state[bit] = -1;
    tell(name, subsystem);
  }
}
