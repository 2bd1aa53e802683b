/** How a simulated quadcopter moves under the orders of its controller. */
import type { Random } from '../random.js';
import type { Battery } from './battery.js';
import { wrapped } from './geo.js';
import type { Wind } from './wind.js';

export const GRAVITY = 9.80665;
/** Share of full thrust that hovers, and amperes that it takes, as in the recorded simulator flights. */
export const HOVER = 0.38;
const HOVER_CURRENT = 29;
const STEEPEST = (30 * Math.PI) / 180;

/** Where a controller wants the vehicle: metres and m/s to north, east and up; accelerations as feed-forward. */
export interface Target {
  north: number;
  east: number;
  up: number;
  velocityNorth: number;
  velocityEast: number;
  velocityUp: number;
  accelerationNorth: number;
  accelerationEast: number;
  /** Radians. */
  yaw: number;
  /** False: only height is held, the rest drifts level with the wind (no position is known). */
  holdsPosition: boolean;
}

/** What the vehicle believes of itself; the controller sees only this. */
export interface Estimate {
  north: number;
  east: number;
  up: number;
  velocityNorth: number;
  velocityEast: number;
  velocityUp: number;
  yaw: number;
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value));

/**
 * A quadcopter as a point mass that leans to accelerate: attitude follows its target as a second-order lag, drag grows with the speed
 * through the air, four motors share the thrust. Angles in radians (roll right, pitch up, yaw clockwise from north), the rest
 * in metres and seconds to north, east and up from home.
 */
export class Body {
  north = 0;
  east = 0;
  up = 0;
  velocityNorth = 0;
  velocityEast = 0;
  velocityUp = 0;
  roll = 0;
  pitch = 0;
  yaw = 0;
  rollRate = 0;
  pitchRate = 0;
  yawRate = 0;
  wantedRoll = 0;
  wantedPitch = 0;
  /** Share of full thrust, all motors together. */
  thrust = 0;
  /** Motors: front right, rear left, front left, rear right. Command of each, 0 … 1, before the pulse. */
  readonly commands: Float64Array = new Float64Array(4);
  readonly currents: Float64Array = new Float64Array(4);
  /** Specific force in the body's frame (forward, right, down), m/s². */
  forceForward = 0;
  forceRight = 0;
  forceDown = -GRAVITY;
  spinning = false;
  /** What motor 1 has lost of its thrust at the same speed, as a share of speed: a fault. */
  motorLoss = 0;

  private readonly wind: Wind;
  private readonly random: Random;
  private readonly turbulence: number;
  private readonly battery: Battery;
  private trimmed = 0;
  private integralNorth = 0;
  private integralEast = 0;
  private integralUp = 0;
  /** Wanted acceleration, smoothed, over gravity. */
  private leanNorth = 0;
  private leanEast = 0;
  private rollTrouble = 0;
  private pitchTrouble = 0;
  private yawTrouble = 0;

  constructor(wind: Wind, turbulence: number, battery: Battery, random: Random) {
    this.wind = wind;
    this.turbulence = turbulence;
    this.battery = battery;
    this.random = random;
  }

  get grounded(): boolean {
    return this.up <= 0;
  }

  /** One step of physics and control: long, because its parts share most of their numbers. */
  pass(seconds: number, target: Target, estimate: Estimate): void {
    if (!this.spinning) {
      this.rest(seconds);
      return;
    }
    this.control(seconds, target, estimate);
    const { wind } = this;
    const [cosRoll, sinRoll] = [Math.cos(this.roll), Math.sin(this.roll)];
    const [cosPitch, sinPitch] = [Math.cos(this.pitch), Math.sin(this.pitch)];
    const [cosYaw, sinYaw] = [Math.cos(this.yaw), Math.sin(this.yaw)];
    const airNorth = wind.north - this.velocityNorth;
    const airEast = wind.east - this.velocityEast;
    const drag = 0.2 + 0.016 * Math.hypot(airNorth, airEast);
    const missing = (this.motorLoss - this.trimmed) / 2;
    const push = (this.thrust / HOVER) * GRAVITY * (1 - missing);
    const forward = -push * cosRoll * sinPitch + drag * (airNorth * cosYaw + airEast * sinYaw);
    const right = push * sinRoll + drag * (airEast * cosYaw - airNorth * sinYaw);
    const lift = push * cosRoll * cosPitch + 0.35 * (wind.up - this.velocityUp);
    this.velocityNorth += seconds * (forward * cosYaw - right * sinYaw);
    this.velocityEast += seconds * (forward * sinYaw + right * cosYaw);
    this.velocityUp += seconds * (lift - GRAVITY);
    if (this.grounded && this.velocityUp <= 0) this.touch();
    this.north += seconds * this.velocityNorth;
    this.east += seconds * this.velocityEast;
    this.up = Math.max(0, this.up + seconds * this.velocityUp);
    this.forceForward = cosPitch * forward + sinPitch * lift;
    this.forceRight = sinRoll * sinPitch * forward + cosRoll * right - sinRoll * cosPitch * lift;
    this.forceDown = cosRoll * sinPitch * forward - sinRoll * right - cosRoll * cosPitch * lift;
    if (this.grounded) this.forceDown = -GRAVITY;
    this.mix(seconds);
  }

  /** Motors off, on the ground. */
  private rest(seconds: number): void {
    this.thrust = 0;
    this.touch();
    this.commands.fill(0);
    this.currents.fill(0);
    this.forceForward = 0;
    this.forceRight = 0;
    this.forceDown = -GRAVITY;
    this.integralNorth = 0;
    this.integralEast = 0;
    this.integralUp = 0;
    this.battery.pass(seconds, 0.35);
  }

