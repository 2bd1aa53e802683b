// The parameters of a simulated vehicle.

import type { Battery } from '../body/battery.js';
import type { FenceSettings } from './fence.js';

/** MAV_PARAM_TYPE: https://mavlink.io/en/messages/common.html#MAV_PARAM_TYPE */
const INT8 = 2;
const INT16 = 4;
const INT32 = 6;
const REAL32 = 9;

export interface Parameter {
  readonly name: string;
  readonly value: number;
  readonly type: number;
}

/** What the vehicle can be asked for: fence, battery, return, and a few that have nothing to do with either. */
export function parametersOf(
  fence: FenceSettings,
  battery: Battery,
  settings: {
    readonly system: number;
    readonly groundSystem: number;
    readonly returnHeight: number;
    readonly gcsFailsafe: boolean;
    readonly speed: number;
  },
): Parameter[] {
  const type = (fence.ceiling > 0 ? 1 : 0) + (fence.circle > 0 ? 2 : 0) + (fence.polygon.length > 0 ? 4 : 0);
  const parameters: [string, number, number][] = [
    ['FENCE_ACTION', INT8, 0],
    ['FENCE_ALT_MAX', REAL32, fence.ceiling || 100],
    ['FENCE_ALT_MIN', REAL32, -10],
    ['FENCE_ENABLE', INT8, type === 0 ? 0 : 1],
    ['FENCE_MARGIN', REAL32, 2],
    ['FENCE_RADIUS', REAL32, fence.circle || 300],
    ['FENCE_TOTAL', INT8, fence.polygon.length],
    ['FENCE_TYPE', INT8, type],
    ['BATT_MONITOR', INT8, 4],
    ['BATT_CAPACITY', INT32, battery.capacity * 1_000],
    ['BATT_LOW_VOLT', REAL32, 3.5 * battery.cells],
    ['BATT_CRT_VOLT', REAL32, 3.3 * battery.cells],
    ['BATT_LOW_MAH', REAL32, 0],
    ['BATT_LOW_TIMER', INT8, 10],
    ['BATT_FS_LOW_ACT', INT8, 2],
    ['BATT_ARM_VOLT', REAL32, 3.6 * battery.cells],
    ['RTL_ALT', REAL32, settings.returnHeight * 100],
    ['RTL_SPEED', INT16, 0],
    ['WPNAV_SPEED', REAL32, settings.speed * 100],
    ['WPNAV_ACCEL', REAL32, 250],
    ['FS_GCS_ENABLE', INT8, settings.gcsFailsafe ? 1 : 0],
    ['FS_GCS_TIMEOUT', REAL32, 5],
    ['FS_THR_ENABLE', INT8, 1],
    ['FS_EKF_THRESH', REAL32, 0.8],
    ['SYSID_THISMAV', INT16, settings.system],
    ['SYSID_MYGCS', INT16, settings.groundSystem],
    ['MAV_SYSID', INT16, settings.system],
    ['MAV_GCS_SYSID', INT16, settings.groundSystem],
    ['ARMING_CHECK', INT32, 1],
    ['AVOID_ENABLE', INT8, 0],
  ];
  return parameters.map(([name, kind, value]) => ({ name, type: kind, value }));
}
