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

/** Rows before distances bound anything. */
const FEW = 30;

/** Takes in a row. @param furthest what is further off than so many mean distances counts as just that far */
export function learnUsual(
  { mean, distance, count }: UsualState,
  row: ArrayLike<number>,
  furthest = Number.POSITIVE_INFINITY,
): void {
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
    let from = value - mean[i]!;
    if (count[i]! > FEW && distance[i]! > 0) {
      const bound = furthest * distance[i]!;
      from = Math.max(-bound, Math.min(bound, from));
    }
    mean[i]! += weight * from;
    distance[i]! += weight * (Math.abs(from) - distance[i]!);
  }
}
