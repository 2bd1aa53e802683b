/** Keeps requests within what the exchange allows. */
const MINUTE = 60_000;
/** Behind the turn of a minute: two clocks never agree to the millisecond. */
const MARGIN = 500;

/**
 * Keeps the weight of requests within what the exchange allows per minute and address. It counts what it has let go itself, believes
 * the exchange where that says more, and keeps a reserve for others behind the same address. Pure: time is told.
 * Source: "Limits" of Binance's REST pages (`REQUEST_WEIGHT`, `X-MBX-USED-WEIGHT-1M`, 429 and 418 with `Retry-After`).
 */
export class WeightLimiter {
  /** Weight used in this minute, as far as is known. */
  used = 0;
  /** Nothing is sent before this moment, ms since the epoch. */
  pausedUntil = Number.NEGATIVE_INFINITY;
  /** How far the exchange's clock is ahead of ours, ms: its minutes count. */
  skew = 0;
  private minute = Number.NaN;
  private underWay = 0;
  private limit: number;
  private readonly reserve: number;

  /**
   * @param limit weight per minute that is assumed until the exchange says its own
   * @param reserve share of it that is left to others
   */
  constructor(limit: number, reserve: number) {
    this.limit = limit;
    this.reserve = reserve;
  }

  get perMinute(): number {
    return this.limit;
  }

  set perMinute(limit: number) {
    this.limit = limit;
  }

  /** Share of what may be used in this minute that is; 1 while nothing may be sent. */
  usedShare(now: number): number {
    if (now < this.pausedUntil) return 1;
    this.turn(now);
    return (this.used + this.underWay) / (this.limit * (1 - this.reserve));
  }

  /**
   * Asks for a request of some weight.
   * @returns 0: it may go, and is counted; otherwise how long to wait before asking again, ms
   */
  ask(now: number, weight: number): number {
    if (now < this.pausedUntil) return this.pausedUntil - now;
    this.turn(now);
    const allowed = Math.max(weight, Math.floor(this.limit * (1 - this.reserve)));
    if (this.used + this.underWay + weight > allowed) {
      const there = now + this.skew;
      return MINUTE - (((there % MINUTE) + MINUTE) % MINUTE) + MARGIN;
    }
    this.underWay += weight;
    return 0;
  }

  /**
   * A request that was let go has ended.
   * @param told what the exchange says was used in this minute; `undefined` if it said nothing
   */
  done(now: number, weight: number, told: number | undefined): void {
    this.underWay -= weight;
    this.turn(now);
    this.used = told === undefined ? this.used + weight : Math.max(told, this.minuteIsYoung(now) ? 0 : this.used);
  }

  /** Nothing more before `until`. */
  pause(until: number): void {
    if (until > this.pausedUntil) this.pausedUntil = until;
  }

  /** Around the turn of a minute an answer may still speak of the last one. */
  private minuteIsYoung(now: number): boolean {
    return (now + this.skew) % MINUTE < MARGIN;
  }

  private turn(now: number): void {
    // A little late: what was sent just before the turn may be counted behind it.
    const minute = Math.floor((now + this.skew - MARGIN / 2) / MINUTE);
    if (minute === this.minute) return;
    this.minute = minute;
    this.used = 0;
  }
}

/** At most so many events in a sliding span: attempts to connect. */
export class Budget {
  private readonly times: number[] = [];
  private readonly most: number;
  private readonly span: number;

  constructor(most: number, span: number) {
    this.most = most;
    this.span = span;
  }

  take(now: number): boolean {
    while (this.times.length > 0 && this.times[0]! <= now - this.span) this.times.shift();
    if (this.times.length >= this.most) return false;
    this.times.push(now);
    return true;
  }
}

/** Pauses that double, drawn from the whole range below ("full jitter", M. Brooker, AWS Architecture Blog, 2015). */
export class Backoff {
  attempts = 0;
  private readonly first: number;
  private readonly longest: number;
  private readonly draw: () => number;

  /** @param draw uniform in [0, 1) */
  constructor(first: number, longest: number, draw: () => number) {
    this.first = first;
    this.longest = longest;
    this.draw = draw;
  }

  /** The next pause, ms: never quite none. */
  next(): number {
    const ceiling = Math.min(this.longest, this.first * 2 ** Math.min(this.attempts++, 30));
    return Math.max(this.first / 4, this.draw() * ceiling);
  }

  reset(): void {
    this.attempts = 0;
  }

  /** Whether the last attempt is worth a line in the log: the first, then ever fewer. */
  get worthTelling(): boolean {
    return Number.isInteger(Math.log2(this.attempts));
  }
}
