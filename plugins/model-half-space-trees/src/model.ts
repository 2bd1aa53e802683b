// Half-space trees as a model of one key.

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
import { learnRanges } from './range.js';
import type { State } from './state.js';
import { HalfSpaceTrees } from './trees.js';

/** Keeps differences finite. */
const LARGEST = 1e150;
const boundedRows = workingArrays();

/**
 * Half-space trees of one key. `p` is not looked at: a window that is full of odd rows is the yardstick of the next window only.
 */
export class HalfSpaceTreesModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly trees: HalfSpaceTrees;
  private readonly largestLog: number;
  private readonly row: Float64Array;

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `hst-${settings.trees}x${settings.depth}-${settings.window}`;
    this.trees = new HalfSpaceTrees(state, settings);
    this.largestLog = Math.log2(2 + 2 ** settings.depth);
    this.row = boundedRows(host.columns.length);
  }

  score(row: Float64Array): number {
    if (!this.ready) return Number.NaN;
    return 1 - Math.log2(1 + this.trees.mass(this.bounded(row))) / this.largestLog;
  }

  learn(row: Float64Array): void {
    const { state, settings } = this;
    const bounded = this.bounded(row);
    const width = row.length;
    if (!Number.isNaN(state.low[0])) {
      this.take(bounded);
      state.rows++;
      return;
    }
    state.warm = withRoom(state.warm, (state.rows + 1) * width, settings.warmUp * width);
    state.warm.set(bounded, state.rows * width);
    if (++state.rows < settings.warmUp) return;
    learnRanges(state.warm, state.low, state.high);
    this.trees.placeBoxes();
    for (let i = 0; i < state.rows; i++) this.take(state.warm.subarray(i * width, (i + 1) * width));
    state.warm = NO_NUMBERS;
  }

  explain(row: Float64Array, out: Explanation): void {
    const { contributions, directions } = out;
    clearExplanation(out);
    if (!this.ready) return;
    const bounded = this.bounded(row);
    out.total = this.trees.lostMass(bounded, contributions);
    for (let c = 0; c < row.length; c++) directions[c] = Math.sign(this.position(c, bounded[c]) - this.state.mean[c]);
    out.reasons = reasonsOf(this.columns, out);
  }

  private get ready(): boolean {
    return this.state.windows > 0 && this.state.rows >= this.settings.warmUp;
  }

  private take(row: Float64Array): void {
    const { mean } = this.state;
    for (let c = 0; c < row.length; c++) mean[c] += (this.position(c, row[c]) - mean[c]) / this.settings.window;
    this.trees.learn(row);
  }

  /** Place of a value in the range of its column, at most a range outside it. */
  private position(c: number, value: number): number {
    const { low, high } = this.state;
    return Math.max(-1, Math.min(2, (value - low[c]) / (high[c] - low[c])));
  }

  private bounded(row: Float64Array): Float64Array {
    for (let c = 0; c < row.length; c++) this.row[c] = Math.max(-LARGEST, Math.min(LARGEST, row[c]));
    return this.row;
  }
}

/** The columns whose splits lost mass, the strongest first. Without values: rows may have been transformed. */
function reasonsOf(columns: readonly Column[], { contributions, directions }: Explanation): string[] {
  let lost = 0;
  for (const contribution of contributions) lost += Math.max(0, contribution);
  return strongestColumns(columns, contributions, lost).map(
    (c) => `${columns[c].name} is ${directions[c] < 0 ? 'low' : 'high'}, where few rows of late are`,
  );
}
