// One vehicle: its clock, its boots, its silence, its senders.

import { ON_TIME, OUT_OF_ORDER, SequenceNumbers, UNCOUNTABLE } from '../wire/sequence.js';
import { type ClockState, type Recorder, type Timing, VehicleClock } from './clock.js';

/** How often a vehicle's `link` is told, ms of event time. */
const LINK_EVERY = 1_000;
const COMPONENTS = 256;

/** What must survive a restart of a vehicle; null is NaN. */
export interface VehicleState {
  readonly system: number;
  readonly key: string;
  readonly autopilot: number;
  readonly clock: ClockState;
  readonly link: readonly [since: number | null, frames: number, lost: number, damaged: number];
  readonly fenceCount: number | null;
  /** By component: the last sequence number, and when it was heard. */
  readonly senders: readonly (readonly [component: number, last: number, heard: number | null])[];
}

/** What sequence numbers have said, over all vehicles. */
export interface SequenceCounts {
  lost: number;
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
  /** The `link` that is under way. */
  since = Number.NaN;
  frames = 0;
  lost = 0;
  damaged = 0;
  /** Live: when its autopilot was last heard, ms of our own clock. */
  arrived = Number.NEGATIVE_INFINITY;
  /** We stood still since it was last heard: what is missing before its next frame was lost by us. */
  unheard = false;
  private readonly senders: (SequenceNumbers | undefined)[] = new Array(COMPONENTS);

  constructor(system: number, key: string, autopilot: number, timing: Timing, recorder: Recorder, state?: VehicleState) {
    this.system = system;
    this.key = key;
    this.autopilot = state?.autopilot ?? autopilot;
    this.clock = new VehicleClock(timing, state?.clock, recorder);
    if (!state) return;
    [this.since, this.frames, this.lost, this.damaged] = [state.link[0] ?? Number.NaN, ...state.link.slice(1)] as number[];
    this.fenceCount = state.fenceCount ?? Number.NaN;
    for (const [component, last, heard] of state.senders) {
      this.senders[component] = new SequenceNumbers(last, heard ?? Number.NaN);
    }
  }

  /**
   * Takes in the sequence number of a frame of one of its components.
   * @returns how many frames before it were lost by us; NaN where eight bits cannot say
   */
  count(component: number, sequence: number, stamp: number, counts: SequenceCounts): number {
    let sender = this.senders[component];
    if (sender === undefined) {
      sender = new SequenceNumbers();
      this.senders[component] = sender;
    }
    const missing = sender.take(sequence, stamp);
    if (missing === ON_TIME) return 0;
    if (this.unheard && missing !== OUT_OF_ORDER) return missing === UNCOUNTABLE ? Number.NaN : missing;
    if (missing === OUT_OF_ORDER) counts.outOfOrder++;
    else if (missing === UNCOUNTABLE) counts.uncountable++;
    else {
      this.lost += missing;
      counts.lost += missing;
    }
    return 0;
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
    this.senders.fill(undefined);
    this.lost = 0;
    this.fenceCount = Number.NaN;
  }

  state(): VehicleState {
    const orNull = (value: number) => (Number.isNaN(value) ? null : value);
    const senders = [...this.senders.entries()].flatMap(([component, sender]) =>
      sender ? [[component, sender.last, orNull(sender.heard)] as const] : [],
    );
    const { system, key, autopilot, clock, since, frames, lost, damaged, fenceCount } = this;
    return {
      system,
      key,
      autopilot,
      clock: clock.state(),
      link: [orNull(since), frames, lost, damaged],
      fenceCount: orNull(fenceCount),
      senders,
    };
  }
}
