// Which messages a vehicle is asked for, and how often.

import { baseLengthOf, byName } from '../wire/dialects.js';
import { knows } from './known.js';

/** Header and checksum of a frame, bytes. */
const AROUND = 12;
const TRAILER = 13;

/** How often messages are asked for, Hz: what control moves fast, what estimates and measures, and what changes slowly. */
const RATES: Readonly<Record<string, number>> = {
  ATTITUDE: 10,
  RAW_IMU: 10,
  SERVO_OUTPUT_RAW: 10,
  ATTITUDE_TARGET: 5,
  EKF_STATUS_REPORT: 5,
  ESTIMATOR_STATUS: 5,
  ESC_TELEMETRY_1_TO_4: 5,
  ESC_TELEMETRY_5_TO_8: 5,
  GLOBAL_POSITION_INT: 5,
  GPS_RAW_INT: 5,
  LOCAL_POSITION_NED: 5,
  NAV_CONTROLLER_OUTPUT: 5,
  SCALED_IMU2: 5,
  VFR_HUD: 5,
  VIBRATION: 5,
  BATTERY_STATUS: 4,
  RC_CHANNELS: 4,
  SCALED_PRESSURE: 4,
  SYS_STATUS: 4,
  POWER_STATUS: 1,
  SYSTEM_TIME: 1,
  EXTENDED_SYS_STATE: 1,
};
const OTHER = 2;
/** They come by themselves. */
const UNASKED = new Set(['HEARTBEAT', 'STATUSTEXT', 'RADIO_STATUS', 'RADIO', 'HOME_POSITION', 'COMMAND_ACK']);

/** A message to be asked for. */
export interface Rate {
  readonly id: number;
  readonly hertz: number;
}

/**
 * What to ask of one vehicle: what its autopilot knows, and what a person gave a rate.
 * @param autopilot MAV_AUTOPILOT
 * @param given rates by message name that replace ours; 0: not asked for
 * @param budget bytes per second; all rates are lowered alike where they need more
 */
export function ratesOf(
  autopilot: number,
  messages: readonly string[],
  given: Readonly<Record<string, number>>,
  budget: number,
  signed: boolean,
): readonly Rate[] {
  const wanted = messages
    .filter((name) => Object.hasOwn(given, name) || (!UNASKED.has(name) && knows(autopilot, name)))
    .map((name) => ({ definition: byName.get(name)!, hertz: given[name] ?? RATES[name] ?? OTHER }))
    .filter(({ hertz }) => hertz > 0);
  const size = AROUND + (signed ? TRAILER : 0);
  const bytes = wanted.reduce((sum, { definition, hertz }) => sum + hertz * (baseLengthOf(definition) + size), 0);
  const factor = Math.min(1, budget / bytes);
  return wanted.map(({ definition, hertz }) => ({ id: definition.MSG_ID, hertz: hertz * factor }));
}
