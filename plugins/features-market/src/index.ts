// Trades of a market as bars of one length, with indicators.

import { API_VERSION, type Column, type Consumes, columnOf, defineFeatures } from '@quantstream/engine';
import { FAMILIES } from './columns.js';
import { type Choice, choicesOf, configSchema, type Settings } from './config.js';
import { MarketExtractor } from './extractor.js';
import { initialState } from './state.js';

const context = (name: string, unit: string, about: string, formula: string): Column => ({
  name,
  unit,
  about,
  formula,
  role: 'context',
  warmUp: 1,
});

const CONTEXT: readonly Column[] = [
  context('open', 'quote', 'Price of the first trade.', 'price of the smallest (time, sequence)'),
  context('high', 'quote', 'Highest price.', 'max price'),
  context('low', 'quote', 'Lowest price.', 'min price'),
  context('close', 'quote', 'Price of the last trade.', 'price of the largest (time, sequence)'),
  context('volume', 'base', 'Quantity traded; missing where trades of the bar are known to be lost.', 'Σ quantity'),
  context(
    'trades',
    '1',
    'Number of trades; missing where trades of the bar are known to be lost.',
    'Σ trades, each 1 where not given',
  ),
];

const catalogue: readonly Column[] = FAMILIES.map((family) => {
  const { windowed, name, unit, about, formula, source, needs } = family;
  const optional = { ...(source ? { source } : {}), ...(needs ? { needs } : {}) };
  const warmUp = windowed ? {} : { warmUp: family.warmUp(0) };
  return { name: windowed ? `${name}_N` : name, unit, about, formula, role: 'feature', ...warmUp, ...optional };
});

/** What is consumed, by what bars are made of. */
const TRADES: Consumes = {
  trade: {
    price: 'quote',
    quantity: 'base',
    buyer_is_maker: { unit: 'flag', optional: true },
    trades: { unit: '1', optional: true },
  },
};
const BARS: Consumes = {
  bar: {
    open: 'quote',
    high: 'quote',
    low: 'quote',
    close: 'quote',
    volume: 'base',
    length: { unit: 's', optional: true },
    turnover: { unit: 'quote', optional: true },
    trades: { unit: '1', optional: true },
    taker_buy_volume: { unit: 'base', optional: true },
  },
};

/** A column of rows: what it needs depends on what bars are made of. */
function columnFrom(choice: Choice, input: Settings['input']): Column {
  if (input === 'trades') return columnOf(choice);
  const { needs: _, ...column } = columnOf(choice);
  const needs = choice.family.ofBars || [];
  return needs.length > 0 ? { ...column, needs } : column;
}

const NOTES = `
## Bars

A bar is stamped with its start, as exchanges stamp klines. With \`empty: skip\` a bar without trades does not exist and windows count the bars that
do; with \`carry\` it repeats the last close with volume 0. A column whose value is undefined or infinite is missing, and its row is stored unscored.

A bar that overlaps a stretch known to be lost keeps its prices; its volume, trades and all that is made of them are missing, as is
\`volume_change\` in the bar after, and such bars stay out of windows of volumes and counts.

## Bars as input

With \`input: bars\` the bars of an exchange (klines) are put together to bars of \`bar\`, which is their length or a multiple of it. An observation of type \`bar\` has \`open\`, \`high\`,
\`low\`, \`close\` and \`volume\`, is stamped with its last moment, and may have \`turnover\`, \`trades\`, \`taker_buy_volume\` and \`length\` (s). One without volume is silence.
Columns of prices and volumes come out as they do of trades, and so do those of counts, sides and turnover where these are given. Those that single trades are needed
for are refused: \`log_orders_N\`, \`size_shift_N\`, \`rush_orders\`, \`rush_buy_orders\`, \`turns_at_price\`,
\`trades_since_move\`, \`standstill\`, \`order_burst_N\`, \`missed_orders_N\`, \`skipped_trades\`.
`;

/**
 * Trades become bars of any length in event time, stamped with their start as exchanges stamp klines, and bars become columns chosen by
 * name. Windows count bars; with `empty: skip` those are bars with trades. A column whose value is undefined or infinite is missing.
 *
 * Bars that overlap a stretch known to be lost keep their prices, but volume, trades and all that is made of them are missing, as is
 * `volume_change` in the bar after; such bars stay out of windows of volumes and counts. A gap that only touches a bar's first
 * moment counts, and so does one of no length: trades of that very moment may be gone.
 */
export default defineFeatures({
  name: 'market',
  api: API_VERSION,
  about:
    'Trades, or the bars of an exchange, to bars of any length, with columns for trend, volatility, volume, order flow and jumps.',
  config: configSchema,
  example: { bar: '1s', columns: ['rsi_14', 'volatility_20', 'volume_change'] },
  notes: NOTES,
  consumes: ({ input }): Consumes => (input === 'bars' ? BARS : TRADES),
  row: (settings) => ({
    kind: 'bar',
    about: `What was traded within ${settings.bar / 1_000} s.`,
    columns: [...CONTEXT, ...choicesOf(settings).map((choice) => columnFrom(choice, settings.input))],
  }),
  views: () => [
    { title: 'Price', kind: 'candle', columns: ['open', 'high', 'low', 'close', 'volume'], about: 'Each bar, with its volume.' },
    { title: 'Trades', kind: 'bars', columns: ['trades'] },
  ],
  basis: ({ input, bar, empty, carryFor }) => ({
    bar,
    empty,
    ...(empty === 'carry' ? { carryFor } : {}),
    ...(input === 'bars' ? { input } : {}),
  }),
  catalogue: [...CONTEXT, ...catalogue],
  stateVersion: 3,
  initialState,
  create: (settings, state) => new MarketExtractor(settings, state),
});
