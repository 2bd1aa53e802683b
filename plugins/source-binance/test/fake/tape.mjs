// Every trade that the fake exchange made, so that frames, REST and archive agree. Bounded: the oldest are forgotten.

/** A seeded generator (mulberry32): the same seed, the same market. */
export function seeded(/** @type {number} */ seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Aggregated trades are numbered apart: whoever takes one id for the other is found out. */
export const AGGREGATE_OFFSET = 5_000;

/** The trades of one symbol, by id, in typed arrays. Each stands alone in its aggregate. */
export class Tape {
  /**
   * @param {string} symbol
   * @param {{ firstId?: number, keep?: number, price?: number, seed?: number }} [settings]
   */
  constructor(symbol, { firstId = 100_000, keep = 1_000_000, price = 60_000, seed = 1 } = {}) {
    this.symbol = symbol;
    this.firstId = firstId;
    this.nextId = firstId;
    this.keep = keep;
    this.price = price;
    this.random = seeded(seed);
    let size = 1_024;
    while (size < keep) size *= 2;
    this.mask = size - 1;
    this.prices = new Float64Array(size);
    this.quantities = new Float64Array(size);
    this.times = new Float64Array(size);
    this.makers = new Uint8Array(size);
    /** Ids in front of whose aggregates one single trade is lost, ascending. @type {number[]} */
    this.jumps = [];
  }

  /** The oldest id that is still known. */
  get oldest() {
    return Math.max(this.firstId, this.nextId - this.keep);
  }

  /** Adds a trade. @returns {number} its id */
  add(/** @type {number} */ time, price = this.walk(), quantity = this.size(), maker = this.random() < 0.5) {
    const id = this.nextId++;
    const at = id & this.mask;
    this.prices[at] = price;
    this.quantities[at] = quantity;
    this.times[at] = time;
    this.makers[at] = maker ? 1 : 0;
    return id;
  }

  walk() {
    this.price = Math.max(1, this.price + (this.random() - 0.5) * this.price * 2e-5);
    return Math.round(this.price * 100) / 100;
  }

  size() {
    return Math.ceil(this.random() ** 4 * 100_000) / 100_000;
  }

  at(/** @type {number} */ id) {
    const i = id & this.mask;
    return {
      id,
      price: this.prices[i].toFixed(8),
      quantity: this.quantities[i].toFixed(8),
      time: this.times[i],
      maker: this.makers[i] === 1,
    };
  }

  /** The single trade in the aggregate of a trade: the exchange itself has lost some. */
  single(/** @type {number} */ id) {
    return id + this.jumps.filter((jump) => jump <= id).length;
  }

  /** The first id at or after a time (times grow). */
  idAt(/** @type {number} */ time) {
    let low = this.oldest;
    let high = this.nextId;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.times[middle & this.mask] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
