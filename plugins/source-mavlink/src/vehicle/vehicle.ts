// One vehicle: its clock, its boots, its silence, its senders.

import { Introduction, type IntroductionState } from '../identity/introduction.js';
import { REPEATED } from '../wire/sequence.js';
import { type ClockState, type Recorder, type Timing, VehicleClock } from './clock.js';
import { Sender, type SenderState } from './sender.js';

/** How often a vehicle's `link` is told, ms of event time. */
const LINK_EVERY = 1_000;
const COMPONENTS = 256;
/** So many frames in a row contradict each other before it is said that two vehicles send as this one. */
const DOUBTS = 8;
/** When two vehicles sent as this one, nothing is believed for so long, ms. */
const MIXED_FOR = 10_000;

/** What must survive a restart of a vehicle; null is NaN. */
export interface VehicleState {
  readonly system: number;
  readonly key: string;
  readonly autopilot: number;
  readonly clock: ClockState;
  readonly link: readonly [since: number | null, frames: number, lost: number, damaged: number];
  readonly fenceCount: number | null;
  /** MAV_AUTOPILOT; −1 until it said so. */
  readonly kind: number;
  /** Parameters that make a setting together. */
  readonly kept: readonly (readonly [name: string, value: number])[];
  readonly introduced: IntroductionState;
  readonly senders: readonly (readonly [component: number, state: SenderState])[];
  /** Until when two vehicles are taken to send as this one, ms by the stamps; null: they do not. */
  readonly mixed: number | null;
  readonly doubts: number;
}

/** What sequence numbers have said, over all vehicles. */
export interface SequenceCounts {
  lost: number;
  /** Frames that came behind a later one, or twice. */
  outOfOrder: number;
  /** Gaps after a silence, of which eight bits cannot say how many frames they were. */
  uncountable: number;
}

/** One system on one connection: its clock, its senders, how its link does. */
export class Vehicle {
  readonly system: number;
  readonly key: string;
  readonly clock: VehicleClock;
  /** The component that flies: 1, or the first that said in a HEARTBEAT that it is an autopilot. */
  autopilot: number;
  /** Items of its fence; NaN until it said so. */
  fenceCount = Number.NaN;
  /** MAV_AUTOPILOT; −1 until it said so. */
  kind = -1;
  /** Parameters that make a setting together. */
  readonly kept = new Map<string, number>();
  readonly introduction: Introduction;
  /** The `link` that is under way. */
  since = Number.NaN;
  frames = 0;
  lost = 0;
  damaged = 0;
  /** Live: when its autopilot was last heard, ms of our own clock. */
  arrived = Number.NEGATIVE_INFINITY;
  /** We stood still since it was last heard: what is missing before its next frame was lost by us. */
  unheard = false;
  /** Until when (by the stamps) two vehicles are taken to send as this one, ms; NaN: they do not. */
  mixed = Number.NaN;
  private doubts = 0;
  private readonly senders: (Sender | undefined)[] = new Array(COMPONENTS);

  constructor(system: number, key: string, autopilot: number, timing: Timing, recorder: Recorder, state?: VehicleState) {
    this.system = system;
    this.key = key;
    this.autopilot = state?.autopilot ?? autopilot;
    this.clock = new VehicleClock(timing, state?.clock, recorder);
    this.introduction = new Introduction(state?.introduced);
    if (!state) return;
    [this.since, this.frames, this.lost, this.damaged] = [state.link[0] ?? Number.NaN, ...state.link.slice(1)] as number[];
    this.fenceCount = state.fenceCount ?? Number.NaN;
    this.kind = state.kind ?? -1;
    for (const [name, value] of state.kept ?? []) this.kept.set(name, value);
    this.mixed = state.mixed ?? Number.NaN;
    this.doubts = state.doubts;
    for (const [component, sender] of state.senders) this.senders[component] = new Sender(sender);
  }

  /**
   * Takes in the number of a frame of one of its components.
   * @param mark the checksum of the frame
   * @returns its sender; `undefined` where the same frame came before
   */
  count(component: number, sequence: number, mark: number, stamp: number, counts: SequenceCounts): Sender | undefined {
    let sender = this.senders[component];
    if (sender === undefined) {
      sender = new Sender();
      this.senders[component] = sender;
    }
    const line = sender.take(sequence, mark, stamp, this.unheard);
    if (line === REPEATED || sender.late) counts.outOfOrder++;
    if (sender.lost > 0) {
      this.lost += sender.lost;
      counts.lost += sender.lost;
      sender.lost = 0;
    }
    counts.uncountable += sender.uncountable;
    sender.uncountable = 0;
    return line === REPEATED ? undefined : sender;
  }

  /**
   * Whether two vehicles send as this one, by what their frames say.
   * @param contradicts whether what this frame's counter says cannot be of the vehicle of the other
   * @returns whether that is news; nothing of it is to be believed until `mixed`
   */
  doubt(contradicts: boolean, stamp: number): boolean {
    this.doubts = contradicts ? this.doubts + 1 : 0;
    if (this.doubts < DOUBTS) return false;
    const news = Number.isNaN(this.mixed);
    this.mixed = stamp + MIXED_FOR;
    this.lost = 0;
    return news;
  }

  /** Whether a `link` is due before the frame at `clock.time`. */
  linkDue(): boolean {
    const { time } = this.clock;
    if (Number.isNaN(this.since)) this.since = time;
    return time - this.since >= LINK_EVERY && this.frames > 0;
  }

  /** What the due `link` holds; begins the next. */
  takeLink(): Record<string, number> {
    const { frames, lost, damaged } = this;
    this.since = this.clock.time;
    this.frames = 0;
    this.lost = 0;
    this.damaged = 0;
    return damaged > 0 ? { frames, lost, bad_crc: damaged } : { frames, lost };
  }

  /** It was switched off and on: its senders count from 0 again, and what seemed lost was that. */
  rebooted(): void {
    // Where two counters go on it may be that the other vehicle has spoken.
    this.senders.forEach((sender, component) => {
      if (!sender?.hasOther) this.senders[component] = undefined;
    });
    this.lost = 0;
    this.fenceCount = Number.NaN;
  }

  state(): VehicleState {
    const orNull = (value: number) => (Number.isNaN(value) ? null : value);
    const senders = [...this.senders.entries()].flatMap(([component, sender]) =>
      sender ? [[component, sender.state()] as const] : [],
    );
    const { system, key, autopilot, clock, since, frames, lost, damaged, fenceCount, kind, kept, mixed, doubts } = this;
    return {
      system,
      key,
      autopilot,
      clock: clock.state(),
      link: [orNull(since), frames, lost, damaged],
      fenceCount: orNull(fenceCount),
      kind,
      kept: [...kept],
      introduced: this.introduction.state(),
      senders,
      mixed: orNull(mixed),
      doubts,
    };
  }
}
