import { FrameWriter, type Stream } from '../wire/frames.js';
import { type Anomaly, crashDepth, PERMANENT, Schedule, type ScheduleState } from './anomalies.js';
import { Arrivals, type ArrivalsState, CASCADE } from './arrivals.js';
import { type Instrument, instrumentOf } from './instruments.js';
import { logHeatVariance, Prices, type PricesState } from './prices.js';
import { Random, type RandomState } from './random.js';
import { drawFills, drawLots, drawMultiples, dustLots, MEAN_FILLS, standardLots } from './sizes.js';
import { type Hours, isOpen, openFrom, sessionRhythm } from './variants/hours.js';
import { spreadTicks, type Variant, type VariantName, variantOf, withTick } from './variants/variants.js';

/** Everything that one simulated symbol remembers, as JSON. */
export interface MarketState {
  readonly random: RandomState;
  readonly schedule: ScheduleState;
  readonly arrivals: ArrivalsState;
  readonly prices: PricesState;
  /** Time of the order before, and of the next one, in seconds since the start of the feed. */
  readonly last: number;
  readonly next: number;
  readonly storm: boolean;
  /** Side that takers lean to: 1 buys, −1 sells. */
  readonly lean: number;
  readonly tradeId: number;
  readonly aggregateId: number;
  /** Start of the anomaly that was last begun. */
  readonly begun: number;
}

export interface MarketSettings {
  readonly symbol: string;
  readonly seed: number;
  /** ms since the epoch. */
  readonly start: number;
  readonly stream: Stream;
  readonly market: 'spot' | 'usdm';
  readonly tradesPerSecond: number;
  readonly anomaliesPerDay: number;
  readonly variant?: VariantName | undefined;
  /** Called when an anomaly begins. */
  begin(symbol: string, anomaly: Anomaly): void;
}

/** The busiest hour (UTC). */
const PEAK = 15;
/** Activity grows with volatility, less than in proportion. */
const HEAT_TO_ACTIVITY = 0.7;

/**
 * Orders that move the quotes take many more fills, the more the further they go: a fifth of all trades. They come at a pace of
 * their own (measured per second), so their fills are scaled to the rate that was asked for.
 */
const SWEEP = { share: 0.2, perSecond: 0.4, deviations: 1.6, most: 800 } as const;

const DAY = 86_400_000;

/** One symbol of the simulated exchange: order after order, written as frames. */
export class Market {
  /** When the next order comes, ms since the epoch: what markets are merged by. */
  time: number;
  private readonly settings: MarketSettings;
  private readonly variant: Variant;
  private readonly instrument: Instrument;
  private readonly writer: FrameWriter;
  private readonly random: Random;
  private readonly schedule: Schedule;
  private readonly arrivals: Arrivals;
  private readonly prices: Prices;
  private readonly orderRate: number;
  private readonly sweep: number;
  /** The mean of what volatility makes of activity, so that the mean rate is kept. */
  private readonly meanActivity: number;
  private last = 0;
  private next = 0;
  private storm = false;
  private lean = 1;
  private tradeId = 1;
  private aggregateId = 1;
  private begun = -1;

  constructor(settings: MarketSettings, state?: MarketState) {
    this.settings = settings;
    const seed = `${settings.seed}/${settings.symbol}`;
    const variant = variantOf(settings.variant);
    this.variant = variant;
    this.instrument = withTick(instrumentOf(settings.symbol), variant);
    this.writer = new FrameWriter(settings.symbol, settings.stream, settings.market);
    const perSecond = settings.tradesPerSecond * variant.rate;
    this.orderRate = ((1 - SWEEP.share) * perSecond) / MEAN_FILLS;
    this.sweep = (SWEEP.share * perSecond) / (SWEEP.perSecond * SWEEP.deviations * MEAN_FILLS);
    this.meanActivity = Math.exp((HEAT_TO_ACTIVITY ** 2 / 2 - HEAT_TO_ACTIVITY) * logHeatVariance(variant.clustering));
    this.random = new Random(state?.random ?? seed);
    const open = (seconds: number) => !variant.hours || isOpen(variant.hours, settings.start + seconds * 1_000);
    this.schedule = new Schedule(`${seed}/anomalies`, settings.anomaliesPerDay, state?.schedule, open);
    this.arrivals = new Arrivals(state?.arrivals);
    const { price, tick, deviation } = this.instrument;
    const spread = spreadTicks(this.instrument, variant);
    this.prices = new Prices(tick, deviation, spread, variant.clustering, state?.prices ?? Prices.begin(price, tick));
    this.time = 0;
    if (state) {
      ({ last: this.last, next: this.next, storm: this.storm, lean: this.lean, begun: this.begun } = state);
      ({ tradeId: this.tradeId, aggregateId: this.aggregateId } = state);
      this.time = settings.start + this.next * 1_000;
    } else this.plan(0);
  }

  save(): MarketState {
    return {
      random: this.random.state(),
      schedule: this.schedule.state(),
      arrivals: { ...this.arrivals.state },
      prices: { ...this.prices.state },
      last: this.last,
      next: this.next,
      storm: this.storm,
      lean: this.lean,
      tradeId: this.tradeId,
      aggregateId: this.aggregateId,
      begun: this.begun,
    };
  }

