// The vehicle of an on-board log: what it has said so far, as the observations that it would have sent.

import { Spectra, type SpectraState } from '../spectrum/sampled.js';
import type { Draft, Drafts, Stream, Streams } from './streams.js';

/** Numbers remembered this long count as what is now, ms. */
const RECENT = 1_000;
const HEARTBEAT_EVERY = 1_000;
const NOTHING: readonly number[] = new Array(16).fill(Number.NaN);

/** MAV_MODE_FLAG, MAV_STATE. */
const ARMED = 128;
const CUSTOM = 1;
const STANDBY = 3;
const ACTIVE = 4;
const CRITICAL = 5;
const MAVLINK = 3;
/** MAV_SYS_STATUS_SENSOR of the remote control's receiver. */
const RC_RECEIVER = 65_536;

/** Where a log stands in time. */
export interface Clock {
  /** Event time, ms since the epoch, and the time since boot that goes with it, ms. */
  readonly time: number;
  readonly boot: number;
}

/** What kind of vehicle it is: MAV_TYPE and MAV_AUTOPILOT. */
export interface Kind {
  readonly vehicle: number;
  readonly autopilot: number;
}

/** What must survive a restart; null is NaN. */
export interface AircraftState {
  readonly remembered: Readonly<Record<string, readonly [time: number, ...values: (number | null)[]]>>;
  readonly armed: boolean;
  readonly mode: number;
  readonly landed: number;
  readonly lane: number;
  readonly breach: number;
  readonly receiver: number;
  readonly failing: boolean;
  readonly beat: number | null;
  /** Samples that wait for others; absent in what was saved before that was, and where there are none. */
  readonly spectra?: SpectraState;
}

/** The vehicle of a log: what its records have said so far, and where observations of it go. */
export class Aircraft<C extends Clock = Clock> {
  readonly key: string;
  readonly kind: Kind;
  readonly clock: C;
  /** Where observations go, and when they are received. */
  out: Drafts | undefined;
  received = 0;
  armed = false;
  mode = 0;
  /** MAV_LANDED_STATE; 0: nothing has said. */
  landed = 0;
  /** The filter that flies, of those that are logged. */
  lane = 0;
  /** FENCE_BREACH; −1: nothing was ever said of a fence. */
  breach = -1;
  /** Whether the remote control is heard: 1 or 0; −1: nothing was ever said of it. */
  receiver = -1;
  /** Whether it flies by a fail-safe, where that is logged. */
  failing = false;
  /** Samples of its inertial sensors on their way to a spectrum. */
  readonly spectra = new Spectra((sensor, values) => this.tell(sensor, values));
  private beat = Number.NaN;
  private readonly streams: Streams;
  private readonly wanted: ReadonlySet<string>;
  private readonly told = new Map<string, Stream>();
  private readonly remembered = new Map<string, readonly number[]>();

  constructor(key: string, kind: Kind, clock: C, streams: Streams, wanted: ReadonlySet<string>) {
    this.key = key;
    this.kind = kind;
    this.clock = clock;
    this.streams = streams;
    this.wanted = wanted;
  }

  state(): AircraftState {
    const spectra = this.spectra.state();
    const orNull = (value: number) => (Number.isNaN(value) ? null : value);
    const { armed, mode, landed, lane, breach, receiver, failing, beat } = this;
    const remembered = [...this.remembered].map(([name, [time, ...values]]) => [name, [time, ...values.map(orNull)]]);
    return {
      remembered: Object.fromEntries(remembered),
      armed,
      mode,
      landed,
      lane,
      breach,
      receiver,
      failing,
      beat: orNull(beat),
      ...(Object.keys(spectra).length > 0 ? { spectra } : {}),
    };
  }

  restore({ remembered, beat, spectra = {}, ...rest }: AircraftState): void {
    this.spectra.restore(spectra);
    Object.assign(this, rest);
    this.beat = beat ?? Number.NaN;
    for (const [name, values] of Object.entries(remembered)) {
      this.remembered.set(
        name,
        values.map((value) => value ?? Number.NaN),
      );
    }
  }

  /** Time since boot that goes with event time, ms. */
  get boot(): number {
    return this.clock.boot;
  }

  /** The same in microseconds, whole ones. */
  get microseconds(): number {
    return Math.round(this.clock.boot * 1_000);
  }

