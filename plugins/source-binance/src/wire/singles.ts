// The ids of the single trades in aggregated ones: where they jump although the aggregates follow one another, trades are lost.

import type { Missing } from '@quantstream/engine';
import { dropFirst, type Trade } from './trade.js';

/** The last aggregated trade of a key: its id, event time (ms), and the id of the last single trade in it. */
export type Tail = readonly [id: number, time: number, last: number];

/** By key; JSON. */
export type Tails = Readonly<Record<string, Tail>>;

/** Trades that go together, and what is lost in front of them. */
export interface Part {
  readonly trades: Trade[];
  readonly missing: readonly Missing[];
}

const NONE: readonly Missing[] = [];

/**
 * Follows aggregated trades in the order in which they are handed over. Trades that carry the id of their first single trade (`first`) are
 * looked at, and it is taken off them. Ids that do not follow one another say nothing here: those are aggregates that are lost, or repeats.
 */
export class SingleTrades {
  private readonly tails: Map<string, Tail>;

  constructor(saved: Tails = {}) {
    this.tails = new Map(Object.entries(saved));
  }

  /** Cuts trades in front of every jump. What `state` says between two parts is what holds between them. */
  *parts(trades: Trade[]): Generator<Part> {
    let from = 0;
    let missing = NONE;
    let key = '';
    let [id, time, last] = [-1, 0, 0];
    let changed = false;
    for (let i = 0; i < trades.length; i++) {
      const trade = trades[i]!;
      const { first } = trade.values;
      if (first === undefined) continue;
      if (trade.key !== key) {
        if (changed) this.tails.set(key, [id, time, last]);
        key = trade.key;
        changed = false;
        [id, time, last] = this.tails.get(key) ?? [-1, 0, 0];
      }
      dropFirst(trade);
      // A repeat, or a straggler.
      if (trade.sequence <= id) continue;
      const count = trade.sequence === id + 1 && id >= 0 ? first - last - 1 : 0;
      if (count > 0) {
        if (changed) this.tails.set(key, [id, time, last]);
        if (i > from) yield { trades: trades.slice(from, i), missing };
        from = i;
        missing = [{ key, from: Math.min(time, trade.time), to: trade.time, reason: 'trade ids jump', count }];
      }
      id = trade.sequence;
      time = trade.time;
      last = first + trade.values.trades! - 1;
      changed = true;
    }
    if (changed) this.tails.set(key, [id, time, last]);
    yield { trades: from === 0 ? trades : trades.slice(from), missing };
  }

  /** `undefined` where no trade carried such an id. */
  state(): Tails | undefined {
    return this.tails.size === 0 ? undefined : Object.fromEntries(this.tails);
  }
}
