/** What has to be known of the exchange: its symbols, its limits, its clock. */
import { type Gauge, nearest, QuantStreamError, type SourceHost, sayDuration } from '@quantstream/engine';
import type { Config } from '../../config.js';
import type { Lateness } from '../watermark.js';
import type { History } from './history.js';
import { Backoff, type WeightLimiter } from './limiter.js';
import { RestError } from './rest.js';

const MINUTE = 60_000;

export interface FactsSettings {
  readonly config: Config;
  readonly host: SourceHost;
  readonly history: History;
  readonly limiter: WeightLimiter;
  readonly lateness: Lateness;
  /** How often the exchange's clock is asked, ms. */
  readonly clockMs: number;
  /** What no patience will mend: a symbol that does not exist. */
  fail(error: unknown): void;
}

/** What has to be known of the exchange: its symbols, its limits, its clock. */
export class Facts {
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly history: History;
  private readonly limiter: WeightLimiter;
  private readonly lateness: Lateness;
  private readonly clockMs: number;
  private readonly fail: (error: unknown) => void;
  private readonly skew: Gauge;

  constructor({ config, host, history, limiter, lateness, clockMs, fail }: FactsSettings) {
    this.config = config;
    this.host = host;
    this.history = history;
    this.limiter = limiter;
    this.lateness = lateness;
    this.clockMs = clockMs;
    this.fail = fail;
    this.skew = host.metrics.gauge('source_clock_skew_seconds', 'How far the clock of the origin is ahead of ours');
  }

  /** Asks which symbols there are, as often as it takes. */
  async verify(signal: AbortSignal): Promise<void> {
    const { host, config } = this;
    const backoff = new Backoff(1_000, config.limits.retry, () => 1);
    while (!signal.aborted) {
      try {
        const info = await this.history.info(signal);
        if (info.perMinute !== undefined) this.limiter.perMinute = info.perMinute;
        this.check(info.symbols);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof RestError)) {
          this.fail(error);
          return;
        }
        const pause = backoff.next();
        if (backoff.worthTelling) host.log.warn({}, `${error.message}; trying again in ${sayDuration(pause)}`);
        await host.clock.sleep(pause, signal).catch(() => {});
      }
    }
  }

  private check(symbols: ReadonlyMap<string, boolean>): void {
    for (const symbol of this.config.symbols) {
      const traded = symbols.get(symbol);
      if (traded === false) this.host.log.warn({ symbol }, `${symbol} is not being traded at present`);
      if (traded !== undefined) continue;
      const near = nearest(symbol, [...symbols.keys()]);
      throw new QuantStreamError(
        'QS_PLAN_DECLARATION',
        `binance: ${this.config.market} has no symbol ${symbol}${near ? `; did you mean ${near}?` : ''}`,
      );
    }
  }

  /** Measures how far the clocks are apart, now and then. */
  async askClock(signal: AbortSignal): Promise<void> {
    const { clock } = this.host;
    while (!signal.aborted) {
      const skew = await this.history.skew(() => clock.now(), signal).catch(() => Number.NaN);
      if (!Number.isNaN(skew)) {
        this.lateness.skew = skew;
        this.limiter.skew = skew;
        this.skew.set(skew / 1_000);
      }
      await clock.sleep(Number.isNaN(skew) ? MINUTE : this.clockMs, signal).catch(() => {});
    }
  }
}
