import type { ColumnFamily } from '@quantstream/engine';
import { type Past, regression, Spread } from './statistics.js';

/** A column, or a family of columns that differ by the window N in their names. */
export interface Family extends ColumnFamily {
  /** The value at the bar that was put into the past last. */
  readonly of: (past: Past, window: number) => number;
}

const before = 'the N bars before this one';

/** Every column that can be chosen. a and b are the prices of the first and the second leg. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'spread',
    windowed: true,
    least: 2,
    unit: '1',
    about: 'How far the ratio of the prices is from its usual, normalised: 0.005 is half a percent. What "spread > 0.5 %" means.',
    formula: `ln(a/b) − mean of ln(a/b) over ${before}`,
    warmUp: (n) => n + 1,
    of: (past, n) => new Spread(past, n).deviation,
  },
  {
    name: 'spread_z',
    windowed: true,
    least: 3,
    unit: '1',
    about: 'The same in standard deviations.',
    formula: `(ln(a/b) − mean) / sample deviation, both over ${before}`,
    source: 'Gatev, Goetzmann & Rouwenhorst, Pairs Trading, Review of Financial Studies 19 (2006)',
    warmUp: (n) => n + 1,
    of: (past, n) => new Spread(past, n).z,
  },
  {
    name: 'hedged_spread',
    windowed: true,
    least: 10,
    unit: '1',
    about: 'How far the first price is from what the second lets expect, with the hedge ratio of the window.',
    formula: `ln a − (α + β·ln b); α, β: least squares over ${before}`,
    source: 'Engle & Granger, Co-integration and Error Correction, Econometrica 55 (1987)',
    warmUp: (n) => n + 1,
    of: (past, n) => {
      const { intercept, slope } = regression(past, n);
      return past.first(0) - (intercept + slope * past.second(0));
    },
  },
  {
    name: 'hedge_ratio',
    windowed: true,
    least: 10,
    unit: '1',
    about: 'How much the first price moves with the second, in relative terms.',
    formula: `β of ln a = α + β·ln b, least squares over ${before}`,
    warmUp: (n) => n + 1,
    of: (past, n) => regression(past, n).slope,
  },
  {
    name: 'correlation',
    windowed: true,
    least: 3,
    unit: '1',
    about: 'Correlation of the logarithmic returns of both prices, −1 … 1. Missing while one of them stands still.',
    formula: "Pearson's r of Δln a and Δln b over the last N bars, this one included",
    warmUp: (n) => n + 1,
    of: (past, n) => past.correlation(n),
  },
  {
    name: 'first_return',
    windowed: false,
    least: 0,
    unit: '1',
    about: 'Logarithmic return of the first price since the bar before.',
    formula: 'ln(a/a₋₁)',
    warmUp: () => 2,
    of: (past) => (past.count < 2 ? Number.NaN : past.first(0) - past.first(1)),
  },
  {
    name: 'second_return',
    windowed: false,
    least: 0,
    unit: '1',
    about: 'Logarithmic return of the second price since the bar before.',
    formula: 'ln(b/b₋₁)',
    warmUp: () => 2,
    of: (past) => (past.count < 2 ? Number.NaN : past.second(0) - past.second(1)),
  },
  {
    name: 'return_difference',
    windowed: true,
    least: 1,
    unit: '1',
    about: 'How much more the first price has gained over N bars than the second.',
    formula: 'ln(a/a₋N) − ln(b/b₋N)',
    warmUp: (n) => n + 1,
    of: (past, n) => (past.count <= n ? Number.NaN : past.first(0) - past.first(n) - (past.second(0) - past.second(n))),
  },
];
