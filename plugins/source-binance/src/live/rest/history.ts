// What is asked of the exchange over REST: past trades, and what it says of itself and its limits.

import type { Config } from '../../config.js';
import type { Rest } from './rest.js';

/** Request weights, by the exchange's REST pages: spot in October 2026, USD-M in April 2026. */
const WEIGHTS = {
  spot: { aggTrades: 4, historicalTrades: 25, exchangeInfo: 20, time: 1, perMinute: 6_000 },
  usdm: { aggTrades: 20, historicalTrades: 20, exchangeInfo: 1, time: 1, perMinute: 2_400 },
} as const;

export const weightsOf = (market: Config['market']) => WEIGHTS[market];

/** A longer round trip says nothing of the clocks, ms. */
const LONGEST_TRIP = 2_000;

/** Rows that one request may ask for. */
export const PAGE = 1_000;

/** What the exchange says of itself. */
export interface ExchangeInfo {
  /** Symbol → whether it is traded now. */
  readonly symbols: ReadonlyMap<string, boolean>;
  /** Request weight per minute; `undefined` if it does not say. */
  readonly perMinute: number | undefined;
}

interface RawInfo {
  readonly symbols?: readonly { readonly symbol?: unknown; readonly status?: unknown }[];
  readonly rateLimits?: readonly Readonly<Record<string, unknown>>[];
}

/** Past trades and the other questions that are asked over REST. */
export class History {
  readonly rest: Rest;
  private readonly market: Config['market'];
  private readonly stream: Config['stream'];

  constructor(rest: Rest, market: Config['market'], stream: Config['stream']) {
    this.rest = rest;
    this.market = market;
    this.stream = stream;
  }

  /** Rows from an id on, ascending, at most {@link PAGE}. @throws RestError */
  async page(symbol: string, fromId: number, count: number, signal: AbortSignal): Promise<readonly unknown[]> {
    const weights = weightsOf(this.market);
    const limit = Math.min(PAGE, count);
    const [path, weight] =
      this.stream === 'aggTrade' ? ['aggTrades', weights.aggTrades] : ['historicalTrades', weights.historicalTrades];
    const query = `symbol=${encodeURIComponent(symbol)}&fromId=${fromId}&limit=${limit}`;
    return rowsOf(await this.rest.get(`/${path}?${query}`, weight, signal));
  }

  /**
   * The id of the first trade at or after a moment, else the one behind the last trade; `undefined` if there never was one.
   * Only aggregated trades can be asked for by time; they name the single trades that they hold.
   * @throws RestError
   */
  async idAt(symbol: string, time: number, signal: AbortSignal): Promise<number | undefined> {
    const { aggTrades } = weightsOf(this.market);
    const name = encodeURIComponent(symbol);
    const single = this.stream === 'trade';
    const after = `/aggTrades?symbol=${name}&startTime=${Math.floor(time)}&limit=1`;
    const [first] = rowsOf(await this.rest.get(after, aggTrades, signal)) as { a?: number; f?: number }[];
    if (first) return single ? first.f : first.a;
    const [last] = rowsOf(await this.rest.get(`/aggTrades?symbol=${name}&limit=1`, aggTrades, signal)) as {
      a?: number;
      l?: number;
    }[];
    const id = single ? last?.l : last?.a;
    return id === undefined ? undefined : id + 1;
  }

  /** @throws RestError */
  async info(signal: AbortSignal): Promise<ExchangeInfo> {
    const query = this.market === 'spot' ? '?showPermissionSets=false' : '';
    const raw = (await this.rest.get(`/exchangeInfo${query}`, weightsOf(this.market).exchangeInfo, signal)) as RawInfo;
    const minute = raw.rateLimits?.find(
      ({ rateLimitType, interval, intervalNum }) =>
        rateLimitType === 'REQUEST_WEIGHT' && interval === 'MINUTE' && intervalNum === 1,
    );
    return {
      symbols: new Map(
        rowsOf(raw.symbols).flatMap((row) => {
          const { symbol, status } = (row ?? {}) as { symbol?: unknown; status?: unknown };
          return typeof symbol === 'string' ? [[symbol, status === 'TRADING'] as const] : [];
        }),
      ),
      perMinute: typeof minute?.limit === 'number' ? minute.limit : undefined,
    };
  }

  /**
   * How far the exchange's clock is ahead of ours, ms: its time against the middle of the round trip.
   * @param now our clock
   * @throws RestError
   */
  async skew(now: () => number, signal: AbortSignal): Promise<number> {
    const asked = now();
    const { serverTime } = (await this.rest.get('/time', weightsOf(this.market).time, signal)) as { serverTime?: unknown };
    const answered = now();
    // Half of the round trip is the error: one that long says nothing.
    if (answered - asked > LONGEST_TRIP) return Number.NaN;
    return typeof serverTime === 'number' ? serverTime - (asked + answered) / 2 : Number.NaN;
  }
}

function rowsOf(answer: unknown): readonly unknown[] {
  return Array.isArray(answer) ? answer : [];
}
