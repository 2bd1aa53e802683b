/** The faults that a simulated vehicle may have: their kinds, their sizes, and when they come. */
import type { Random } from '../random.js';

/** Those that come by themselves. */
export const DRAWN_KINDS = [
  'battery_sag',
  'battery_drain',
  'vibration',
  'gps_loss',
  'gps_glitch',
  'gps_drift',
  'motor_degradation',
  'compass_interference',
  'baro_glitch',
  'imu_bias',
  'link_loss',
  'geofence_breach',
  'rc_loss',
  'reboot',
] as const;
/** All of them; the last ones come only where they are asked for. */
export const FAULT_KINDS = [
  ...DRAWN_KINDS,
  'battery_empty',
  'gps_weak',
  'compass_turned',
  'baro_freeze',
  'gyro_bias',
  'baro_drift',
  'motor_fade',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault of one vehicle. */
export interface Fault {
  readonly kind: FaultKind;
  /** Seconds since the start. */
  readonly from: number;
  readonly to: number;
  /** See {@link SCALES}. */
  readonly magnitude: number;
  /** Radians: which way a glitch jumps, a drift drags, a field points. */
  readonly angle: number;
}

/** What a magnitude means, and the ranges of magnitudes and of lengths (s) that are drawn, log-uniformly. Around the recorded ones. */
export const SCALES: Readonly<
  Record<FaultKind, { about: string; magnitude: readonly [number, number]; seconds: readonly [number, number] }>
> = {
  battery_sag: { about: 'added resistance, Ω', magnitude: [0.015, 0.05], seconds: [40, 150] },
  battery_drain: { about: 'times faster than the current says', magnitude: [3, 7], seconds: [60, 150] },
  vibration: { about: 'added vibration, m/s²', magnitude: [6, 60], seconds: [20, 90] },
  gps_loss: { about: 'seconds without a fix', magnitude: [3, 7], seconds: [3, 7] },
  gps_glitch: { about: 'jump, m', magnitude: [15, 80], seconds: [8, 30] },
  gps_drift: { about: 'speed of the drag, m/s', magnitude: [0.5, 1], seconds: [60, 120] },
  motor_degradation: { about: 'lost share of motor 1', magnitude: [0.12, 0.3], seconds: [20, 80] },
  compass_interference: { about: 'offset, mG', magnitude: [120, 300], seconds: [20, 70] },
  baro_glitch: { about: 'jump, m', magnitude: [4, 12], seconds: [15, 40] },
  imu_bias: { about: 'bias on the vertical axis of unit 1, m/s²', magnitude: [0.8, 2], seconds: [20, 60] },
  link_loss: { about: 'seconds of silence', magnitude: [6, 40], seconds: [6, 40] },
  geofence_breach: { about: 'beyond the edge, m', magnitude: [20, 80], seconds: [60, 60] },
  rc_loss: { about: 'seconds without a transmitter', magnitude: [10, 40], seconds: [10, 40] },
  reboot: { about: 'seconds of silence', magnitude: [2, 4], seconds: [2, 4] },
  battery_empty: { about: 'share of the pack that is used at once', magnitude: [0.75, 0.9], seconds: [40, 60] },
  gps_weak: { about: 'claimed accuracy, m', magnitude: [6, 20], seconds: [15, 60] },
  compass_turned: { about: 'by how much the first compass is turned, °', magnitude: [90, 170], seconds: [20, 60] },
  baro_freeze: { about: 'seconds in which the barometer repeats itself', magnitude: [15, 40], seconds: [15, 40] },
  baro_drift: { about: 'speed of the drift, m/s', magnitude: [0.4, 1.5], seconds: [30, 60] },
  motor_fade: {
    about: 'share of motor 1 that is lost in the end, growing from nothing',
    magnitude: [0.25, 0.4],
    seconds: [90, 180],
  },
  gyro_bias: { about: 'bias on the roll axis of unit 1, °/s', magnitude: [8, 20], seconds: [20, 60] },
};

const LENGTHS: ReadonlySet<FaultKind> = new Set(['gps_loss', 'link_loss', 'rc_loss', 'reboot', 'baro_freeze']);

/** A fault that was asked for. Times in ms since the start. */
export interface ListedFault {
  readonly kind: FaultKind;
  readonly at: number;
  readonly duration?: number | undefined;
  readonly magnitude?: number | undefined;
}

/** Seconds between two drawn faults, so that one has died away before the next. */
const PAUSE = 45;

/** Listed faults come when they were asked for; drawn ones wait until the vehicle flies its mission. */
export class FaultSchedule {
  private readonly listed: Fault[];
  private readonly random: Random;
  private readonly perSecond: number;
  private readonly kinds: readonly FaultKind[];
  private next: number;

  constructor(listed: readonly ListedFault[], perHour: number, kinds: readonly FaultKind[], random: Random) {
    this.random = random;
    this.kinds = kinds;
    this.listed = listed.map((fault) => this.complete(fault)).sort((a, b) => b.from - a.from);
    this.perSecond = perHour / 3_600;
    this.next = this.wait(0);
  }

  /** The fault that begins now, if one does. Call again until there is none. */
  due(seconds: number, onMission: boolean): Fault | undefined {
    const first = this.listed.at(-1);
    if (first && seconds >= first.from) return this.listed.pop();
    if (seconds < this.next || !onMission) return undefined;
    const fault = this.draw(this.random.pick(this.kinds), seconds);
    this.next = this.wait(fault.to);
    return fault;
  }

  private wait(after: number): number {
    return after + PAUSE + this.random.exponential() * Math.max(1, 1 / this.perSecond - PAUSE);
  }

  private draw(kind: FaultKind, from: number): Fault {
    const { random } = this;
    const scale = SCALES[kind];
    const drawn = random.logUniform(...scale.magnitude);
    const seconds = random.logUniform(...scale.seconds);
    const angle = random.between(-Math.PI, Math.PI);
    return { kind, from, to: from + seconds, magnitude: LENGTHS.has(kind) ? seconds : drawn, angle };
  }

  private complete({ kind, at, duration, magnitude }: ListedFault): Fault {
    const from = at / 1_000;
    const drawn = this.draw(kind, from);
    const seconds = duration === undefined ? drawn.to - from : duration / 1_000;
    return { ...drawn, to: from + seconds, magnitude: LENGTHS.has(kind) ? seconds : (magnitude ?? drawn.magnitude) };
  }
}
