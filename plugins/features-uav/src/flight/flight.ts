import type { Consumes } from '@quantstream/engine';
import { fields, optional, type Values } from '../inputs.js';

/** Phases of a flight, as the column `phase` has them. */
export const PHASE = { unknown: 0, disarmed: 1, armed: 2, takeoff: 3, flying: 4, landing: 5 } as const;

const ARMED = 128;
/** MAV_LANDED_STATE. */
const LANDED = { ground: 1, air: 2, takeoff: 3, landing: 4 } as const;
/** MAV_TYPE of what flies on wings, tail-sitters and other VTOLs included. */
const WINGED = new Set([1, 19, 20, 21, 22, 23, 24, 25, 28]);
/** MAV_TYPE of what flies on rotors alone, and of what drives. */
const ROTARY = new Set([2, 3, 4, 13, 14, 15, 29, 35]);
const ROVER = new Set([10, 11]);
const STALE_STATE = 5_000;
/** Height above home from which a vehicle that sends no landed state is taken for airborne, m. */
const OFF_THE_GROUND = 1.5;
/** A flight is judged once it has been above the height for so long, ms. */
const SETTLING = 2_000;

/** What several subsystems want to know of the vehicle. Plain data. Angles in rad, speeds in m/s north, east and down. */
export interface Flight {
  /** When the autopilot was last heard. */
  heard: number;
  /** Since when it is listened to without a break, as far as that is known. */
  listening: number;
  /** When it started anew in flight; NaN if it never did. */
  rebooted: number;
  /** Whether it has said before that it is disarmed or armed. */
  known: boolean;
  /** The vehicle's own clock, ms since boot, at `bootTime`. */
  boot: number;
  bootTime: number;
  /** MAV_TYPE and MAV_AUTOPILOT; NaN until heard. */
  type: number;
  autopilot: number;
  mode: number;
  /** MAV_STATE. */
  status: number;
  armed: boolean;
  landed: number;
  landedTime: number;
  latitude: number;
  longitude: number;
  /** Height above home, m. */
  height: number;
  north: number;
  east: number;
  down: number;
  positionTime: number;
  roll: number;
  pitch: number;
  yaw: number;
  attitudeTime: number;
  homeLatitude: number;
  homeLongitude: number;
  /** Whether home was said by the vehicle, and not guessed from where it was armed. */
  homeKnown: boolean;
  /** Since when it has been airborne above the judged height; NaN while it is not. */
  highSince: number;
  wasHigh: boolean;
  phase: number;
  /** Height above home when it was first known whether it flies, m: 0 on the ground; NaN: that is not known yet. */
  began: number;
  /** Whether it was ever high enough to be judged. */
  flown: boolean;
  /** Whether two vehicles were found to send as this one. */
  mixed: boolean;
  /** What flies, in words; empty where nothing says. */
  about: string;
}

export const FLIGHT_CONSUMES: Consumes = {
  heartbeat: { ...fields('1', 'type', 'autopilot', 'base_mode', 'custom_mode', 'system_status') },
  extended_sys_state: { landed_state: optional('1') },
  global_position_int: {
    time_boot_ms: optional('ms'),
    ...fields('deg', 'lat', 'lon'),
    relative_alt: optional('m'),
    ...fields('m/s', 'vx', 'vy', 'vz'),
  },
  attitude: { ...fields('rad', 'roll', 'pitch', 'yaw') },
  home_position: { ...fields('deg', 'latitude', 'longitude') },
  vehicle: { type: optional('1') },
};

export function initialFlight(): Flight {
  const unknown = Number.NaN;
  return {
    heard: unknown,
    listening: unknown,
    rebooted: unknown,
    known: false,
    boot: unknown,
    bootTime: unknown,
    type: unknown,
    autopilot: unknown,
    mode: unknown,
    status: unknown,
    armed: false,
    landed: unknown,
    landedTime: unknown,
    latitude: unknown,
    longitude: unknown,
    height: unknown,
    north: unknown,
    east: unknown,
    down: unknown,
    positionTime: unknown,
    roll: unknown,
    pitch: unknown,
    yaw: unknown,
    attitudeTime: unknown,
    homeLatitude: unknown,
    homeLongitude: unknown,
    homeKnown: false,
    highSince: unknown,
    wasHigh: false,
    phase: PHASE.unknown,
    began: unknown,
    flown: false,
    mixed: false,
    about: '',
  };
}

