// Each column against its own expectation, as a model of one key.

import {
  type Column,
  clearExplanation,
  type Explanation,
  type Model,
  type ModelHost,
  sayValue,
  sayWithUnit,
  strongestColumns,
  withRoom,
} from '@quantstream/engine';
import { Columns } from './columns.js';
import type { Settings } from './config.js';
import { ringOf, type State } from './state.js';

/** A pause longer than so many usual ones: what came before says nothing of what comes now. */
const PAUSE = 3;

/** Robust level and spread, an autoregression with a period of its own, and the errors that they leave. Scores are surprises in nats, at least 0. */
export class BaselineModel implements Model {
  readonly version: string;
  private readonly settings: Settings;
  private readonly state: State;
  private readonly columns: readonly Column[];
  private readonly own: Columns;
  private readonly room: number;

  constructor(settings: Settings, state: State, host: ModelHost) {
    this.settings = settings;
    this.state = state;
    this.columns = host.columns;
    this.version = `baseline-${settings.memory}`;
    this.own = new Columns(settings, state, host.columns.length);
    this.room = ringOf(settings);
  }

  score(row: Float64Array, time: number): number {
    if (this.state.seen < this.settings.warmUp) return Number.NaN;
    const fresh = this.freshAt(time);
    let sum = 0;
    for (let c = 0; c < row.length; c++) sum += this.own.surprise(c, row[c]!, fresh);
    return sum;
  }

  learn(row: Float64Array, time: number, p: number): void {
    const { state, settings, room } = this;
    const d = row.length;
    const fresh = this.freshAt(time);
    if (state.seen === 1) this.own.open();
    // Where the ring ends it begins anew; it has its full length by then.
    state.ring = withRoom(state.ring, Math.min(room, state.seen + 1) * d, room * d);
    if (state.seen === 0) this.own.first(row);
    else for (let c = 0; c < d; c++) this.own.take(c, row[c]!, fresh, p < settings.robust);
    if (++state.next === room) state.next = 0;
    this.passTime(time, fresh);
    if (state.seen === 1 || settings.season === 'none') return;
    if (settings.season === 'auto') this.own.lookForPeriods();
    else for (let c = 0; c < d; c++) this.own.setPeriod(c, settings.season);
  }

  interrupt(): void {
    this.state.fresh = 0;
  }

  explain(row: Float64Array, out: Explanation, time = this.state.time): void {
    clearExplanation(out);
    if (this.state.seen < this.settings.warmUp) return;
    const fresh = this.freshAt(time);
    for (let c = 0; c < row.length; c++) {
      out.contributions[c] = this.own.surprise(c, row[c]!, fresh);
      out.directions[c] = Math.sign(this.own.deviation(c, row[c]!, fresh));
      out.total += out.contributions[c]!;
    }
    out.reasons = strongestColumns(this.columns, out.contributions, out.total).map((c) => this.reason(c, row[c]!, fresh));
  }

  /** Rows without a pause before the next one. */
  private freshAt(time: number): number {
    const { state } = this;
    return time - state.time > PAUSE * state.gap ? 0 : state.fresh;
  }

  private passTime(time: number, fresh: number): void {
    const { state } = this;
    const gap = time - state.time;
    if (gap > 0) state.gap = Number.isNaN(state.gap) ? gap : state.gap + 0.05 * (Math.min(gap, 2 * state.gap) - state.gap);
    state.time = time;
    state.seen++;
    state.fresh = fresh + 1;
  }

  private reason(c: number, value: number, fresh: number): string {
    const column = this.columns[c]!;
    const [low, high] = this.own.band(c, fresh).map((edge) => sayWithUnit(edge, column.unit, 3));
    return `${sayValue(column, value, 4)}, where ${low} to ${high} was expected`;
  }
}
