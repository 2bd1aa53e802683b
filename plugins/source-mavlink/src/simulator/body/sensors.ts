// What sensors add to the truth: noise, wandering, faults.

import type { Random } from '../random.js';
import type { Body } from './body.js';

/** Share of a first-order process that stays after `seconds`, and what must be stirred in to keep its deviation at 1. */
class Wander {
  value = 0;
  private readonly deviation: number;
  private readonly time: number;
  private readonly random: Random;

  constructor(deviation: number, time: number, random: Random) {
    this.deviation = deviation;
    this.time = time;
    this.random = random;
    this.value = deviation * random.noise();
  }

  pass(seconds: number): number {
    const keep = Math.exp(-seconds / this.time);
    this.value = this.value * keep + this.deviation * Math.sqrt(1 - keep * keep) * this.random.noise();
    return this.value;
  }
}

/** The field of the earth, milligauss, where the simulated vehicles fly: to magnetic north, and down. */
const FIELD = { north: 215, down: 430 } as const;

/** Satellites that a receiver still has a position from, with little to choose among. */
const FEW = 5;

/** What the sensors add to the truth: noise, wandering, and faults. Errors of position in metres, of velocity in m/s. */
export class Sensors {
  // Faults set these.
  glitchNorth = 0;
  glitchEast = 0;
  driftNorth = 0;
  driftEast = 0;
  /** How fast that grows, m/s. */
  driftVelocityNorth = 0;
  driftVelocityEast = 0;
  jammed = false;
  heightGlitch = 0;
  magneticOffsetX = 0;
  magneticOffsetY = 0;
  /** m/s², on the vertical axis of the first inertial unit. */
  accelerometerBias = 0;
  /** rad/s, on the roll axis of the first inertial unit. */
  gyroBias = 0;
  /** What the receiver claims when it hears few satellites, m; NaN: that of a good sky. */
  claimedAccuracy = Number.NaN;
  /** The first compass turned about the vertical axis of the vehicle, rad. */
  compassTurned = 0;
  /** The height that a barometer repeats which has stopped, m above home; NaN: it works. */
  frozenHeight = Number.NaN;
  /** What shakes it beyond its motors, m/s². */
  shaking = 0;

  /** MAVLink GPS_FIX_TYPE. */
  fixType = 0;
  satelliteCount = 0;
  /** Dilutions of precision. */
  horizontalDilution = 99.99;
  verticalDilution = 99.99;
  /** What the receiver claims under a good sky, m. */
  readonly goodAccuracy: number;
  errorNorth = 0;
  errorEast = 0;
  errorUp = 0;
  errorVelocityNorth = 0;
  errorVelocityEast = 0;
  errorVelocityUp = 0;
  /** Of the barometer, m. */
  heightError = 0;
  vibrationX = 0;
  vibrationY = 0;
  vibrationZ = 0;
  clipping0 = 0;
  clipping1 = 0;

  private readonly body: Body;
  private readonly random: Random;
  private readonly goodFix: number;
  private readonly wanderNorth: Wander;
  private readonly wanderEast: Wander;
  private readonly wanderUp: Wander;
  private readonly wanderHeight: Wander;
  private readonly satellites: Wander;
  private readonly shake: readonly Wander[];
  private claimed = 13;
  private shakingNow = 0;

  constructor(body: Body, random: Random) {
    this.body = body;
    this.random = random;
    this.goodFix = random.pick([3, 4, 6]);
    this.goodAccuracy = { 3: 0.7, 4: 0.5, 6: 0.3 }[this.goodFix] ?? 0.5;
    const wander = this.goodAccuracy / 4;
    this.wanderNorth = new Wander(wander, 60, random);
    this.wanderEast = new Wander(wander, 60, random);
    this.wanderUp = new Wander(1.5 * wander, 60, random);
    this.wanderHeight = new Wander(0.1, 90, random);
    this.satellites = new Wander(0.6, 40, random);
    this.shake = [0, 1, 2].map(() => new Wander(0.3, 1, random));
  }

