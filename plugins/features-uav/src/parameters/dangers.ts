// Parameters that are dangerous as they are: few, and each with the page that says so.

import { type Flight, isRotary, isRover, isWinged } from '../flight/flight.js';

/** A value by name; NaN where the vehicle has not said it. */
export type Value = (name: string) => number;

/** What is dangerous. */
export interface Danger {
  /** The parameters that it is about. */
  readonly names: readonly string[];
  /** A sentence without a period, with what it means. */
  readonly text: string;
  readonly source: string;
}

/** Looks at a vehicle's parameters. @returns what is dangerous, or nothing */
type Check = (value: Value, flight: Flight) => Omit<Danger, 'source'> | undefined;

const when = (holds: boolean, text: string, ...names: readonly string[]) => (holds ? { names, text } : undefined);

/** Half of the rate at which a loop looks is the most that it can see; what is faster comes back as something slower. */
const beyondLoop = (filter: number, rate: number): boolean => filter > rate / 2;

const COPTER = 'https://ardupilot.org/copter/docs';

/** ArduPilot. Meanings of values: https://ardupilot.org/copter/docs/parameters.html, of Plane and Rover likewise. */
const ARDUPILOT: readonly (readonly [source: string, check: Check])[] = [
  [
    `${COPTER}/radio-failsafe.html`,
    (value, flight) =>
      when(
        isRotary(flight) && value('FS_THR_ENABLE') === 0,
        `FS_THR_ENABLE is 0: nothing happens when the remote control is lost${value('FS_GCS_ENABLE') === 0 ? ', nor (FS_GCS_ENABLE 0) when the ground station is' : ''}`,
        'FS_THR_ENABLE',
        'FS_GCS_ENABLE',
      ),
  ],
  [
    'https://ardupilot.org/plane/docs/apms-failsafe-function.html',
    (value, flight) =>
      when(
        isWinged(flight) && value('THR_FAILSAFE') === 0,
        'THR_FAILSAFE is 0: nothing happens when the remote control is lost',
        'THR_FAILSAFE',
      ),
  ],
  [
    'https://ardupilot.org/rover/docs/rover-failsafes.html',
    (value, flight) =>
      when(isRover(flight) && value('FS_ACTION') === 0, 'FS_ACTION is 0: nothing happens when control is lost', 'FS_ACTION'),
  ],
  [
    `${COPTER}/failsafe-battery.html`,
    (value) =>
      when(
        value('BATT_MONITOR') > 0 && value('BATT_FS_LOW_ACT') === 0 && value('BATT_FS_CRT_ACT') === 0,
        'BATT_FS_LOW_ACT and BATT_FS_CRT_ACT are 0: nothing happens when the battery is empty, it is only said',
        'BATT_FS_LOW_ACT',
        'BATT_FS_CRT_ACT',
      ),
  ],
  [
    `${COPTER}/ekf-inav-failsafe.html`,
    (value, flight) =>
      when(
        isRotary(flight) && value('FS_EKF_ACTION') === 0,
        'FS_EKF_ACTION is 0: an estimate of position that is lost is only reported',
        'FS_EKF_ACTION',
      ),
  ],
  [
    `${COPTER}/crash_check.html`,
    (value, flight) =>
      when(
        isRotary(flight) && value('FS_CRASH_CHECK') === 0,
        'FS_CRASH_CHECK is 0: motors go on turning after a crash',
        'FS_CRASH_CHECK',
      ),
  ],
  [
    `${COPTER}/common-prearm-safety-checks.html`,
    (value) =>
      when(value('ARMING_CHECK') === 0, 'ARMING_CHECK is 0: it arms whatever is wrong', 'ARMING_CHECK') ??
      when(value('ARMING_SKIPCHK') === -1, 'ARMING_SKIPCHK is -1: it arms whatever is wrong', 'ARMING_SKIPCHK'),
  ],
  [
    `${COPTER}/common-geofencing-landing-page.html`,
    (value) =>
      when(
        value('FENCE_ENABLE') === 1 && value('FENCE_ACTION') === 0,
        'FENCE_ENABLE is 1 and FENCE_ACTION 0: a breach is only reported',
        'FENCE_ENABLE',
        'FENCE_ACTION',
      ),
  ],
  [
    `${COPTER}/parameters.html#ins-gyro-filter`,
    (value) =>
      when(value('INS_GYRO_FILTER') === 0, 'INS_GYRO_FILTER is 0: the gyroscopes are not filtered', 'INS_GYRO_FILTER') ??
      when(
        beyondLoop(value('INS_GYRO_FILTER'), value('SCHED_LOOP_RATE')),
        `INS_GYRO_FILTER is ${value('INS_GYRO_FILTER')} Hz, above half of SCHED_LOOP_RATE (${value('SCHED_LOOP_RATE')} Hz): vibration comes back as slow movement`,
        'INS_GYRO_FILTER',
        'SCHED_LOOP_RATE',
      ),
  ],
  [
    `${COPTER}/common-imu-notch-filtering.html`,
    (value) =>
      when(
        value('INS_HNTCH_ENABLE') === 1 && value('INS_HNTCH_BW') > value('INS_HNTCH_FREQ'),
        `INS_HNTCH_BW (${value('INS_HNTCH_BW')} Hz) is above INS_HNTCH_FREQ (${value('INS_HNTCH_FREQ')} Hz), where half of it is usual: so wide a notch delays control`,
        'INS_HNTCH_BW',
        'INS_HNTCH_FREQ',
        'INS_HNTCH_ENABLE',
      ),
  ],
];

