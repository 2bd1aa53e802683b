/** The missions that simulated vehicles fly. */
import type { Target } from '../body/body.js';
import type { Random } from '../random.js';
import type { Fence } from './fence.js';

export const MISSION_KINDS = ['survey', 'approach', 'near_miss', 'mixed'] as const;
export type MissionKind = (typeof MISSION_KINDS)[number];

/** Metres from home, m/s, seconds. */
export interface Waypoint {
  readonly north: number;
  readonly east: number;
  readonly up: number;
  readonly speed: number;
  readonly hold: number;
  /** `edge`: this leg ends near the fence, and inside: a near miss. */
  readonly near?: boolean;
}

/** What a mission is drawn within. */
export interface MissionSettings {
  /** m/s over ground. */
  readonly speed: number;
  /** Metres above home. */
  readonly height: number;
}

/** m/s² along a leg, as ArduCopter brakes by default; less where most of it is climb. */
export const BRAKING = 2.5;
const BRAKING_CLIMB = 1;
/** m/s³ when a leg begins. */
const JERK = 1.5;
const CLIMB = 3;
const HEADINGS = 24;

/** The waypoints of one flight, without take-off and return. */
export function drawMission(kind: MissionKind, fence: Fence, settings: MissionSettings, random: Random): Waypoint[] {
  const drawn = kind === 'mixed' ? random.pick(['survey', 'survey', 'approach', 'near_miss'] as const) : kind;
  const ceiling = fence.settings.ceiling;
  const height = ceiling > 0 ? Math.min(settings.height, ceiling * 0.6) : settings.height;
  const within = { ...settings, height };
  if (drawn === 'survey') return drawSurvey(fence, within, random);
  const waypoints: Waypoint[] = [centre(within, random)];
  const count = drawn === 'near_miss' ? 5 : 2;
  for (let i = 0; i < count; i++) {
    const vertical = ceiling > 0 && random.uniform() < 0.25;
    if (drawn === 'near_miss')
      waypoints.push(...(vertical ? underCeiling(fence, within, random) : nearEdge(fence, within, random)));
    else waypoints.push(vertical ? aboveCeiling(fence, within, random) : overEdge(fence, within, random));
    waypoints.push(centre(within, random));
  }
  return waypoints;
}

function centre({ speed, height }: MissionSettings, random: Random): Waypoint {
  return { north: random.between(-30, 30), east: random.between(-30, 30), up: height, speed, hold: random.between(2, 6) };
}

/** A lawn-mower pattern over a rectangle that lies well inside the fence, turned by a random angle. */
function drawSurvey(fence: Fence, { speed, height }: MissionSettings, random: Random): Waypoint[] {
  let reach = Number.POSITIVE_INFINITY;
  for (let i = 0; i < HEADINGS; i++) reach = Math.min(reach, fence.reach((2 * Math.PI * i) / HEADINGS, 0));
  const half = Math.min(140, 0.45 * reach);
  const lanes = 5 + Math.floor(random.uniform() * 4);
  const turn = random.between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const waypoints: Waypoint[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    const across = half * ((2 * lane) / (lanes - 1) - 1) * 0.8;
    for (const side of lane % 2 ? [half, -half] : [-half, half]) {
      waypoints.push({ north: side * cos - across * sin, east: side * sin + across * cos, up: height, speed, hold: 0.5 });
    }
  }
  return waypoints;
}

/** Straight towards the edge to a stop before it, or along it. */
function nearEdge(fence: Fence, { speed, height }: MissionSettings, random: Random): Waypoint[] {
  const margin = random.between(5, 20);
  const bearing = random.between(-Math.PI, Math.PI);
  const at = (angle: number, hold: number, near: boolean): Waypoint => {
    const far = fence.reach(angle, margin);
    return { north: far * Math.cos(angle), east: far * Math.sin(angle), up: height, speed, hold, near };
  };
  if (random.uniform() < 0.6) return [at(bearing, random.between(1, 4), true)];
  const step = (random.uniform() < 0.5 ? -1 : 1) * (Math.PI / 18);
  return [0, 1, 2, 3, 4].map((i) => at(bearing + i * step, 0.5, true));
}

