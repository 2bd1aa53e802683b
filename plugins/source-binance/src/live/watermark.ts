/** How long a delay is remembered, ms: twice at most. */
const SPAN = 30_000;
/** On top of the longest delay of late, ms: most delays are shorter, and the next may be a little longer. */
const MARGIN = 25;
/** Before the first frame: a slow network, ms. */
const ASSUMED = 500;
/** A single straggler must not stop time, ms. */
const LONGEST = 5_000;

/**
 * How far event time has come, by our clock: what the exchange stamped before `now − allowance` has arrived. The allowance is the
 * longest delay between stamp and arrival of the last half minute or more, both as clocks show them, so that the skew between the two
 * clocks is part of it and need not be known. Until frames have been seen, it is the skew by the REST clock and half a second.
 */
export class Lateness {
  /** How far the exchange's clock is ahead of ours, ms; `NaN` until measured. */
  skew = Number.NaN;
  private before = Number.NEGATIVE_INFINITY;
  private longest = Number.NEGATIVE_INFINITY;
  private since = Number.NEGATIVE_INFINITY;

  /** A frame has come. */
  seen(time: number, received: number): void {
    if (received - this.since > SPAN) {
      this.before = this.longest;
      this.longest = Number.NEGATIVE_INFINITY;
      this.since = received;
    }
    const delay = received - time;
    if (delay > this.longest) this.longest = delay;
  }

  /** What to stay behind our clock, ms; negative where it runs behind the exchange's by more than the network takes. */
  get allowance(): number {
    const delay = Math.max(this.before, this.longest);
    const skew = Number.isNaN(this.skew) ? 0 : this.skew;
    if (delay === Number.NEGATIVE_INFINITY) return ASSUMED - skew;
    return Number.isNaN(this.skew) ? delay + MARGIN : Math.min(Math.max(delay, -skew), LONGEST - skew) + MARGIN;
  }
}
