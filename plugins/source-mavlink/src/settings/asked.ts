// Which parameters a vehicle is asked for in `mode: active`: a closed list for each autopilot, one by one and never the whole list.

import { AUTOPILOT_ARDUPILOT, AUTOPILOT_PX4 } from '../wire/ids.js';
import { PARAMETERS } from './ardupilot.js';
import { PX4_SETTINGS } from './px4.js';

/** Batteries beyond the second are rare. */
const SETTINGS = [...PARAMETERS.keys()].filter((name) => !/^BATT[3-9]_/.test(name));

/** Beside those what says which fail-safes are on, and how the gyroscopes are filtered. Source: https://ardupilot.org/copter/docs/parameters.html */
const ARDUPILOT = [
  ...[
    'FS_THR_ENABLE',
    'FS_GCS_ENABLE',
    'FS_EKF_ACTION',
    'FS_CRASH_CHECK',
    'FS_ACTION',
    'THR_FAILSAFE',
    'ARMING_CHECK',
    'ARMING_SKIPCHK',
  ],
  ...['SCHED_LOOP_RATE', 'INS_GYRO_FILTER', 'INS_HNTCH_ENABLE', 'INS_HNTCH_FREQ', 'INS_HNTCH_BW'],
];

/** Source: https://docs.px4.io/main/en/advanced_config/parameter_reference.html */
const PX4 = [
  ...['NAV_RCL_ACT', 'NAV_DLL_ACT', 'COM_RC_IN_MODE', 'COM_LOW_BAT_ACT', 'SYS_FAILURE_EN'],
  ...['IMU_GYRO_CUTOFF', 'IMU_GYRO_RATEMAX'],
];

/**
 * Names of the parameters that a vehicle is asked for.
 * @param autopilot MAV_AUTOPILOT; others than ArduPilot and PX4 are asked for none: they may answer what they do not know with a complaint
 */
export function askedOf(autopilot: number): readonly string[] {
  if (autopilot === AUTOPILOT_ARDUPILOT) return [...SETTINGS, ...ARDUPILOT];
  return autopilot === AUTOPILOT_PX4 ? [...PX4_SETTINGS, ...PX4] : [];
}
