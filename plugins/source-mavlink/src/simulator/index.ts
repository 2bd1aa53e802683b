import { Autopilot } from './autopilot.js';
import { Battery } from './battery.js';
import { Body } from './body.js';
import { type Fields, FrameEncoder } from './codec.js';
import { Estimator } from './estimator.js';
import { type Fault, type FaultKind, FaultSchedule, type ListedFault } from './faults.js';
import { Fence, FenceMonitor, type FenceSettings } from './fence.js';
import type { Home } from './geo.js';
import type { MissionKind } from './mission.js';
import { parametersOf } from './parameters.js';
import type { Parts } from './parts.js';
import { Protocol } from './protocol.js';
import { Random } from './random.js';
import { Sensors } from './sensors.js';
import { Streams } from './streams.js';
import { MESSAGES } from './telemetry.js';
import { Wind, type WindSettings } from './wind.js';

/** How a simulated vehicle is made. */
export interface VehicleSettings {
  readonly seed: string;
  /** MAVLink system id. */
  readonly system: number;
  readonly version: 1 | 2;
  /** Passphrase; absent: frames are not signed. */
  readonly signingKey?: string | undefined;
  /** The system whose heartbeats hold its fail-safe back. */
  readonly groundSystem: number;
  /** Unix ms of its first boot. */
  readonly start: number;
  readonly home: Home;
  readonly mission: MissionKind;
  /** Cruise speed, m/s. */
  readonly speed: number;
  /** Height of the mission, m above home. */
  readonly height: number;
  readonly fence: FenceSettings;
  readonly wind: WindSettings;
  /** Whether telemetry comes by itself, or only what was asked for. */
  readonly onRequest: boolean;
  /** Share of frames that are lost, in each direction. */
  readonly loss: number;
  readonly gcsFailsafe: boolean;
  readonly faults: readonly ListedFault[];
  readonly faultsPerHour: number;
  readonly faultKinds: readonly FaultKind[];
  /** Told as soon as its end is known. Times in ms since the start. */
  readonly label?: (kind: string, from: number, to: number, magnitude: number) => void;
}

export type Send = (frame: Uint8Array, ms: number) => void;

/** Physics and control run fifty times a second. */
const STEP = 0.02;
const RETURN_HEIGHT = 30;
/** Seconds from power to the first byte, and to the first fix. */
const BOOT = 2.4;
const LOCK = 9;
/** The same when it starts again with a receiver that never lost its satellites. */
const WARM_LOCK = 3.4;
/** How fast a dragged position changes its speed, m/s². */
const DRAG = 0.3;
/** A pass by the fence counts as near below this, m. */
const NEAR = 30;

interface Active {
  readonly fault: Fault;
  applied: boolean;
}

/** One simulated vehicle, from its motors to its bytes. It has no clock: time is what `advance` says. */
export class SimulatedVehicle implements Parts {
  readonly settings: VehicleSettings;
  readonly home: Home;
  readonly random: Random;
  readonly wind: Wind;
  readonly battery: Battery;
  readonly body: Body;
  readonly sensors: Sensors;
  readonly estimate: Estimator;
  readonly autopilot: Autopilot;
  readonly fence: FenceMonitor;
  readonly fenced: boolean;
  readonly protocol: Protocol;
  readonly windNow: { direction: number; speed: number };
  /** Since the simulation began, s. */
  seconds = 0;

  private readonly encoder: FrameEncoder;
  private readonly edges: Fence;
  private readonly streams: Streams;
  private readonly faults: FaultSchedule;
  private readonly losses: Random;
  private readonly outbox: (readonly [string, Fields])[] = [];
  private active: Active[] = [];
  private steps = 0;
  private booted = 0;
  /** No byte before this, s since the start. */
  private silentUntil = BOOT;
  private cut = false;
  private lock = LOCK;
  private toldHome = false;
  private breach: { from: number; beyond: number } | undefined;
  private near: { from: number; least: number; breached: boolean } | undefined;
  private send: Send = () => {};

