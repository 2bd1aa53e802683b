// Tells when this process stood still.

import type { Clock } from '../plugin.js';

/** A stretch in which this process did nothing, ms since the epoch. */
export interface Stood {
  readonly from: number;
  readonly to: number;
}

/** How often a running process notices that it runs, ms. */
const BEAT = 50;
/** A beat that is later than this is no mere hiccup, ms. */
const HICCUP = 450;

/**
 * Notices that this process stood still: stopped, starved of the processor, busy with itself, or asleep with its machine. For live sources: what a
 * socket holds after that was sent meanwhile, and must be read before anybody says how far time has come; what is lost was lost by us. By the
 * wall clock, since others do not count while a machine sleeps.
 */
export class Standstill {
  private readonly clock: Clock;
  private beat: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.beat = clock.now();
  }

  /** Beats until `signal` aborts. @param stood told of each standstill that the beat itself finds */
  async run(signal: AbortSignal, stood: (stretch: Stood) => void = () => {}): Promise<void> {
    this.beat = this.clock.now();
    while (!signal.aborted) {
      await this.clock.sleep(BEAT, signal).catch(() => {});
      const stretch = this.look();
      if (stretch && !signal.aborted) stood(stretch);
    }
  }

  /** To be asked before anything is believed about time: a socket may be read before the beat. @returns a standstill that has just ended */
  look(): Stood | undefined {
    const now = this.clock.now();
    const from = this.beat;
    this.beat = now;
    return now - from > BEAT + HICCUP ? { from, to: now } : undefined;
  }
}
