// The subspace as a model of one key.

import {
  type Column,
  clearExplanation,
  type Explanation,
  type Model,
  type ModelHost,
  NO_NUMBERS,
  sayWithUnit,
  strongestColumns,
  withRoom,
} from '@quantstream/engine';
import type { Settings } from './config.js';
import { Directions } from './directions.js';
import { bent, levelOf } from './scale.js';
import { componentsOf, type State } from './state.js';

/** A row judged rarer than `robust` counts this much. */
const RARE_WEIGHT = 0.01;
/** A row moves a level by no more than so many deviations, and what is usual by no more than so many times that. */
const CLIPPED = 5;
/** Times that the rows of the warm-up are gone through. */
const PASSES = 4;
/** A column that stood still has no deviation: this part of its level stands in, or this length. */
const SMALLEST_SHARE = 1e-9;
const SMALLEST = 1e-30;
const LARGEST = 1e100;
/** What is usual is no less than this, in squared deviations: where rows are all on the directions the first other one is not beyond all measure. */
const LEAST_USUAL = 0.01;

/** Distance off and along the directions of the rows that came. Scores are multiples of what is usual: about 1, at least 0. */
export class SubspaceModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly rate: number;
  private readonly k: number;
  private readonly directions: Directions;
  /** One over the deviation of each column; the latest rows and the present one in deviations. */
  private readonly scales: Float64Array;
  private readonly seenAs: Float64Array;
  private readonly row: Float64Array;

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `subspace-${settings.components}-${settings.window}-${settings.halfLife}`;
    this.rate = 1 - 2 ** (-1 / settings.halfLife);
    const d = host.columns.length;
    this.k = componentsOf(settings, d);
    this.directions = new Directions(this.k, d * settings.window);
    this.scales = new Float64Array(d);
    this.seenAs = new Float64Array(d * settings.window);
    this.row = new Float64Array(d);
    this.refresh();
  }

  score(row: Float64Array): number {
    const { state, directions } = this;
    if (state.directions.length === 0 && !this.isFlat()) return Number.NaN;
    this.look(row);
    const residual = directions.split(this.seenAs, state.directions);
    return 0.5 * (residual / this.usualResidual() + directions.leverage() / this.usualLeverage());
  }

  learn(row: Float64Array, _time: number, p: number): void {
    const { state, settings } = this;
    if (state.seen < settings.warmUp) {
      this.warmUp(row);
      return;
    }
    const weight = p < settings.robust ? RARE_WEIGHT : 1;
    state.seen++;
    const gain = weight * Math.max(this.rate, 1 / state.seen);
    this.look(row);
    this.take(gain);
    this.remember();
    this.measure(gain);
    this.refresh();
  }

  explain(row: Float64Array, out: Explanation): void {
    clearExplanation(out);
    const { state, directions } = this;
    if (state.directions.length === 0 && !this.isFlat()) return;
    this.look(row);
    const d = row.length;
    directions.split(this.seenAs, state.directions);
    const { left, along } = directions;
    const off = Float64Array.from(left);
    for (let j = 0; j < left.length; j++) out.contributions[j % d]! += (0.5 * left[j]! * left[j]!) / this.usualResidual();
    // Along a direction a row is far out by the columns that pull it there; what the directions before it took is gone.
    left.set(this.seenAs);
    for (let i = 0; i < this.k; i++) {
      const at = i * left.length;
      const length = directions.lengths[i]!;
      const whole = (0.5 * along[i]! * along[i]!) / directions.varianceOf(i) / this.usualLeverage();
      if (length === 0 || whole === 0) continue;
      let sum = 0;
      const pulls = left.map((value, j) => Math.max(0, value * state.directions[at + j]! * along[i]!));
      for (let j = 0; j < left.length; j++) sum += pulls[j]!;
      for (let j = 0; j < left.length; j++) {
        out.contributions[j % d]! += (whole * pulls[j]!) / sum;
        left[j]! -= (along[i]! * state.directions[at + j]!) / length;
      }
    }
    const last = left.length - d;
    for (let j = 0; j < d; j++) {
      out.total += out.contributions[j]!;
      out.directions[j] = Math.sign(off[last + j]! || this.seenAs[last + j]!);
    }
    out.reasons = strongestColumns(this.columns, out.contributions, out.total).map((j) => this.reason(j, row[j]!, off, out));
  }

  /** One column and one row at a time has no directions: only how far it is out. */
  private isFlat(): boolean {
    return this.k === 0 && this.state.seen >= this.settings.warmUp;
  }

  private usualResidual(): number {
    return Math.max(this.state.residual, LEAST_USUAL);
  }

  private usualLeverage(): number {
    return Math.max(this.state.leverage, LEAST_USUAL);
  }

  /** The window that ends with this row, in deviations. */
  private look(row: Float64Array): void {
    const { state, scales, seenAs } = this;
    const { latest } = state;
    seenAs.set(latest);
    for (let j = 0; j < row.length; j++) {
      this.row[j] = Math.max(-LARGEST, Math.min(LARGEST, row[j]!));
      seenAs[latest.length + j] = bent((this.row[j]! - state.level[j]!) * scales[j]!);
    }
  }

  /** The row that was looked at is one of the latest. */
  private remember(): void {
    const { latest } = this.state;
    if (latest.length > 0) latest.set(this.seenAs.subarray(this.row.length));
  }

  private take(gain: number): void {
    const { state, directions } = this;
    const residual = directions.split(this.seenAs, state.directions);
    const leverage = directions.leverage();
    state.residual += gain * (Math.min(residual, CLIPPED * this.usualResidual()) - state.residual);
    state.leverage += gain * (Math.min(leverage, CLIPPED * this.usualLeverage()) - state.leverage);
    directions.learn(this.seenAs, state.directions, gain);
  }

  private warmUp(row: Float64Array): void {
    const { state, settings } = this;
    const d = row.length;
    state.seen++;
    const rows = state.seen;
    state.warm = withRoom(state.warm, rows * d, settings.warmUp * d);
    for (let j = 0; j < d; j++) state.warm[(rows - 1) * d + j] = Math.max(-LARGEST, Math.min(LARGEST, row[j]!));
    if (rows < settings.warmUp) return;
    const { warm } = state;
    state.warm = NO_NUMBERS;
    for (let j = 0; j < d; j++) [state.level[j], state.variance[j]] = levelOf(warm, d, j) as [number, number];
    this.refresh();
    state.directions = new Float64Array(this.k * this.seenAs.length);
    let taken = 0;
    for (let pass = 0; pass <= PASSES; pass++) {
      state.latest.fill(0);
      let [residual, leverage, whole] = [0, 0, 0];
      for (let at = 0, r = 1; at < warm.length; at += d, r++) {
        this.look(warm.subarray(at, at + d));
        if (r >= settings.window || r === rows) {
          whole++;
          if (pass < PASSES) this.directions.learn(this.seenAs, state.directions, 1 / ++taken);
          else {
            residual += this.directions.split(this.seenAs, state.directions);
            leverage += this.directions.leverage();
          }
        }
        this.remember();
      }
      state.residual = residual / whole;
      state.leverage = leverage / whole;
    }
  }

  /** Level and deviation of the columns, by the row that was looked at. */
  private measure(gain: number): void {
    const { state, scales } = this;
    for (let j = 0; j < this.row.length; j++) {
      const most = CLIPPED / scales[j]!;
      const off = Math.max(-most, Math.min(most, this.row[j]! - state.level[j]!));
      const part = gain * off;
      state.level[j]! += part;
      state.variance[j] = (1 - gain) * (state.variance[j]! + part * off);
    }
  }

  private refresh(): void {
    const { state, scales } = this;
    for (let j = 0; j < scales.length; j++)
      scales[j] = 1 / Math.max(Math.sqrt(state.variance[j]!), SMALLEST_SHARE * Math.abs(state.level[j]!), SMALLEST);
  }

  private reason(j: number, value: number, off: Float64Array, { contributions, total }: Explanation): string {
    const { name, unit } = this.columns[j]!;
    const at = off.length - this.row.length + j;
    const expected = this.state.level[j]! + (this.seenAs[at]! - off[at]!) / this.scales[j]!;
    const part = `(${Math.round((100 * contributions[j]!) / total)} % of the distance)`;
    const others = this.settings.window > 1 ? 'what came before' : 'the other columns';
    return `${name} is ${sayWithUnit(value, unit, 4)}, where ${others} let expect ${sayWithUnit(expected, unit, 3)} ${part}`;
  }
}
