// The last bars of a pair, and what is computed of them.

import { NO_NUMBERS, withRoom } from '@quantstream/engine';

/** Logarithms of both prices of the last bars: plain data. */
export interface PastState {
  first: Float64Array;
  second: Float64Array;
  /** Bars that are remembered. */
  readonly bars: number;
  /** Bars that were ever put in. */
  count: number;
}

export const initialPast = (bars: number): PastState => ({
  first: NO_NUMBERS,
  second: NO_NUMBERS,
  bars,
  count: 0,
});

/** The last bars of a pair. Sums are taken anew for each row: exact, and a few microseconds for an hour of seconds. */
export class Past {
  private readonly state: PastState;

  constructor(state: PastState) {
    this.state = state;
  }

  get count(): number {
    return this.state.count;
  }

  /** ln of the first price, so many bars ago. */
  first(ago: number): number {
    const { first, count } = this.state;
    return first[(count - 1 - ago) % first.length]!;
  }

  second(ago: number): number {
    const { second, count } = this.state;
    return second[(count - 1 - ago) % second.length]!;
  }

  put(first: number, second: number): void {
    const { state } = this;
    const at = state.count % state.bars;
    state.first = withRoom(state.first, at + 1, state.bars);
    state.second = withRoom(state.second, at + 1, state.bars);
    state.first[at] = Math.log(first);
    state.second[at] = Math.log(second);
    state.count++;
  }

  /** Pearson's r of the last n returns. */
  correlation(n: number): number {
    if (this.count <= n) return Number.NaN;
    let meanA = 0;
    let meanB = 0;
    for (let i = 0; i < n; i++) {
      meanA += (this.first(i) - this.first(i + 1)) / n;
      meanB += (this.second(i) - this.second(i + 1)) / n;
    }
    let aa = 0;
    let bb = 0;
    let ab = 0;
    for (let i = 0; i < n; i++) {
      const a = this.first(i) - this.first(i + 1) - meanA;
      const b = this.second(i) - this.second(i + 1) - meanB;
      aa += a * a;
      bb += b * b;
      ab += a * b;
    }
    return aa > 0 && bb > 0 ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : Number.NaN;
  }
}

/** The logarithm of the ratio of the prices against the n bars before. */
export class Spread {
  readonly deviation: number;
  readonly z: number;

  constructor(past: Past, n: number) {
    if (past.count <= n) {
      this.deviation = Number.NaN;
      this.z = Number.NaN;
      return;
    }
    // Measured from the present ratio, so that the sums are small and lose no digits.
    const now = past.first(0) - past.second(0);
    let sum = 0;
    for (let i = 1; i <= n; i++) sum += past.first(i) - past.second(i) - now;
    const mean = sum / n;
    let squares = 0;
    for (let i = 1; i <= n; i++) squares += (past.first(i) - past.second(i) - now - mean) ** 2;
    this.deviation = 0 - mean;
    this.z = squares > 0 ? this.deviation / Math.sqrt(squares / (n - 1)) : Number.NaN;
  }
}

/** Least squares of ln a on ln b over the n bars before this one; NaN where b stands still. */
export function regression(past: Past, n: number): { intercept: number; slope: number } {
  if (past.count <= n) return { intercept: Number.NaN, slope: Number.NaN };
  let meanA = 0;
  let meanB = 0;
  for (let i = 1; i <= n; i++) {
    meanA += past.first(i) / n;
    meanB += past.second(i) / n;
  }
  let bb = 0;
  let ab = 0;
  for (let i = 1; i <= n; i++) {
    const b = past.second(i) - meanB;
    bb += b * b;
    ab += (past.first(i) - meanA) * b;
  }
  const slope = bb > 0 ? ab / bb : Number.NaN;
  return { intercept: meanA - slope * meanB, slope };
}
