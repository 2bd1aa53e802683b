// A random cut forest as a model of one key.

import {
  type Column,
  clearExplanation,
  type Explanation,
  type Model,
  type ModelHost,
  strongestColumns,
  workingArrays,
} from '@quantstream/engine';
import { Boxes } from './boxes.js';
import type { Settings } from './config.js';
import { Points } from './points.js';
import { Sampler } from './sampler.js';
import { Scorer } from './score.js';
import type { State } from './state.js';
import { Trees } from './tree.js';

/** Beyond it float32 would become infinite; sums of lengths stay far from overflow. */
const LARGEST = 1e37;
const highs = workingArrays();
const lows = workingArrays();

/**
 * A random cut forest of one key that learns every row. It ignores `p`: a sample is not ruined by rare rows, and one that left out
 * what it dislikes would confirm itself for ever.
 */
export class RandomCutForestModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly sampler: Sampler;
  private readonly scorer: Scorer;
  /** The shingle under judgement: the learned rows before it, then the row. Derived from the state. */
  private readonly point: Float32Array;
  private readonly high: Float64Array;
  private readonly low: Float64Array;

  constructor(settings: Settings, state: State, host: ModelHost) {
    const numbers = host.columns.length * settings.shingle;
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `rcf-${settings.trees}x${settings.sampleSize}${settings.shingle > 1 ? `-shingle-${settings.shingle}` : ''}`;
    const boxes = new Boxes(state, numbers);
    const points = new Points(state, numbers, settings.trees * settings.sampleSize);
    this.sampler = new Sampler(state, new Trees(state, points, boxes, numbers), settings);
    this.scorer = new Scorer(state, boxes, settings, numbers);
    this.point = new Float32Array(numbers);
    this.point.set(state.history);
    this.high = highs(numbers);
    this.low = lows(numbers);
  }

  score(row: Float64Array): number {
    if (!this.ready) return Number.NaN;
    return this.place(row) ? this.scorer.score(this.point) : this.scorer.walk(this.point);
  }

  learn(row: Float64Array): void {
    const { state, point } = this;
    const { last, history } = state;
    const width = last.length;
    for (let c = 0; c < width; c++) if (!Number.isNaN(row[c])) last[c] = row[c];
    // A column that was never seen has nothing to stand in for it.
    if (!this.place(last)) return;
    if (state.historyRows * width === history.length) this.sampler.take(point);
    else state.historyRows++;
    if (history.length === 0) return;
    history.copyWithin(0, width);
    history.set(point.subarray(point.length - width), history.length - width);
    point.set(history);
  }

  explain(row: Float64Array, out: Explanation): void {
    const { contributions, directions } = out;
    clearExplanation(out);
    if (!this.ready) return;
    this.place(row);
    out.total = this.scorer.walk(this.point, this.high, this.low);
    const width = this.columns.length;
    for (let i = 0; i < this.point.length; i++) {
      contributions[i % width] += this.high[i] + this.low[i];
      directions[i % width] += this.high[i] - this.low[i];
    }
    for (let c = 0; c < width; c++) directions[c] = Math.sign(directions[c]);
    out.reasons = reasonsOf(this.columns, out);
  }

  private get ready(): boolean {
    return this.state.rows > 0 && this.state.rows + this.state.historyRows >= this.settings.warmUp;
  }

  /** Puts a row at the end of the shingle; true if it misses nothing. */
  private place(row: Float64Array): boolean {
    const { point } = this;
    const width = row.length;
    const start = point.length - width;
    let complete = true;
    for (let c = 0; c < width; c++) {
      const value = row[c];
      if (Number.isNaN(value)) complete = false;
      point[start + c] = value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : value;
    }
    return complete;
  }
}

/** The columns that make up the score, the strongest first. Without values: rows may have been transformed. */
function reasonsOf(columns: readonly Column[], { contributions, directions, total }: Explanation): string[] {
  return strongestColumns(columns, contributions, total, (c) => directions[c] !== 0).map((c) => {
    const where = directions[c] > 0 ? 'above' : 'below';
    return `${columns[c].name} lies ${where} the rows most like it (${Math.round((100 * contributions[c]) / total)} % of the score)`;
  });
}
