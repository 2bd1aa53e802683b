// The Mahalanobis distance as a model of one key.

import {
  type Column,
  clearExplanation,
  type Explanation,
  type Model,
  type ModelHost,
  NO_NUMBERS,
  strongestColumns,
  withRoom,
  workingArrays,
} from '@quantstream/engine';
import type { Settings } from './config.js';
import { firstEstimate } from './first.js';
import { factorise, inverseRoot, squaredLength } from './linear.js';
import type { State } from './state.js';

/** Keeps products of two deviations finite. */
const LARGEST = 1e100;
/** A row judged rarer than `robust` counts this much. */
const RARE_WEIGHT = 0.01;
/** A column that stood still has no deviation: this part of its mean stands in, or this length. */
const SMALLEST_SHARE = 1e-9;
const SMALLEST = 1e-30;
/**
 * A column that hardly ever moves (prices in a quiet market) looks constant to an estimate that counts its moves less, and each move would be
 * further out than the last. So its variance is at least this part of the plain one, which remembers so many half-lives.
 */
const LEAST_PART = 0.01;
const LONG = 10;
/**
 * A value counts for at most so many plain variances. One that comes behind so many calm rows counts for more: what comes now and then, each
 * time by itself, belongs to the column (a value that is repeated once in a thousand rows, an error in an hour), and would be further out
 * each time if it did not; a stretch of wild rows, however long, raises it little.
 */
const WILD = 200;
const WILD_ALONE = 20_000;
const CALM = 20;
/** D² by column from which a score grows with the logarithm alone: a column that stood still and moves is odd, but not beyond all measure. */
const FURTHEST = 10_000;
/** Degrees of freedom of Student's t distribution. */
const FREEDOM = 3;
/** Deviations from which a value is odd by itself, whatever the other columns say. */
const ODD_BY_ITSELF = 3;
const deltas = workingArrays();
const solutions = workingArrays();

/**
 * Squared Mahalanobis distance from an exponentially weighted mean and covariance. A row enters with weight min(1, c / D²), c the
 * 99.9 % point of χ² with d degrees: no row moves the estimate by more than an ordinary one at the edge does. Weights fade whether
 * rows are odd or not, so that a lasting change outweighs the past after some half-lives.
 */
