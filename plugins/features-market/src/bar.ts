// An open bar is one Float64Array, so that a trade writes numbers into flat memory and a checkpoint stores it as it is.
// Places in it:
export const START = 0;
export const OPEN = 1;
export const OPEN_TIME = 2;
export const OPEN_SEQUENCE = 3;
export const HIGH = 4;
export const LOW = 5;
export const CLOSE = 6;
export const CLOSE_TIME = 7;
export const CLOSE_SEQUENCE = 8;
/** Σ quantity (base), Σ price × quantity (quote), number of trades. */
export const VOLUME = 9;
export const TURNOVER = 10;
export const TRADES = 11;
/** Volume of takers that bought less that of takers that sold; NaN once a trade came without its side. */
export const SIGNED = 12;
/** Milliseconds with two or more trades so far; the latest millisecond and its trades. Then the same of takers that bought. */
export const RUSH = 13;
export const RUSH_TIME = 14;
export const RUSH_RUN = 15;
export const RUSH_BUY = 16;
export const RUSH_BUY_TIME = 17;
export const RUSH_BUY_RUN = 18;
const LENGTH = 19;

/** An empty bar that begins at `start` (ms since the epoch). */
export function openBar(start: number): Float64Array {
  const bar = new Float64Array(LENGTH);
  bar[START] = start;
  bar[OPEN_TIME] = Number.POSITIVE_INFINITY;
  bar[CLOSE_TIME] = Number.NEGATIVE_INFINITY;
  bar[HIGH] = Number.NEGATIVE_INFINITY;
  bar[LOW] = Number.POSITIVE_INFINITY;
  bar[RUSH_TIME] = bar[RUSH_BUY_TIME] = Number.NEGATIVE_INFINITY;
  return bar;
}

/** Start of the bar that holds `time`: a multiple of `length` ms since the epoch, as exchanges cut their klines. */
export function barStart(time: number, length: number): number {
  const start = Math.floor(time / length) * length;
  // The quotient is rounded: a time just before a boundary may seem to lie on it.
  if (start > time) return start - length;
  return time - start >= length ? start + length : start;
}

/**
 * Counts a millisecond once it has seen its second trade. Trades of one millisecond stand together in a log; a late one, which
 * does not, begins a run of its own.
 * @param place RUSH or RUSH_BUY: the count, followed by the millisecond and the trades in it
 */
export function countRush(bar: Float64Array, place: number, millisecond: number, trades: number): void {
  const before = bar[place + 1] === millisecond ? bar[place + 2] : 0;
  bar[place + 1] = millisecond;
  bar[place + 2] = before + trades;
  if (before < 2 && before + trades >= 2) bar[place]++;
}

/** A bar that is over, as columns read it. Reused from bar to bar. */
export interface ClosedBar {
  /** ms since the epoch. */
  start: number;
  open: number;
  high: number;
  low: number;
  close: number;
  /** These are NaN where part of the bar is known to be missing. */
  volume: number;
  turnover: number;
  trades: number;
  signed: number;
  rush: number;
  rushBuy: number;
  /** False where part of the bar is known to be missing. */
  complete: boolean;
  /** ln(close / previous close); NaN in the first bar. */
  logReturn: number;
  /** Seconds between the bar before and this one; NaN in the first bar. */
  silence: number;
  /** Of the bar before; NaN where there is none. */
  previousClose: number;
  previousVolume: number;
}
