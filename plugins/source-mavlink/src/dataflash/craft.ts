// The vehicle of an on-board log: what its records have said so far.

import type { Draft, Drafts, Stream, Streams } from '../vehicle/streams.js';
import type { Format } from './format.js';
import type { LogClock } from './log-clock.js';
import type { Survey } from './survey.js';

/** Numbers remembered this long count as what is now, ms. */
const RECENT = 1_000;
const HEARTBEAT_EVERY = 1_000;
const NOTHING: readonly number[] = new Array(16).fill(Number.NaN);

/** MAV_MODE_FLAG, MAV_STATE, MAV_AUTOPILOT, MAV_LANDED_STATE. */
const ARMED = 128;
const CUSTOM = 1;
const STANDBY = 3;
const ACTIVE = 4;
const ARDUPILOT = 3;
const MAVLINK = 3;

/** Takes one record in whose time the craft's clock has; `record` is where its fields begin. */
export type Handler = (view: DataView, record: number, craft: Craft) => void;
/** Looks its columns up once, for all records of a type. */
export type HandlerMaker = (format: Format) => Handler;

/** What must survive a restart; null is NaN. */
export interface CraftState {
  readonly remembered: Readonly<Record<string, readonly [time: number, ...values: (number | null)[]]>>;
  readonly armed: boolean;
  readonly mode: number;
  readonly landed: number;
  readonly lane: number;
  readonly breach: number;
  readonly receiver: number;
  readonly beat: number | null;
}

/** The vehicle of a log: what its records have said so far, and where observations of it go. */
export class Craft {
  readonly key: string;
  readonly survey: Survey;
  readonly clock: LogClock;
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
  private beat = Number.NaN;
  private readonly streams: Streams;
  private readonly wanted: ReadonlySet<string>;
  private readonly told = new Map<string, Stream>();
  private readonly remembered = new Map<string, readonly number[]>();

  constructor(key: string, survey: Survey, clock: LogClock, streams: Streams, wanted: ReadonlySet<string>) {
    this.key = key;
    this.survey = survey;
    this.clock = clock;
    this.streams = streams;
    this.wanted = wanted;
  }

  state(): CraftState {
    const orNull = (value: number) => (Number.isNaN(value) ? null : value);
    const { armed, mode, landed, lane, breach, receiver, beat } = this;
    const remembered = [...this.remembered].map(([name, [time, ...values]]) => [name, [time, ...values.map(orNull)]]);
    return { remembered: Object.fromEntries(remembered), armed, mode, landed, lane, breach, receiver, beat: orNull(beat) };
  }

  restore({ remembered, beat, ...rest }: CraftState): void {
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
    this.armed = false;
    this.landed = 0;
    this.lane = 0;
    this.breach = -1;
    this.receiver = -1;
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
    const { armed, mode, survey, landed, breach } = this;
    this.beat = this.clock.time;
    this.tell('heartbeat', {
      custom_mode: mode,
      type: survey.vehicle,
      autopilot: ARDUPILOT,
      base_mode: (armed ? ARMED : 0) + CUSTOM,
      system_status: armed ? ACTIVE : STANDBY,
      mavlink_version: MAVLINK,
    });
    if (landed > 0) this.tell('extended_sys_state', { vtol_state: 0, landed_state: landed });
    if (breach >= 0) this.tell('fence_status', { breach_status: breach > 0 ? 1 : 0, breach_type: breach });
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
