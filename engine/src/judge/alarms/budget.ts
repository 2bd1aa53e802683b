import { workingArrays } from '../../api/index.js';
import { Calibrator, type CalibratorState, initialCalibrator, LEAST_P } from './calibrator.js';
import { Guard, type GuardState, initialGuard } from './guard.js';
import { type Latest, meanWith, newLatest, openingOf } from './latest.js';
import type { Likes } from './likes.js';
import { Newcomer, type NewcomerState } from './newcomer.js';
import { type Pace, pass, rowsPerDay, shareOf } from './pace.js';

/** How the p-values of several models become one. */
export type Combination = 'sum' | 'max' | 'any';

export interface BudgetSettings {
  /** Rows that may be called anomalous a day while nothing is wrong. */
  readonly perDay: number;
  /** The part of it that is to be had here; absent: all of it. */
  readonly part?: number;
  /** Whether all keys share that; else each has it. */
  readonly shared?: boolean;
  /** Whether a key without a past of its own borrows from those that have one. */
  readonly borrows?: boolean;
  readonly combine: Combination;
  /** Rows whose surprise is averaged, 1 for each by itself; absent: 1. */
  readonly smooth?: number;
  /** A row counts where more is said of it than of each of so many before it; absent or 0: every row does. */
  readonly onset?: number;
  /** How much is to be seen before anything is called anomalous, ms of event time. */
  readonly atLeastMs: number;
  readonly halfLifeMs: number;
  readonly bandMs: number;
  readonly longestMs: number;
  /** An open episode goes on while rows are within so many times the budget. */
  readonly release: number;
}

/** Who shares a budget. It changes between rows, at moments that depend on nothing but the stream. */
export interface Crowd {
  keys: number;
  /** What they know together, where a key may borrow it. */
  likes?: Likes | undefined;
}

/** What a budget remembers of one key: plain data, so that a checkpoint holds it. */
export interface BudgetState extends Pace {
  /** By model, and `together` for what they say together. */
  calibrators: Record<string, CalibratorState>;
  together: CalibratorState | null;
  /** What `together` was made of: another combination starts it afresh. */
  made: string;
  guard: GuardState;
  /** With `smooth`: what models said together of the latest rows that were judged, and of those that were taken in. */
  latest?: Latest;
  latestIn?: Latest;
  /** The same with `onset`. */
  earlier?: Latest;
  earlierIn?: Latest;
  /** Rows that counted as ordinary and were among the oddest of a model, and how often those of a model were, fading. */
  overlap?: Overlap | undefined;
  /** The hour in which it lent its scores last. */
  lent?: number;
  /** What it has shown before it has a past of its own, where it borrows from others. */
  newcomer?: NewcomerState | undefined;
  /** Both as they were before an excursion that has outlasted all others and may still end. */
  before: Past | null;
}

interface Overlap {
  rows: number;
  times: number;
}

type Past = Pick<BudgetState, 'calibrators' | 'together' | 'overlap'>;

/** What a budget says of a row. */
export interface Ruling {
  /** The p-value of all models together; NaN while nothing can be said. */
  p: number;
  /** The share of rows that may be anomalous; NaN before the rate of rows is known. */
  allowed: number;
  calibrated: boolean;
  anomalous: boolean;
}

/** Rows before anything is called anomalous, however short the span that is asked for. */
const LEAST_ROWS = 300;
/** The share of its rows that are the oddest of a model; so many of them before they outweigh none at all; and after how many the counts fade by half. */
const ODDEST = 0.01;
const FEW = 20;
const COUNTED = 400;
/** All keys share them: what is said of a row is used before the next. */
const pValues = workingArrays();
const pastValues = workingArrays();

/**
 * The alarms of one key by budget: every model's score becomes a p-value against its own past, the p-values become one, and that is
 * measured against its own past again, because models that look at the same row are not independent.
 */
export class Budget {
  /** By model, of the row at hand. */
  readonly p: Float64Array;
  /** By model, of a row that is taken in. */
  private readonly past: Float64Array;
  private readonly settings: BudgetSettings;
  private readonly state: BudgetState;
  private readonly crowd: Crowd;
  private readonly smooth: number;
  private readonly onset: number;
  private calibrators: Calibrator[] = [];
  private readonly models: readonly string[];
  private together: Calibrator | undefined;
  private newcomer: Newcomer | undefined;
  /** The hour of event time whose likes that one knows. */
  private hour = Number.NaN;
  private readonly guard: Guard;
  private readonly ruling: Ruling = { p: Number.NaN, allowed: Number.NaN, calibrated: false, anomalous: false };

