import type { Random } from '../random.js';
import { type Body, type Estimate, GRAVITY } from './body.js';
import { wrapped } from './geo.js';
import type { Sensors } from './sensors.js';

/** EKF_STATUS_FLAGS as ArduPilot sends them: everything known, no position, and the two that a detector may see. */
export const FLAGS = { all: 831, noPosition: 167, glitching: 32_768 } as const;

/** Rejecting for so long, s, a filter gives in and jumps to what it hears. */
const PATIENCE = 10;
/** Without satellites a filter trusts its own reckoning this long, s. */
const RECKONING = 8;

/**
 * A navigation filter by its errors: it knows the truth but for errors, and those errors move as those of an inertial filter do, driven
 * by sensors that lie and corrected by those that it believes. `variance`: innovation over its gate, as EKF_STATUS_REPORT
 * gives it; above 1 a measurement is rejected.
 */
export class Estimator implements Estimate {
  north = 0;
  east = 0;
  up = 0;
  velocityNorth = 0;
  velocityEast = 0;
  velocityUp = 0;
  yaw = 0;
  velocityVariance = 0;
  horizontalVariance = 0;
  verticalVariance = 0;
  compassVariance = 0;
  /** Whether a position is known at all. */
  positioned = false;
  glitching = false;
  /** Which of the two inertial units it listens to. */
  lane = 0;

  private readonly body: Body;
  private readonly sensors: Sensors;
  private readonly random: Random;
  private errorNorth = 0;
  private errorEast = 0;
  private errorUp = 0;
  private errorVelocityNorth = 0;
  private errorVelocityEast = 0;
  private errorVelocityUp = 0;
  private errorYaw = 0;
  private rejecting = 0;
  private quiet = 0;
  private unaided = 0;
  private aided = 0;
  private biased = 0;
  private learnedX = 0;
  private learnedY = 0;
  private compassRejecting = 0;

  constructor(body: Body, sensors: Sensors, random: Random) {
    this.body = body;
    this.sensors = sensors;
    this.random = random;
  }

  get flags(): number {
    return (this.positioned ? FLAGS.all : FLAGS.noPosition) + (this.glitching ? FLAGS.glitching : 0);
  }

  /** Seconds without satellites, or 0. */
  get reckoning(): number {
    return this.positioned ? this.unaided : 0;
  }

  reset(): void {
    this.positioned = false;
    this.glitching = false;
    this.aided = 0;
    this.unaided = 0;
    this.lane = 0;
    this.biased = 0;
    this.rejecting = 0;
  }

  /** The inertial part, every step. */
  pass(seconds: number): void {
    const { body, random, sensors } = this;
    const drift = 0.006 * Math.sqrt(seconds);
    this.errorVelocityNorth += drift * random.noise();
    this.errorVelocityEast += drift * random.noise();
    this.errorVelocityUp += 0.5 * drift * random.noise();
    if (this.lane === 0) this.errorVelocityUp += seconds * sensors.accelerometerBias;
    this.errorNorth += seconds * this.errorVelocityNorth;
    this.errorEast += seconds * this.errorVelocityEast;
    this.errorUp += seconds * this.errorVelocityUp;
    this.north = body.north + this.errorNorth;
    this.east = body.east + this.errorEast;
    this.up = body.up + this.errorUp;
    this.velocityNorth = body.velocityNorth + this.errorVelocityNorth;
    this.velocityEast = body.velocityEast + this.errorVelocityEast;
    this.velocityUp = body.velocityUp + this.errorVelocityUp;
    this.yaw = wrapped(body.yaw + this.errorYaw);
  }

