// Parameters of ArduPilot that become settings.

/** ArduPilot's numbering of batteries: `BATT_` is the first, then `BATT2_` … */
const BATTERIES = ['', '2', '3', '4'];

/** A parameter that becomes a setting. */
export interface Parameter {
  readonly unit: string;
  readonly about: string;
  /** The parameter's own number is divided by this. */
  readonly divide?: number;
}

const BATTERY: Readonly<Record<string, Parameter>> = {
  MONITOR: { unit: '1', about: 'kind of battery monitor' },
  CAPACITY: { unit: 'mAh', about: 'capacity of the pack' },
  LOW_VOLT: { unit: 'V', about: 'voltage of the low fail-safe; 0: none' },
  CRT_VOLT: { unit: 'V', about: 'voltage of the critical fail-safe; 0: none' },
  LOW_MAH: { unit: 'mAh', about: 'charge left at the low fail-safe; 0: none' },
  CRT_MAH: { unit: 'mAh', about: 'charge left at the critical fail-safe; 0: none' },
  LOW_TIMER: { unit: 's', about: 'how long the voltage must be low' },
  FS_LOW_ACT: { unit: '1', about: 'action of the low fail-safe' },
  FS_CRT_ACT: { unit: '1', about: 'action of the critical fail-safe' },
  FS_VOLTSRC: { unit: '1', about: 'voltage of the fail-safe: 0 raw, 1 compensated for sag' },
  ARM_VOLT: { unit: 'V', about: 'least voltage for arming' },
  ARM_MAH: { unit: 'mAh', about: 'least charge for arming' },
  OPTIONS: { unit: '1', about: 'option bits' },
};

const FENCE: Readonly<Record<string, Parameter>> = {
  FENCE_ENABLE: { unit: '1', about: 'whether the fence is on' },
  FENCE_AUTOENABLE: { unit: '1', about: 'when the fence is switched on by itself' },
  FENCE_TYPE: { unit: '1', about: 'bits: 1 ceiling, 2 circle around home, 4 polygons and circles, 8 floor' },
  FENCE_ACTION: { unit: '1', about: 'action on a breach' },
  FENCE_ALT_MAX: { unit: 'm', about: 'ceiling, above home' },
  FENCE_ALT_MIN: { unit: 'm', about: 'floor, above home' },
  FENCE_RADIUS: { unit: 'm', about: 'radius of the circle around home' },
  FENCE_MARGIN: { unit: 'm', about: 'margin inside the fence' },
  FENCE_MARGIN_XY: { unit: 'm', about: 'horizontal margin inside the fence' },
  FENCE_TOTAL: { unit: '1', about: 'items of the fence' },
  FENCE_OPTIONS: { unit: '1', about: 'option bits' },
  FENCE_RET_ALT: { unit: 'm', about: 'height of the return point' },
  FENCE_RET_RALLY: { unit: '1', about: 'whether to return to a rally point' },
  FENCE_NTF_FREQ: { unit: '1', about: 'how often a breach is told, Hz' },
};

const RETURN: Readonly<Record<string, Parameter>> = {
  // In centimetres on the vehicle, as https://ardupilot.org/copter/docs/parameters.html says; RTL_ALT_M is its successor in metres.
  RTL_ALT: { unit: 'm', about: 'height of the return, above home', divide: 100 },
  RTL_ALT_M: { unit: 'm', about: 'height of the return, above home' },
  RTL_ALT_FINAL: { unit: 'm', about: 'height at which a return ends', divide: 100 },
  RTL_ALT_FINAL_M: { unit: 'm', about: 'height at which a return ends' },
  RTL_ALT_TYPE: { unit: '1', about: 'what the height of the return is measured from: 0 home, 1 terrain' },
  RTL_ALTITUDE: { unit: 'm', about: 'height of the return of a plane, above home' },
};

/**
 * The parameters that become settings, by their names on the vehicle: those that an expectation of the flight rests on and none else.
 * (An autopilot under test says injected faults in parameters; a detector must never see those.)
 */
export const PARAMETERS: ReadonlyMap<string, Parameter> = new Map([
  ...Object.entries(FENCE),
  ...BATTERIES.flatMap((n) => Object.entries(BATTERY).map(([name, one]) => [`BATT${n}_${name}`, one] as const)),
  ...Object.entries(RETURN),
]);

/** The field of a parameter. */
export const settingName = (parameter: string): string => parameter.toLowerCase();
