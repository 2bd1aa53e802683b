/** Reads and writes the text frames of the market streams. */

import { sayAny } from '@quantstream/engine';
import { COIN_MARGINED_PROBLEM, isCoinMargined, type Market, marketOf, numbersSingleTrades } from './markets.js';
import { epochMilliseconds } from './scan.js';
import { type DropReason, isAmount, isQuantity, isSymbol } from './trade.js';

export type Stream = 'aggTrade' | 'trade';

/** What the parser needs of a frame; the exchange may add fields at any time. */
interface Payload {
  readonly e?: unknown;
  readonly s?: unknown;
  readonly t?: unknown;
  readonly a?: unknown;
  readonly p?: unknown;
  readonly q?: unknown;
  readonly f?: unknown;
  readonly l?: unknown;
  readonly T?: unknown;
  readonly m?: unknown;
  readonly X?: unknown;
  readonly nq?: unknown;
  readonly M?: unknown;
}

const PLAIN = /^\d*\.?\d+$/;

/** Prices and quantities come as text; only a plain decimal counts (`Number` would take `0x10` and an empty text as well). */
function amount(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && PLAIN.test(value) ? Number(value) : Number.NaN;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Reads the text frames of Binance's market streams, raw or in the wrapper of combined streams (`{"stream", "data"}`).
 * Holds the trade that it read last in its own fields: nothing is allocated beyond what `JSON.parse` makes.
 * Fields as in "Trade Streams" and "Aggregate Trade Streams" of Binance's spot and USD-M API pages.
 */
export class FrameParser {
  symbol = '';
  id = 0;
  price = 0;
  quantity = 0;
  /** ms since the epoch. */
  time = 0;
  /** 1, 0 or, where the frame does not say, NaN. */
  buyerIsMaker = Number.NaN;
  /** Single trades in an aggregated one, else NaN. */
  trades = Number.NaN;
  /** Id of the first of these, where such ids follow one another, else NaN. */
  first = Number.NaN;
  /** What was wrong, for people. */
  problem = '';
  private readonly stream: Stream;
  private readonly market: Market | undefined;

  /** @param market frames of another are refused, where they can be told; absent: any */
  constructor(stream: Stream, market?: Market) {
    this.stream = stream;
    this.market = market;
  }

  /** Takes one frame in. Returns why it is no trade of this stream, or `undefined` when the fields hold one. Never throws. */
  parse(text: string): DropReason | undefined {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return this.refuse('bad_frame', 'not JSON');
    }
    if (typeof frame !== 'object' || frame === null) return this.refuse('bad_frame', 'not a JSON object');
    const data = (frame as { data?: unknown }).data;
    return this.take((typeof data === 'object' && data !== null ? data : frame) as Payload);
  }

  /**
   * Takes a row of `aggTrades` or `historicalTrades` in, as the REST interface answers them: the same checks, the same fields.
   * @param row what `JSON.parse` made of it
   */
  parseRow(symbol: string, row: unknown): DropReason | undefined {
    if (typeof row !== 'object' || row === null) return this.refuse('bad_frame', 'not a JSON object');
    if (this.stream === 'aggTrade') return this.take({ ...row, e: this.stream, s: symbol });
    const { id, price, qty, time, isBuyerMaker } = row as Record<string, unknown>;
    return this.take({ e: this.stream, s: symbol, t: id, p: price, q: qty, T: time, m: isBuyerMaker });
  }

  private take(data: Payload): DropReason | undefined {
    if (data.e !== this.stream) return this.refuse('other_event', `event ${sayAny(data.e)} where ${this.stream} was asked for`);
    const of = this.market && marketOf(data);
    if (of !== undefined && of !== this.market)
      return this.refuse('other_market', `a frame of market ${of}, where market: ${this.market} is set`);
    // A USD-M stream also reports insurance fund and liquidation fills; only MARKET ones are trades.
    if (data.X !== undefined && data.X !== 'MARKET') return this.refuseNamed(data);
    if (typeof data.s !== 'string' || data.s === '' || (data.s !== this.symbol && !isSymbol(data.s)))
      return this.refuse('bad_frame', `symbol ${sayAny(data.s)}`);
    if (data.s !== this.symbol && isCoinMargined(data.s))
      return this.refuse('other_market', `${data.s} ${COIN_MARGINED_PROBLEM}`);
    const id = this.stream === 'aggTrade' ? data.a : data.t;
    if (!isId(id)) return this.refuse('bad_frame', `id ${sayAny(id)}`);
    const price = amount(data.p);
    if (!isAmount(price)) return this.refuse('bad_price', `price ${sayAny(data.p)}`);
    const quantity = amount(data.q);
    if (!isQuantity(quantity)) return this.refuse('bad_quantity', `quantity ${sayAny(data.q)}`);
    if (typeof data.T !== 'number' || !(data.T > 0)) return this.refuse('bad_time', `time ${sayAny(data.T)}`);
    this.trades = Number.NaN;
    this.first = Number.NaN;
    if (this.stream === 'aggTrade') {
      if (!isId(data.f) || !isId(data.l) || data.l < data.f) {
        return this.refuse('bad_frame', `trades ${sayAny(data.f)} to ${sayAny(data.l)}`);
      }
      this.trades = data.l - data.f + 1;
      if (numbersSingleTrades(this.market)) this.first = data.f;
    }
    this.symbol = data.s;
    this.id = id;
    this.price = price;
    this.quantity = quantity;
    this.time = epochMilliseconds(data.T);
    this.buyerIsMaker = typeof data.m === 'boolean' ? Number(data.m) : Number.NaN;
    return undefined;
  }

  /** What is no trade of the market uses up an id all the same: it is left in the fields, so that nobody misses it. */
  private refuseNamed(data: Payload): DropReason {
    const id = this.stream === 'aggTrade' ? data.a : data.t;
    this.symbol = typeof data.s === 'string' ? data.s : '';
    this.id = isId(id) ? id : Number.NaN;
    return this.refuse('not_market', `X is ${sayAny(data.X)}`);
  }

  private refuse(reason: DropReason, problem: string): DropReason {
    this.problem = problem;
    return reason;
  }
}

/** Writes frames as the exchange sends them on a combined stream. Amounts carry eight decimals, as there. */
export class FrameWriter {
  private readonly head: string;
  private readonly middle: string;
  private readonly stream: Stream;
  private readonly market: 'spot' | 'usdm';

  constructor(symbol: string, stream: Stream, market: 'spot' | 'usdm') {
    this.stream = stream;
    this.market = market;
    this.head = `{"stream":"${symbol.toLowerCase()}@${stream}","data":{"e":"${stream}","E":`;
    this.middle = `,"s":"${symbol}","${stream === 'aggTrade' ? 'a' : 't'}":`;
  }

  /** One frame. `first` and `last` are the ids of the trades that an aggregated one holds; times in ms. */
  write(
    id: number,
    price: number,
    quantity: number,
    time: number,
    buyerIsMaker: boolean,
    first: number,
    last: number,
    sent: number,
  ): string {
    const range = this.stream === 'aggTrade' ? `,"f":${first},"l":${last}` : '';
    const spot = this.market === 'spot';
    const kind = spot || this.stream === 'aggTrade' ? '' : ',"X":"MARKET"';
    const amounts = `"p":"${price.toFixed(8)}","q":"${quantity.toFixed(8)}"`;
    return `${this.head}${sent}${this.middle}${id},${amounts}${range},"T":${time}${kind},"m":${buyerIsMaker}${spot ? ',"M":true' : ''}}}`;
  }
}
