// The discord as a model of one key.

import {
  type Column,
  clearExplanation,
  type Explanation,
  type Model,
  type ModelHost,
  sayWithUnit,
  strongestColumns,
} from '@quantstream/engine';
import type { Settings } from './config.js';
import type { State } from './state.js';
import { type Latest, newLatest, Windows } from './windows.js';

/** A distance that is usual is taken as no less: what repeats to the digit would make any noise a shape that never was. */
const LEAST_USUAL = 0.05;

/** The latest window of each column against the nearest of those before it. Scores are sums of squared ratios to what is usual, at least 0. */
export class DiscordModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly windows: readonly Windows[];
  private readonly latest: readonly Latest[];
  /** The row that `latest` tells of, and how many were learned then. */
  private readonly row: Float64Array;
  private at = -1;

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `discord-${settings.window}-${settings.memory}`;
    this.windows = state.columns.map((column) => new Windows(settings, column));
    this.latest = state.columns.map(newLatest);
    this.row = new Float64Array(host.columns.length);
  }

  score(row: Float64Array): number {
    this.look(row);
    if (!this.ready) return Number.NaN;
    let sum = 0;
    for (let c = 0; c < row.length; c++) sum += this.part(c);
    return sum;
  }

  learn(row: Float64Array): void {
    const { state } = this;
    this.look(row);
    for (let c = 0; c < row.length; c++) {
      if (state.seen === 0) this.windows[c]!.begin(row[c]!);
      this.windows[c]!.take(state.seen, state.turn, this.latest[c]!);
    }
    state.seen++;
    state.fresh++;
    state.turn = (state.turn + 1) % this.settings.memory;
    this.at = -1;
  }

  interrupt(): void {
    this.state.fresh = 0;
    this.at = -1;
  }

  explain(row: Float64Array, out: Explanation): void {
    clearExplanation(out);
    this.look(row);
    if (!this.ready) return;
    for (let c = 0; c < row.length; c++) {
      out.contributions[c] = this.part(c);
      out.total += out.contributions[c]!;
      const { lag } = this.latest[c]!;
      if (lag > 0) out.directions[c] = Math.sign(row[c]! - this.windows[c]!.expected(this.state.seen, this.latest[c]!));
    }
    out.reasons = strongestColumns(this.columns, out.contributions, out.total).map((c) => this.reason(c, row[c]!));
  }

  private get ready(): boolean {
    const { state, settings } = this;
    return state.seen >= Math.max(settings.warmUp, 2 * settings.window + 1) && state.fresh >= settings.window - 1;
  }

  private look(row: Float64Array): void {
    const { state } = this;
    if (this.at === state.seen && row.every((value, c) => value === this.row[c])) return;
    for (let c = 0; c < row.length; c++) this.windows[c]!.look(row[c]!, state.seen, state.fresh, this.latest[c]!);
    this.row.set(row);
    this.at = state.seen;
  }

  private part(c: number): number {
    return (this.latest[c]!.distance / Math.max(this.state.columns[c]!.usual, LEAST_USUAL)) ** 2;
  }

  private reason(c: number, value: number): string {
    const times = Number(Math.sqrt(this.part(c)).toPrecision(2));
    const column = this.columns[c]!;
    const nearest = `the nearest, ${this.latest[c]!.lag} rows ago, is ${times} times as far as usual`;
    return `the last ${this.settings.window} rows of ${column.name}, up to ${sayWithUnit(value, column.unit, 4)}, have a shape that was not seen before: ${nearest}`;
  }
}
