import type { Random } from './random.js';

/** What the price process remembers. Prices are whole ticks where they are quoted, logarithms where they are thought. */
export interface PricesState {
  /** Log of what the market would agree on. */
  efficient: number;
  /** Best bid, in ticks. */
  bid: number;
  /** Two mean-reverting factors of log volatility. */
  quick: number;
  lasting: number;
  /** How far the efficient price may run before quotes follow, in deviations of one second. */
  patience: number;
}

/** Volatility that clusters on two scales: most of a minute and half an hour (weights of log volatility; seconds). */
const QUICK = { weight: 0.45, time: 45 } as const;
const LASTING = { weight: 0.4, time: 1_800 } as const;
/** Quotes stand still for most seconds and then jump, as recorded: typical patience, and its spread. */
const PATIENCE = { median: 1.2, spread: 0.45 } as const;

/** Spread of the logarithm of `heat`, for normalising what depends on it. */
export const logHeatVariance = (clustering: number): number => clustering ** 2 * (QUICK.weight ** 2 + LASTING.weight ** 2);

/** The price process of one symbol: stochastic volatility below, sticky quotes above. */
export class Prices {
  readonly state: PricesState;
  private readonly tick: number;
  /** Deviation of the log price over one second, on average. */
  private readonly deviation: number;
  private readonly clustering: number;
  private readonly logVariance: number;
  /** Ticks from the bid to the ask. */
  readonly spread: number;

  constructor(tick: number, deviation: number, spread: number, clustering: number, state: PricesState) {
    this.tick = tick;
    this.deviation = deviation;
    this.spread = spread;
    this.clustering = clustering;
    this.logVariance = logHeatVariance(clustering);
    this.state = state;
  }

  static begin(price: number, tick: number): PricesState {
    return { efficient: Math.log(price), bid: Math.round(price / tick), quick: 0, lasting: 0, patience: PATIENCE.median };
  }

  /** Current volatility against its mean square, 1 on average. */
  get heat(): number {
    const { quick, lasting } = this.state;
    const log = this.clustering * (QUICK.weight * quick + LASTING.weight * lasting);
    return Math.exp(log - this.logVariance);
  }

  /**
   * Time passes.
   * @param seconds since the last call
   * @param scale factor of the volatility: the hour of the day, an anomaly; 0: nothing moves
   */
  pass(seconds: number, scale: number, random: Random): void {
    const { state } = this;
    const quick = Math.exp(-seconds / QUICK.time);
    const lasting = Math.exp(-seconds / LASTING.time);
    state.quick = state.quick * quick + Math.sqrt(1 - quick * quick) * random.normal();
    state.lasting = state.lasting * lasting + Math.sqrt(1 - lasting * lasting) * random.normal();
    state.efficient += this.deviation * this.heat * scale * Math.sqrt(seconds) * random.normal();
  }

  /**
   * How many ticks the quotes have to move now; 0 while the efficient price stays within their patience.
   * @param shift what an anomaly adds to the efficient price (log)
   * @param haste 1, or less to follow sooner
   */
  due(shift: number, haste: number): number {
    const { state, tick } = this;
    const fair = Math.exp(state.efficient + shift) / tick;
    const away = fair - (state.bid + this.spread / 2);
    const allowed = Math.max(0.8, state.patience * haste * this.deviation * this.heat * fair);
    return Math.abs(away) > allowed ? Math.round(away) : 0;
  }

  /** A number of ticks in deviations of one second. */
  deviations(ticks: number): number {
    return Math.abs(ticks) / (this.deviation * this.state.bid);
  }

  /** Quotes move. */
  move(ticks: number, random: Random): void {
    const { state } = this;
    state.bid = Math.max(1, state.bid + ticks);
    state.patience = PATIENCE.median * Math.exp(PATIENCE.spread * random.normal());
  }
}
