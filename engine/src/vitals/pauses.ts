// How often and how long this process stood still.

import { type Clock, type Log, Standstill, sayDuration } from '../api/index.js';

/** How often it is said at most, ms. */
const SAY_EVERY = 10_000;

/** Counts the stretches in which this process did nothing, since whoever looks at a live stream must know that nobody looked then. */
export class Pauses {
  count = 0;
  totalMs = 0;
  longestMs = 0;
  private readonly clock: Clock;
  private readonly log: Log;
  private said = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Log) {
    this.clock = clock;
    this.log = log;
  }

  /** Looks until `signal` aborts. */
  watch(signal: AbortSignal): void {
    void new Standstill(this.clock).run(signal, ({ from, to }) => this.add(to - from, to));
  }

  private add(ms: number, now: number): void {
    this.count++;
    this.totalMs += ms;
    this.longestMs = Math.max(this.longestMs, ms);
    if (now - this.said < SAY_EVERY) return;
    this.said = now;
    this.log.warn(
      { ms },
      `this process stood still for ${sayDuration(ms)} (stopped, starved or asleep): what was lost by that, if anything, is told as missing`,
    );
  }
}
