/** Scored rows that wait until it is known whether they may count as ordinary. Plain data, so that a checkpoint holds it. */
export interface GuardState {
  /** Event times, scores (`width` each) and whether they are nearly alarms, of waiting rows, from `start` to `end`. */
  times: Float64Array;
  scores: Float64Array;
  near: Uint8Array;
  start: number;
  end: number;
  /** Rows of excursions that may still be taken for ordinary. */
  tokens: number;
  /** The excursion that is on: its first and last alarmed row; `null`: none. */
  excursion: { from: number; last: number } | null;
  /** Rows that were left out. */
  left: number;
}

export const initialGuard = (): GuardState => ({
  times: new Float64Array(0),
  scores: new Float64Array(0),
  near: new Uint8Array(0),
  start: 0,
  end: 0,
  tokens: 0,
  excursion: null,
  left: 0,
});

export interface GuardSettings {
  /** How far before and behind an excursion rows are left out, ms. */
  readonly bandMs: number;
  /** An excursion that lasts longer than this is the new ordinary, ms. */
  readonly longestMs: number;
  /** The budget, rows a day. */
  readonly perDay: number;
}

/** Takes in a row that counts as ordinary: its scores begin at `offset`. */
export type Release = (scores: Float64Array, offset: number, time: number) => void;

/**
 * Rows within so many times the budget are nearly alarms. Those around an alarm are what taking it for ordinary costs: an anomaly of half
 * a minute costs thirty, a chance alarm of the ordinary a few.
 */
const NEAR = 20;
/** So many times the budget may be spent a day on taking excursions for ordinary, and saved up for at most two; at least so many rows. */
const ALLOWANCE = 4;
const LEAST_ALLOWANCE = 20;

/**
 * Keeps anomalies out of the calibration. Leaving out every alarm would cut the tail off and lower the threshold day by day. So there
 * is an allowance, somewhat more than chance alarms of ordinary rows cost; an excursion beyond it is left out with a band around it, whose
 * rows are disturbed as well. What anomalies can spoil is bounded, and clean data are hardly biased.
 */
export class Guard {
  private readonly state: GuardState;
  private readonly width: number;
  private readonly settings: GuardSettings;
  private readonly release: Release;

  constructor(state: GuardState, width: number, settings: GuardSettings, release: Release) {
    this.state = state;
    this.width = width;
    this.settings = settings;
    this.release = release;
  }

  /**
   * One row.
   * @param p how ordinary it is; NaN while that is not known: everything is ordinary
   * @param share the budget as a share of rows
   */
  add(scores: Float64Array, time: number, p: number, share: number): void {
    const { state } = this;
    const { bandMs, longestMs, perDay } = this.settings;
    if (share > 0) {
      const most = Math.max(LEAST_ALLOWANCE, 2 * ALLOWANCE * perDay);
      state.tokens = Math.min(state.tokens + ALLOWANCE * share, most);
    }
    this.settle(time);
    this.push(scores, time, p < NEAR * share);
    if (p < share) {
      state.excursion ??= { from: time, last: time };
      state.excursion.last = time;
      if (time - state.excursion.from > longestMs) {
        // The stream has changed for good: what it does now is ordinary.
        state.excursion = null;
        this.flush(Number.POSITIVE_INFINITY);
      }
    } else if (state.excursion === null) this.flush(time - bandMs);
  }

  /** Ends the excursion if nothing was odd for as long as the band. */
  private settle(time: number): void {
    const { state } = this;
    const { excursion } = state;
    if (excursion === null || time - excursion.last <= this.settings.bandMs) return;
    state.excursion = null;
    this.flush(excursion.from - this.settings.bandMs);
    const cost = this.cost();
    if (cost <= state.tokens) {
      state.tokens -= cost;
      return;
    }
    const until = excursion.last + this.settings.bandMs;
    while (state.start < state.end && state.times[state.start]! <= until) {
      state.start++;
      state.left++;
    }
  }

  /** Rows that wait and are nearly alarms. */
  private cost(): number {
    const { near, start, end } = this.state;
    let cost = 0;
    for (let i = start; i < end; i++) cost += near[i]!;
    return cost;
  }

  private flush(until: number): void {
    const { state, width } = this;
    while (state.start < state.end && state.times[state.start]! <= until) {
      this.release(state.scores, state.start * width, state.times[state.start]!);
      state.start++;
    }
  }

  private push(scores: Float64Array, time: number, near: boolean): void {
    const { state, width } = this;
    if (state.end === state.times.length) this.makeRoom();
    state.times[state.end] = time;
    state.near[state.end] = near ? 1 : 0;
    state.scores.set(scores, state.end * width);
    state.end++;
  }

  private makeRoom(): void {
    const { state, width } = this;
    const { start, end } = state;
    const capacity = Math.max(16, (end - start) * 2);
    const times = new Float64Array(capacity);
    const scores = new Float64Array(capacity * width);
    const near = new Uint8Array(capacity);
    times.set(state.times.subarray(start, end));
    scores.set(state.scores.subarray(start * width, end * width));
    near.set(state.near.subarray(start, end));
    Object.assign(state, { times, scores, near, start: 0, end: end - start });
  }
}
