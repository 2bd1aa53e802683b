import type { Observation } from '../../api/index.js';
import type { EventTimeState } from '../../state/saved.js';
import { Recent } from './recent.js';

/** What becomes of an observation. */
export interface TimeEvents {
  /** It is judged; what it says of time counts only once {@link EventTime.reach} is called with it. */
  take(observation: Observation): void;
  /** Its clock cannot be believed: it is kept and counted, not judged. @param byMs how far it is ahead of all others */
  refuse(observation: Observation, byMs: number): void;
  /** Whether it came before: then it says nothing of time. */
  repeated(observation: Observation): boolean;
  /** It came before, and is still waited with. */
  repeat(): void;
  /** How many keys there are. */
  keys(): number;
}

/** How many observations in order are as good as the word of other keys. */
const CONVINCING = 20;
/** Observations that may wait for a decision; beyond that the oldest are refused. */
const WAITING = 512;
/** A pause of this many times the longest usual step is no jump. */
export const PAUSE = 4;
/** Keys are counted at every full minute of event time. */
const COUNTED = 60_000;
/** Of those, so many are an hour. */
const HOUR = 60;
/** How many steps the longest one is remembered for, as a decay. */
const STEPS = 64;

/**
 * Event time, driven by nothing but the observations and by what the source says, so that a replay is exact.
 *
 * One wrong clock must not move the time of all. An observation that is further ahead of all others than `maxAhead` (and than the steps
 * of this stream usually are) waits until one of three things is known. *Time has come near it*: it is taken. *Time has moved on*: most
 * of the keys that speak are there as well, or, where nobody else speaks, as many observations in order as stood on the other side, 20
 * at most; then all that wait are taken. *The others go on without it*: it is refused. No wall clock is asked.
 *
 * A batch that says how far time has come settles it at once.
 */
export class EventTime {
  readonly state: EventTimeState;
  /** What the batch at hand says of time. */
  private saying = Number.NEGATIVE_INFINITY;
  private readonly latenessMs: number;
  private readonly maxAheadMs: number;
  private readonly events: TimeEvents;
  private readonly recent: Recent;

  constructor(state: EventTimeState, settings: { latenessMs: number; maxAheadMs: number }, events: TimeEvents) {
    this.state = state;
    this.latenessMs = settings.latenessMs;
    this.maxAheadMs = settings.maxAheadMs;
    this.events = events;
    this.recent = new Recent(state.recent);
  }

  /** How far event time has come, by the observations or by what the source says. */
  get now(): number {
    return Math.max(this.state.latest, this.state.told);
  }

  /** No observation before this is waited for. */
  get watermark(): number {
    const { latest, told } = this.state;
    return Math.max(latest, told) - this.latenessMs;
  }

  /** How much further than `now` an observation may be without being doubted, ms. */
  get leap(): number {
    return Math.max(this.maxAheadMs, PAUSE * this.state.step);
  }

  /** How many keys share what is of all of them. */
  get crowd(): number {
    return this.state.crowd;
  }

  /** The full hour of event time. */
  get hour(): number {
    return Math.floor(this.state.counted / HOUR);
  }

  /** Begins a batch, with the watermark that it carries, if any. */
  begin(watermark: number | undefined): void {
    this.saying = watermark ?? Number.NEGATIVE_INFINITY;
  }

  offer(observation: Observation): void {
    const { state, events } = this;
    const reference = Math.max(state.latest, state.told, this.saying);
    // What was judged before is known by its id, and where that is looked up it counts for nothing.
    if (state.waiting.length === 0 && observation.time <= reference + this.maxAheadMs) events.take(observation);
    else if (events.repeated(observation)) events.take(observation);
    else if (this.waits(observation)) events.repeat();
    else if (observation.time <= reference + this.leap) this.goOn(observation);
    else if (this.saying !== Number.NEGATIVE_INFINITY) events.refuse(observation, observation.time - reference);
    else this.wait(observation, reference);
  }

  /** An observation that was taken is there: time has come so far. */
  reach({ key, time }: Observation): void {
    const { state } = this;
    if (time > state.latest) {
      if (state.latest !== Number.NEGATIVE_INFINITY) state.step = Math.max(time - state.latest, state.step * (1 - 1 / STEPS));
      state.latest = time;
      const minute = Math.floor(time / COUNTED);
      if (minute > state.counted) {
        state.counted = minute;
        state.crowd = Math.max(1, this.events.keys());
      }
    }
    if (state.seen < CONVINCING) state.seen++;
    this.recent.heard(key, state.latest, this.leap);
  }

