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
/** Milliseconds with trades so far, and the latest of them. */
export const MOMENTS = 19;
export const MOMENTS_TIME = 20;
/** Of the quantities as reported, each trade or aggregate once: their number, Σ ln quantity, Σ ln² quantity. */
export const SIZES = 21;
export const SIZES_LOG = 22;
export const SIZES_SQUARE = 23;
/** Smallest and largest id, and the number of ids. */
export const ID_FIRST = 24;
export const ID_LAST = 25;
export const IDS = 26;
/** See `countTurns`: the most within the bar, and as of its latest trade. */
export const TURNS = 27;
export const TURNS_NOW = 28;
/** See `countStays`: the most trades at one price within the bar, and as of its latest; how improbable that is, likewise. */
export const STAYS = 29;
export const STAYS_NOW = 30;
export const STANDSTILL = 31;
export const STANDSTILL_NOW = 32;
/** Whether a trade was made at another price than the one before. */
export const MOVED = 33;
const LENGTH = 34;

/** An empty bar that begins at `start` (ms since the epoch). */
export function openBar(start: number): Float64Array {
  const bar = new Float64Array(LENGTH);
  bar[START] = start;
  bar[OPEN_TIME] = Number.POSITIVE_INFINITY;
  bar[CLOSE_TIME] = Number.NEGATIVE_INFINITY;
  bar[HIGH] = Number.NEGATIVE_INFINITY;
  bar[LOW] = Number.POSITIVE_INFINITY;
  bar[RUSH_TIME] = bar[RUSH_BUY_TIME] = bar[MOMENTS_TIME] = bar[ID_LAST] = Number.NEGATIVE_INFINITY;
  bar[ID_FIRST] = Number.POSITIVE_INFINITY;
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

/** Counts milliseconds with trades; what an order eats of the book shares one, so that they stand for orders. */
export function countMoment(bar: Float64Array, millisecond: number): void {
  if (bar[MOMENTS_TIME] === millisecond) return;
  bar[MOMENTS_TIME] = millisecond;
  bar[MOMENTS]++;
}

/** Takes in the size of a trade as it was reported, on a logarithmic scale. */
export function addSize(bar: Float64Array, quantity: number): void {
  if (!(quantity > 0)) return;
  const log = Math.log(quantity);
  bar[SIZES]++;
  bar[SIZES_LOG] += log;
  bar[SIZES_SQUARE] += log * log;
}

/** Takes in an id. Only bounds and number are kept, so that the order in which trades of a bar come does not matter. */
export function addId(bar: Float64Array, id: number): void {
  if (id < bar[ID_FIRST]) bar[ID_FIRST] = id;
  if (id > bar[ID_LAST]) bar[ID_LAST] = id;
  bar[IDS]++;
}

/** The price at which trades have been made of late, the side of the latest (1: the buyer is the maker), and the turns since. */
export interface Standstill {
  price: number;
  maker: number;
  turns: number;
}

/**
 * Counts how often takers have turned from buying to selling or back while the price stood still. They pay different prices, the ask and the
 * bid, so in a market that lives the price moves with nearly every turn. A side that is not known (NaN) is no turn.
 */
export function countTurns(bar: Float64Array, run: Standstill, price: number, maker: number): void {
  if (price !== run.price) {
    run.price = price;
    run.turns = 0;
  } else if (maker + run.maker === 1) run.turns++;
  run.maker = maker;
  bar[TURNS_NOW] = run.turns;
  if (run.turns > bar[TURNS]) bar[TURNS] = run.turns;
}

/** What is learned of a market while it trades, in the order of the log: how often the price stays from one order to the next. */
export interface Stays {
  price: number;
  maker: number;
  millisecond: number;
  /** Trades at this price, the one that moved it included, and how improbable it is that so many orders left it there (nats). */
  trades: number;
  nats: number;
  /** Orders that did not turn and orders that did: their number, and the share of them that left the price where it was. */
  readonly orders: [number, number];
  readonly share: [number, number];
}

/** Orders after which one of them counts about a third. */
const MEMORY = 20_000;

/**
 * Counts trades since the price moved, and adds up how improbable it is that it has not: each order that might have moved it (the first
 * trade of a millisecond) adds −ln of the share of orders of its kind that left the price where it was, in this market, so far. Where buyers
 * and sellers pay different prices an order that turns nearly always moves it; where they do not, it seldom does, and both are learned.
 */
export function countStays(bar: Float64Array, stays: Stays, price: number, maker: number, millisecond: number): void {
  const stayed = price === stays.price;
  if (stayed) stays.trades++;
  else stays.trades = 1;
  if (!stayed) {
    stays.nats = 0;
    if (!Number.isNaN(stays.price)) bar[MOVED] = 1;
  }
  if (millisecond !== stays.millisecond && !Number.isNaN(stays.price)) {
    const kind = maker + stays.maker === 1 ? 1 : 0;
    const { orders, share } = stays;
    if (stayed) stays.nats -= Math.log((share[kind] * orders[kind] + 1) / (orders[kind] + 2));
    orders[kind] = Math.min(MEMORY, orders[kind] + 1);
    share[kind] += ((stayed ? 1 : 0) - share[kind]) / orders[kind];
  }
  stays.price = price;
  stays.maker = maker;
  stays.millisecond = millisecond;
  bar[STAYS_NOW] = stays.trades;
  bar[STANDSTILL_NOW] = stays.nats;
  if (stays.trades > bar[STAYS]) bar[STAYS] = stays.trades;
  if (stays.nats > bar[STANDSTILL]) bar[STANDSTILL] = stays.nats;
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
  moments: number;
  /** Of the quantities as reported: their number, and sums of their logarithms and of the squares of these. */
  sizes: number;
  sizesLog: number;
  sizesSquare: number;
  /** Ids between those of trades that did not come. */
  skipped: number;
  turns: number;
  /** Trades at one price, the most within the bar, and how improbable that is (nats). */
  stays: number;
  standstill: number;
  /** Seconds from the start of the last bar in which the price moved to that of this one. */
  sinceMove: number;
  /** Seconds up to the end of this bar in which only silent bars were made; 0 where it has trades. */
  sinceTrade: number;
  /** The same in bars. */
  silentBars: number;
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
