/** Follows the time of rows: which one is out of place, and whether so many are that there is no order. */

/** What is known of the order so far, as JSON; times in ms since the epoch, `null` where there is none. */
export interface OrderState {
  readonly latest: number | null;
  readonly base: number | null;
  readonly jumpedTo: number | null;
  readonly jumper: string | null;
  readonly since: number;
  readonly rows: number;
  readonly misplaced: number;
  readonly far: number;
  readonly step: number;
}

/** So many rows in order behind a jump confirm it, where no other key does. */
const CONFIRMED_BY = 20;
/** A step is a jump if it is so many times the usual one. */
const JUMP = 32;
/** Rows out of place are no order any more when they are more than this share, of all or of the latest, and more than a few. */
const SHARE = 1 / 3;
const FEW = 2;
/** How many of the latest rows are looked at, as a decay. */
const RECENT = 64;
/** A share that is forgotten. */
const NONE = 1e-6;
/** The usual step is learned from every so many rows. */
const SAMPLED = 16;

/**
 * A row that is out of place is the engine's to judge: it may be late, or its clock be off. When a third of the rows are, the recording
 * has no order. A jump ahead is doubted until another key, or 20 rows, confirm it; if its key falls back behind it instead, its rows were
 * out of place.
 */
export class TimeOrder {
  /** The latest time that is believed; −∞ before the first row. */
  latest: number;
  /** The latest time before the row that was taken last. */
  front = Number.NEGATIVE_INFINITY;
  /** Whether the row that was taken last is out of place, or jumps ahead, or takes a jump back. */
  broke = false;
  private readonly lateness: number;
  private readonly ahead: number;
  /** The latest before the jump that is in doubt. */
  private base: number;
  private jumpedTo: number;
  private jumper: string | null;
  /** Rows since that jump, itself included; 0: none is in doubt. */
  private since: number;
  private rows: number;
  private misplaced: number;
  /** Share of the latest rows that are far out of place. */
  private far: number;
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
    this.rows = saved?.rows ?? 0;
    this.misplaced = saved?.misplaced ?? 0;
    this.far = saved?.far ?? 0;
    this.step = saved?.step ?? 0;
  }

  /** Takes the next row. @returns false where there is no order any more */
  take({ key, time }: { readonly key: string; readonly time: number }): boolean {
    this.rows++;
    this.broke = false;
    const { latest } = this;
    this.front = latest;
    const step = time - latest;
    if (step < -this.lateness) return this.takeBehind(time, step);
    if (this.far > 0) this.far = this.far < NONE ? 0 : this.far - this.far / RECENT;
    if (this.since === 0 && step <= this.ahead) {
      // Nearly all rows come by here.
      if (step <= 0) return true;
      this.latest = time;
      if (this.rows % SAMPLED === 0 || this.step === 0) this.learn(step);
      return true;
    }
    const jumps = step > this.ahead && step > JUMP * this.step;
    // The first row of all is in doubt as well, until another one is.
    if (jumps && (this.since === 0 || this.base === Number.NEGATIVE_INFINITY)) {
      this.base = latest;
      this.since = 1;
      this.jumper = key;
      this.broke = true;
      this.jumpedTo = time;
      this.latest = time;
      return true;
    }
    if (step > 0) this.latest = time;
    if (this.since > 0) this.confirm(key);
    else this.learn(step);
    return true;
  }

  private learn(step: number): void {
    this.step = this.step === 0 ? step : this.step + (Math.min(step, JUMP * this.step) - this.step) / RECENT;
  }

  private confirm(key: string): void {
    this.since++;
    if (key === this.jumper && this.since < CONFIRMED_BY) return;
    if (this.step === 0) this.step = (this.latest - this.jumpedTo) / (this.since - 1);
    this.since = 0;
  }

  /** Takes a row that is behind, or that takes back a jump. */
  private takeBehind(time: number, step: number): boolean {
    this.broke = true;
    const takesBack = this.since > 0 && step < -this.ahead && time >= this.base - this.lateness;
    this.misplaced += takesBack ? this.since : 1;
    if (takesBack) {
      this.since = 0;
      this.latest = Math.max(this.base, time);
    }
    this.far += ((step < -this.ahead ? 1 : 0) - this.far) / RECENT;
    return this.far <= SHARE && (this.misplaced <= FEW || this.misplaced <= SHARE * this.rows);
  }

  /** Takes the time of a row that is known to be in order. */
  follow(time: number): void {
    if (time > this.latest) this.latest = time;
  }

  state(): OrderState {
    const { since, rows, misplaced, far, step } = this;
    const doubted = since > 0;
    return {
      latest: finite(this.latest),
      base: doubted ? finite(this.base) : null,
      jumpedTo: doubted ? finite(this.jumpedTo) : null,
      jumper: doubted ? this.jumper : null,
      since,
      rows,
      misplaced,
      far,
      step,
    };
  }
}

const finite = (time: number) => (Number.isFinite(time) ? time : null);