  constructor(settings: BudgetSettings, models: readonly string[], state: BudgetState, crowd: Crowd = { keys: 1 }) {
    this.settings = settings;
    this.crowd = crowd;
    this.state = state;
    this.models = models;
    this.smooth = settings.smooth ?? 1;
    this.onset = settings.onset ?? 0;
    const smooth = this.smooth > 1 ? `:${this.smooth}` : '';
    const onset = this.onset > 0 ? `:onset ${this.onset}` : '';
    const made = `${settings.combine}:${models.join(',')}${smooth}${onset}`;
    if (state.made !== made) {
      Object.assign(state, { made, together: null, guard: initialGuard(), overlap: undefined, before: null });
      if (this.smooth > 1) Object.assign(state, { latest: newLatest(this.smooth), latestIn: newLatest(this.smooth) });
      if (this.onset > 0) Object.assign(state, { earlier: newLatest(this.onset), earlierIn: newLatest(this.onset) });
    }
    if (this.smooth > 1 || this.onset > 0 || (models.length > 1 && settings.combine !== 'any'))
      state.together ??= initialCalibrator();
    for (const name of models) state.calibrators[name] ??= initialCalibrator();
    this.attach();
    this.p = pValues(models.length);
    this.past = pastValues(models.length);
    this.guard = new Guard(state.guard, models.length, settings, {
      learn: (scores, offset, time) => this.learn(scores, offset, time),
      keep: () => {
        state.before = structuredClone({ calibrators: state.calibrators, together: state.together, overlap: state.overlap });
      },
      goBack: () => {
        Object.assign(state, state.before);
        state.before = null;
        this.attach();
      },
      goOn: () => {
        state.before = null;
      },
    });
  }

  /**
   * Rules on a row by the scores of its models, in order; NaN where a model has none. The ruling is lent until the next call.
   * @param kept the row is not to be taken for ordinary, whatever its scores
   */
  judge(scores: Float64Array, time: number, kept = false): Ruling {
    this.attend();
    const { ruling, p, newcomer } = this;
    let scored = 0;
    let known = 0;
    for (let i = 0; i < p.length; i++) {
      const score = scores[i]!;
      if (Number.isNaN(score)) p[i] = Number.NaN;
      else p[i] = newcomer ? newcomer.p(i, score) : this.calibrators[i]!.p(score);
      if (!Number.isNaN(score)) scored++;
      if (!Number.isNaN(p[i]!)) known++;
    }
    ruling.p = Math.max(this.combined(known, time, kept), this.least);
    if (newcomer && !kept) newcomer.add(scores, time);
    if (scored > 0) pass(this.state, time, this.settings.bandMs);
    ruling.allowed = this.share;
    ruling.calibrated = this.ready && !Number.isNaN(ruling.p);
    ruling.anomalous = ruling.calibrated && ruling.p < ruling.allowed;
    if (scored > 0 && !kept) this.guard.add(scores, time, this.state.rows, this.state.spanMs);
    return ruling;
  }

  /** How ordinary the score of a model is, as far as its past can know. */
  said(model: number): number {
    return Math.max(this.p[model]!, this.newcomer?.least(model) ?? this.calibrators[model]!.least);
  }

  /** The score above which one model alone would be beyond the budget. */
  scoreAt(model: number): number {
    return this.newcomer?.scoreAt(model, this.share) ?? this.calibrators[model]!.scoreAt(this.share);
  }

  /** What the scores of a model are measured against. */
  calibratorOf(model: string): CalibratorState {
    return this.state.calibrators[model]!;
  }

  /** Measures the scores of a model against others from now on: another model is in office. */
  recalibrate(model: string, calibrator: CalibratorState): void {
    this.state.calibrators[model] = calibrator;
    this.state.before = null;
    const at = this.models.indexOf(model);
    this.calibrators[at] = new Calibrator(calibrator, this.settings.halfLifeMs);
    this.guard.forget(at);
  }

  /** What models say together is of models that have begun anew. */
  forgetTogether(): void {
    if (this.state.together) this.state.together = initialCalibrator();
    this.attach();
  }

  get halfLifeMs(): number {
    return this.settings.halfLifeMs;
  }

  /** How much of the past the p-values are measured against, ms: all that was judged, or what has not faded of it. */
  get pastMs(): number {
    const { atLeastMs, halfLifeMs } = this.settings;
    const { spanMs } = this.state;
    // Those that lend have seen as much as is asked for.
    return Math.min(this.newcomer ? Math.max(spanMs, atLeastMs) : spanMs, halfLifeMs / Math.LN2);
  }

  /** Whether it goes by what other keys have shown. */
  get borrowed(): boolean {
    return this.newcomer !== undefined;
  }

  /** Judged rows a day. */
  get rowsPerDay(): number {
    return rowsPerDay(this.state);
  }

  /** How much of what is asked for has been seen, 0 … 1. */
  get progress(): number {
    const { rows, spanMs } = this.state;
    return Math.min(1, rows / LEAST_ROWS, spanMs / this.settings.atLeastMs);
  }

  /** An open episode goes on while p is below so many times the share. */
  get release(): number {
    return this.settings.release;
  }

  /** The budget as a share of the rows; NaN before their rate is known. */
  get share(): number {
    const { perDay, part = 1, shared = false } = this.settings;
    return shareOf((perDay * part) / (shared ? this.crowd.keys : 1), this.rowsPerDay);
  }

  /** Whether it may call something anomalous: by its own past, or by what it borrows. */
  get ready(): boolean {
    return this.newcomer !== undefined || this.progress >= 1;
  }

