import { Battery } from './body/battery.js';
import { Body } from './body/body.js';
import { Estimator } from './body/estimator.js';
import type { Home } from './body/geo.js';
import { Sensors } from './body/sensors.js';
import { Wind, type WindSettings } from './body/wind.js';
import { type Fault, type FaultKind, FaultSchedule, type ListedFault } from './faults/faults.js';
import { FenceLabels, type LabelListener } from './faults/fence-labels.js';
import { FaultInjector, type Victim } from './faults/injector.js';
import type { Parts } from './parts.js';
import { Autopilot } from './pilot/autopilot.js';
import { Fence, FenceMonitor, type FenceSettings } from './pilot/fence.js';
import type { MissionKind } from './pilot/mission.js';
import { parametersOf } from './pilot/parameters.js';
import { Random } from './random.js';
import { type Fields, FrameEncoder } from './wire/codec.js';
import { Protocol } from './wire/protocol.js';
import { Streams } from './wire/streams.js';
import { MESSAGES } from './wire/telemetry.js';

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
  /** How long it stands before its first flight, ms; absent: drawn. */
  readonly ready?: number | undefined;
  readonly faults: readonly ListedFault[];
  readonly faultsPerHour: number;
  readonly faultKinds: readonly FaultKind[];
  /** Told as soon as its end is known. Times in ms since the start. */
  readonly label?: LabelListener;
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

/** One simulated vehicle, from its motors to its bytes. It has no clock: time is what `advance` says. */
export class SimulatedVehicle implements Parts, Victim {
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
  cut = false;

  private readonly encoder: FrameEncoder;
  private readonly edges: Fence;
  private readonly streams: Streams;
  private readonly faults: FaultInjector;
  private readonly fenceLabels: FenceLabels;
  private readonly losses: Random;
  private readonly outbox: (readonly [string, Fields])[] = [];
  private steps = 0;
  private booted = 0;
  /** No byte before this, s since the start. */
  private silentUntil = BOOT;
  private lock = LOCK;
  private toldHome = false;
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
    const schedule = new FaultSchedule(settings.faults, settings.faultsPerHour, settings.faultKinds, named('faults'));
    this.faults = new FaultInjector(schedule, this);
    this.fenceLabels = new FenceLabels(settings.label);
    this.autopilot = new Autopilot(
      {
        mission: settings.mission,
        flight: settings,
        fence: this.edges,
        returnHeight: RETURN_HEIGHT,
        gcsFailsafe: settings.gcsFailsafe,
        readyMs: settings.ready,
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
    this.fenceLabels.end(this.seconds);
  }

  private step(): void {
    this.faults.pass(this.seconds, STEP);
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
      this.fenceLabels.end(this.seconds);
      return;
    }
    const text = fence.watch(boot, estimate.north, estimate.east, estimate.up);
    if (text !== undefined) this.outbox.push(['STATUSTEXT', { severity: 5, text }]);
    this.fenceLabels.watch(this.seconds, fence.distance, fence.breached !== 0);
  }

  /** What crosses the fence is labelled when it does. */
  begun({ kind, from, to, magnitude }: Fault): void {
    if (kind !== 'geofence_breach') this.settings.label?.(kind, from * 1_000, to * 1_000, magnitude);
  }

  /** Off the mission, over the nearest edge ahead, and back. */
  leaveFence(beyond: number, angle: number): void {
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
  reboot(until: number): void {
    this.silentUntil = until;
    this.lock = WARM_LOCK;
    this.booted = until - BOOT;
    this.encoder.sequence = 0;
    this.streams.reset(BOOT);
    this.protocol.reset();
    this.fence.reset();
    this.sensors.reset();
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