  /** Takes the barometer and the compass, ten times a second. */
  slow(seconds: number): void {
    const { sensors, random } = this;
    const vertical = sensors.barometer - this.body.up - this.errorUp;
    this.verticalVariance += 0.5 * (Math.abs(vertical) / 10 - this.verticalVariance);
    this.errorUp += 0.045 * Math.min(3, Math.max(-3, vertical));
    this.errorVelocityUp += 0.02 * Math.min(3, Math.max(-3, vertical)) - 0.05 * this.errorVelocityUp;
    const [x, y] = [sensors.magneticOffsetX - this.learnedX, sensors.magneticOffsetY - this.learnedY];
    const compass = Math.hypot(x, y) / 156 + 0.012 * Math.abs(1 + 0.5 * random.noise());
    this.compassVariance += 0.4 * (compass - this.compassVariance);
    this.compassRejecting = compass > 0.6 ? this.compassRejecting + seconds : 0;
    if (compass <= 0.6 || this.compassRejecting > PATIENCE) this.learn(x, y, seconds);
    this.errorYaw += 0.02 * (0.15 * Math.sin(this.learnedX / 400) - this.errorYaw) + 0.001 * random.noise();
  }

  private learn(x: number, y: number, seconds: number): void {
    this.learnedX += x * (seconds / 2);
    this.learnedY += y * (seconds / 2);
  }

  /** Takes a position of the satellites, five times a second. */
  satellites(seconds: number): void {
    const { sensors } = this;
    this.judgeLane();
    if (sensors.fixType < 3) {
      // Variances freeze, as those of real filters do: nothing is compared.
      this.unaided += seconds;
      if (this.unaided > RECKONING) this.positioned = false;
      this.aided = 0;
      return;
    }
    this.unaided = 0;
    this.aided += seconds;
    if (!this.positioned) {
      if (this.aided < 6) return;
      this.positioned = true;
      this.jump();
    }
    const north = sensors.errorNorth - this.errorNorth;
    const east = sensors.errorEast - this.errorEast;
    const away = Math.hypot(north, east) / 3.7;
    this.rejecting = away > 1 ? this.rejecting + seconds : 0;
    // The gate widens while the filter grows unsure of itself.
    const shown = away > 1 ? away * (1 - 0.018 * this.rejecting) : away / 4;
    this.horizontalVariance += (away > 1 ? 1 : 0.4) * (shown - this.horizontalVariance);
    this.watchGlitch(seconds, away > 1);
    if (away > 1 && this.rejecting < PATIENCE) return;
    if (away > 1) this.jump();
    else this.fuse(north, east);
  }

  private fuse(north: number, east: number): void {
    const { sensors } = this;
    const velocityNorth = sensors.errorVelocityNorth - this.errorVelocityNorth;
    const velocityEast = sensors.errorVelocityEast - this.errorVelocityEast;
    const velocityUp = sensors.errorVelocityUp - this.errorVelocityUp;
    const shaken = 0.02 * sensors.shaking * Math.abs(this.random.noise());
    const away = Math.hypot(velocityNorth, velocityEast, velocityUp) + shaken;
    this.velocityVariance += 0.4 * (away / 8 + (away / 1.5) ** 2 - this.velocityVariance);
    this.errorNorth += 0.15 * north;
    this.errorEast += 0.15 * east;
    this.errorVelocityNorth += 0.2 * velocityNorth + 0.02 * north;
    this.errorVelocityEast += 0.2 * velocityEast + 0.02 * east;
    this.errorVelocityUp += 0.2 * velocityUp;
  }

  private jump(): void {
    const { sensors } = this;
    this.errorNorth = sensors.errorNorth;
    this.errorEast = sensors.errorEast;
    this.errorVelocityNorth = sensors.errorVelocityNorth;
    this.errorVelocityEast = sensors.errorVelocityEast;
    this.rejecting = 0;
  }

  /** The flag comes at once and stays until all has been well for ten seconds. */
  private watchGlitch(seconds: number, now: boolean): void {
    this.quiet = now ? 0 : this.quiet + seconds;
    if (now) this.glitching = true;
    else if (this.quiet > PATIENCE) this.glitching = false;
  }

  /** Two seconds with a bad accelerometer, and the other one is taken. */
  private judgeLane(): void {
    const bias = Math.abs(this.sensors.accelerometerBias);
    this.biased = bias > 0.05 * GRAVITY ? this.biased + 0.2 : 0;
    if (this.lane === 0 && this.biased >= 2) this.lane = 1;
    if (this.lane === 1 && bias === 0) this.lane = 0;
  }
}
