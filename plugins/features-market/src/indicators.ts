import type { ClosedBar } from './bar.js';
import type { Memory } from './memory.js';
import { at } from './series.js';

/** Called once per bar, after the bar was pushed into the series. */
export type Compute = (bar: ClosedBar) => number;

/** Wilder's smoothing: the plain mean of the first N changes, then (N − 1 parts old + 1 part new) / N. */
export function relativeStrength(window: number, _: Memory, own: Float64Array): Compute {
  return (bar) => {
    const change = bar.close - bar.previousClose;
    if (Number.isNaN(change)) return Number.NaN;
    const gain = Math.max(change, 0);
    const loss = Math.max(-change, 0);
    if (own[0] < window) {
      own[0]++;
      own[1] += gain / window;
      own[2] += loss / window;
      if (own[0] < window) return Number.NaN;
    } else {
      own[1] = (own[1] * (window - 1) + gain) / window;
      own[2] = (own[2] * (window - 1) + loss) / window;
    }
    return (100 * own[1]) / (own[1] + own[2]);
  };
}

/** ln(close / exponential mean of closes up to this one), the mean seeded with that of the first N closes. */
export function exponentialDeviation(window: number, _: Memory, own: Float64Array): Compute {
  const weight = 2 / (window + 1);
  return (bar) => {
    if (own[0] < window) {
      own[0]++;
      own[1] += bar.close / window;
      return own[0] < window ? Number.NaN : Math.log(bar.close / own[1]);
    }
    own[1] += weight * (bar.close - own[1]);
    return Math.log(bar.close / own[1]);
  };
}

/** r / √(mean |r_j||r_j−1| over the N returns before it), that mean being at least step² / 12, the variance of rounding. */
export function jumpStatistic(window: number, { series }: Memory): Compute {
  const returns = series.logReturn!;
  return ({ logReturn }) => {
    if (Number.isNaN(logReturn) || returns.count < window + 1) return Number.NaN;
    let products = 0;
    let newer = Math.abs(logReturn);
    let step = newer > 0 ? newer : Number.POSITIVE_INFINITY;
    for (let back = 1; back <= window; back++) {
      const size = Math.abs(at(returns, back));
      if (size > 0 && size < step) step = size;
      if (back > 1) products += size * newer;
      newer = size;
    }
    if (logReturn === 0) return 0;
    return logReturn / Math.sqrt(Math.max(products / (window - 1), (step * step) / 12));
  };
}
