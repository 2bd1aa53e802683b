import type { Battery } from '../body/battery.js';
import type { Body, Target } from '../body/body.js';
import type { Estimator } from '../body/estimator.js';
import type { Random } from '../random.js';
import type { Fence } from './fence.js';
import { drawMission, Leg, type MissionKind, type MissionSettings, type Waypoint } from './mission.js';

/** Custom modes of ArduCopter. */
export const MODE = { stabilize: 0, auto: 3, guided: 4, rtl: 6, land: 9 } as const;
export const LANDED = { ground: 1, air: 2, takeoff: 3, landing: 4 } as const;
const SEVERITY = { critical: 2, warning: 4, notice: 5, info: 6 } as const;

export type Phase = 'standby' | 'takeoff' | 'mission' | 'return' | 'landing' | 'down';

export interface AutopilotSettings {
  /** How long it stands before its first flight, ms; absent: drawn. */
  readonly readyMs?: number | undefined;
  readonly mission: MissionKind;
  readonly flight: MissionSettings;
  readonly fence: Fence;
  /** Height to return at, m. */
  readonly returnHeight: number;
  readonly gcsFailsafe: boolean;
}

/** Seconds: what has to last so long before an autopilot acts. */
const LOW_BATTERY = 10;
const RADIO = 0.9;
const GROUND_STATION = 5;

/** Arms, flies missions, returns, lands, and does it again; acts on what fails. Obeys nobody. */
export class Autopilot {
  mode: number = MODE.stabilize;
  phase: Phase = 'standby';
  armed = false;
  landed: number = LANDED.ground;
  waypoints: readonly Waypoint[] = [];
  /** Index of the waypoint that is flown to. */
  current = 0;
  /** Seconds without a transmitter; 0: it is heard. */
  radioSilence = 0;
  /** Seconds since the ground station was heard; NaN: never. */
  groundSilence = Number.NaN;
  readonly lowVoltage: number;
  readonly target: Target = {
    north: 0,
    east: 0,
    up: 0,
    velocityNorth: 0,
    velocityEast: 0,
    velocityUp: 0,
    accelerationNorth: 0,
    accelerationEast: 0,
    yaw: 0,
    holdsPosition: true,
  };
  leg: Leg | undefined;

  private readonly phases: Readonly<Record<Phase, (seconds: number) => void>> = {
    standby: (seconds) => this.standBy(seconds),
    takeoff: (seconds) => this.takeOff(seconds),
    mission: (seconds) => this.flyMission(seconds),
    return: (seconds) => this.flyHome(seconds),
    landing: (seconds) => this.land(seconds),
    down: (seconds) => this.stayDown(seconds),
  };
  private readonly settings: AutopilotSettings;
  private readonly body: Body;
  private readonly battery: Battery;
  private readonly estimate: Estimator;
  private readonly random: Random;
  private readonly say: (severity: number, text: string) => void;
  private wait: number;
  private low = 0;
  private still = 0;
  private failed = { battery: false, radio: false, ground: false, filter: false };
  private wasPositioned = false;
  private wasGlitching = false;
  private lane = 0;
  private homeLegs: Waypoint[] = [];

  constructor(
    settings: AutopilotSettings,
    body: Body,
    battery: Battery,
    estimate: Estimator,
    random: Random,
    say: (severity: number, text: string) => void,
  ) {
    this.settings = settings;
    this.body = body;
    this.battery = battery;
    this.estimate = estimate;
    this.random = random;
    this.say = say;
    this.lowVoltage = 3.5 * battery.cells;
    const drawn = random.between(24, 34);
    this.wait = settings.readyMs === undefined ? drawn : settings.readyMs / 1_000;
    this.plan();
  }

  get flying(): boolean {
    return this.armed && this.phase !== 'standby' && this.phase !== 'down';
  }

