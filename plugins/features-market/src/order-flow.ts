// Columns of order flow: how large takers trade, how often, on which side.

import type { Family } from './family.js';
import type { Compute } from './indicators.js';
import type { Memory } from './memory.js';
import { at, mean, type Series } from './series.js';

/** The usual sizes of `size_shift_N` are those of so many windows before the window, the nearer the more. */
const WINDOWS = 100;
/** Trades before anything counts as usual. */
const LEAST_TRADES = 20;
/** Bars after which a rate is known well enough to say what a silence is worth. */
const LEAST_BARS = 60;
/** A variance of ln quantity below this is what rounding leaves of equal sizes. */
const LEAST_VARIANCE = 1e-9;

/**
 * Number, mean and mean square of ln quantity over the window, against an exponentially weighted mean of the bars before it: a plain mean
 * until its memory is full. The window is left out of what it is measured against, so that a burst cannot hide itself.
 */
function sizeShift(window: number, { series }: Memory, own: Float64Array): Compute {
  const sizes = series.sizes!;
  const sums = series.sizesLog!;
  const squares = series.sizesSquare!;
  return ({ complete }) => {
    if (!complete) return Number.NaN;
    // The bar that has just left the window.
    const count = at(sizes, window);
    if (!Number.isNaN(count)) {
      own[0]++;
      const weight = Math.max(1 / (WINDOWS * window), 1 / own[0]);
      own[1] += weight * (count - own[1]);
      own[2] += weight * (at(sums, window) - own[2]);
      own[3] += weight * (at(squares, window) - own[3]);
    }
    if (own[0] < window || own[1] * own[0] < LEAST_TRADES) return Number.NaN;
    const usual = own[2] / own[1];
    const variance = own[3] / own[1] - usual * usual;
    if (!(variance > LEAST_VARIANCE)) return Number.NaN;
    const trades = mean(sizes, window) * window;
    if (trades === 0) return 0;
    return ((mean(sums, window) * window) / trades - usual) * Math.sqrt(trades / variance);
  };
}

/**
 * What was usual before the window: an exponentially weighted mean over bars that have left it, a plain mean until its memory is full.
 * @param own number of bars and mean
 */
function usualOf(series: Series, window: number, own: Float64Array): number {
  const left = at(series, window);
  if (!Number.isNaN(left)) {
    own[0]++;
    own[1] += Math.max(1 / (WINDOWS * window), 1 / own[0]) * (left - own[1]);
  }
  return own[0] < window ? Number.NaN : own[1];
}

function orderBurst(window: number, { series }: Memory, own: Float64Array): Compute {
  return ({ complete }) => {
    if (!complete) return Number.NaN;
    const usual = usualOf(series.moments!, window, own);
    return Math.log((1 + mean(series.moments!, window) * window) / (1 + usual * window));
  };
}

function volatilityBurst(window: number, { series }: Memory, own: Float64Array): Compute {
  return () => {
    const usual = usualOf(series.squares!, window, own);
    return usual > 0 ? Math.log1p(mean(series.squares!, window) / usual) : Number.NaN;
  };
}

