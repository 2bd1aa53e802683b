// Trades of one symbol become bars, and bars become rows.

import {
  type FeatureExtractor,
  type Missing,
  type Observation,
  QuantStreamError,
  type Rows,
  sayDuration,
} from '@quantstream/engine';
import {
  addId,
  addSize,
  barStart,
  CLOSE,
  CLOSE_SEQUENCE,
  CLOSE_TIME,
  type ClosedBar,
  countMoment,
  countRush,
  countStays,
  countTurns,
  HIGH,
  ID_FIRST,
  ID_LAST,
  IDS,
  LOW,
  MOMENTS,
  MOVED,
  OPEN,
  OPEN_SEQUENCE,
  OPEN_TIME,
  openBar,
  RUSH,
  RUSH_BUY,
  SIGNED,
  SIZES,
  SIZES_LOG,
  SIZES_SQUARE,
  STANDSTILL,
  STANDSTILL_NOW,
  START,
  STAYS,
  STAYS_NOW,
  TRADES,
  TURNOVER,
  TURNS,
  TURNS_NOW,
  VOLUME,
} from './bar.js';
import { choicesOf, type Settings } from './config.js';
import type { Compute } from './indicators.js';
import { remember } from './memory.js';
import type { State } from './state.js';

/** The values of a trade. */
interface Trade {
  readonly price: number;
  readonly quantity: number;
  readonly buyer_is_maker?: number;
  readonly trades?: number;
}

/** The values of a bar that is input. */
interface InputBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly length?: number;
  readonly turnover?: number;
  readonly trades?: number;
  readonly taker_buy_volume?: number;
}

/** Columns before the chosen ones: open, high, low, close, volume, trades. */
export const CONTEXT_COLUMNS = 6;

const NOTHING = new Float64Array(0);

/**
 * Trades of one symbol → bars in event time → rows. A trade costs the same however long the windows are; a bar costs the
 * windows of its columns. A bar closes when `advance` says that event time has passed its end, so under a lateness several are open.
 */