  /** Whether a drawn fault may begin: well on its way, with something left to fly. */
  get onMission(): boolean {
    return this.phase === 'mission' && this.mode === MODE.auto && this.current > 0;
  }

  /** One step. */
  pass(seconds: number): void {
    this.tell();
    this.guard(seconds);
    this.phases[this.phase](seconds);
  }

  /** Leaves the mission for a point and comes back to where it was: for a vehicle that is led astray. */
  detour(point: Waypoint): void {
    if (this.phase !== 'mission') return;
    const here = { north: this.estimate.north, east: this.estimate.east, up: this.estimate.up, speed: point.speed, hold: 0 };
    const rest = this.waypoints.slice(this.current);
    this.waypoints = [...this.waypoints.slice(0, this.current), point, here, ...rest];
    this.begin(point);
  }

  private plan(): void {
    const { mission, fence, flight } = this.settings;
    this.waypoints = drawMission(mission, fence, flight, this.random);
    this.current = 0;
  }

  private begin(waypoint: Waypoint): void {
    this.leg = new Leg(this.estimate, waypoint, this.target.yaw);
  }

  private setMode(mode: number): void {
    this.mode = mode;
  }

  private standBy(seconds: number): void {
    const { target, estimate } = this;
    target.up = 0;
    target.yaw = estimate.yaw;
    this.wait -= seconds;
    if (this.wait > 0 || !estimate.positioned || estimate.glitching || this.radioSilence > 0) return;
    if (!this.armed) {
      this.setMode(MODE.guided);
      this.say(SEVERITY.info, 'Arming motors');
      this.armed = true;
      this.body.spinning = true;
      this.wait = 3;
      return;
    }
    this.phase = 'takeoff';
    const height = this.waypoints[0].up;
    this.begin({ north: estimate.north, east: estimate.east, up: height, speed: 3, hold: 1 });
  }

  private takeOff(seconds: number): void {
    this.landed = this.estimate.up > 3 ? LANDED.air : LANDED.takeoff;
    if (!this.leg!.pass(seconds, this.target)) return;
    this.phase = 'mission';
    this.setMode(MODE.auto);
    this.say(SEVERITY.info, 'Mission: 1 WP');
    this.begin(this.waypoints[0]);
  }

  private flyMission(seconds: number): void {
    this.landed = LANDED.air;
    if (!this.leg!.pass(seconds, this.target)) return;
    this.say(SEVERITY.info, `Reached command #${this.current + 1}`);
    this.current++;
    if (this.current >= this.waypoints.length) {
      this.goHome();
      return;
    }
    this.say(SEVERITY.info, `Mission: ${this.current + 1} WP`);
    this.begin(this.waypoints[this.current]);
  }

  private goHome(): void {
    const { estimate, settings } = this;
    this.setMode(MODE.rtl);
    this.phase = 'return';
    const up = Math.max(settings.returnHeight, estimate.up);
    const { speed } = settings.flight;
    this.homeLegs = [{ north: 0, east: 0, up, speed, hold: 3 }];
    if (estimate.up < up - 1) this.homeLegs.unshift({ north: estimate.north, east: estimate.east, up, speed, hold: 0 });
    this.begin(this.homeLegs.shift()!);
  }

  private flyHome(seconds: number): void {
    this.landed = LANDED.air;
    if (!this.leg!.pass(seconds, this.target)) return;
    const next = this.homeLegs.shift();
    if (next) {
      this.begin(next);
      return;
    }
    this.phase = 'landing';
    this.still = 0;
  }

