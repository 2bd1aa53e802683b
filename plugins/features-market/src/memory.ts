import type { ClosedBar } from './bar.js';
import { push, type Series } from './series.js';

/** Quantities whose past some columns need. */
export type Quantity =
  | 'close'
  | 'logReturn'
  | 'squares'
  | 'volume'
  | 'trades'
  | 'tradeSize'
  | 'signed'
  | 'sided'
  | 'moments'
  | 'sizes'
  | 'sizesLog'
  | 'sizesSquare';

/** What columns remember between bars: plain data, part of the state. */
export interface Memory {
  readonly series: { readonly [quantity in Quantity]?: Series };
  /** Numbers of recursive columns (RSI, exponential mean), by column name. */
  readonly recursive: { readonly [column: string]: Float64Array };
}

/** Pushes a closed bar into the series that exist. Bars with missing trades stay out of volumes and counts. */
export function remember(bar: ClosedBar, { series }: Memory): void {
  if (series.close) push(series.close, bar.close);
  if (series.logReturn && Number.isFinite(bar.logReturn)) push(series.logReturn, bar.logReturn);
  if (series.squares && Number.isFinite(bar.logReturn)) push(series.squares, bar.logReturn ** 2);
  if (!bar.complete) return;
  if (series.volume) push(series.volume, bar.volume);
  if (series.trades) push(series.trades, bar.trades);
  if (series.moments) push(series.moments, bar.moments);
  if (series.sizes && series.sizesLog && series.sizesSquare) {
    push(series.sizes, bar.sizes);
    push(series.sizesLog, bar.sizesLog);
    push(series.sizesSquare, bar.sizesSquare);
  }
  if (series.tradeSize && bar.trades > 0) push(series.tradeSize, bar.volume / bar.trades);
  if (series.signed && series.sided && !Number.isNaN(bar.signed)) {
    push(series.signed, bar.signed);
    push(series.sided, bar.volume);
  }
}
