import {
  clearExplanation,
  type Explanation,
  type Immutable,
  immutable,
  type Model,
  type ModelHost,
  NO_NUMBERS,
  withRoom,
} from '@quantstream/engine';
import { REFIT_EVERY, type Settings } from './config.js';
import { ascendingScores, contentHash, type Fitted, fit, Prepared } from './fitted.js';

/** A forest with its name and the scores of its training rows. */
export interface Version extends Fitted {
  readonly version: string;
  readonly scores: Float64Array;
}

export interface State {
  /** The latest rows, a ring of `window` × d that grows as it fills. Row-major; its order does not matter. */
  rows: Float64Array;
  /** Rows in the ring, and the place of the next. */
  count: number;
  next: number;
  /** Rows learned since the last fit. */
  sinceFit: number;
  fits: number;
  /** Absent before the first fit, and while a trained model is in use. */
  current: Immutable<Version> | null;
}

export function initialState(): State {
  return { rows: NO_NUMBERS, count: 0, next: 0, sinceFit: 0, fits: 0, current: null };
}

/**
 * Isolation Forest on a sliding window: learns `warmUp` rows, fits, and fits again every `refitEvery` rows on the latest
 * `window` rows. Anomalies stay in the window: sub-sampling makes rare ones harmless, and a forest that leaves out what it dislikes
 * would confirm itself for ever. A fit takes milliseconds (100 × 256) and happens within `learn`, at a row count.
 */
export class IsolationForestModel implements Model {
  private readonly settings: Settings;
  private readonly state: State;
  private readonly host: ModelHost;
  private readonly width: number;
  private readonly refitEvery: number;
  private prepared: Prepared | undefined;

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.host = host;
    this.width = host.columns.length;
    this.refitEvery = settings.refitEvery ?? (host.artifact ? 0 : REFIT_EVERY);
    if (state.current) this.prepared = new Prepared(state.current.value, host.columns);
    else if (host.artifact) this.prepared = host.artifact.payload as Prepared;
  }

  get version(): string {
    return this.state.current?.value.version ?? this.host.artifact?.version ?? 'warmup';
  }

  score(row: Float64Array): number {
    return this.prepared === undefined ? Number.NaN : this.prepared.scorer.score(row);
  }

  learn(row: Float64Array): void {
    if (this.prepared !== undefined && this.refitEvery === 0) return;
    this.remember(row);
    const { state, settings } = this;
    state.sinceFit++;
    const due = this.prepared === undefined ? settings.warmUp : this.refitEvery;
    if (state.sinceFit >= due && state.count >= settings.sampleSize) this.refit();
  }

  explain(row: Float64Array, out: Explanation): void {
    if (this.prepared !== undefined) {
      this.prepared.explain(row, out);
      return;
    }
    clearExplanation(out);
  }

  trainingScores(): Float64Array | undefined {
    return this.state.current?.value.scores ?? this.host.artifact?.scores;
  }

  private remember(row: Float64Array): void {
    const { state, width } = this;
    state.rows = withRoom(state.rows, (state.next + 1) * width, this.settings.window * width);
    const base = state.next * width;
    for (let c = 0; c < width; c++) state.rows[base + c] = row[c];
    if (state.count < this.settings.window) state.count++;
    state.next = state.next + 1 === this.settings.window ? 0 : state.next + 1;
  }

  private refit(): void {
    const { state, settings, width } = this;
    state.fits++;
    const fitted = fit(state.rows, state.count, width, settings, state.fits);
    this.prepared = new Prepared(fitted, this.host.columns);
    state.current = immutable({
      ...fitted,
      version: `fit-${state.fits}-${contentHash(fitted.forest)}`,
      scores: ascendingScores(this.prepared.scorer, state.rows, state.count, width),
    });
    state.sinceFit = 0;
    if (this.refitEvery === 0) Object.assign(state, { rows: NO_NUMBERS, count: 0, next: 0 });
  }
}