  /** What the source says of time, after the observations of its batch. */
  tell(watermark: number): void {
    const { state } = this;
    if (watermark > state.told) state.told = watermark;
    if (state.waiting.length > 0) this.moveOn(this.now);
  }

  /** The end of a recording: what nobody has contradicted holds. */
  end(): void {
    const contradicted = this.state.others.length > 0;
    for (const { observation } of this.letGo()) {
      if (contradicted) this.turnAway(observation);
      else this.events.take(observation);
    }
  }

  private waits({ key, type, sequence }: Observation): boolean {
    return this.state.waiting.some(
      ({ observation }) => observation.key === key && observation.type === type && observation.sequence === sequence,
    );
  }

  private wait(observation: Observation, at: number): void {
    const { waiting } = this.state;
    waiting.push({ observation, at });
    if (this.hasMoved(observation.time)) this.moveOn(observation.time);
    else if (waiting.length > WAITING) this.turnAway(waiting.shift()!.observation);
  }

  /** Whether time has come to `newest`, the time of what came last: by how many keys say so, or by how often one does. */
  private hasMoved(newest: number): boolean {
    const { waiting, others, seen } = this.state;
    const near = waiting.filter(({ observation }) => Math.abs(observation.time - newest) <= this.leap);
    const speak = this.recent.count;
    const ahead = new Set(near.map(({ observation }) => observation.key)).size;
    // Where a stream begins, two that agree are a beginning.
    if (seen === 0 && near.length > 1) return true;
    if (ahead > 1 && ahead > others.length && ahead > speak / 2) return true;
    if (others.length > 0) return false;
    const { count, earliest } = this.inOrder();
    if (count <= Math.max(seen, 2)) return false;
    // Of several keys the others might still come: until this one has gone on by as long as they may be late.
    return speak <= 1 || newest - earliest > this.patience;
  }

  /** The observations at the end of those that wait that came in order of time. */
  private inOrder(): { count: number; earliest: number } {
    const { waiting } = this.state;
    let count = 0;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = waiting.length - 1; i >= 0; i--) {
      const { time } = waiting[i]!.observation;
      if (time - this.latenessMs > earliest) break;
      earliest = Math.min(earliest, time);
      count++;
    }
    return { count, earliest };
  }

  private moveOn(newest: number): void {
    const leap = this.leap;
    for (const { observation } of this.letGo()) {
      if (observation.time <= newest + leap) this.events.take(observation);
      else this.turnAway(observation);
    }
  }

  private get patience(): number {
    return Math.max(this.latenessMs, this.maxAheadMs);
  }

  /** An observation at the time of all: it may contradict what waits, or bring time near it. */
  private goOn(observation: Observation): void {
    const { state, events } = this;
    const first = state.waiting[0];
    const contradicts = first !== undefined && observation.time >= first.at;
    // Before it is taken: their ids are lower.
    if (contradicts) this.sift(({ observation: { key } }) => (key === observation.key ? this.turnAway : undefined));
    events.take(observation);
    if (!contradicts) return;
    if (!state.others.includes(observation.key) && state.others.length < CONVINCING) state.others.push(observation.key);
    this.sift(({ observation: { time }, at }) => {
      if (time <= state.latest + this.leap) return events.take;
      return state.latest > at + this.patience ? this.turnAway : undefined;
    });
    if (state.waiting.length === 0) state.others = [];
  }

  /** Lets go of those that wait of which it is said what becomes of them. */
  private sift(fate: (waiting: EventTimeState['waiting'][number]) => ((observation: Observation) => void) | undefined): void {
    for (const one of this.letGo(this.state.others)) {
      const goes = fate(one);
      if (goes) goes(one.observation);
      else this.state.waiting.push(one);
    }
  }

  private readonly turnAway = (observation: Observation): void => {
    this.events.refuse(observation, observation.time - this.now);
  };

  /** Empties the list, so that what is done about it meets none. */
  private letGo(others: string[] = []): EventTimeState['waiting'] {
    const { waiting } = this.state;
    this.state.waiting = [];
    this.state.others = others;
    return waiting;
  }
}