  /** The least p-value that the past can know of. */
  private get least(): number {
    const { newcomer, together } = this;
    if (together) return newcomer?.least(this.models.length) ?? together.least;
    let least = 1;
    for (let i = 0; i < this.calibrators.length; i++) least = Math.min(least, newcomer?.least(i) ?? this.calibrators[i]!.least);
    return least;
  }

  /** Sees to it whether the key borrows. */
  private attend(): void {
    const { likes } = this.crowd;
    if (!likes || !this.settings.borrows) return;
    if (this.progress >= 1) {
      this.newcomer = undefined;
      this.state.newcomer = undefined;
    } else if (this.hour !== likes.hour) {
      const { models, state, settings } = this;
      const names = this.together ? [...models, state.made] : models;
      state.newcomer ??= {};
      this.newcomer = Newcomer.among(likes, names, state.newcomer, settings.halfLifeMs);
      this.hour = likes.hour;
    }
  }

  private attach(): void {
    const { state, settings, models } = this;
    this.calibrators = models.map((name) => new Calibrator(state.calibrators[name]!, settings.halfLifeMs));
    this.together = state.together ? new Calibrator(state.together, settings.halfLifeMs) : undefined;
  }

  /** The p-value of all models, from those of `known` of them. */
  private combined(known: number, time: number, kept: boolean): number {
    const { newcomer, together } = this;
    if (known === 0) return Number.NaN;
    if (together) {
      const said = this.counted(this.combine(this.p), this.state.latest, this.state.earlier);
      if (!newcomer) return together.p(said);
      const p = newcomer.p(this.models.length, said);
      if (!kept) newcomer.addTogether(said, time);
      return p;
    }
    // Any: the least, paid for by as many as say different things.
    let least = 1;
    for (const p of this.p) if (p < least) least = p;
    return Math.max(LEAST_P, Math.min(1, least * this.different));
  }

  /**
   * As how many models that have nothing in common all of them count: of those that often say the same some are paid for in vain. All of
   * them before anything is known.
   */
  private get different(): number {
    const { models, state } = this;
    if (!state.overlap) return models.length;
    const { rows, times } = state.overlap;
    return Math.max(1, (models.length * (rows + FEW)) / (times + FEW));
  }

  /** What counts of what was said of a row: with `smooth` the mean over the latest, with `onset` only what exceeds those before. */
  private counted(said: number, latest: Latest | undefined, earlier: Latest | undefined): number {
    const mean = this.smooth > 1 && latest ? meanWith(latest, said) : said;
    return this.onset > 0 && earlier ? openingOf(earlier, mean) : mean;
  }

  /** Sum: Fisher's −Σ ln p, where a model that is silent counts as it would on average; max and any: the oddest. */
  private combine(all: Float64Array): number {
    let sum = 0;
    let least = 1;
    for (const p of all) {
      if (Number.isNaN(p)) sum += 1;
      else {
        sum -= Math.log(p);
        if (p < least) least = p;
      }
    }
    return this.settings.combine === 'sum' ? sum : -Math.log(least);
  }

  /** Whether several models find a row that counts as ordinary odd. */
  private compare(): void {
    let times = 0;
    for (const p of this.past) if (p < ODDEST) times++;
    if (times === 0) return;
    this.state.overlap ??= { rows: 0, times: 0 };
    const { overlap } = this.state;
    overlap.rows++;
    overlap.times += times;
    if (overlap.times < COUNTED) return;
    overlap.rows /= 2;
    overlap.times /= 2;
  }

  /** Takes in the scores of a row that counts as ordinary. */
  private learn(scores: Float64Array, offset: number, time: number): void {
    const { calibrators, together, past: p, models } = this;
    const likes = this.lending;
    let known = 0;
    for (let i = 0; i < calibrators.length; i++) {
      const score = scores[offset + i]!;
      p[i] = Number.NaN;
      if (Number.isNaN(score)) continue;
      p[i] = calibrators[i]!.p(score);
      if (!Number.isNaN(p[i]!)) known++;
      calibrators[i]!.add(score, time);
      likes?.lend(models[i]!, score);
    }
    if (!together && known === p.length && known > 1) this.compare();
    if (!together || known === 0) return;
    const said = this.counted(this.combine(p), this.state.latestIn, this.state.earlierIn);
    together.add(said, time);
    likes?.lend(this.state.made, said);
  }

  /** Whom its scores are lent to, once it has a past of its own. */
  private get lending(): Likes | undefined {
    const { likes } = this.crowd;
    if (!likes || !this.settings.borrows || this.progress < 1) return undefined;
    if (this.state.lent !== likes.hour) {
      this.state.lent = likes.hour;
      likes.begin();
    }
    return likes;
  }
}

export const initialBudget = (): BudgetState => ({
  calibrators: {},
  together: null,
  made: '',
  guard: initialGuard(),
  before: null,
  rows: 0,
  spanMs: 0,
  time: Number.NEGATIVE_INFINITY,
});
