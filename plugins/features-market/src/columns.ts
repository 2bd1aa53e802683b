// The columns that can be chosen, and how each is computed.

import type { Family } from './family.js';
import { exponentialDeviation, jumpStatistic, relativeStrength } from './indicators.js';
import { FLOW_FAMILIES } from './order-flow.js';
import { at, deviation, mean } from './series.js';

const needsSide = ['trade.buyer_is_maker'];

/** Every column that can be chosen. A result that is undefined or infinite (0/0, 1/0, ln 0) is missing. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'rsi',
    windowed: true,
    unit: '1',
    about: "Wilder's relative strength index of N changes: 0 (only losses) … 100 (only gains). Missing while all N were zero.",
    formula: '100·G/(G+L); G, L: mean gain and loss, first of N changes, then ((N−1)·old + new)/N',
    source: 'Wilder, New Concepts in Technical Trading Systems (1978); as TA-Lib, except that a flat market is missing, not 0',
    warmUp: (n) => n + 1,
    keeps: 3,
    make: relativeStrength,
  },
  {
    name: 'volatility',
    windowed: true,
    unit: 'quote',
    about: 'Sample standard deviation of the last N closes, this one included.',
    formula: '√(Σ(c−c̄)²/(N−1)) over c of the last N bars',
    source: 'pandas: close.rolling(N).std(), whose running sums lose digits that these keep',
    warmUp: (n) => n,
    reads: (n) => ({ close: n }),
    make:
      (n, { series }) =>
      () =>
        deviation(series.close!, n),
  },
  {
    name: 'volume_change',
    windowed: false,
    unit: '1',
    about: 'Change of volume against the bar before. Missing after a bar without volume.',
    formula: 'v/v₋₁ − 1',
    source: 'pandas: volume.pct_change()',
    warmUp: () => 2,
    make: () => (bar) => bar.volume / bar.previousVolume - 1,
  },
  {
    name: 'log_return',
    windowed: false,
    unit: '1',
    about: 'Logarithmic return since the bar before.',
    formula: 'ln(c/c₋₁)',
    warmUp: () => 2,
    make: () => (bar) => bar.logReturn,
  },
  {
    name: 'log_return',
    windowed: true,
    unit: '1',
    about: 'Logarithmic return over the last N bars.',
    formula: 'ln(c/c₋N)',
    warmUp: (n) => n + 1,
    reads: (n) => ({ close: n + 1 }),
    make:
      (n, { series }) =>
      (bar) =>
        Math.log(bar.close / at(series.close!, n)),
  },
  {
    name: 'return_volatility',
    windowed: true,
    unit: '1',
    about: 'Sample standard deviation of the last N logarithmic returns, this one included.',
    formula: '√(Σ(r−r̄)²/(N−1)) over r = ln(c/c₋₁) of the last N bars',
    warmUp: (n) => n + 1,
    reads: (n) => ({ logReturn: n }),
    make:
      (n, { series }) =>
      () =>
        deviation(series.logReturn!, n),
  },
  {
    name: 'return_z',
    windowed: true,
    unit: '1',
    about: 'This return in standard deviations of the N returns before it, which leave it out so that it cannot hide itself.',
    formula: '(r − r̄)/s; r̄, s: mean and sample deviation of the N returns before this bar',
    warmUp: (n) => n + 2,
    reads: (n) => ({ logReturn: n + 1 }),
    make:
      (n, { series }) =>
      (bar) =>
        (bar.logReturn - mean(series.logReturn!, n, 1)) / deviation(series.logReturn!, n, 1),
  },
  {
    name: 'jump',
    windowed: true,
    unit: '1',
    about:
      'Jump statistic of this return against the bipower variation of the N returns before it; beyond ±4 is hardly diffusion. 0 where the price stood still.',
    formula: 'r/√max(mean |r_j||r_j−1|, step²/12) over the N returns before; step: the smallest non-zero |r| of them and this',
    source: 'Lee & Mykland, Jumps in Financial Markets, Review of Financial Studies 21 (2008); floor for price ticks is ours',
    warmUp: (n) => n + 2,
    reads: (n) => ({ logReturn: n + 1 }),
    make: jumpStatistic,
  },
  {
    name: 'ema_deviation',
    windowed: true,
    unit: '1',
    about: 'How far the close lies from the exponential mean of closes with span N, this one included.',
    formula: 'ln(c/E); E: mean of the first N closes, then E + 2/(N+1)·(c − E)',
    warmUp: (n) => n,
    keeps: 2,
    make: exponentialDeviation,
  },
  {
    name: 'log_volume_ratio',
    windowed: true,
    unit: '1',
    about: 'Volume against the mean of the N complete bars before, free of scale. Missing where either is zero.',
    formula: 'ln(v / mean v of the N complete bars before)',
    warmUp: (n) => n + 1,
    reads: (n) => ({ volume: n + 1 }),
    make:
      (n, { series }) =>
      (bar) =>
        Math.log(bar.volume / mean(series.volume!, n, 1)),
  },
  {
    name: 'volume_imbalance',
    ofBars: ['bar.taker_buy_volume'],
    windowed: false,
    unit: '1',
    about: 'Share of volume that takers bought less the share that they sold: −1 … 1. Missing without volume.',
    formula: '(buy − sell)/(buy + sell); the taker sells where the buyer is the maker',
    source: 'Binance: trade streams, field m',
    needs: needsSide,
    warmUp: () => 1,
    make: () => (bar) => bar.signed / bar.volume,
  },
  {
    name: 'volume_imbalance',
    ofBars: ['bar.taker_buy_volume'],
    windowed: true,
    unit: '1',
    about: 'The same over the last N complete bars, this one included.',
    formula: 'Σ(buy − sell)/Σ(buy + sell) over the last N complete bars',
    source: 'Binance: trade streams, field m',
    needs: needsSide,
    warmUp: (n) => n,
    reads: (n) => ({ signed: n, sided: n }),
    make:
      (n, { series }) =>
      (bar) =>
        Number.isNaN(bar.signed) ? Number.NaN : mean(series.signed!, n) / mean(series.sided!, n),
  },
  {
    name: 'trade_count',
    ofBars: ['bar.trades'],
    windowed: false,
    unit: '1',
    about: 'Trades in the bar.',
    formula: 'Σ trades',
    warmUp: () => 1,
    make: () => (bar) => bar.trades,
  },
  {
    name: 'trade_intensity',
    ofBars: ['bar.trades'],
    windowed: true,
    unit: '1',
    about: 'Trades per second against their mean rate over the N complete bars before.',
    formula: 'n / mean n of the N complete bars before (the length of a bar cancels)',
    warmUp: (n) => n + 1,
    reads: (n) => ({ trades: n + 1 }),
    make:
      (n, { series }) =>
      (bar) =>
        bar.trades / mean(series.trades!, n, 1),
  },
  {
    name: 'log_trade_size_ratio',
    ofBars: ['bar.trades'],
    windowed: true,
    unit: '1',
    about: 'Mean size of a trade against its mean over the N complete bars with trades before, free of scale.',
    formula: 'ln((v/n) / mean (v/n) of the N complete bars with trades before)',
    warmUp: (n) => n + 1,
    reads: (n) => ({ tradeSize: n + 1 }),
    make:
      (n, { series }) =>
      (bar) =>
        Math.log(bar.volume / bar.trades / mean(series.tradeSize!, n, 1)),
  },
  {
    name: 'rush_orders',
    ofBars: false,
    windowed: false,
    unit: '1',
    about: 'Milliseconds in which two or more trades were made: one large order that eats through the book, or a crowd.',
    formula: 'number of ⌊time⌋ (ms) with Σ trades ≥ 2; a late trade begins a run of its own',
    source: 'La Morgia et al., Pump and Dumps in the Bitcoin Era, ICCCN 2020',
    warmUp: () => 1,
    make: () => (bar) => bar.rush,
  },
  {
    name: 'rush_buy_orders',
    ofBars: false,
    windowed: false,
    unit: '1',
    about: 'The same of takers that bought, as in the paper.',
    formula: 'number of ⌊time⌋ (ms) with Σ trades of buying takers ≥ 2; a late trade begins a run of its own',
    source: 'La Morgia et al., Pump and Dumps in the Bitcoin Era, ICCCN 2020',
    needs: needsSide,
    warmUp: () => 1,
    make: () => (bar) => bar.rushBuy,
  },
  {
    name: 'range',
    windowed: false,
    unit: '1',
    about: 'Logarithmic range of prices within the bar.',
    formula: 'ln(high/low)',
    source:
      'Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return, Journal of Business 53 (1980)',
    warmUp: () => 1,
    make: () => (bar) => (bar.complete ? Math.log(bar.high / bar.low) : Number.NaN),
  },
  {
    name: 'vwap_deviation',
    ofBars: ['bar.turnover'],
    windowed: false,
    unit: '1',
    about: 'How far the close lies from the volume-weighted mean price of the bar.',
    formula: 'ln(c / (Σ price·quantity / Σ quantity))',
    warmUp: () => 1,
    make: () => (bar) => Math.log(bar.close / (bar.turnover / bar.volume)),
  },
  {
    name: 'silence',
    windowed: false,
    unit: 's',
    about: 'Seconds without a bar before this one: 0 in a busy market, and always where silent bars are carried.',
    formula: '(start − start₋₁ − bar length)/1000',
    warmUp: () => 2,
    make: () => (bar) => bar.silence,
  },
  ...FLOW_FAMILIES,
];
