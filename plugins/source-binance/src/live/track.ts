import type { Trade } from '../wire/trade.js';

/** What became of an offered trade. */
export type Offer = 'passed' | 'held' | 'repeat';

/** Ids that are known to be out; `to` is `Infinity` where only the exchange knows how far they go. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * Puts the trades of one symbol into the order of their ids, each once, whatever the order in which they come.
 * What is ahead of a jump is held until the jump is filled or given up. Knows no time and no sockets.
 */
export class Track {
  /** The id that has to come next; `NaN` until one is known. */
  next = Number.NaN;
  /** Whether a beginning is still being looked for: until it is known, everything is held. */
  seeking = false;
  /** Whether the exchange may have more than any frame has shown. */
  catching = false;
  /** The highest id that was heard of, held or not. */
  top = -1;
  /** Trades ahead of a jump by id; `null` for an id that is no trade. */
  readonly held = new Map<number, Trade | null>();
  private readonly pass: (trade: Trade) => void;

  /** @param pass gets every trade once, in order */
  constructor(pass: (trade: Trade) => void) {
    this.pass = pass;
  }

  offer(trade: Trade): Offer {
    return this.put(trade.sequence, trade);
  }

  /** An id that was used for something that is no trade. */
  skip(id: number): Offer {
    return this.put(id, null);
  }

  private put(id: number, trade: Trade | null): Offer {
    if (id === this.next) {
      this.next = id + 1;
      if (trade) this.pass(trade);
      if (this.held.size > 0) this.drain();
      return 'passed';
    }
    if (id < this.next || this.held.has(id)) return 'repeat';
    if (id > this.top) this.top = id;
    if (Number.isNaN(this.next) && !this.seeking) {
      this.next = id;
      return this.put(id, trade);
    }
    this.held.set(id, trade);
    return 'held';
  }

  /** An id that was seen and let go: it has to be fetched again. */
  shed(id: number): void {
    if (Number.isNaN(this.next) && !this.seeking) this.next = id;
    if (id > this.top) this.top = id;
  }

  /** Where to begin. What is held from before is forgotten. */
  begin(id: number): void {
    this.seeking = false;
    this.next = id;
    for (const known of [...this.held.keys()]) if (known < id) this.held.delete(known);
    this.drain();
  }

  /** The first ids that are out, or `undefined` when there is nothing to wait for. */
  gap(): Gap | undefined {
    const { next, held, top } = this;
    if (Number.isNaN(next)) return undefined;
    if (held.size > 0) {
      let lowest = Number.POSITIVE_INFINITY;
      for (const id of held.keys()) if (id < lowest) lowest = id;
      return { from: next, to: lowest - 1 };
    }
    if (top >= next) return { from: next, to: top };
    return this.catching ? { from: next, to: Number.POSITIVE_INFINITY } : undefined;
  }

  /**
   * Gives up every id up to `to`, and goes on behind it.
   * @returns how many
   */
  abandon(to: number): number {
    const count = to - this.next + 1;
    this.next = to + 1;
    this.drain();
    return count;
  }

  private drain(): void {
    for (let trade = this.held.get(this.next); trade !== undefined; trade = this.held.get(this.next)) {
      this.held.delete(this.next);
      this.next++;
      if (trade) this.pass(trade);
    }
  }
}
