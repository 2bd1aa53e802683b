// Flight modes by their numbers.

/** Source: COPTER_MODE, https://mavlink.io/en/messages/ardupilotmega.html#COPTER_MODE */
const COPTER =
  'Stabilize,Acro,AltHold,Auto,Guided,Loiter,RTL,Circle,,Land,,Drift,,Sport,Flip,AutoTune,PosHold,Brake,Throw,Avoid ADSB,Guided NoGPS,SmartRTL,FlowHold,Follow,ZigZag,SystemID,Autorotate,Auto RTL,Turtle';
/** Source: PLANE_MODE, https://mavlink.io/en/messages/ardupilotmega.html#PLANE_MODE */
const PLANE =
  'Manual,Circle,Stabilize,Training,Acro,FBWA,FBWB,Cruise,AutoTune,,Auto,RTL,Loiter,Takeoff,Avoid ADSB,Guided,Initialising,QStabilize,QHover,QLoiter,QLand,QRTL,QAutoTune,QAcro,Thermal,Loiter to QLand,Autoland';
/** Main modes of PX4, and those of its Auto. Source: `src/modules/commander/px4_custom_mode.h` */
const PX4 = ',Manual,Altitude,Position,Auto,Acro,Offboard,Stabilized,Rattitude,,Termination';
const PX4_AUTO = ',Ready,Takeoff,Hold,Mission,Return,Land,,Follow,Precision land';

const ARDUPILOT = 3;
const PX4_AUTOPILOT = 12;
/** MAV_TYPE of what flies on rotors. */
const ROTORS = new Set([2, 3, 4, 13, 14, 15, 29, 35]);

const nameIn = (names: string, number: number): string => names.split(',')[number] ?? '';

/**
 * A mode for people: `Loiter`, or its number where it has no name.
 * @param mode HEARTBEAT.custom_mode
 */
export function modeName(mode: number, autopilot: number, winged: boolean, type: number): string {
  let name = '';
  if (autopilot === ARDUPILOT) name = winged ? nameIn(PLANE, mode) : ROTORS.has(type) ? nameIn(COPTER, mode) : '';
  if (autopilot === PX4_AUTOPILOT) {
    const main = Math.floor(mode / 65_536) % 256;
    name = main === 4 ? nameIn(PX4_AUTO, Math.floor(mode / 16_777_216)) : nameIn(PX4, main);
  }
  return name === '' ? String(mode) : name;
}
