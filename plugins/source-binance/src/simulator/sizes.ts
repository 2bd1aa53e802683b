import type { Random } from './random.js';

/** Fills of an order: P(n ≥ k) = k^−1.4, as recorded (half take one, one in a hundred more than twenty). */
export const FILLS = { tail: 1.4, most: 300 } as const;
/** Their mean, summed from that law. */
export const MEAN_FILLS = Array.from({ length: FILLS.most }, (_, i) => (i + 1) ** -FILLS.tail).reduce((a, b) => a + b, 0);

/** Fills at the exchange's smallest order, in quote units, and their share. */
const DUST = { notional: 5.6, share: 0.43 } as const;
/** The others: log-normal in quote units; one in six is a round number of lots. */
const BODY = { median: 370, spread: 2, round: 0.16 } as const;

/** How many resting orders a taker fills. */
export function drawFills(random: Random): number {
  return Math.min(FILLS.most, Math.floor((1 - random.uniform()) ** (-1 / FILLS.tail)));
}

/**
 * Quantity of one fill, in lots, at least one.
 * @param lotValue worth of one lot in quote units
 * @param scale factor of an anomaly
 */
export function drawLots(lotValue: number, scale: number, random: Random): number {
  const kind = random.uniform();
  if (kind < DUST.share) {
    // Bots send the least that is allowed, or a few times that.
    const times = random.uniform() < 0.7 ? 1 : 1 + Math.floor(random.exponential() * 2);
    return Math.max(1, Math.ceil((DUST.notional * times * scale) / lotValue));
  }
  const lots = (BODY.median * scale * Math.exp(BODY.spread * random.normal())) / lotValue;
  if (kind > 1 - BODY.round && lots > 1) {
    const unit = 10 ** Math.floor(Math.log10(lots));
    return Math.round(lots / unit) * unit;
  }
  return Math.max(1, Math.round(lots));
}

/** Sizes of a market of lots: one of them is worth so much in quote units; how many a trade has, and how likely up to there. */
const STANDARD = 100;
const MULTIPLES = [
  [1, 0.7],
  [2, 0.86],
  [5, 0.96],
  [10, 1],
] as const;

/** The one lot of a market of lots, in lots of the instrument. */
export function standardLots(lotValue: number): number {
  return Math.max(1, Math.round(STANDARD / lotValue));
}

/** Quantity of one fill in a market of lots. */
export function drawMultiples(lotValue: number, scale: number, random: Random): number {
  const place = random.uniform();
  const times = MULTIPLES.find(([, below]) => place < below)![0];
  return standardLots(lotValue) * Math.max(1, Math.round(times * scale));
}

/** The smallest order. */
export function dustLots(lotValue: number): number {
  return Math.max(1, Math.ceil(DUST.notional / lotValue));
}
