import type { Observation } from '../api/index.js';
import type { EventTimeState } from '../state/saved.js';

/**
 * Event time, driven by nothing but the observations (and by what the source says), so that a replay is exact.
 *
 * One wild stamp must not push the watermark ahead and make all that follows late. A batch that says how far time has
 * come settles it: what lies more than `maxAhead` beyond that is clamped. A recording does not say, and in it a jump may
 * be a pause; so the observation that jumps is held until the next one either confirms the jump or falls back behind it.
 */
export class EventTime {
  readonly state: EventTimeState;
  /** How many observations were clamped since this was last set to 0. */
  ahead = 0;
  /** What the batch at hand says of time. */
  private saying = Number.NEGATIVE_INFINITY;
  private readonly latenessMs: number;
  private readonly maxAheadMs: number;
  private readonly process: (observation: Observation) => void;

  constructor(
    state: EventTimeState,
    settings: { latenessMs: number; maxAheadMs: number },
    process: (observation: Observation) => void,
  ) {
    this.state = state;
    this.latenessMs = settings.latenessMs;
    this.maxAheadMs = settings.maxAheadMs;
    this.process = process;
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

  /** Begins a batch, with the watermark that it carries, if any. */
  begin(watermark: number | undefined): void {
    this.saying = watermark ?? Number.NEGATIVE_INFINITY;
  }

  offer(observation: Observation): void {
    const { state } = this;
    if (state.held !== null) this.settle(observation.time);
    const reference = Math.max(state.latest, state.told, this.saying);
    if (observation.time > reference + this.maxAheadMs) {
      if (this.saying === Number.NEGATIVE_INFINITY) {
        state.held = observation;
        return;
      }
      this.ahead++;
      this.take({ ...observation, time: reference });
      return;
    }
    this.take(observation);
  }

  /** What the source says of time, after the observations of its batch. */
  tell(watermark: number): void {
    if (watermark > this.state.told) this.state.told = watermark;
    if (this.state.held !== null) this.settle(this.state.told);
  }

  /** The end of a recording: nothing will contradict what is held. */
  end(): void {
    if (this.state.held !== null) this.settle(Number.POSITIVE_INFINITY);
  }

  private settle(next: number): void {
    const held = this.state.held!;
    this.state.held = null;
    if (next >= held.time - this.maxAheadMs) {
      this.take(held);
      return;
    }
    this.ahead++;
    const reference = Math.max(this.state.latest, this.state.told);
    this.take({ ...held, time: reference === Number.NEGATIVE_INFINITY ? next : reference });
  }

  private take(observation: Observation): void {
    if (observation.time > this.state.latest) this.state.latest = observation.time;
    this.process(observation);
  }
}
