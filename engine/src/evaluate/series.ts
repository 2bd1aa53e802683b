/** What one detector said of one key: a score per row, in order of time. */
export interface Series {
  readonly key: string;
  /** Event times of the rows, ms since the epoch, never falling. */
  readonly times: Float64Array;
  /** Higher is odder; `NaN` where the row was not judged (learning, uncalibrated, a missing column). */
  readonly scores: Float64Array;
  /** 1 where the detector called the row an anomaly; absent for a detector without a threshold of its own. */
  readonly alarms?: Uint8Array;
  /** By the number of the row, where it was called an anomaly: how much of it each column explains. */
  readonly named?: ReadonlyMap<number, Readonly<Record<string, number>>>;
  /** 1 where the row says that the key is still silent: one thing with the row before. Absent: nowhere. */
  readonly still?: Uint8Array;
}

/** A stretch that is known to be odd. Times in ms since the epoch, both ends included. */
export interface Label {
  readonly key: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly magnitude?: number;
  /** The columns that are at fault, where that is known. */
  readonly columns?: readonly string[];
  /** What must be said of it, any of these: names of topics (`limits/hot` or `hot`) or their subsystems. */
  readonly topics?: readonly string[];
}

/** A stretch that says nothing: alarms in it are neither true nor false. */
export interface Ignored {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** The middle of some numbers; the mean of the two middle ones where their count is even; `NaN` of none. */
export function median(values: readonly number[] | Float64Array): number {
  if (values.length === 0) return Number.NaN;
  const ascending = Float64Array.from(values).sort();
  const half = ascending.length >>> 1;
  return ascending.length % 2 === 1 ? ascending[half]! : (ascending[half - 1]! + ascending[half]!) / 2;
}

/** The usual time between two rows, ms: the median of the gaps. 0 for fewer than two rows. */
export function stepOf(times: Float64Array, from = 0, to = times.length): number {
  const gaps: number[] = [];
  // A few thousand gaps know the median well enough.
  const stride = Math.max(1, Math.floor((to - from) / 5_000));
  for (let i = from + 1; i < to; i += stride) {
    const gap = times[i]! - times[i - 1]!;
    if (gap > 0) gaps.push(gap);
  }
  return gaps.length === 0 ? 0 : median(gaps);
}