  /** The receiver, five times a second. */
  satellitesPass(seconds: number, locked: boolean): void {
    const { random } = this;
    const count = 13 + this.satellites.pass(seconds);
    // One more or less only when it is clear: receivers do not flicker.
    if (Math.abs(count - this.claimed) > 0.8) this.claimed = Math.min(14, Math.max(12, Math.round(count)));
    const good = locked && !this.jammed;
    this.fixType = good ? this.goodFix : locked ? 1 : 0;
    const heard = Number.isNaN(this.claimedAccuracy) ? this.claimed : FEW;
    this.satelliteCount = good ? heard : locked ? 3 : 0;
    this.horizontalDilution = 0.55 + 0.02 * (14 - this.claimed) + 0.12;
    this.verticalDilution = 1.6 * this.horizontalDilution;
    const jitter = 0.05 * this.goodAccuracy;
    this.errorNorth = this.wanderNorth.pass(seconds) + jitter * random.noise() + this.glitchNorth + this.driftNorth;
    this.errorEast = this.wanderEast.pass(seconds) + jitter * random.noise() + this.glitchEast + this.driftEast;
    this.errorUp = this.wanderUp.pass(seconds) + 1.5 * jitter * random.noise();
    // A drag moves positions only: simple spoofers, and the recorded simulator, leave the measured velocity as it is.
    this.errorVelocityNorth = 0.04 * random.noise();
    this.errorVelocityEast = 0.04 * random.noise();
    this.errorVelocityUp = 0.05 * random.noise();
  }

  /** Barometer, vibration and clipping, ten times a second. */
  slow(seconds: number): void {
    const { body, random } = this;
    this.heightError = this.wanderHeight.pass(seconds) + 0.09 * random.noise() + this.heightGlitch;
    this.shakingNow += 0.3 * (this.shaking - this.shakingNow);
    const motors = body.spinning ? (body.grounded ? 0.5 : 1.35) : 0.02;
    const level = motors + this.shakingNow;
    this.vibrationX = level * Math.exp(this.shake[0].pass(seconds));
    this.vibrationY = level * Math.exp(this.shake[1].pass(seconds));
    this.vibrationZ = level * Math.exp(this.shake[2].pass(seconds));
    // The accelerometers hit their limits when it shakes worse than they can measure.
    const over = Math.max(0, this.vibrationZ - 30);
    if (over > 0 && random.uniform() < over / 30) {
      this.clipping0 += 1 + Math.floor(over / 10);
      this.clipping1 += Math.floor(over / 15);
    }
  }

  /** As the receiver claims, m. */
  get horizontalAccuracy(): number {
    return Number.isNaN(this.claimedAccuracy) ? this.goodAccuracy : this.claimedAccuracy;
  }

  /** What the barometer shows, m above home. */
  get barometer(): number {
    return Number.isNaN(this.frozenHeight) ? this.body.up + this.heightError : this.frozenHeight;
  }

  reset(): void {
    this.clipping0 = 0;
    this.clipping1 = 0;
    this.fixType = 0;
  }

  /** Noise of an accelerometer at one sample, m/s². */
  accelerometerNoise(): number {
    return (this.body.spinning ? 0.2 + 0.25 * this.shakingNow : 0.02) * this.random.noise();
  }

  /** Noise of a gyroscope, rad/s. */
  gyroNoise(): number {
    return (this.body.spinning ? 0.006 + 0.004 * this.shakingNow : 0.001) * this.random.noise();
  }

  /** The field along the body's axes, milligauss, into `out`. */
  field(out: Float64Array): void {
    const { body, random } = this;
    const [cosRoll, sinRoll] = [Math.cos(body.roll), Math.sin(body.roll)];
    const [cosPitch, sinPitch] = [Math.cos(body.pitch), Math.sin(body.pitch)];
    const along = FIELD.north * Math.cos(body.yaw);
    const across = -FIELD.north * Math.sin(body.yaw);
    out[0] = cosPitch * along - sinPitch * FIELD.down + this.magneticOffsetX + 2 * random.noise();
    out[1] =
      sinRoll * sinPitch * along + cosRoll * across + sinRoll * cosPitch * FIELD.down + this.magneticOffsetY + 2 * random.noise();
    out[2] = cosRoll * sinPitch * along - sinRoll * across + cosRoll * cosPitch * FIELD.down + 2 * random.noise();
  }
}
