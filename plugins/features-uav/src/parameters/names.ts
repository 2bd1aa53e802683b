// What the names of parameters say: which are settings of people, which an autopilot finds out by itself.

import type { Setting } from '@quantstream/engine';

/** Counters, times and measurements that are kept among the parameters. */
const VOLATILE =
  /^(?:STAT_|SYS_NUM_RESETS|SYSID_SW_|FORMAT_VERSION|MIS_TOTAL|BARO\d?_GND_PRESS|GND_(?:ABS_PRESS|TEMP)|BARO_ALT_OFFSET|LND_FLIGHT_T_|COM_FLIGHT_UUID|EKF2_MAGBIAS_|_HASH_CHECK)/;

/** What a calibration found, or the autopilot learned, and which devices it belongs to. */
const CALIBRATED = [
  /^COMPASS_(?:OFS|DIA|ODI|SCALE|MOT|DEV_ID|PRIO|EXTERN)\d?(?:_|$)/,
  /^INS\d?_(?:ACC|GYR)\d?(?:OFFS|SCAL|_CALTEMP|_ID)|^INS_(?:ACC|GYR)_ID\d?$|^INS\d?_(?:ACC|GYR)\d_CALTEMP$|^INS_TCAL/,
  /^(?:AHRS_TRIM_[XYZ]|MOT_THST_HOVER|BATT\d?_(?:VOLT_MULT|AMP_PERVLT|AMP_OFFSET)|ARSPD\d?_(?:OFFSET|RATIO|DEVID)|BARO\d?_DEVID)$/,
  /^RC\d+_(?:MIN|MAX|TRIM)$/,
  /^(?:CAL_|TC_|SENS_BOARD_[XYZ]_OFF$|BAT\d?_(?:V_DIV|A_PER_V)$|MPC_THR_HOVER$)/,
];

export const isVolatile = (name: string): boolean => VOLATILE.test(name);
export const isCalibrated = (name: string): boolean => CALIBRATED.some((pattern) => pattern.test(name));

/** A parameter for whoever compares recordings; `undefined` where it says nothing of how the vehicle is set. */
export function settingOf(name: string, value: number): Setting | undefined {
  if (isVolatile(name)) return undefined;
  return isCalibrated(name) ? { name, value, group: 'calibration' } : { name, value };
}