  private touch(): void {
    this.velocityNorth = 0;
    this.velocityEast = 0;
    this.velocityUp = 0;
    this.up = 0;
    this.roll *= 0.9;
    this.pitch *= 0.9;
    this.rollRate = 0;
    this.pitchRate = 0;
    this.yawRate = 0;
  }

  /** Position and velocity errors to a wanted acceleration, that to a lean, that to rates. */
  private control(seconds: number, target: Target, estimate: Estimate): void {
    const liftWish = this.vertical(seconds, target, estimate);
    let north = 0;
    let east = 0;
    if (target.holdsPosition && !this.grounded) {
      const aheadNorth = target.velocityNorth + clamp(target.north - estimate.north, 4) - estimate.velocityNorth;
      const aheadEast = target.velocityEast + clamp(target.east - estimate.east, 4) - estimate.velocityEast;
      this.integralNorth = clamp(this.integralNorth + 0.5 * seconds * clamp(aheadNorth, 2), 5);
      this.integralEast = clamp(this.integralEast + 0.5 * seconds * clamp(aheadEast, 2), 5);
      // Drag grows with the wanted speed: what is known need not be learned by the integral.
      north = target.accelerationNorth + 1.5 * aheadNorth + this.integralNorth + 0.25 * target.velocityNorth;
      east = target.accelerationEast + 1.5 * aheadEast + this.integralEast + 0.25 * target.velocityEast;
    }
    const most = (GRAVITY * Math.tan(STEEPEST)) / Math.max(1e-9, Math.hypot(north, east));
    const scale = Math.min(1, most) / GRAVITY;
    const follow = Math.min(1, seconds / 0.25);
    this.leanNorth += follow * (scale * north - this.leanNorth);
    this.leanEast += follow * (scale * east - this.leanEast);
    const [cosYaw, sinYaw] = [Math.cos(estimate.yaw), Math.sin(estimate.yaw)];
    this.wantedPitch = -Math.atan(this.leanNorth * cosYaw + this.leanEast * sinYaw);
    this.wantedRoll = Math.atan(this.leanEast * cosYaw - this.leanNorth * sinYaw);
    this.thrust += Math.min(1, seconds / 0.08) * (liftWish - this.thrust);
    this.turn(seconds, target, estimate);
  }

  private vertical(seconds: number, target: Target, estimate: Estimate): number {
    const wish = target.velocityUp + clamp(target.up - estimate.up, 2) - estimate.velocityUp;
    this.integralUp = clamp(this.integralUp + 1.5 * seconds * clamp(wish, 1), 3);
    const lift = GRAVITY + 3 * wish + this.integralUp;
    const level = Math.max(0.7, Math.cos(this.roll) * Math.cos(this.pitch));
    return Math.min(0.9, Math.max(this.grounded && target.up <= 0.1 ? 0.08 : 0.12, (HOVER * lift) / (GRAVITY * level)));
  }

  private turn(seconds: number, target: Target, estimate: Estimate): void {
    const { random } = this;
    const rough = this.grounded ? 0 : 0.25 + 0.75 * this.turbulence;
    const keep = Math.exp(-seconds / 0.3);
    const stir = 0.012 * rough * Math.sqrt(1 - keep * keep);
    this.rollTrouble = this.rollTrouble * keep + stir * random.noise();
    this.pitchTrouble = this.pitchTrouble * keep + stir * random.noise();
    this.yawTrouble = this.yawTrouble * keep + stir * random.noise();
    // The autopilot finds the new balance within a fraction of a second; until then a weak motor tips the vehicle over.
    this.trimmed += Math.min(1, seconds / 0.3) * (this.motorLoss - this.trimmed);
    const tip = this.grounded ? 0 : 9 * (this.motorLoss - this.trimmed);
    const follow = Math.min(1, seconds / 0.07);
    this.rollRate += follow * (4.5 * (this.wantedRoll - this.roll) + this.rollTrouble - this.rollRate) + tip * seconds;
    this.pitchRate += follow * (4.5 * (this.wantedPitch - this.pitch) + this.pitchTrouble - this.pitchRate) - tip * seconds;
    const yawWish = clamp(2 * wrapped(target.yaw - estimate.yaw), 1);
    this.yawRate += Math.min(1, seconds / 0.25) * (yawWish + 0.3 * this.yawTrouble - this.yawRate);
    this.roll += seconds * this.rollRate;
    this.pitch += seconds * this.pitchRate;
    this.yaw = wrapped(this.yaw + seconds * this.yawRate);
  }

  /** Thrust of each motor, its speed and its current. Speeds go with the root of the thrust. */
  private mix(seconds: number): void {
    const { commands, currents, random } = this;
    const roll = 0.5 * this.rollTrouble + 0.01 * clamp(this.rollRate, 1);
    const pitch = 0.5 * this.pitchTrouble + 0.01 * clamp(this.pitchRate, 1);
    const yaw = 0.5 * this.yawTrouble + 0.02 * clamp(this.yawRate, 1);
    let total = 0.35;
    for (let i = 0; i < 4; i++) {
      const side = i === 0 || i === 3 ? -roll : roll;
      const front = i === 0 || i === 2 ? pitch : -pitch;
      const spin = i < 2 ? yaw : -yaw;
      const share = Math.max(0.02, this.thrust + side + front + spin + 0.004 * random.noise());
      const weak = i === 0 ? this.trimmed : 0;
      commands[i] += Math.min(1, seconds / 0.04) * (Math.min(1, Math.sqrt(share) / (1 - weak)) - commands[i]);
      // A damaged propeller turns faster for the same lift and takes somewhat more for it.
      currents[i] = (HOVER_CURRENT / 4) * (share / HOVER) ** 1.5 * (1 + 0.3 * weak);
      total += currents[i];
    }
    this.battery.pass(seconds, total);
  }
}
