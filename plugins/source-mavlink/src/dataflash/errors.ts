/**
 * Subsystems of ERR records and what their codes mean.
 * Source: `LogErrorSubsystem` and `LogErrorCode` in `libraries/AP_Logger/AP_Logger.h` of ArduPilot, and
 * https://ardupilot.org/copter/docs/common-diagnosing-problems-using-logs.html
 */
interface Subsystem {
  readonly name: string;
  /** By code; others are said as numbers. */
  readonly codes?: Readonly<Record<number, string>>;
  /** MAV_SEVERITY of what the autopilot says at the same moment, where it is not an error (3); a resolved one is info. */
  readonly severity?: number;
}

/** MAV_SEVERITY. */
const EMERGENCY = 0;
const CRITICAL = 2;
const ERROR = 3;
const WARNING = 4;
const INFO = 6;

const FAILSAFE = { 0: 'resolved', 1: 'triggered' };
const SENSOR = { 0: 'resolved', 1: 'not initialised', 4: 'unhealthy' };

/** ERR of the remote control and of the fence: other observations say those as well. */
export const SUBSYSTEM = { radio: 5, fence: 9 } as const;

const SUBSYSTEMS: Readonly<Record<number, Subsystem>> = {
  1: { name: 'main loop', codes: { 1: 'late inertial samples' } },
  2: { name: 'remote control receiver', codes: { 0: 'resolved', 2: 'late frames' } },
  3: { name: 'compass', codes: SENSOR },
  4: { name: 'optical flow', codes: SENSOR },
  [SUBSYSTEM.radio]: { name: 'remote control fail-safe', codes: FAILSAFE, severity: WARNING },
  6: { name: 'battery fail-safe', codes: FAILSAFE, severity: WARNING },
  7: { name: 'GPS fail-safe', codes: FAILSAFE, severity: CRITICAL },
  8: { name: 'ground station fail-safe', codes: FAILSAFE, severity: WARNING },
  [SUBSYSTEM.fence]: { name: 'fence', codes: { 0: 'resolved' } },
  10: { name: 'flight mode refused', severity: WARNING },
  11: { name: 'GPS', codes: { 0: 'glitch cleared', 2: 'glitch', 4: 'unhealthy' }, severity: CRITICAL },
  12: { name: 'crash check', codes: { 1: 'crash', 2: 'loss of control' }, severity: EMERGENCY },
  13: { name: 'flip', codes: { 2: 'abandoned' } },
  14: { name: 'automatic tuning' },
  15: { name: 'parachute', codes: { 2: 'too low', 3: 'landed' } },
  16: { name: 'EKF check', codes: { 0: 'variance cleared', 2: 'bad variance' }, severity: CRITICAL },
  17: { name: 'EKF fail-safe', codes: FAILSAFE, severity: CRITICAL },
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
  24: { name: 'primary EKF changed', severity: WARNING },
  25: { name: 'thrust loss check', codes: { 0: 'resolved', 1: 'thrust lost' }, severity: EMERGENCY },
  26: { name: 'sensor fail-safe', codes: FAILSAFE },
  27: { name: 'leak fail-safe', codes: FAILSAFE },
  28: { name: "pilot's input", codes: FAILSAFE },
  29: { name: 'vibration fail-safe', codes: FAILSAFE, severity: CRITICAL },
  30: { name: 'internal error', codes: { 1: 'detected' }, severity: CRITICAL },
  31: { name: 'dead reckoning', codes: FAILSAFE, severity: CRITICAL },
};

/** An ERR record as a sentence. */
export function errorText(subsystem: number, code: number): string {
  const known = SUBSYSTEMS[subsystem];
  if (known === undefined) return `error of subsystem ${subsystem}: code ${code}`;
  return `${known.name}: ${known.codes?.[code] ?? code}`;
}

/** How bad it is, MAV_SEVERITY; of the primary filter the code is its number, and of a flight mode that of the mode. */
export function errorSeverity(subsystem: number, code: number): number {
  const known = SUBSYSTEMS[subsystem];
  if (code === 0 && known?.codes !== undefined) return INFO;
  return known?.severity ?? (code === 0 ? INFO : ERROR);
}

/**
 * EV records as sentences, those that say something of a flight. The others are settings of pilots.
 * Source: `LogEvent` in `libraries/AP_Logger/AP_Logger.h` of ArduPilot
 */
const EVENTS: Readonly<Record<number, readonly [text: string, severity?: number]>> = {
  15: ['motors armed and throttle raised'],
  17: ['landing complete, perhaps'],
  18: ['landed'],
  19: ['GPS lost', WARNING],
  25: ['home set'],
  28: ['not landed'],
  41: ['fence enabled'],
  42: ['fence disabled'],
  49: ['parachute disabled'],
  50: ['parachute enabled'],
  51: ['parachute released', CRITICAL],
  54: ['motors stopped in an emergency', CRITICAL],
  55: ['emergency stop of the motors cleared'],
  56: ['motor interlock disabled'],
  57: ['motor interlock enabled'],
  59: ['rotor speed below critical', CRITICAL],
  60: ['height of the estimate reset'],
  61: ['landing cancelled by the pilot'],
  62: ['heading of the estimate reset'],
  67: ['primary GPS changed'],
};

/** An EV record as a sentence with its MAV_SEVERITY; `undefined` where it says nothing of a flight. */
export function eventText(id: number): { text: string; severity: number } | undefined {
  const [text, severity = INFO] = EVENTS[id] ?? [];
  return text === undefined ? undefined : { text, severity };
}
