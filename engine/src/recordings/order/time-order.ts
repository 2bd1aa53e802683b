/** Follows the time of rows: which one is behind, and which one is so far ahead that it may be a clock that is off. */

/** What is known of the order so far, as JSON; times in ms since the epoch, `null` where there is none. */
export interface OrderState {
  readonly latest: number | null;
  readonly base: number | null;
  readonly jumpedTo: number | null;
  readonly jumper: string | null;
  readonly since: number;
  readonly strays: number;
  readonly rows: number;
  readonly step: number;
}

/** So many rows in order behind a jump confirm it. */
const CONFIRMED_BY = 20;
/** A step is a jump if it is so many times the usual one. */
const JUMP = 32;
/** So many rows of jumps that came to nothing are clocks that are off; more, and more than this share of all rows, are no order. */
const FEW = 3;
const SHARE = 0.01;

/**
 * A clock that is off is not disorder: what jumps ahead is doubted until 20 rows follow it. If the next ones fall back behind it instead,
 * the jump is forgotten, and its rows stay what they are: the engine decides about them. A key that falls back behind itself all the time
 * is disorder.
 */
export class TimeOrder {
  /** The latest time that is believed; −∞ before the first row. */
  latest: number;
  /** Whether the row that was taken last jumps ahead, or takes such a jump back. */
  broke = false;
  private readonly lateness: number;
  private readonly ahead: number;
  /** The latest before the jump that is in doubt. */
  private base: number;
  private jumpedTo: number;
  /** The key whose rows alone stand behind the jump; `null` where there are several. */
  private jumper: string | null;
  /** Rows since that jump, itself included; 0: none is in doubt. */
  private since: number;
  private strays: number;
  private rows: number;
  /** Usual step from row to row, ms. */
  private step: number;

  constructor(time: { readonly lateness: number; readonly maxAhead: number }, saved?: OrderState) {
    this.lateness = time.lateness;
    this.ahead = Math.max(time.lateness, time.maxAhead);
    this.latest = saved?.latest ?? Number.NEGATIVE_INFINITY;
    this.base = saved?.base ?? Number.NEGATIVE_INFINITY;
    this.jumpedTo = saved?.jumpedTo ?? Number.NEGATIVE_INFINITY;
    this.jumper = saved?.jumper ?? null;
    this.since = saved?.since ?? 0;
    this.strays = saved?.strays ?? 0;
    this.rows = saved?.rows ?? 0;
    this.step = saved?.step ?? 0;
  }

  /** Takes the next row. @returns false where it is behind by more than the lateness */
  take({ key, time }: { readonly key: string; readonly time: number }): boolean {
    this.rows++;
    this.broke = false;
    const { latest } = this;
    const step = time - latest;
    if (step < -this.lateness) return this.fallsBack(key, time, step);
    const jumps = step > this.ahead && step > JUMP * this.step;
    // The first row of all is in doubt as well, until another one is.
    if (this.since > 0 && !(jumps && this.base === Number.NEGATIVE_INFINITY)) {
      if (step > 0) this.latest = time;
      if (key !== this.jumper) this.jumper = null;
      if (++this.since >= CONFIRMED_BY) this.confirm();
      return true;
    }
    if (jumps) {
      this.base = latest;
      this.since = 1;
      this.jumper = key;
      this.broke = true;
      this.jumpedTo = time;
      this.latest = time;
      return true;
    }
    if (step > 0) {
      this.step = this.step === 0 ? step : this.step + (Math.min(step, JUMP * this.step) - this.step) / 64;
      this.latest = time;
    }
    return true;
  }

  private confirm(): void {
    this.since = 0;
    if (this.step === 0) this.step = (this.latest - this.jumpedTo) / CONFIRMED_BY;
  }

  /** Whether what is behind only takes back a jump that was in doubt. */
  private fallsBack(key: string, time: number, step: number): boolean {
    if (this.since === 0 || step > -this.ahead || time < this.base - this.lateness) return false;
    if (this.jumper === null || this.jumper === key) this.strays += this.since;
    if (this.strays > FEW && this.strays > SHARE * this.rows) return false;
    this.since = 0;
    this.broke = true;
    this.latest = Math.max(this.base, time);
    return true;
  }

  /** Takes the time of a row that is known to be in order. */
  follow(time: number): void {
    if (time > this.latest) this.latest = time;
  }

  state(): OrderState {
    const { since, strays, rows, step } = this;
    const doubted = since > 0;
    return {
      latest: finite(this.latest),
      base: doubted ? finite(this.base) : null,
      jumpedTo: doubted ? finite(this.jumpedTo) : null,
      jumper: doubted ? this.jumper : null,
      since,
      strays,
      rows,
      step,
    };
  }
}

const finite = (time: number) => (Number.isFinite(time) ? time : null);
