// Tail probabilities as a model of one key.

import { type Column, type Explanation, type Model, type ModelHost, strongestColumns, withRoom } from '@quantstream/engine';
import { bodyTail, fitBody, POINTS } from './body.js';
import type { Settings } from './config.js';
import { reason } from './reason.js';
import type { State } from './state.js';
import { fitTail, TAIL_NUMBERS, tailScore } from './tail.js';

/** Of rows judged rare, one in so many is learned, so that what goes on for long becomes ordinary. */
const RARE_LEARNED = 50;
/** A column is fitted from so many values on. */
const LEAST_VALUES = 100;
/** Keeps differences finite. */
const LARGEST = 1e150;

/** Two-sided tail probabilities of each column against its own recent past. Scores sum −log(2 · min(P(X ≤ x), P(X ≥ x))), in nats. */
export class TailsModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `tails-${settings.window}`;
  }

  score(row: Float64Array): number {
    if (!this.ready) return Number.NaN;
    let sum = 0;
    for (let c = 0; c < row.length; c++) sum += Math.abs(this.surprise(c, row[c]));
    return sum;
  }

  learn(row: Float64Array, _time: number, p: number): void {
    const { state, settings } = this;
    state.seen++;
    const rare = p < settings.robust;
    if (!rare || ++state.rare === RARE_LEARNED) {
      if (rare) state.rare = 0;
      const start = state.next * row.length;
      state.values = withRoom(state.values, start + row.length, settings.window * row.length);
      for (let c = 0; c < row.length; c++) state.values[start + c] = clamp(row[c]);
      if (state.count < settings.window) state.count++;
      state.next = state.next + 1 === settings.window ? 0 : state.next + 1;
    }
    for (let c = 0; c < row.length; c++) if (state.seen >= state.due[c]) this.refit(c);
  }

  explain(row: Float64Array, out: Explanation): void {
    const { contributions, directions } = out;
    out.baseline = out.total = 0;
    out.reasons = [];
    for (let c = 0; c < row.length; c++) {
      const surprise = this.ready ? this.surprise(c, row[c]) : 0;
      contributions[c] = Math.abs(surprise);
      directions[c] = Math.sign(surprise);
      out.total += contributions[c];
    }
    out.reasons = strongestColumns(this.columns, contributions, out.total).map((c) =>
      reason(this.columns[c], row[c], directions[c], contributions[c]),
    );
  }

  private get ready(): boolean {
    return this.state.seen >= this.settings.warmUp;
  }

  /** −log(2p) of a value, at least 0 in size and negative where the value is low; 0 if missing or not fitted. */
  private surprise(c: number, value: number): number {
    const { body, tails, fitted } = this.state;
    if (fitted[c] === 0 || Number.isNaN(value)) return 0;
    const x = clamp(value);
    const lower = 2 * c * TAIL_NUMBERS;
    const upper = lower + TAIL_NUMBERS;
    if (x > tails[upper]) return tailScore(tails, upper, x - tails[upper]);
    if (x < tails[lower]) return -tailScore(tails, lower, tails[lower] - x);
    const tail = bodyTail(body, c * POINTS, x);
    // Ties may make both sides more than half.
    if (tail > 0.5 || tail < -0.5) return 0;
    return tail > 0 ? Math.log(2 * tail) : -Math.log(-2 * tail);
  }

  private refit(c: number): void {
    const { state, settings } = this;
    const columns = state.due.length;
    const values = new Float64Array(state.count);
    for (let i = 0; i < values.length; i++) values[i] = state.values[i * columns + c];
    values.sort();
    // Missing values are sorted to the end.
    let n = values.length;
    while (n > 0 && Number.isNaN(values[n - 1])) n--;
    if (n >= LEAST_VALUES) {
      const ascending = values.subarray(0, n);
      state.body = withRoom(state.body, columns * POINTS, columns * POINTS);
      state.tails = withRoom(state.tails, columns * 2 * TAIL_NUMBERS, columns * 2 * TAIL_NUMBERS);
      fitBody(ascending, state.body, c * POINTS);
      this.fitTails(c, ascending);
      state.fitted[c] = n;
    }
    // Sooner while the window is young. From then on the columns take turns, so that no row pays for all of them.
    const half = Math.ceil(state.seen / 2);
    const turn = Math.floor((c * settings.refitEvery) / columns);
    if (half < settings.refitEvery) state.due[c] = state.seen + half;
    else state.due[c] = turn + settings.refitEvery * (Math.floor((state.seen - turn) / settings.refitEvery) + 1);
  }

  private fitTails(c: number, ascending: Float64Array): void {
    const { body, tails } = this.state;
    const low = body[c * POINTS];
    const middle = body[c * POINTS + (POINTS >> 1)];
    const high = body[(c + 1) * POINTS - 1];
    const n = ascending.length;
    let below = 0;
    while (ascending[below] < low) below++;
    let above = 0;
    while (ascending[n - 1 - above] > high) above++;
    const lower = 2 * c * TAIL_NUMBERS;
    const under = ascending
      .slice(0, below)
      .reverse()
      .map((x) => low - x);
    fitTail(under, n, low, middle - low || high - low, tails, lower);
    const over = ascending.slice(n - above).map((x) => x - high);
    fitTail(over, n, high, high - middle || high - low, tails, lower + TAIL_NUMBERS);
  }
}

function clamp(x: number): number {
  return x > LARGEST ? LARGEST : x < -LARGEST ? -LARGEST : x;
}