  constructor(settings: VehicleSettings) {
    this.settings = settings;
    this.home = settings.home;
    const named = (name: string) => new Random(`${settings.seed}/${name}`);
    this.random = named('noise');
    this.losses = named('losses');
    const build = named('build');
    this.wind = new Wind(settings.wind, named('wind'));
    this.windNow = { direction: settings.wind.direction, speed: settings.wind.speed };
    this.battery = new Battery(build.uniform() < 0.7 ? 3 : 4, build.between(0.012, 0.015));
    this.body = new Body(this.wind, settings.wind.turbulence, this.battery, named('body'));
    this.body.yaw = build.between(-Math.PI, Math.PI);
    this.sensors = new Sensors(this.body, named('sensors'));
    this.estimate = new Estimator(this.body, this.sensors, named('filter'));
    this.edges = new Fence(settings.fence);
    this.fence = new FenceMonitor(this.edges);
    this.fenced = settings.fence.circle > 0 || settings.fence.ceiling > 0 || settings.fence.polygon.length > 0;
    this.encoder = new FrameEncoder({ ...settings, component: 1 });
    this.streams = new Streams(settings.onRequest);
    this.faults = new FaultSchedule(settings.faults, settings.faultsPerHour, settings.faultKinds, named('faults'));
    this.autopilot = new Autopilot(
      {
        mission: settings.mission,
        flight: settings,
        fence: this.edges,
        returnHeight: RETURN_HEIGHT,
        gcsFailsafe: settings.gcsFailsafe,
      },
      this.body,
      this.battery,
      this.estimate,
      named('mission'),
      (severity, text) => this.outbox.push(['STATUSTEXT', { severity, text }]),
    );
    this.protocol = this.makeProtocol();
    this.outbox.push(['STATUSTEXT', { severity: 6, text: 'ArduPilot Ready' }]);
  }

  get bootMs(): number {
    return Math.round((this.seconds - this.booted) * 1_000);
  }

  get unixMs(): number {
    return this.settings.start + this.seconds * 1_000;
  }

  /**
   * Moves on to a moment and hands over the frames of the time between, in order, each with its own moment.
   * @param ms since the start; must not run back
   */
  advance(ms: number, send: Send): void {
    this.send = send;
    while ((this.steps + 1) * STEP * 1_000 <= ms) {
      this.steps++;
      this.seconds = this.steps * STEP;
      this.step();
    }
  }

  /** Takes bytes of the link, in any pieces. What they ask for comes with the next `advance`. */
  receive(bytes: Uint8Array): void {
    if (this.cut || this.seconds < this.silentUntil) return;
    this.protocol.receive(bytes);
  }

  /** Tells the labels of what has not ended yet. */
  finish(): void {
    this.endBreach();
    this.endNear();
  }

  private step(): void {
    this.passFaults();
    const boot = this.seconds - this.booted;
    this.wind.pass(STEP);
    this.autopilot.pass(STEP);
    this.body.pass(STEP, this.autopilot.target, this.estimate);
    this.estimate.pass(STEP);
    if (this.steps % 5 === 0) {
      this.sensors.slow(0.1);
      this.estimate.slow(0.1);
      this.followWind();
    }
    if (this.steps % 10 === 0) {
      this.sensors.satellitesPass(0.2, boot > this.lock);
      this.estimate.satellites(0.2);
      this.watchFence(boot);
    }
    if (this.seconds >= this.silentUntil) this.talk(boot);
  }

  private talk(boot: number): void {
    this.protocol.step();
    for (const [name, fields] of this.outbox) this.sendFrame(name, fields);
    this.outbox.length = 0;
    if (this.autopilot.armed !== this.toldHome) {
      this.toldHome = this.autopilot.armed;
      if (this.toldHome) this.sendOwn('HOME_POSITION');
    }
    this.streams.due(boot, this.sendOwn);
  }

  private readonly sendOwn = (name: string): void => this.sendFrame(name, MESSAGES[name](this));

  private sendFrame(name: string, fields: Fields): void {
    const frame = this.encoder.encode(name, fields, this.unixMs);
    const { loss } = this.settings;
    if (frame === undefined || this.cut || (loss > 0 && this.losses.uniform() < loss)) return;
    this.send(frame, this.seconds * 1_000);
  }

