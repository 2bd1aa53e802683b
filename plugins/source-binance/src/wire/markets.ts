// Which market a symbol or a frame is of, where it can be told.

export type Market = 'spot' | 'usdm';

/** Contracts that are margined in coins are quoted in US dollars, and what is traded are contracts. Two dated pairs of BUSD look alike. */
const COIN_MARGINED = /USD_PERP$|(?<!^(?:BTC|ETH)B)USD_\d{6}$/;

/** Whether a symbol is a COIN-M contract, whose quantities are numbers of contracts: `BTCUSD_PERP`, `BTCUSD_240628`. */
export const isCoinMargined = (symbol: string): boolean => COIN_MARGINED.test(symbol);

export const COIN_MARGINED_PROBLEM =
  'is a COIN-M contract: its quantities count contracts, not coins, and are not read; spot and USD-M are';

/** What a frame tells of its market: futures name the kind of a fill (`X`) or its normal quantity (`nq`), spot alone has `M`. */
export function marketOf(frame: { readonly X?: unknown; readonly nq?: unknown; readonly M?: unknown }): Market | undefined {
  if (frame.X !== undefined || frame.nq !== undefined) return 'usdm';
  return frame.M === undefined ? undefined : 'spot';
}

/**
 * Whether the ids of single trades follow one another from one aggregated trade to the next. On futures liquidations and the insurance fund
 * use up ids that no aggregate holds.
 */
export const numbersSingleTrades = (market: Market | undefined): boolean => market === 'spot';
