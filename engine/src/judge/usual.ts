/** What each column of a key usually is: plain data, so that a checkpoint holds it. */
export interface UsualState {
  readonly mean: Float64Array;
  /** Mean absolute distance from the mean. */
  readonly distance: Float64Array;
  readonly count: Float64Array;
}

/** What is usual for a column at the hour of a row. */
export interface UsualNow {
  readonly low: number;
  readonly high: number;
  /** Where the day of the week has a part in it. */
  readonly weekday?: string | undefined;
}

/** Rows that are remembered. */
const MEMORY = 2_000;

export const initialUsual = (columns: number): UsualState => ({
  mean: new Float64Array(columns),
  distance: new Float64Array(columns),
  count: new Float64Array(columns),
});

/** Rows before distances bound anything; and how many of them a value moves the middle by at most. */
const FEW = 30;
const FURTHEST = 4;

/** Takes in any row, odd or not: what is far off moves the middle little. Nothing that depends on a budget has a part in it. */
export function learnMiddle({ mean, distance, count }: UsualState, row: ArrayLike<number>): void {
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    if (Number.isNaN(value)) continue;
    count[i]!++;
    if (count[i] === 1) {
      mean[i] = value;
      continue;
    }
    const weight = Math.max(1 / MEMORY, 1 / count[i]!);
    const bound = count[i]! > FEW && distance[i]! > 0 ? FURTHEST * distance[i]! : Number.POSITIVE_INFINITY;
    const from = Math.max(-bound, Math.min(bound, value - mean[i]!));
    mean[i]! += weight * from;
    distance[i]! += weight * (Math.abs(from) - distance[i]!);
  }
}

/** Takes in a row that was not odd. */
export function learnUsual({ mean, distance, count }: UsualState, row: ArrayLike<number>): void {
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    if (Number.isNaN(value)) continue;
    count[i]!++;
    if (count[i] === 1) {
      // Nothing was usual before: it is far from nothing.
      mean[i] = value;
      continue;
    }
    const weight = Math.max(1 / MEMORY, 1 / count[i]!);
    const from = value - mean[i]!;
    mean[i]! += weight * from;
    distance[i]! += weight * (Math.abs(from) - distance[i]!);
  }
}
