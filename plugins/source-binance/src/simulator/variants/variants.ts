/** Variants of the simulated exchange: markets in which something does not hold that the usual one takes for granted. */
import type { Instrument } from '../instruments.js';
import type { Hours } from './hours.js';

/** What a market is like. */
export interface Variant {
  readonly about: string;
  /** Factor of the trades per second that were asked for. */
  readonly rate: number;
  /** How far the ask lies above the bid, in ticks; in deviations of one second where that is more. */
  readonly spread: { readonly ticks: number; readonly deviations: number };
  /** The least tick, in deviations of one second, brought to 1, 2 or 5 times a power of ten; 0: the instrument's own. */
  readonly tick: number;
  /** How far before the new quote an order that moves it makes its last trade, in ticks: 1 where it takes what stood there, and no more. */
  readonly short: 0 | 1;
  /** How likely the side that takers lean to turns with an order, and that an order follows it. Turns never: buyers all day. */
  readonly lean: { readonly turn: number; readonly follow: number };
  /** How much of activity and volatility the time of day explains (log). */
  readonly rhythm: { readonly activity: number; readonly volatility: number };
  /** Factor of what makes volatility cluster (its logarithm). */
  readonly clustering: number;
  /** Sizes are a mixture from dust to blocks, or a few multiples of one lot. */
  readonly sizes: 'mixed' | 'lots';
  /** When the exchange is open; absent: always. */
  readonly hours?: Hours;
}

/** The market of docs/simulator.md, set beside recordings. Sides are correlated 0.41 at lag 1 and 0.16 at lag 10, as recorded. */
export const USUAL: Variant = {
  about: 'the market that is set beside recordings',
  rate: 1,
  spread: { ticks: 1, deviations: 0 },
  tick: 0,
  short: 0,
  lean: { turn: 0.0475, follow: 0.825 },
  rhythm: { activity: 0.45, volatility: 0.2 },
  clustering: 1,
  sizes: 'mixed',
};

/** By name, each with what differs from the usual market. */
export const VARIANTS = {
  'no-bounce': { ...USUAL, about: 'buyers and sellers pay the same price', spread: { ticks: 0, deviations: 0 } },
  'coarse-ticks': {
    ...USUAL,
    about:
      'a tick of four deviations of a second: quotes rest for long and move by exactly one, and what was the ask becomes the bid',
    tick: 4,
    short: 1,
  },
  thin: { ...USUAL, about: 'one trade for sixteen of the usual market: most seconds have none', rate: 1 / 16 },
  'one-sided': { ...USUAL, about: 'nearly all takers buy', lean: { turn: 0, follow: 0.97 } },
  'opening-hours': {
    ...USUAL,
    about: 'open from 14:30 to 21:00 UTC, Monday to Friday; opens at another price, and is busiest when it opens and closes',
    rhythm: { activity: 0.6, volatility: 0.35 },
    hours: { opens: 14.5, closes: 21, days: 5, drift: 0.35 },
  },
  'daily-volatility': {
    ...USUAL,
    about: 'seven times as volatile and five times as busy in the afternoon as at night',
    rhythm: { activity: 0.8, volatility: 1 },
  },
  clustered: {
    ...USUAL,
    about: 'calm for hours and wild for hours: the logarithm of volatility varies 1.6 times as much',
    clustering: 1.6,
  },
  'wide-spread': {
    ...USUAL,
    about: 'the ask lies two deviations of a second above the bid',
    spread: { ticks: 1, deviations: 2 },
  },
  'round-lots': { ...USUAL, about: 'every trade is one, two, five or ten lots', sizes: 'lots' },
} as const satisfies Readonly<Record<string, Variant>>;
export type VariantName = keyof typeof VARIANTS;
export const VARIANT_NAMES = Object.keys(VARIANTS) as [VariantName, ...VariantName[]];

export const variantOf = (name: VariantName | undefined): Variant => (name === undefined ? USUAL : VARIANTS[name]);

/** An instrument with the tick of a variant. */
export function withTick(instrument: Instrument, { tick }: Variant): Instrument {
  const least = tick * instrument.deviation * instrument.price;
  if (!(least > instrument.tick)) return instrument;
  const power = 10 ** Math.floor(Math.log10(least));
  const times = [1, 2, 5, 10].reduce((best, one) =>
    Math.abs(Math.log((one * power) / least)) < Math.abs(Math.log((best * power) / least)) ? one : best,
  );
  return { ...instrument, tick: Number((times * power).toPrecision(1)) };
}

/** Ticks from the bid to the ask. */
export function spreadTicks({ price, tick, deviation }: Instrument, { spread }: Variant): number {
  return Math.max(spread.ticks, Math.round((spread.deviations * deviation * price) / tick));
}
