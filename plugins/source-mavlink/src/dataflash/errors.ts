/**
 * Subsystems of ERR records and what their codes mean.
 * Source: `LogErrorSubsystem` and `LogErrorCode` in `libraries/AP_Logger/AP_Logger.h` of ArduPilot, and
 * https://ardupilot.org/copter/docs/common-diagnosing-problems-using-logs.html
 */
interface Subsystem {
  readonly name: string;
  /** By code; others are said as numbers. */
  readonly codes?: Readonly<Record<number, string>>;
}

const FAILSAFE = { 0: 'resolved', 1: 'triggered' };
const SENSOR = { 0: 'resolved', 1: 'not initialised', 4: 'unhealthy' };

/** ERR of the remote control and of the fence: other observations say those as well. */
export const SUBSYSTEM = { radio: 5, fence: 9 } as const;

const SUBSYSTEMS: Readonly<Record<number, Subsystem>> = {
  1: { name: 'main loop', codes: { 1: 'late inertial samples' } },
  2: { name: 'remote control receiver', codes: { 0: 'resolved', 2: 'late frames' } },
  3: { name: 'compass', codes: SENSOR },
  4: { name: 'optical flow', codes: SENSOR },
  [SUBSYSTEM.radio]: { name: 'remote control fail-safe', codes: FAILSAFE },
  6: { name: 'battery fail-safe', codes: FAILSAFE },
  7: { name: 'GPS fail-safe', codes: FAILSAFE },
  8: { name: 'ground station fail-safe', codes: FAILSAFE },
  [SUBSYSTEM.fence]: { name: 'fence', codes: { 0: 'resolved' } },
  10: { name: 'flight mode' },
  11: { name: 'GPS', codes: { 0: 'glitch cleared', 2: 'glitch', 4: 'unhealthy' } },
  12: { name: 'crash check', codes: { 1: 'crash', 2: 'loss of control' } },
  13: { name: 'flip', codes: { 2: 'abandoned' } },
  14: { name: 'automatic tuning' },
  15: { name: 'parachute', codes: { 2: 'too low', 3: 'landed' } },
  16: { name: 'EKF check', codes: { 0: 'variance cleared', 2: 'bad variance' } },
  17: { name: 'EKF fail-safe', codes: FAILSAFE },
  18: { name: 'barometer', codes: { 0: 'glitch cleared', 2: 'glitch', 3: 'bad depth', 4: 'unhealthy' } },
  19: { name: 'processor', codes: FAILSAFE },
  20: { name: 'traffic avoidance' },
  21: { name: 'terrain', codes: { 2: 'data missing' } },
  22: {
    name: 'navigation',
    codes: {
      2: 'destination refused',
      3: 'return restarted',
      4: 'circle refused',
      5: 'destination outside the fence',
      6: 'no range finder',
    },
  },
  23: { name: 'terrain fail-safe', codes: FAILSAFE },
  24: { name: 'primary EKF changed' },
  25: { name: 'thrust loss check', codes: { 0: 'resolved', 1: 'thrust lost' } },
  26: { name: 'sensor fail-safe', codes: FAILSAFE },
  27: { name: 'leak fail-safe', codes: FAILSAFE },
  28: { name: "pilot's input", codes: FAILSAFE },
  29: { name: 'vibration fail-safe', codes: FAILSAFE },
  30: { name: 'internal error', codes: { 1: 'detected' } },
  31: { name: 'dead reckoning', codes: FAILSAFE },
};

/** An ERR record as a sentence. */
export function errorText(subsystem: number, code: number): string {
  const known = SUBSYSTEMS[subsystem];
  if (known === undefined) return `error of subsystem ${subsystem}: code ${code}`;
  return `${known.name}: ${known.codes?.[code] ?? code}`;
}