/** Over the edge at cruise speed, at an angle of up to 60° from straight on. */
function overEdge(fence: Fence, { speed, height }: MissionSettings, random: Random): Waypoint {
  const beyond = random.between(25, 70);
  const bearing = random.between(-Math.PI, Math.PI);
  const far = fence.reach(bearing, 0);
  const slant = random.between(-1, 1) * (Math.PI / 3);
  const [north, east] = [far * Math.cos(bearing), far * Math.sin(bearing)];
  const away = beyond / Math.cos(slant);
  return {
    north: north + away * Math.cos(bearing + slant),
    east: east + away * Math.sin(bearing + slant),
    up: height,
    speed,
    hold: random.between(2, 8),
  };
}

function underCeiling(fence: Fence, settings: MissionSettings, random: Random): Waypoint[] {
  const up = fence.settings.ceiling - random.between(5, 20);
  return [{ ...centre(settings, random), up, near: true }];
}

function aboveCeiling(fence: Fence, settings: MissionSettings, random: Random): Waypoint {
  return { ...centre(settings, random), up: fence.settings.ceiling + random.between(8, 25) };
}

/** Flies one straight leg: speeds up, cruises, brakes in time. */
export class Leg {
  /** Metres to go. */
  left = 0;
  bearing = 0;
  private readonly from: { north: number; east: number; up: number };
  private readonly to: Waypoint;
  private readonly length: number;
  private readonly cruise: number;
  private readonly braking: number;
  private done = 0;
  private speed = 0;
  private push = 0;
  private held = 0;

  constructor(from: { north: number; east: number; up: number }, to: Waypoint, bearing: number) {
    this.from = { north: from.north, east: from.east, up: from.up };
    this.to = to;
    const flat = Math.hypot(to.north - from.north, to.east - from.east);
    const climb = Math.abs(to.up - from.up);
    this.length = Math.hypot(flat, climb);
    this.left = this.length;
    this.cruise = Math.min((to.speed * this.length) / Math.max(flat, 1e-6), (CLIMB * this.length) / Math.max(climb, 1e-6));
    this.braking = climb > flat ? BRAKING_CLIMB : BRAKING;
    this.bearing = flat > 2 ? Math.atan2(to.east - from.east, to.north - from.north) : bearing;
  }

  /** Whether the point was reached and held. Sets where the vehicle should be now. */
  pass(seconds: number, target: Target): boolean {
    const { from, to, length } = this;
    this.left = Math.max(0, length - this.done);
    const before = this.speed;
    // Gently into motion, and as briskly out of it as was promised.
    this.push = Math.min(0.6 * this.braking, this.push + JERK * seconds, 1.5 * (this.cruise - before));
    const allowed = Math.sqrt(2 * this.braking * this.left);
    this.speed = Math.min(this.cruise, before + this.push * seconds, allowed);
    this.done = Math.min(length, this.done + this.speed * seconds);
    if (length - this.done < 0.05) this.done = length;
    const share = length > 0 ? this.done / length : 1;
    const along = length > 0 ? this.speed / length : 0;
    const pull = length > 0 ? (this.speed - before) / seconds / length : 0;
    target.north = from.north + share * (to.north - from.north);
    target.east = from.east + share * (to.east - from.east);
    target.up = from.up + share * (to.up - from.up);
    target.velocityNorth = along * (to.north - from.north);
    target.velocityEast = along * (to.east - from.east);
    target.velocityUp = along * (to.up - from.up);
    target.accelerationNorth = pull * (to.north - from.north);
    target.accelerationEast = pull * (to.east - from.east);
    target.yaw = this.bearing;
    target.holdsPosition = true;
    if (this.done < length) return false;
    this.held += seconds;
    return this.held >= to.hold + 0.5;
  }
}
