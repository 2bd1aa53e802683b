// The clusters as a model of one key.

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
import { share, squared } from './distance.js';
import { firstCentres } from './first.js';
import type { State } from './state.js';

/** A row judged rarer than `robust` counts this much. */
const RARE_WEIGHT = 0.01;
/** A row moves a centre by no more than so many deviations of a column, and what is usual for it by no more than so many times that. */
const CLIPPED = 3;
/** What is usual for a centre of few rows is what is usual for all: so many rows weigh as much. */
const PRIOR = 20;
/** What is usual of a centre is no less than this part of what is usual of all: where rows repeat, the first other one is not beyond all measure. */
const LEAST_PART = 0.1;
/** A column that stood still has no deviation: this part of its mean stands in, or this length. */
const SMALLEST_SHARE = 1e-9;
const SMALLEST = 1e-30;
const LARGEST = 1e100;

/** Centres of the rows that came, which move with them. Scores are squared distances to the nearest in multiples of what is usual there, at least 0. */
export class ClustersModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly rate: number;
  /** The row, bounded; one over the deviation of each column. */
  private readonly row: Float64Array;
  private readonly scales: Float64Array;
  /** What is usual for all centres. */
  private overall = 0;
  private nearest = 0;

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `clusters-${settings.centres}-${settings.halfLife}`;
    this.rate = 1 - 2 ** (-1 / settings.halfLife);
    this.row = new Float64Array(host.columns.length);
    this.scales = new Float64Array(host.columns.length);
    this.refresh();
  }

  score(row: Float64Array): number {
    if (this.state.centres.length === 0) return Number.NaN;
    return this.distance(row) / this.usualOf(this.nearest);
  }

  learn(row: Float64Array, _time: number, p: number): void {
    const { state, settings } = this;
    if (state.centres.length === 0) {
      this.warmUp(row);
      return;
    }
    const weight = p < settings.robust ? RARE_WEIGHT : 1;
    const distance = this.distance(row);
    this.take(weight, distance);
    this.measure(weight);
    this.refresh();
  }

  explain(row: Float64Array, out: Explanation): void {
    clearExplanation(out);
    const { state, scales } = this;
    if (state.centres.length === 0) return;
    this.distance(row);
    const d = row.length;
    const usual = this.usualOf(this.nearest);
    for (let j = 0; j < d; j++) {
      const deviation = (this.row[j]! - state.centres[this.nearest * d + j]!) * scales[j]!;
      out.contributions[j] = share(deviation) / usual;
      out.directions[j] = Math.sign(deviation);
      out.total += out.contributions[j]!;
    }
    out.reasons = strongestColumns(this.columns, out.contributions, out.total).map((j) => this.reason(j, row[j]!, out));
  }

  /** Squared distance to the nearest centre, which it leaves in `nearest`. */
  private distance(row: Float64Array): number {
    const { state, scales } = this;
    const { centres } = state;
    const d = row.length;
    this.bound(row);
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0, at = 0; at < centres.length; c++, at += d) {
      const distance = squared(this.row, 0, centres, at, d, scales, least);
      if (distance < least) {
        least = distance;
        this.nearest = c;
      }
    }
    return least;
  }

  private bound(row: Float64Array): void {
    for (let j = 0; j < row.length; j++) this.row[j] = Math.max(-LARGEST, Math.min(LARGEST, row[j]!));
  }

  private usualOf(centre: number): number {
    return Math.max(this.state.usual[centre]!, LEAST_PART * this.overall, SMALLEST);
  }

  private warmUp(row: Float64Array): void {
    const { state, settings } = this;
    const d = row.length;
    this.bound(row);
    this.measure(1);
    const rows = state.seen;
    state.warm = withRoom(state.warm, rows * d, settings.warmUp * d);
    state.warm.set(this.row, (rows - 1) * d);
    if (rows < settings.warmUp) return;
    const { warm } = state;
    state.warm = NO_NUMBERS;
    this.refresh();
    state.centres = firstCentres(warm, d, settings.centres, this.scales);
    const k = state.centres.length / d;
    state.weights = new Float64Array(k);
    state.usual = new Float64Array(k);
    let all = 0;
    for (let at = 0; at < warm.length; at += d) {
      const distance = this.distance(warm.subarray(at, at + d));
      state.weights[this.nearest]!++;
      state.usual[this.nearest]! += distance;
      all += distance;
    }
    for (let c = 0; c < k; c++) state.usual[c] = (state.usual[c]! + (PRIOR * all) / rows) / (state.weights[c]! + PRIOR);
    this.refresh();
  }

  /** The nearest centre and what is usual for it, by the row that lies `distance` from it. */
  private take(weight: number, distance: number): void {
    const { state, scales, nearest } = this;
    const d = this.row.length;
    state.weights[nearest] = (1 - this.rate * weight) * state.weights[nearest]! + weight;
    const gain = weight / (state.weights[nearest]! + PRIOR);
    for (let j = 0, at = nearest * d; j < d; j++, at++) {
      const most = CLIPPED / scales[j]!;
      state.centres[at]! += gain * Math.max(-most, Math.min(most, this.row[j]! - state.centres[at]!));
    }
    const usual = this.usualOf(nearest);
    state.usual[nearest]! += gain * (Math.min(distance, CLIPPED * CLIPPED * usual) - state.usual[nearest]!);
  }

  /** Mean and deviation of the columns, by the row that is looked at. */
  private measure(weight: number): void {
    const { state } = this;
    state.seen++;
    const gain = weight * Math.max(this.rate, 1 / state.seen);
    for (let j = 0; j < this.row.length; j++) {
      const off = this.row[j]! - state.mean[j]!;
      const part = gain * off;
      state.mean[j]! += part;
      state.variance[j] = (1 - gain) * (state.variance[j]! + part * off);
    }
  }

  /** What is derived from the state. */
  private refresh(): void {
    const { state, scales } = this;
    for (let j = 0; j < scales.length; j++)
      scales[j] = 1 / Math.max(Math.sqrt(state.variance[j]!), SMALLEST_SHARE * Math.abs(state.mean[j]!), SMALLEST);
    let [sum, rows] = [0, 0];
    for (let c = 0; c < state.weights.length; c++) {
      sum += state.weights[c]! * state.usual[c]!;
      rows += state.weights[c]!;
    }
    this.overall = rows > 0 ? sum / rows : 0;
  }

  private reason(j: number, value: number, { contributions, total }: Explanation): string {
    const column = this.columns[j]!;
    const centre = this.state.centres[this.nearest * this.row.length + j]!;
    const part = `(${Math.round((100 * contributions[j]!) / total)} % of the distance)`;
    return `${column.name} is ${sayWithUnit(value, column.unit, 4)}, where rows that are else like this have ${sayWithUnit(centre, column.unit, 3)} ${part}`;
  }
}
