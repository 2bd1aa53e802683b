// The period of a stretch of rows, by its autocorrelation.

/** A shorter one is what the rows before say anyway. */
const SHORTEST = 4;
/** An autocorrelation that is worth a period, and how much of the largest a shorter one needs to be taken instead. */
const WORTH = 0.3;
const NEARLY = 0.8;

/**
 * The period of values in order of time: the shortest local maximum of the autocorrelation that is nearly as high as the highest.
 * @param longest in rows; at most half of the values
 * @param known the period so far, which stays while it is nearly as good as another
 * @returns rows; 0 where there is none
 */
export function periodOf(values: Float64Array, longest: number, known = 0): number {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let power = 0;
  for (let i = 0; i < n; i++) {
    values[i]! -= mean;
    power += values[i]! * values[i]!;
  }
  // What never moves differs from its mean by rounding alone.
  if (!(power > 1e-12 * n * mean * mean)) return 0;
  const most = Math.min(longest, n >> 1);
  const correlation = new Float64Array(most + 2);
  for (let lag = SHORTEST - 1; lag <= most + 1; lag++) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += values[i]! * values[i - lag]!;
    // Fewer pairs at longer lags.
    correlation[lag] = (sum / power) * (n / (n - lag));
  }
  const peak = (lag: number) => correlation[lag]! >= correlation[lag - 1]! && correlation[lag]! > correlation[lag + 1]!;
  let highest = WORTH;
  for (let lag = SHORTEST; lag <= most; lag++) if (peak(lag) && correlation[lag]! > highest) highest = correlation[lag]!;
  if (known >= SHORTEST && known <= most && correlation[known]! >= NEARLY * highest) return known;
  for (let lag = SHORTEST; lag <= most; lag++) if (peak(lag) && correlation[lag]! >= NEARLY * highest) return lag;
  return 0;
}