  /** The filter's idea of the wind lags behind it. */
  private followWind(): void {
    const { wind, windNow } = this;
    const speed = Math.hypot(wind.north, wind.east);
    windNow.speed += 0.02 * (speed - windNow.speed);
    windNow.direction = (Math.atan2(-wind.east, -wind.north) * 180) / Math.PI;
  }

  private watchFence(boot: number): void {
    const { fence, estimate, autopilot } = this;
    if (!this.fenced) return;
    if (!autopilot.flying) {
      this.endBreach();
      this.endNear();
      return;
    }
    const text = fence.watch(boot, estimate.north, estimate.east, estimate.up);
    if (text !== undefined) this.outbox.push(['STATUSTEXT', { severity: 5, text }]);
    if (fence.breached !== 0) {
      this.breach ??= { from: this.seconds, beyond: 0 };
      this.breach.beyond = Math.max(this.breach.beyond, -fence.distance);
    } else this.endBreach();
    this.watchNear();
  }

  /** A stretch near the fence that stays inside is labelled as normal, so that a warning there can be counted as false. */
  private watchNear(): void {
    const { distance, breached } = this.fence;
    if (distance > NEAR) {
      this.endNear();
      return;
    }
    this.near ??= { from: this.seconds, least: distance, breached: false };
    this.near.least = Math.min(this.near.least, distance);
    if (breached !== 0) this.near.breached = true;
  }

  private endBreach(): void {
    const { breach } = this;
    this.breach = undefined;
    if (breach) this.settings.label?.('geofence_breach', breach.from * 1_000, this.seconds * 1_000, breach.beyond);
  }

  private endNear(): void {
    const { near } = this;
    this.near = undefined;
    if (near && !near.breached) this.settings.label?.('normal', near.from * 1_000, this.seconds * 1_000, near.least);
  }

  private passFaults(): void {
    for (;;) {
      const fault = this.faults.due(this.seconds, this.autopilot.onMission);
      if (!fault) break;
      this.active.push({ fault, applied: false });
      if (fault.kind !== 'geofence_breach') {
        this.settings.label?.(fault.kind, fault.from * 1_000, fault.to * 1_000, fault.magnitude);
      }
    }
    if (this.active.length === 0) return;
    for (const active of this.active) {
      if (!active.applied) this.begin(active.fault);
      active.applied = true;
      this.during(active.fault);
    }
    for (const { fault } of this.active) if (this.seconds >= fault.to) this.end(fault);
    this.active = this.active.filter(({ fault }) => this.seconds < fault.to);
  }

  private begin({ kind, magnitude, angle, to }: Fault): void {
    const { battery, sensors, body } = this;
    if (kind === 'battery_sag') battery.addedResistance = magnitude;
    else if (kind === 'battery_drain') battery.drain = magnitude;
    else if (kind === 'vibration') sensors.shaking = magnitude;
    else if (kind === 'gps_loss') sensors.jammed = true;
    else if (kind === 'motor_degradation') body.motorLoss = Math.min(0.45, magnitude);
    else if (kind === 'baro_glitch') sensors.heightGlitch = magnitude;
    else if (kind === 'imu_bias') sensors.accelerometerBias = magnitude;
    else if (kind === 'link_loss') this.cut = true;
    else if (kind === 'geofence_breach') this.leaveFence(magnitude, angle);
    else if (kind === 'reboot') this.reboot(to);
    else if (kind === 'gps_glitch') {
      sensors.glitchNorth = magnitude * Math.cos(angle);
      sensors.glitchEast = magnitude * Math.sin(angle);
    } else if (kind === 'compass_interference') {
      sensors.magneticOffsetX = magnitude * Math.cos(angle);
      sensors.magneticOffsetY = magnitude * Math.sin(angle);
    }
  }