  /** Down at 1.5 m/s, the last ten metres at 0.5. */
  private land(seconds: number): void {
    const { target, estimate, body } = this;
    this.landed = body.grounded ? LANDED.ground : LANDED.landing;
    const rate = estimate.up > 10 ? 1.5 : 0.5;
    target.velocityNorth = 0;
    target.velocityEast = 0;
    target.accelerationNorth = 0;
    target.accelerationEast = 0;
    target.velocityUp = -rate;
    target.up = body.grounded ? estimate.up - 1 : estimate.up - 0.3 * rate;
    target.holdsPosition = estimate.positioned;
    if (!estimate.positioned) {
      // Should the position come back, it lands there and does not fly off to where it was going.
      target.north = estimate.north;
      target.east = estimate.east;
    }
    this.still = body.grounded ? this.still + seconds : 0;
    if (this.still < 2) return;
    this.say(SEVERITY.info, 'Disarming motors');
    this.armed = false;
    body.spinning = false;
    this.phase = 'down';
    this.wait = this.random.between(30, 50);
    this.leg = undefined;
  }

  /** Rests, gets a full pack when this one is half empty, and makes ready for the next flight. */
  private stayDown(seconds: number): void {
    this.landed = LANDED.ground;
    this.wait -= seconds;
    if (this.wait > 0) return;
    if (this.battery.remaining < 70 || this.battery.voltage < this.lowVoltage * 1.1) this.battery.replace();
    this.failed = { battery: false, radio: this.failed.radio, ground: this.failed.ground, filter: false };
    this.setMode(MODE.stabilize);
    this.phase = 'standby';
    this.wait = 5;
    this.low = 0;
    this.plan();
  }

  /** Fail-safes, each told once. */
  private guard(seconds: number): void {
    const { failed, battery } = this;
    if (this.groundSilence >= 0) this.groundSilence += seconds;
    this.low = this.armed && battery.voltage < this.lowVoltage ? this.low + seconds : 0;
    if (this.low > LOW_BATTERY && !failed.battery) {
      failed.battery = true;
      const used = Math.round(battery.consumedAh * 1_000);
      this.say(SEVERITY.warning, `Battery 1 is low ${battery.voltage.toFixed(2)}V used ${used} mAh`);
      this.say(SEVERITY.warning, 'Battery Failsafe');
      this.giveUp();
    }
    const radio = this.radioSilence > RADIO;
    if (radio !== failed.radio) {
      failed.radio = radio;
      this.say(SEVERITY.warning, radio ? 'Radio Failsafe' : 'Radio Failsafe Cleared');
      if (radio) this.giveUp();
    }
    const ground = this.settings.gcsFailsafe && this.groundSilence > GROUND_STATION;
    if (ground !== failed.ground && (this.armed || failed.ground)) {
      failed.ground = ground;
      this.say(SEVERITY.warning, ground ? 'GCS Failsafe' : 'GCS Failsafe Cleared');
      if (ground) this.giveUp();
    }
    if (this.flying && !this.estimate.positioned && !failed.filter) {
      failed.filter = true;
      this.say(SEVERITY.critical, 'EKF variance');
      this.say(SEVERITY.critical, 'EKF Failsafe: changed to LAND Mode');
      this.setMode(MODE.land);
      this.phase = 'landing';
    }
  }

  /** Returns, if there is anything to return from. */
  private giveUp(): void {
    if (this.phase === 'takeoff' || this.phase === 'mission') this.goHome();
  }

  /** What the filter has to say. */
  private tell(): void {
    const { estimate } = this;
    if (estimate.positioned !== this.wasPositioned) {
      this.wasPositioned = estimate.positioned;
      if (estimate.positioned) this.say(SEVERITY.info, 'EKF3 IMU0 is using GPS');
      else this.say(SEVERITY.warning, 'EKF3 IMU0 stopped aiding');
    }
    if (estimate.glitching !== this.wasGlitching) {
      this.wasGlitching = estimate.glitching;
      this.say(SEVERITY.critical, estimate.glitching ? 'GPS Glitch or Compass error' : 'Glitch cleared');
    }
    if (estimate.lane !== this.lane) {
      this.lane = estimate.lane;
      this.say(SEVERITY.critical, `EKF3 lane switch ${this.lane}`);
      this.say(SEVERITY.warning, `EKF primary changed:${this.lane}`);
    }
  }
}
