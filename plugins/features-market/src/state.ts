import type { Standstill, Stays } from './bar.js';
import { choicesOf, type Settings } from './config.js';
import type { Memory, Quantity } from './memory.js';
import { makeSeries, type Series } from './series.js';

/** All that survives a restart: plain data and typed arrays. */
export interface State {
  /** Bars that may still get trades, by start; several under a lateness. Laid out in `bar.ts`. */
  open: Float64Array[];
  /**
   * Of the bars emitted so far: start, close and volume of the last, start, turns, trades at one price with how improbable these are, and
   * largest id of the last with trades; start of the last in which the price moved; NaN before it.
   */
  previous: {
    start: number;
    close: number;
    volume: number;
    traded: number;
    turns: number;
    stays: number;
    standstill: number;
    moved: number;
    id: number;
  };
  /** Trades at an unchanged price, in the order of the log. */
  standstill: Standstill;
  stays: Stays;
  /** With `carry`: silent bars are made that start before this time. */
  carryUntil: number;
  /** Stretches known to be lost that concern bars not yet emitted, ms since the epoch. */
  lost: { from: number; to: number }[];
  memory: Memory;
}

export function initialState(settings: Settings): State {
  const lengths: { [quantity in Quantity]?: number } = {};
  const recursive: Record<string, Float64Array> = {};
  for (const { name, family, window } of choicesOf(settings)) {
    for (const [quantity, length] of Object.entries(family.reads?.(window) ?? {}) as [Quantity, number][]) {
      lengths[quantity] = Math.max(lengths[quantity] ?? 0, length);
    }
    if (family.keeps) recursive[name] = new Float64Array(family.keeps);
  }
  const series: { [quantity in Quantity]?: Series } = {};
  for (const [quantity, length] of Object.entries(lengths) as [Quantity, number][]) series[quantity] = makeSeries(length);
  const previous = {
    start: Number.NaN,
    close: Number.NaN,
    volume: Number.NaN,
    traded: Number.NaN,
    turns: Number.NaN,
    stays: Number.NaN,
    standstill: Number.NaN,
    moved: Number.NaN,
    id: Number.NaN,
  };
  const standstill = { price: Number.NaN, maker: Number.NaN, turns: 0 };
  const stays: Stays = {
    ...{ price: Number.NaN, maker: Number.NaN, millisecond: Number.NaN, trades: 0, nats: 0 },
    orders: [0, 0],
    share: [0, 0],
  };
  return { open: [], previous, standstill, stays, carryUntil: Number.NEGATIVE_INFINITY, lost: [], memory: { series, recursive } };
}