  private during({ kind, from, to, magnitude, angle }: Fault): void {
    if (kind === 'rc_loss') this.autopilot.radioSilence += STEP;
    if (kind !== 'gps_drift') return;
    // Drags the position away for half of the time and lets it come back up to twice as fast, without a jump of place or speed.
    const { sensors } = this;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const along = cos * sensors.driftNorth + sin * sensors.driftEast;
    const away = this.seconds - from < (to - from) * 0.55;
    const wish = away ? magnitude : -Math.min(2 * magnitude, Math.sqrt(2 * DRAG * Math.max(0, along)));
    const now = cos * sensors.driftVelocityNorth + sin * sensors.driftVelocityEast;
    const speed = now + Math.min(DRAG * STEP, Math.max(-DRAG * STEP, wish - now));
    sensors.driftVelocityNorth = speed * cos;
    sensors.driftVelocityEast = speed * sin;
    sensors.driftNorth += sensors.driftVelocityNorth * STEP;
    sensors.driftEast += sensors.driftVelocityEast * STEP;
  }

  private end({ kind }: Fault): void {
    const { battery, sensors, body, autopilot } = this;
    if (kind === 'battery_sag') battery.addedResistance = 0;
    else if (kind === 'battery_drain') battery.drain = 1;
    else if (kind === 'vibration') sensors.shaking = 0;
    else if (kind === 'gps_loss') sensors.jammed = false;
    else if (kind === 'motor_degradation') body.motorLoss = 0;
    else if (kind === 'baro_glitch') sensors.heightGlitch = 0;
    else if (kind === 'imu_bias') sensors.accelerometerBias = 0;
    else if (kind === 'link_loss') this.cut = false;
    else if (kind === 'rc_loss') autopilot.radioSilence = 0;
    else if (kind === 'gps_glitch') {
      sensors.glitchNorth = 0;
      sensors.glitchEast = 0;
    } else if (kind === 'gps_drift') {
      sensors.driftNorth = 0;
      sensors.driftEast = 0;
      sensors.driftVelocityNorth = 0;
      sensors.driftVelocityEast = 0;
    } else if (kind === 'compass_interference') {
      sensors.magneticOffsetX = 0;
      sensors.magneticOffsetY = 0;
    }
  }

  /** Off the mission, over the nearest edge ahead, and back. */
  private leaveFence(beyond: number, angle: number): void {
    const { estimate, edges, settings } = this;
    const bearing = Math.atan2(estimate.east, estimate.north) + angle / 6;
    const far = edges.reach(bearing, 0) + beyond;
    this.autopilot.detour({
      north: far * Math.cos(bearing),
      east: far * Math.sin(bearing),
      up: estimate.up,
      speed: settings.speed,
      hold: 2,
    });
  }

  /** The autopilot starts anew in the air and takes over where it was; its counters and its boot clock begin again. */
  private reboot(until: number): void {
    this.silentUntil = until;
    this.lock = WARM_LOCK;
    this.booted = until - BOOT;
    this.encoder.sequence = 0;
    this.streams.reset(BOOT);
    this.protocol.reset();
    this.fence.reset();
    this.sensors.reset();
    this.battery.consumedAh = 0;
    this.battery.consumedWh = 0;
    this.outbox.push(['STATUSTEXT', { severity: 2, text: 'Watchdog reset' }]);
  }

  private makeProtocol(): Protocol {
    const { settings, outbox } = this;
    const vehicle = this;
    return new Protocol({
      system: settings.system,
      groundSystem: settings.groundSystem,
      component: 1,
      home: settings.home,
      fence: settings.fence,
      autopilot: this.autopilot,
      parameters: parametersOf(settings.fence, this.battery, { ...settings, returnHeight: RETURN_HEIGHT }),
      request(name) {
        const known = name in MESSAGES;
        if (known) outbox.push([name, MESSAGES[name](vehicle)]);
        return known;
      },
      setInterval: (name, seconds) => this.streams.set(name, seconds, this.seconds - this.booted),
      setGroup: (group, rate) => this.streams.setGroup(group, rate, this.seconds - this.booted),
      send: (name, fields) => outbox.push([name, fields]),
      bootMs: () => this.bootMs,
      lost: () => settings.loss > 0 && this.losses.uniform() < settings.loss,
    });
  }
}