export class MarketExtractor implements FeatureExtractor {
  private readonly length: number;
  private readonly carryFor: number;
  private readonly carries: boolean;
  private readonly state: State;
  private readonly computes: readonly Compute[];
  private readonly takesBars: boolean;
  private readonly countsRush: boolean;
  private readonly countsMoments: boolean;
  private readonly countsSizes: boolean;
  private readonly countsTurns: boolean;
  private readonly countsStays: boolean;
  private readonly countsIds: boolean;
  private readonly closed: ClosedBar;
  /** The open bar that took the last trade, with its ends: nearly every trade belongs there. */
  private bar: Float64Array = NOTHING;
  private start = Number.POSITIVE_INFINITY;
  private end = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings, state: State) {
    const choices = choicesOf(settings);
    this.length = settings.bar;
    this.carries = settings.empty === 'carry';
    this.carryFor = settings.carryFor;
    this.takesBars = settings.input === 'bars';
    this.state = state;
    this.computes = choices.map(({ name, family, window }) =>
      family.make(window, state.memory, state.memory.recursive[name] ?? NOTHING),
    );
    const counts = (name: string) => choices.some(({ family }) => family.name.startsWith(name));
    this.countsRush = counts('rush_');
    this.countsMoments = counts('log_orders') || counts('order_burst') || counts('missed_orders');
    this.countsSizes = counts('size_shift');
    this.countsTurns = counts('turns_at_price');
    this.countsStays = counts('trades_since_move') || counts('standstill') || counts('since_move');
    this.countsIds = counts('skipped_trades');
    this.closed = Object.fromEntries(CLOSED_FIELDS.map((field) => [field, Number.NaN])) as unknown as ClosedBar;
  }

  update(observation: Observation): void {
    if (this.takesBars) {
      this.updateWithBar(observation);
      return;
    }
    const { time, sequence } = observation;
    const trade = observation.values as unknown as Trade;
    const { price, quantity } = trade;
    if (!(quantity > 0)) {
      this.useUp(sequence);
      return;
    }
    if (!(time >= this.start && time < this.end)) this.select(time);
    const { bar } = this;
    // Under a lateness trades come out of order: the first and last by time and id make open and close.
    if (time > bar[CLOSE_TIME] || (time === bar[CLOSE_TIME] && sequence > bar[CLOSE_SEQUENCE])) {
      bar[CLOSE] = price;
      bar[CLOSE_TIME] = time;
      bar[CLOSE_SEQUENCE] = sequence;
    }
    if (time < bar[OPEN_TIME] || (time === bar[OPEN_TIME] && sequence < bar[OPEN_SEQUENCE])) {
      bar[OPEN] = price;
      bar[OPEN_TIME] = time;
      bar[OPEN_SEQUENCE] = sequence;
    }
    if (price > bar[HIGH]) bar[HIGH] = price;
    if (price < bar[LOW]) bar[LOW] = price;
    const count = trade.trades ?? 1;
    const maker = trade.buyer_is_maker;
    bar[VOLUME] += quantity;
    bar[TURNOVER] += price * quantity;
    bar[TRADES] += count;
    bar[SIGNED] += maker === undefined ? Number.NaN : maker === 0 ? quantity : -quantity;
    if (this.countsRush) {
      const millisecond = Math.floor(time);
      countRush(bar, RUSH, millisecond, count);
      if (maker === 0) countRush(bar, RUSH_BUY, millisecond, count);
    }
    if (this.countsMoments) countMoment(bar, Math.floor(time));
    if (this.countsSizes) addSize(bar, quantity);
    if (this.countsTurns) countTurns(bar, this.state.standstill, price, maker ?? Number.NaN);
    if (this.countsStays) countStays(bar, this.state.stays, price, maker ?? Number.NaN, Math.floor(time));
    if (this.countsIds) addId(bar, sequence);
  }

  /** A bar that is input, stamped with its last moment: it lies within one of ours, or is one. Without volume it is silence. */
  private updateWithBar({ key, time, sequence, values }: Observation): void {
    const given = values as unknown as InputBar;
    const { volume, length } = given;
    // The stamp is a millisecond or less before the end.
    if (length !== undefined && barStart(time - length * 1_000 + 1, this.length) !== barStart(time, this.length)) {
      const [theirs, ours] = [sayDuration(length * 1_000), sayDuration(this.length)];
      throw new QuantStreamError(
        'QS_PLAN_DECLARATION',
        `market: bars of ${ours} cannot be made of the bars of ${theirs} of ${key}: set bar: ${length}s, or a multiple of it`,
      );
    }
    if (!(volume > 0)) return;
    if (!(time >= this.start && time < this.end)) this.select(time);
    const { bar } = this;
    if (time > bar[CLOSE_TIME]) {
      bar[CLOSE] = given.close;
      bar[CLOSE_TIME] = time;
      bar[CLOSE_SEQUENCE] = sequence;
    }
    if (time < bar[OPEN_TIME]) {
      bar[OPEN] = given.open;
      bar[OPEN_TIME] = time;
      bar[OPEN_SEQUENCE] = sequence;
    }
    if (given.high > bar[HIGH]) bar[HIGH] = given.high;
    if (given.low < bar[LOW]) bar[LOW] = given.low;
    bar[VOLUME] += volume;
    bar[TURNOVER] += given.turnover ?? Number.NaN;
    bar[TRADES] += given.trades ?? Number.NaN;
    bar[SIGNED] += 2 * (given.taker_buy_volume ?? Number.NaN) - volume;
  }

  /** An id under which nothing changed hands: no trade, and none that is lost. */
  private useUp(id: number): void {
    if (!this.countsIds) return;
    const { open, previous } = this.state;
    if (open.length > 0) addId(open[open.length - 1], id);
    else if (id === previous.id + 1) previous.id = id;
  }

  advance(watermark: number, rows: Rows): number {
    const { open } = this.state;
    for (;;) {
      const start = open.length > 0 ? open[0][START] : Number.POSITIVE_INFINITY;
      const silent = this.nextSilent();
      if (silent < start) {
        // The end of a recording closes what is open, with the silence before it; no silence is made up after it.
        const due = watermark === Number.POSITIVE_INFINITY ? open.length > 0 : silent + this.length <= watermark;
        if (!due) break;
        this.emit(silent, undefined, rows);
      } else {
        if (open.length === 0 || start + this.length > watermark) break;
        this.emit(start, open.shift(), rows);
      }
    }
    this.bar = NOTHING;
    this.start = Number.POSITIVE_INFINITY;
    this.end = Number.NEGATIVE_INFINITY;
    if (open.length === 0 && this.nextSilent() === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    // The next boundary and not the end of the first open bar: a late trade may still open an earlier one.
    if (Number.isFinite(watermark)) return barStart(watermark, this.length) + this.length;
    return open.length > 0 ? open[0][START] + this.length : Number.POSITIVE_INFINITY;
  }

  missing({ from, to }: Missing): void {
    const { lost } = this.state;
    const last = lost.at(-1);
    // Gaps come in order and often: those that meet in one bar are one, so that the list stays as short as the open bars.
    if (last && barStart(from, this.length) <= barStart(last.to, this.length) && from >= last.from) {
      last.to = Math.max(last.to, to);
    } else lost.push({ from, to });
  }

  /** Makes the open bar that holds `time` the current one. */
  private select(time: number): void {
    const start = barStart(time, this.length);
    const { open } = this.state;
    let place = open.length;
    while (place > 0 && open[place - 1][START] > start) place--;
    if (place === 0 || open[place - 1][START] !== start) open.splice(place++, 0, openBar(start));
    this.bar = open[place - 1];
    this.start = start;
    this.end = start + this.length;
  }

  /** Start of the silent bar that would follow the last one; ∞ where none is to be made. */
  private nextSilent(): number {
    if (!this.carries) return Number.POSITIVE_INFINITY;
    const start = this.state.previous.start + this.length;
    return start < this.state.carryUntil ? start : Number.POSITIVE_INFINITY;
  }

  private emit(start: number, bar: Float64Array | undefined, rows: Rows): void {
    const { state, closed, computes, length } = this;
    this.close(start, bar);
    remember(closed, state.memory);
    const row = rows.next(start);
    row[0] = closed.open;
    row[1] = closed.high;
    row[2] = closed.low;
    row[3] = closed.close;
    row[4] = closed.volume;
    row[5] = closed.trades;
    for (let i = 0; i < computes.length; i++) {
      const value = computes[i](closed);
      row[CONTEXT_COLUMNS + i] = Number.isFinite(value) ? value : Number.NaN;
    }
    state.previous.start = start;
    state.previous.close = closed.close;
    state.previous.volume = closed.volume;
    if (closed.sinceMove === 0) state.previous.moved = start;
    if (!bar) return;
    state.carryUntil = start + length + this.carryFor;
    state.previous.traded = start;
    state.previous.turns = bar[TURNS_NOW];
    state.previous.stays = bar[STAYS_NOW];
    state.previous.standstill = bar[STANDSTILL_NOW];
    if (!(bar[ID_LAST] <= state.previous.id)) state.previous.id = bar[ID_LAST];
  }

  /** Reads a bar that is over into `closed`; without one it is a silent bar at the last close. */
  private close(start: number, bar: Float64Array | undefined): void {
    const { state, closed } = this;
    const { previous } = state;
    const complete = !this.isLost(start);
    closed.start = start;
    closed.open = bar ? bar[OPEN] : previous.close;
    closed.high = bar ? bar[HIGH] : previous.close;
    closed.low = bar ? bar[LOW] : previous.close;
    closed.close = bar ? bar[CLOSE] : previous.close;
    closed.volume = complete ? (bar ? bar[VOLUME] : 0) : Number.NaN;
    closed.turnover = complete ? (bar ? bar[TURNOVER] : 0) : Number.NaN;
    closed.trades = complete ? (bar ? bar[TRADES] : 0) : Number.NaN;
    closed.signed = complete ? (bar ? bar[SIGNED] : 0) : Number.NaN;
    closed.rush = complete ? (bar ? bar[RUSH] : 0) : Number.NaN;
    closed.rushBuy = complete ? (bar ? bar[RUSH_BUY] : 0) : Number.NaN;
    closed.moments = complete ? (bar ? bar[MOMENTS] : 0) : Number.NaN;
    closed.sizes = bar ? bar[SIZES] : 0;
    closed.sizesLog = bar ? bar[SIZES_LOG] : 0;
    closed.sizesSquare = bar ? bar[SIZES_SQUARE] : 0;
    closed.turns = bar ? bar[TURNS] : previous.turns;
    closed.stays = bar ? bar[STAYS] : previous.stays;
    closed.standstill = bar ? bar[STANDSTILL] : previous.standstill;
    closed.sinceMove = bar && this.moved(bar) ? 0 : (start - previous.moved) / 1_000;
    closed.skipped = bar ? skipped(bar, previous.id) : 0;
    closed.sinceTrade = bar ? 0 : (start - previous.traded) / 1_000;
    closed.silentBars = (closed.sinceTrade * 1_000) / this.length;
    closed.complete = complete;
    closed.logReturn = Math.log(closed.close / previous.close);
    closed.silence = (start - previous.start - this.length) / 1_000;
    closed.previousClose = previous.close;
    closed.previousVolume = previous.volume;
  }

  /** Whether the price moved within the bar or since the one before it; in the first bar it begins. */
  private moved(bar: Float64Array): boolean {
    const { close } = this.state.previous;
    return bar[MOVED] === 1 || bar[HIGH] > bar[LOW] || bar[CLOSE] !== close;
  }

  /** Whether part of the bar is known to be lost; forgets what ended before it. */
  private isLost(start: number): boolean {
    const { lost } = this.state;
    while (lost.length > 0 && lost[0].to < start) lost.shift();
    const end = start + this.length;
    return lost.some(({ from, to }) => from < end && to >= start);
  }
}

/** Ids up to the largest of the bar that are neither in it nor before it; of the first bar, between its own. */
function skipped(bar: Float64Array, before: number): number {
  const expected = bar[ID_LAST] - (Number.isNaN(before) ? bar[ID_FIRST] - 1 : before);
  return Math.max(0, expected - bar[IDS]);
}

const CLOSED_FIELDS = [
  'start',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'turnover',
  'trades',
  'signed',
  'rush',
  'rushBuy',
  'moments',
  'sizes',
  'sizesLog',
  'sizesSquare',
  'skipped',
  'turns',
  'stays',
  'standstill',
  'sinceMove',
  'sinceTrade',
  'silentBars',
  'complete',
  'logReturn',
  'silence',
  'previousClose',
  'previousVolume',
] as const satisfies readonly (keyof ClosedBar)[];