const PX4_PAGE = 'https://docs.px4.io/main/en/advanced_config/parameter_reference.html';
/** COM_RC_IN_MODE without a remote control: a joystick alone, or nothing at all. */
const NO_REMOTE = [1, 4];

/** PX4. Meanings of values: {@link PX4_PAGE}. */
const PX4: readonly (readonly [source: string, check: Check])[] = [
  [
    'https://docs.px4.io/main/en/config/safety.html',
    (value) =>
      when(value('NAV_RCL_ACT') === 0, 'NAV_RCL_ACT is 0: nothing happens when the remote control is lost', 'NAV_RCL_ACT'),
  ],
  [
    'https://docs.px4.io/main/en/config/safety.html',
    (value) =>
      when(
        NO_REMOTE.includes(value('COM_RC_IN_MODE')) && value('NAV_DLL_ACT') === 0,
        `COM_RC_IN_MODE is ${value('COM_RC_IN_MODE')} (no remote control) and NAV_DLL_ACT 0: nothing happens when the only link is lost`,
        'NAV_DLL_ACT',
        'COM_RC_IN_MODE',
      ),
  ],
  [
    'https://docs.px4.io/main/en/config/safety.html',
    (value) =>
      when(
        value('COM_LOW_BAT_ACT') === 0,
        'COM_LOW_BAT_ACT is 0: nothing happens when the battery is empty, it is only said',
        'COM_LOW_BAT_ACT',
      ),
  ],
  [
    'https://docs.px4.io/main/en/flying/geofence.html',
    (value) => {
      const limits = value('GF_MAX_HOR_DIST') > 0 || value('GF_MAX_VER_DIST') > 0;
      const action = value('GF_ACTION');
      return when(
        limits && (action === 0 || action === 1),
        `GF_ACTION is ${action} and the fence has limits: a breach ${action === 0 ? 'changes nothing' : 'is only reported'}`,
        'GF_ACTION',
        'GF_MAX_HOR_DIST',
        'GF_MAX_VER_DIST',
      );
    },
  ],
  [
    `${PX4_PAGE}#SYS_FAILURE_EN`,
    (value) => when(value('SYS_FAILURE_EN') === 1, 'SYS_FAILURE_EN is 1: failures can be injected in flight', 'SYS_FAILURE_EN'),
  ],
  [
    `${PX4_PAGE}#IMU_GYRO_CUTOFF`,
    (value) =>
      when(value('IMU_GYRO_CUTOFF') === 0, 'IMU_GYRO_CUTOFF is 0: the gyroscopes are not filtered', 'IMU_GYRO_CUTOFF') ??
      when(
        beyondLoop(value('IMU_GYRO_CUTOFF'), value('IMU_GYRO_RATEMAX')),
        `IMU_GYRO_CUTOFF is ${value('IMU_GYRO_CUTOFF')} Hz, above half of IMU_GYRO_RATEMAX (${value('IMU_GYRO_RATEMAX')} Hz): vibration comes back as slow movement`,
        'IMU_GYRO_CUTOFF',
        'IMU_GYRO_RATEMAX',
      ),
  ],
];

/** MAV_AUTOPILOT. */
const BY_AUTOPILOT: Readonly<Record<number, typeof ARDUPILOT>> = { 3: ARDUPILOT, 12: PX4 };

/** What is dangerous of what a vehicle has said of its parameters; what it has not said is not. */
export function dangersOf(value: Value, flight: Flight): Danger[] {
  return (BY_AUTOPILOT[flight.autopilot] ?? []).flatMap(([source, check]) => {
    const found = check(value, flight);
    return found ? [{ ...found, source }] : [];
  });
}