  /** The order that was due: its frames, one or several of one millisecond (none while the feed is silent). Plans the next. */
  step(frames: string[]): void {
    const { random, settings, variant } = this;
    const at = this.next;
    const anomaly = this.anomalyAt(at);
    const kind = anomaly?.kind;
    const rhythm = this.rhythm(at);
    const volatility =
      kind === 'stuck_price' ? 0 : kind === 'volatility_burst' ? anomaly!.magnitude : kind === 'liquidity_burst' ? 0.5 : 1;
    const opens = variant.hours !== undefined && this.opens(variant.hours, at);
    const drift = opens ? variant.hours.drift : Math.exp(variant.rhythm.volatility * rhythm);
    this.prices.pass(at - this.last, volatility * drift, random);
    // What it has come to while it was closed is where it opens.
    if (opens) this.prices.move(this.prices.due(0, 0), random);
    const shift = kind === 'flash_crash' ? -crashDepth(anomaly!, at) * anomaly!.magnitude * this.instrument.deviation : 0;
    const due = kind === 'stuck_price' ? 0 : this.prices.due(shift, shift < 0 ? 0.3 : 1);
    if (random.uniform() < variant.lean.turn) this.lean = -this.lean;
    let side = random.uniform() < variant.lean.follow ? this.lean : -this.lean;
    let fills = drawFills(random);
    if (this.storm) fills = 1;
    else if (due !== 0) {
      side = Math.sign(due);
      // Whoever moves the quotes takes several levels of the book.
      fills = Math.min(SWEEP.most, fills + Math.round(this.sweep * drawFills(random) * this.prices.deviations(due)));
    }
    const time = Math.floor(settings.start + at * 1_000);
    const silent = kind === 'feed_gap';
    this.fill(
      frames,
      time,
      side,
      due - Math.sign(due) * variant.short,
      fills,
      kind === 'liquidity_burst' ? anomaly!.magnitude : 1,
      kind === 'stuck_price',
      silent,
    );
    if (due !== 0) this.prices.move(due, random);
    this.last = at;
    this.plan(at);
  }

  /** Draws the fills of one order and writes them, an aggregated frame per price or a frame per fill. */
  private fill(
    frames: string[],
    time: number,
    side: number,
    due: number,
    fills: number,
    sizes: number,
    stuck: boolean,
    silent: boolean,
  ): void {
    const { random, instrument, settings } = this;
    const { bid } = this.prices.state;
    const best = side > 0 && !stuck ? bid + this.prices.spread : bid;
    const lotValue = instrument.lot * best * instrument.tick;
    const aggregated = settings.stream === 'aggTrade';
    const inLots = this.variant.sizes === 'lots';
    const [draw, least] = inLots ? [drawMultiples, standardLots] : [drawLots, dustLots];
    let lots = 0;
    let first = this.tradeId;
    for (let i = 1; i <= fills; i++) {
      // A sweep walks to the new quote.
      const ticks = Math.max(1, best + (fills > 1 ? Math.round((due * (i - 1)) / (fills - 1)) : due));
      const nextTicks = i < fills ? Math.max(1, best + Math.round((due * i) / (fills - 1))) : -1;
      lots += this.storm ? least(lotValue) : draw(lotValue, sizes, random);
      const id = this.tradeId++;
      if (aggregated && nextTicks === ticks) continue;
      const price = ticks * instrument.tick;
      const frameId = aggregated ? this.aggregateId++ : id;
      if (!silent) frames.push(this.writer.write(frameId, price, lots * instrument.lot, time, side < 0, first, id, time + 1));
      lots = 0;
      first = id + 1;
    }
  }

  /** The anomaly that is on, if one is. What a crash leaves for good is kept when it ends. */
  private anomalyAt(at: number): Anomaly | null {
    const before = this.schedule.current;
    const anomaly = this.schedule.at(at);
    if (before !== anomaly && before?.kind === 'flash_crash' && before.from === this.begun) {
      this.prices.state.efficient -= PERMANENT * before.magnitude * this.instrument.deviation;
    }
    if (anomaly === null || at < anomaly.from) return null;
    if (this.begun !== anomaly.from) {
      this.begun = anomaly.from;
      this.settings.begin(this.settings.symbol, anomaly);
    }
    return anomaly;
  }

  private rhythm(at: number): number {
    if (this.variant.hours) return sessionRhythm(this.variant.hours, this.settings.start + at * 1_000);
    const hours = ((this.settings.start / 3_600_000) % 24) + at / 3_600;
    return Math.cos(((hours - PEAK) / 12) * Math.PI);
  }

  /** Whether an order is the first since the exchange was closed. */
  private opens(hours: Hours, at: number): boolean {
    const { start } = this.settings;
    const [before, now] = [start + this.last * 1_000, start + at * 1_000];
    return !isOpen(hours, before) || Math.floor(before / DAY) !== Math.floor(now / DAY);
  }

  /** When the next order comes, and whether it is one of a storm. */
  private plan(at: number): void {
    const { random, orderRate, variant, settings } = this;
    const anomaly = this.schedule.current;
    const on = anomaly !== null && at >= anomaly.from && at < anomaly.to;
    let activity =
      (this.prices.heat ** HEAT_TO_ACTIVITY / this.meanActivity) *
      Math.exp(variant.rhythm.activity * this.rhythm(at) - variant.rhythm.activity ** 2 / 4);
    if (on && anomaly.kind === 'flash_crash') activity *= 1 + anomaly.magnitude / 30;
    if (on && anomaly.kind === 'volatility_burst') activity *= Math.sqrt(anomaly.magnitude);
    const extra = on && anomaly.kind === 'small_order_storm' ? orderRate * anomaly.magnitude : 0;
    this.next = at + this.arrivals.next((orderRate * activity) / CASCADE, extra, random);
    this.storm = this.arrivals.byExtra;
    if (variant.hours) this.next = (openFrom(variant.hours, settings.start + this.next * 1_000) - settings.start) / 1_000;
    this.time = this.settings.start + this.next * 1_000;
  }
}
