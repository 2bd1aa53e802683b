import type { Emits, Observation } from '@quantstream/engine';

/** What this source emits, whatever it reads. */
export const emits: Emits = {
  trade: {
    about: 'A trade, or an aggregated trade: all fills of one taker order at one price',
    sequence: 'contiguous',
    fields: {
      price: { unit: 'quote', about: 'Price of one unit of the base asset' },
      quantity: { unit: 'base', about: 'How much of the base asset changed hands; 0: nothing, under an id of its own' },
      buyer_is_maker: {
        unit: 'flag',
        about: '1: the buyer was waiting in the book and the seller took (a sell); 0: a buy',
        optional: true,
      },
      trades: { unit: '1', about: 'Single trades in an aggregated one', optional: true },
    },
  },
};

/**
 * A live source closes gaps itself and says what it could not get, so a jump that is left means nothing.
 * Single trades of USD-M share their ids with liquidations and the insurance fund, so there a jump never means anything.
 */
export const emitsGrowing: Emits = { trade: { ...emits.trade!, sequence: 'growing' } };

/** Why something was thrown away. */
export type DropReason =
  | 'bad_line'
  | 'bad_price'
  | 'bad_quantity'
  | 'bad_time'
  | 'bad_frame'
  | 'frame_too_large'
  | 'not_market'
  | 'other_event'
  | 'other_market'
  | 'truncated_file';

/** Nobody ever paid or moved that much: an overflow or a wrong column. */
export const IMPLAUSIBLE = 1e15;
/** 2009-01-01: before the first Bitcoin block. */
export const EARLIEST = Date.UTC(2009, 0, 1);
/** How far ahead of our clock a stamp may be before it is taken for a mistake, ms. */
export const MAX_AHEAD = 86_400_000;

export function isAmount(value: number): boolean {
  return value > 0 && value <= IMPLAUSIBLE;
}

/** Exchanges number what comes to nothing as well: 0 is no trade, but its id is none that is lost. */
export function isQuantity(value: number): boolean {
  return value >= 0 && value <= IMPLAUSIBLE;
}

/** Symbols need not be ASCII (some futures are named in Chinese), but have no blanks, quotes or control characters. */
const SYMBOL = /^[\p{L}\p{N}_./-]{1,40}$/u;

export function isSymbol(text: string): boolean {
  return SYMBOL.test(text);
}

/** An observation before it is handed over: a source without ids counts at that moment. */
export type Trade = { -readonly [K in keyof Observation]: Observation[K] };

/** The values of a trade: one of four hidden classes. */
function valuesOf(price: number, quantity: number, buyerIsMaker: number, trades: number): Trade['values'] {
  const hasMaker = !Number.isNaN(buyerIsMaker);
  if (Number.isNaN(trades)) return hasMaker ? { price, quantity, buyer_is_maker: buyerIsMaker } : { price, quantity };
  return hasMaker ? { price, quantity, buyer_is_maker: buyerIsMaker, trades } : { price, quantity, trades };
}

/**
 * One trade. All have one hidden class, and their values one of six: `NaN` leaves an optional field out.
 * @param time ms since the epoch
 * @param first id of the first single trade in an aggregated one: carried as the value `first` until the trade is handed over
 */
export function makeTrade(
  key: string,
  sequence: number,
  time: number,
  received: number,
  price: number,
  quantity: number,
  buyerIsMaker: number,
  trades: number,
  first = Number.NaN,
): Trade {
  // Where there is none, exchanges write −1.
  const carries = first >= 0 && trades >= 1;
  const values = carries
    ? Number.isNaN(buyerIsMaker)
      ? { price, quantity, trades, first }
      : { price, quantity, buyer_is_maker: buyerIsMaker, trades, first }
    : valuesOf(price, quantity, buyerIsMaker, trades);
  return { key, type: 'trade', sequence, time, received, values };
}

/** Takes the id of the first single trade off. */
export function dropFirst(trade: Trade): void {
  const { price, quantity, buyer_is_maker: maker = Number.NaN, trades } = trade.values;
  trade.values = valuesOf(price!, quantity!, maker, trades!);
}