/** Columns that stand for what takers do: how large, how often, on which side. All are defined in seconds without a trade. */
export const FLOW_FAMILIES: readonly Family[] = [
  {
    name: 'log_orders',
    ofBars: false,
    windowed: true,
    unit: '1',
    about:
      'Logarithm of how many milliseconds of the last N bars had trades, which stands for orders: what one order eats of the book shares a millisecond.',
    formula: 'ln(1 + number of ⌊time⌋ (ms) with trades) over the last N complete bars',
    warmUp: (n) => n,
    reads: (n) => ({ moments: n }),
    make:
      (n, { series }) =>
      (bar) =>
        bar.complete ? Math.log1p(mean(series.moments!, n) * n) : Number.NaN,
  },
  {
    name: 'size_shift',
    ofBars: false,
    windowed: true,
    unit: '1',
    about:
      'How much larger (above 0) or smaller trades of the last N bars are than usual, all alike, in standard errors: many trades somewhat larger count as much as few that are much larger. 0 without trades; missing before 20 trades and while all are of one size.',
    formula:
      '(m − μ)·√(n/σ²); n, m: number and mean of ln quantity over the last N complete bars, each trade or aggregate once; μ, σ²: mean and variance of the bars before these, weighted exponentially with a memory of 100·N bars',
    warmUp: (n) => 2 * n,
    reads: (n) => ({ sizes: n + 1, sizesLog: n + 1, sizesSquare: n + 1 }),
    keeps: 4,
    make: sizeShift,
  },
  {
    name: 'turns_at_price',
    ofBars: false,
    windowed: false,
    unit: '1',
    about:
      'How often takers have turned from buying to selling or back since the price last moved, at most within the bar. Buyers pay the ask and sellers get the bid, so a price that stays the same for both is stuck. A silent bar repeats it.',
    formula:
      'number of trades at the price of the trade before with the other side, since the price was another; largest in the bar',
    source:
      'Roll, A Simple Implicit Measure of the Effective Bid-Ask Spread, Journal of Finance 39 (1984): the bounce that is missing',
    needs: ['trade.buyer_is_maker'],
    warmUp: () => 1,
    make: () => (bar) => bar.turns,
  },
  {
    name: 'since_move',
    windowed: false,
    unit: 's',
    about:
      'Seconds from the start of the last bar in which the price moved to that of this one: 0 in bars in which it did. How long is long differs from market to market.',
    formula: '(start − start of the last bar with a trade at another price than the one before)/1000',
    warmUp: () => 1,
    make: () => (bar) => bar.sinceMove,
  },
  {
    name: 'trades_since_move',
    ofBars: false,
    windowed: false,
    unit: '1',
    about: 'Trades at one price since it moved, the one that moved it included, at most within the bar. A silent bar repeats it.',
    formula: 'number of trades since the price was another; largest in the bar',
    warmUp: () => 1,
    make: () => (bar) => bar.stays,
  },
  {
    name: 'standstill',
    ofBars: false,
    windowed: false,
    unit: '1',
    about:
      'How improbable it is in this very market that so many orders left the price where it is, in nats, at most within the bar. Of orders that turn from buying to selling or back, and of those that do not, it knows how many leave the price: where there is a bounce between bid and ask a turn at one price is worth ten nats, where there is none nearly nothing. A silent bar repeats it.',
    formula:
      'Σ −ln((s·n + 1)/(n + 2)) over orders (milliseconds with trades) at the price of the one before since it moved; s: share of the n orders of the kind (turning or not) that left the price, n at most 20,000 and exponentially weighted from there; largest in the bar',
    warmUp: () => 1,
    make: () => (bar) => bar.standstill,
  },
  {
    name: 'order_burst',
    ofBars: false,
    windowed: true,
    unit: '1',
    about:
      'Logarithm of how many orders came in the last N bars against the usual number: 0 as many, 1 almost three times as many, below 0 fewer.',
    formula:
      'ln((1 + n)/(1 + μ·N)); n: number of ⌊time⌋ (ms) with trades over the last N complete bars, μ: its mean in the bars before these, weighted exponentially with a memory of 100·N bars',
    warmUp: (n) => 2 * n,
    reads: (n) => ({ moments: n + 1 }),
    keeps: 2,
    make: orderBurst,
  },
  {
    name: 'volatility_burst',
    windowed: true,
    unit: '1',
    about:
      'How much the price moved in the last N bars against what is usual: 0 where it stood still, 0.7 as usual, and then the logarithm of how many times the variance.',
    formula:
      'ln(1 + v/μ); v: mean r² over the last N bars, μ: that of the bars before these, weighted exponentially with a memory of 100·N bars',
    warmUp: (n) => 2 * n + 1,
    reads: (n) => ({ squares: n + 1 }),
    keeps: 2,
    make: volatilityBurst,
  },
  {
    name: 'missed_orders',
    ofBars: false,
    windowed: true,
    unit: '1',
    about:
      'How many orders would have come since the last trade at the rate of the last N bars: silence in the measure of the market. 0 in bars with trades; of use where silent bars are carried, with an hour of bars.',
    formula:
      'b·mean m; b: bars since the last with trades, m: number of ⌊time⌋ (ms) with trades in each of the last N complete bars, of as many as there are from the 60th on',
    warmUp: (n) => Math.min(n, LEAST_BARS),
    reads: (n) => ({ moments: n }),
    make:
      (n, { series }) =>
      (bar) =>
        bar.silentBars * mean(series.moments!, Math.max(Math.min(n, LEAST_BARS), Math.min(n, series.moments!.count))),
  },
  {
    name: 'skipped_trades',
    ofBars: false,
    windowed: false,
    unit: '1',
    about:
      'Trades whose ids were skipped since the bar before: they were made, and did not come. Of use where ids follow one another, as those of exchanges do.',
    formula: '(largest id of the bar − largest id of the bars before) − number of ids in the bar; at least 0',
    source: 'Binance: trade streams, fields t and a',
    warmUp: () => 1,
    make: () => (bar) => bar.skipped,
  },
  {
    name: 'since_trade',
    windowed: false,
    unit: 's',
    about:
      'Seconds from the start of the last bar with trades to that of this one: 0 in bars with trades; of use where silent bars are carried.',
    formula: '(start − start of the last bar with trades)/1000',
    warmUp: () => 1,
    make: () => (bar) => bar.sinceTrade,
  },
];