export class MahalanobisModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly decay: number;
  private readonly slow: number;
  private readonly largestGain: number;
  private readonly edge: number;
  private readonly delta: Float64Array;
  private readonly z: Float64Array;
  /** Derived from the factor when an anomaly is explained, until the next factorisation. */
  private root: Float64Array | undefined;

  constructor(settings: Settings, state: State, host: ModelHost) {
    const d = host.columns.length;
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `mahalanobis-${settings.halfLife}${settings.tails === 'student' ? '-student' : ''}`;
    this.decay = 2 ** (-1 / settings.halfLife);
    this.slow = 1 - 2 ** (-1 / (LONG * settings.halfLife));
    // Where almost all weight has faded, one ordinary row must not become the whole estimate.
    this.largestGain = Math.max(1 - this.decay, 1 / settings.warmUp);
    this.edge = chiSquareEdge(d);
    this.delta = deltas(d);
    this.z = solutions(d);
  }

  score(row: Float64Array): number {
    return this.state.weight === 0 ? Number.NaN : this.scoreOf(this.distance(row));
  }

  learn(row: Float64Array, _time: number, p: number): void {
    const { state, settings } = this;
    if (state.weight === 0) {
      this.warmUp(row);
      return;
    }
    const distance = this.distance(row);
    const weight = Math.min(1, this.edge / distance) * (p < settings.robust ? RARE_WEIGHT : 1);
    this.take(weight);
    if (++state.sinceFactor >= settings.refactorEvery) this.refactor();
  }

  explain(row: Float64Array, out: Explanation): void {
    const { contributions, directions } = out;
    clearExplanation(out);
    if (this.state.weight === 0) return;
    const score = this.scoreOf(this.distance(row));
    const { delta } = this;
    const { scale, factor } = this.state;
    const d = delta.length;
    this.root ??= inverseRoot(factor, d);
    let sum = 0;
    for (let i = 0; i < d; i++) {
      let whitened = 0;
      for (let j = 0; j < d; j++) whitened += this.root[i * d + j] * (delta[j] / scale[j]);
      directions[i] = Math.sign(whitened);
      contributions[i] = whitened * whitened;
      sum += contributions[i];
    }
    // The same number by two ways; the factor that removes the rounding between them is 1 to ten digits.
    for (let i = 0; i < d; i++) {
      contributions[i] *= sum > 0 ? score / sum : 0;
      out.total += contributions[i];
    }
    out.reasons = this.reasonsOf(out);
  }

  /** The score that goes with D²; right behind `distance`, which leaves the deviations along the axes of the factor in `z`. */
  private scoreOf(distance: number): number {
    const { z } = this;
    if (this.settings.tails === 'normal') {
      const most = FURTHEST * z.length;
      return distance <= most ? distance : most * (1 + Math.log(distance / most));
    }
    let sum = 0;
    for (let i = 0; i < z.length; i++) sum += ((FREEDOM + 1) / 2) * Math.log1p((z[i] * z[i]) / FREEDOM);
    return sum;
  }

  /** D² of a row; leaves its deviations in `delta`. */
  private distance(row: Float64Array): number {
    const { delta, z, state } = this;
    const { mean, scale, factor } = state;
    for (let c = 0; c < z.length; c++) {
      let difference = row[c] - mean[c];
      if (!(difference < LARGEST)) difference = LARGEST;
      else if (difference < -LARGEST) difference = -LARGEST;
      delta[c] = difference;
      z[c] = difference / scale[c];
    }
    return squaredLength(factor, z);
  }

  private warmUp(row: Float64Array): void {
    const { state } = this;
    const d = this.delta.length;
    state.warm = withRoom(state.warm, (state.warmRows + 1) * d, this.settings.warmUp * d);
    for (let c = 0; c < d; c++) state.warm[state.warmRows * d + c] = Math.max(-LARGEST, Math.min(LARGEST, row[c]));
    if (++state.warmRows < this.settings.warmUp) return;
    state.weight = firstEstimate(state.warm, d, state.mean, state.covariance);
    state.warm = NO_NUMBERS;
    state.rows = state.warmRows;
    for (let c = 0, k = 0; c < d; c++, k += c + 1) state.plain[c] = state.covariance[k];
    this.refactor();
  }

  /** Takes the row whose deviations are in `delta` into mean and covariance. */
  private take(weight: number): void {
    const { state, delta } = this;
    const { mean, covariance } = state;
    state.weight = Math.max(state.weight * this.decay, SMALLEST_SHARE) + weight;
    const gain = Math.min(weight / state.weight, this.largestGain);
    const rest = 1 - gain;
    state.rows++;
    const slow = Math.max(this.slow, 1 / state.rows);
    const most = (state.calm ?? 0) >= CALM ? WILD_ALONE : WILD;
    let wild = false;
    for (let i = 0, k = 0; i < delta.length; i++) {
      const own = delta[i] * delta[i];
      if (own > WILD * state.plain[i]) wild = true;
      const square = Math.min(own, state.plain[i] > 0 ? most * state.plain[i] : LARGEST);
      state.plain[i] += slow * (square - state.plain[i]);
      const part = gain * delta[i];
      mean[i] += part;
      for (let j = 0; j <= i; j++, k++) covariance[k] = rest * (covariance[k] + part * delta[j]);
    }
    state.calm = wild ? 0 : (state.calm ?? 0) + 1;
  }

  private refactor(): void {
    const { mean, covariance, scale, factor, plain } = this.state;
    for (let c = 0, k = 0; c < scale.length; c++, k += c + 1) {
      covariance[k] = Math.max(covariance[k], LEAST_PART * plain[c]);
      scale[c] = Math.max(Math.sqrt(covariance[k]), SMALLEST_SHARE * Math.abs(mean[c]), SMALLEST);
    }
    factorise(covariance, scale, this.settings.ridge, factor);
    this.state.sinceFactor = 0;
    this.root = undefined;
  }

  private reasonsOf({ contributions, directions, total }: Explanation): string[] {
    return strongestColumns(this.columns, contributions, total).map((c) => {
      const deviations = this.delta[c] / this.state.scale[c];
      const share = `(${Math.round((100 * contributions[c]) / total)} % of the distance)`;
      const { name } = this.columns[c];
      if (Math.abs(deviations) < ODD_BY_ITSELF) {
        return `${name} is ${directions[c] > 0 ? 'higher' : 'lower'} than the other columns let expect ${share}`;
      }
      const far = Number(Math.abs(deviations).toPrecision(3));
      return `${name} is ${far} deviations ${deviations > 0 ? 'above' : 'below'} its mean ${share}`;
    });
  }
}

/** The 99.9 % point of χ² with d degrees of freedom (E. Wilson, M. Hilferty 1931), good to a percent. */
function chiSquareEdge(d: number): number {
  return d * (1 - 2 / (9 * d) + 3.0902 * Math.sqrt(2 / (9 * d))) ** 3;
}
