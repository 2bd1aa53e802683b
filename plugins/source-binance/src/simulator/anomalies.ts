/** The anomalies that the simulated exchange is told to have: their kinds, and when they come. */
import { Random, type RandomState } from './random.js';

export const ANOMALY_KINDS = [
  'flash_crash',
  'volatility_burst',
  'liquidity_burst',
  'small_order_storm',
  'stuck_price',
  'feed_gap',
] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** One injected anomaly. */
export interface Anomaly {
  readonly kind: AnomalyKind;
  /** Seconds since the start of the feed. */
  readonly from: number;
  readonly to: number;
  /** See {@link SCALES}. */
  readonly magnitude: number;
  /** Seconds until a crash has reached its bottom; the rest of it is recovery. */
  readonly fall: number;
}

/**
 * What each magnitude means, its range and the range of durations (s); both are drawn log-uniformly, so that subtle and obvious
 * ones are as frequent. Tuned so that a threshold on one-second returns finds about half: docs/simulator.md.
 */
export const SCALES: Readonly<
  Record<AnomalyKind, { about: string; magnitude: readonly [number, number]; seconds: readonly [number, number] }>
> = {
  flash_crash: { about: 'depth in deviations of one second', magnitude: [20, 250], seconds: [15, 120] },
  volatility_burst: { about: 'factor of the volatility', magnitude: [4, 30], seconds: [20, 120] },
  liquidity_burst: { about: 'factor of the sizes', magnitude: [5, 60], seconds: [5, 40] },
  small_order_storm: { about: 'factor of the number of orders', magnitude: [3, 30], seconds: [5, 60] },
  stuck_price: { about: 'seconds without a change of price', magnitude: [20, 180], seconds: [20, 180] },
  feed_gap: { about: 'seconds of silence', magnitude: [10, 300], seconds: [10, 300] },
};

/** Drawn from this list: those that move the price are twice as frequent. */
const DRAWN: readonly AnomalyKind[] = [...ANOMALY_KINDS, 'flash_crash', 'volatility_burst'];

/** At least so many seconds between two anomalies of a symbol. */
const PAUSE = 30;

export interface ScheduleState {
  random: RandomState;
  current: Anomaly | null;
}

/** Draws one anomaly after the other, from random numbers of its own: the clean parts of a feed do not depend on it. */
export class Schedule {
  /** The anomaly that is on or comes next; `null`: none ever. */
  current: Anomaly | null;
  private readonly random: Random;
  private readonly perSecond: number;
  private readonly isOpen: (seconds: number) => boolean;

  /** @param isOpen whether there is trade at a moment: an anomaly begins and ends while there is */
  constructor(seed: string, perDay: number, state?: ScheduleState, isOpen: (seconds: number) => boolean = () => true) {
    this.perSecond = perDay / 86_400;
    this.isOpen = isOpen;
    this.random = new Random(state ? state.random : seed);
    this.current = state ? state.current : perDay > 0 ? this.draw(0) : null;
  }

  state(): ScheduleState {
    return { random: this.random.state(), current: this.current };
  }

  /** The anomaly at a moment, which may be one that is still to come. Moments must not run back. */
  at(seconds: number): Anomaly | null {
    while (this.current !== null && seconds >= this.current.to) this.current = this.draw(this.current.to);
    return this.current;
  }

  private draw(after: number): Anomaly {
    for (;;) {
      const drawn = this.drawAny(after);
      if (this.isOpen(drawn.from) && this.isOpen(drawn.to)) return drawn;
      after = drawn.from;
    }
  }

  private drawAny(after: number): Anomaly {
    const { random } = this;
    const kind = DRAWN[Math.floor(random.uniform() * DRAWN.length)]!;
    const scale = SCALES[kind];
    const from = after + PAUSE + random.exponential() * Math.max(1, 1 / this.perSecond - PAUSE);
    const drawn = random.logUniform(...scale.magnitude);
    const seconds = random.logUniform(...scale.seconds);
    const fall = random.logUniform(1, 12);
    const isLength = kind === 'stuck_price' || kind === 'feed_gap';
    return { kind, from, to: from + seconds, magnitude: isLength ? seconds : drawn, fall: Math.min(fall, seconds / 2) };
  }
}

/** Share of a crash that stays for good. */
export const PERMANENT = 0.25;

/** How deep a crash is at a moment, as a share of its magnitude: down quickly, back slowly, never quite. */
export function crashDepth(anomaly: Anomaly, seconds: number): number {
  const since = seconds - anomaly.from;
  if (since < anomaly.fall) return since / anomaly.fall;
  const recovered = (since - anomaly.fall) / (anomaly.to - anomaly.from - anomaly.fall);
  return PERMANENT + (1 - PERMANENT) * (1 - Math.min(1, recovered)) ** 2;
}
