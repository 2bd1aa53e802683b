import type { ColumnFamily } from '@quantstream/engine';
import type { Compute } from './indicators.js';
import type { Memory, Quantity } from './memory.js';

/** A column, or a family of columns that differ by the window N in their names. */
export interface Family extends ColumnFamily {
  /** Which pasts it reads, and how many bars of each. */
  readonly reads?: (window: number) => { readonly [quantity in Quantity]?: number };
  /**
   * What it needs of bars where these are the input, beside their prices and volume: optional fields of a bar. `false`: it cannot be had of bars.
   */
  readonly ofBars?: readonly string[] | false;
  /** Numbers of its own that it keeps from bar to bar. */
  readonly keeps?: number;
  /** What computes it. */
  readonly make: (window: number, memory: Memory, own: Float64Array) => Compute;
}
