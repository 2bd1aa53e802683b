// What ArduPilot writes of itself when it starts, in logs and as STATUSTEXT.

/** Which firmware it is. */
export const VEHICLES = /^(?:APM:\s?)?(?:Ardu)?(?:Copter|Plane|Rover|Sub|Blimp|AntennaTracker)\b/i;
/** The board and the number of its processor. */
export const BOARD = /^([\w-]+(?: [\w-]+)*?) ([0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8})$/i;
/** The frame. */
export const FRAME = /^Frame: ([\w/+.-]{1,40})/i;
/** AHRS_EKF_TYPE that are no filter of its own. Source: https://ardupilot.org/copter/docs/parameters.html#ahrs-ekf-type */
export const OTHER_ESTIMATORS: Readonly<Record<number, string>> = { 0: 'DCM', 10: 'the simulator itself', 11: 'an external one' };

/** What an airframe is called: `quadrotor, frame QUAD/X`. */
export const airframeOf = (kind: string, frame: string): string => `${kind}${frame === '' ? '' : `, frame ${frame}`}`;