export const isWinged = ({ type }: Flight): boolean => WINGED.has(type);
export const isRotary = ({ type }: Flight): boolean => ROTARY.has(type);
export const isRover = ({ type }: Flight): boolean => ROVER.has(type);
/** Airborne, above the judged height, and settled there. */
export const isJudged = ({ highSince }: Flight, time: number): boolean => time - highSince >= SETTLING;
/** When the autopilot was heard, or could have been for the first time. */
export const lastHeard = ({ heard, listening }: Flight): number => (listening > heard ? listening : heard);
export const isAirborne = ({ phase }: Flight): boolean => phase >= PHASE.takeoff;

/**
 * Takes in what concerns the whole vehicle.
 * @param judgedAbove height above home from which a flight is judged, m
 */
export function updateFlight(flight: Flight, type: string, values: Values, time: number, judgedAbove: number): void {
  switch (type) {
    case 'heartbeat':
      heartbeat(flight, values);
      break;
    case 'extended_sys_state':
      if (values.landed_state! > 0) {
        flight.landed = values.landed_state ?? Number.NaN;
        flight.landedTime = time;
      }
      break;
    case 'global_position_int':
      position(flight, values, time);
      break;
    case 'attitude':
      flight.roll = values.roll ?? Number.NaN;
      flight.pitch = values.pitch ?? Number.NaN;
      flight.yaw = values.yaw ?? Number.NaN;
      flight.attitudeTime = time;
      return;
    case 'home_position':
      flight.homeLatitude = values.latitude ?? Number.NaN;
      flight.homeLongitude = values.longitude ?? Number.NaN;
      flight.homeKnown = true;
      return;
    default:
      return;
  }
  updatePhase(flight, time, judgedAbove);
}

function heartbeat(flight: Flight, values: Values): void {
  const armed = (values.base_mode! & ARMED) !== 0;
  // Where it is armed it will come home to, unless it says otherwise. Where it was armed before it was heard, home is anywhere.
  if (armed && flight.known && !flight.armed && !flight.homeKnown && !Number.isNaN(flight.latitude)) {
    flight.homeLatitude = flight.latitude;
    flight.homeLongitude = flight.longitude;
  }
  flight.type = values.type ?? Number.NaN;
  flight.autopilot = values.autopilot ?? Number.NaN;
  flight.mode = values.custom_mode ?? Number.NaN;
  flight.status = values.system_status ?? Number.NaN;
  flight.armed = armed;
  flight.known = true;
}

function position(flight: Flight, values: Values, time: number): void {
  flight.boot = values.time_boot_ms ?? Number.NaN;
  flight.bootTime = time;
  // Null island: ArduPilot and PX4 send zeros before the first fix.
  const known = values.lat !== 0 || values.lon !== 0;
  flight.latitude = known ? (values.lat ?? Number.NaN) : Number.NaN;
  flight.longitude = known ? (values.lon ?? Number.NaN) : Number.NaN;
  flight.height = values.relative_alt ?? Number.NaN;
  flight.north = values.vx ?? Number.NaN;
  flight.east = values.vy ?? Number.NaN;
  flight.down = values.vz ?? Number.NaN;
  flight.positionTime = time;
}

function updatePhase(flight: Flight, time: number, judgedAbove: number): void {
  const { armed, landed, height } = flight;
  const said = time - flight.landedTime <= STALE_STATE;
  const airborne = armed && (said ? landed !== LANDED.ground : height > OFF_THE_GROUND);
  if (Number.isNaN(flight.began) && flight.known && !Number.isNaN(height)) flight.began = airborne ? height : 0;
  if (!airborne) {
    flight.highSince = Number.NaN;
    flight.wasHigh = false;
    flight.phase = armed ? PHASE.armed : Number.isNaN(flight.type) ? PHASE.unknown : PHASE.disarmed;
    return;
  }
  const high = height >= judgedAbove;
  if (high && !(said && landed === LANDED.takeoff)) {
    flight.wasHigh = true;
    flight.flown = true;
    if (Number.isNaN(flight.highSince)) flight.highSince = time;
    flight.phase = PHASE.flying;
  } else {
    if (!high) flight.highSince = Number.NaN;
    flight.phase = flight.wasHigh ? PHASE.landing : PHASE.takeoff;
  }
}