  /** What other records will want to know. */
  remember(name: string, ...values: number[]): void {
    this.remembered.set(name, [this.clock.time, ...values]);
  }

  /** What was remembered in the last second, else NaN. Borrowed. */
  recall(name: string): readonly number[] {
    const found = this.remembered.get(name);
    return found !== undefined && this.clock.time - found[0]! <= RECENT ? found.slice(1) : NOTHING;
  }

  /** What was remembered at any time, else NaN. */
  lasting(name: string): number {
    return this.remembered.get(name)?.[1] ?? Number.NaN;
  }

  /** Forgets what was before a reboot. */
  rebooted(): void {
    this.remembered.clear();
    this.spectra.clear();
    this.armed = false;
    this.landed = 0;
    this.lane = 0;
    this.breach = -1;
    this.receiver = -1;
    this.failing = false;
  }

  /** Whether the configuration asks for a type. */
  wants(type: string): boolean {
    return this.wanted.has(type);
  }

  /** Hands over an observation of now, without the numbers that are not finite; not one without any number, unless it has a text. */
  tell(type: string, values: Record<string, number>, text?: Record<string, string>): void {
    const { out, wanted } = this;
    if (out === undefined || !wanted.has(type)) return;
    const known = knownOf(values);
    if (known === undefined && text === undefined) return;
    let stream = this.told.get(type);
    if (stream === undefined) {
      stream = this.streams.of(this.key, type);
      this.told.set(type, stream);
    }
    const { key, received } = this;
    const draft: Draft = { key, type, sequence: 0, time: this.clock.time, received, values: known ?? {} };
    if (text) draft.text = text;
    out.add(draft, stream);
  }

  /** What a vehicle says of itself every second. */
  beats(): void {
    const { time } = this.clock;
    if (time - this.beat < HEARTBEAT_EVERY) return;
    this.tellState();
  }

  /** The same at once, because it has changed. */
  tellState(): void {
    const { armed, mode, kind, landed, breach } = this;
    this.beat = this.clock.time;
    this.tell('heartbeat', {
      custom_mode: mode,
      type: kind.vehicle,
      autopilot: kind.autopilot,
      base_mode: (armed ? ARMED : 0) + CUSTOM,
      system_status: this.failing ? CRITICAL : armed ? ACTIVE : STANDBY,
      mavlink_version: MAVLINK,
    });
    if (landed > 0) this.tell('extended_sys_state', { vtol_state: 0, landed_state: landed });
    if (breach >= 0) this.tell('fence_status', { breach_status: breach > 0 ? 1 : 0, breach_type: breach });
  }

  /** Where it is, deg and m, with the velocity and the heading that were said last. */
  tellPosition(latitude: number, longitude: number, altitude: number, relative: number): void {
    const [north, east, down] = this.recall('velocity');
    this.remember('altitude', altitude);
    this.tell('global_position_int', {
      time_boot_ms: this.boot,
      lat: latitude,
      lon: longitude,
      alt: altitude,
      relative_alt: relative,
      vx: north!,
      vy: east!,
      vz: down!,
      hdg: this.recall('heading')[0]!,
    });
  }

  /** Its main battery, V, A and %, with whether the remote control is heard. */
  tellSystem(voltage: number, current: number, remaining: number): void {
    const { receiver } = this;
    const bits = receiver < 0 ? Number.NaN : RC_RECEIVER;
    this.tell('sys_status', {
      voltage_battery: voltage,
      current_battery: current,
      battery_remaining: remaining,
      onboard_control_sensors_present: bits,
      onboard_control_sensors_enabled: bits,
      onboard_control_sensors_health: bits * receiver,
    });
  }

  /** Whether it is armed, where that is news. */
  arm(armed: boolean): void {
    if (armed === this.armed) return;
    this.armed = armed;
    this.tellState();
  }
}

/** The finite ones of these numbers; `undefined` where there is none. A new object where some are left out: deleting makes it slow. */
function knownOf(values: Record<string, number>): Record<string, number> | undefined {
  let [finite, others] = [false, false];
  for (const name in values) {
    if (Number.isFinite(values[name])) finite = true;
    else others = true;
  }
  if (!finite) return undefined;
  if (!others) return values;
  const known: Record<string, number> = {};
  for (const name in values) {
    const value = values[name]!;
    if (Number.isFinite(value)) known[name] = value;
  }
  return known;
}
