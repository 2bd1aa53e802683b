/** Numbers that describe a tail: threshold, rate, shape and shape over scale. */
export const TAIL_NUMBERS = 4;
/** A shape of 0 would be exponential; this is as good as that, and no logarithm of an end point is ever taken. */
const LEAST_SHAPE = 0.01;
const MOST_SHAPE = 0.9;
/** The shape where nothing is known of a tail: heavy, so that the first value in it is not beyond all measure. */
const UNKNOWN_SHAPE = 0.25;
/** Fewer values tell a scale, but no shape. */
const ENOUGH = 10;
/** An excess counts as at most so many median ones: one wild value is not a shape. */
const MOST_MEDIANS = 20;
/** Of a normal distribution: the mean excess beyond the 99.5 % point to the distance of that from the median. */
const EXCESS_OF_BODY = 0.13;
const SMALLEST_SCALE = 1e-30;
const LARGEST = 1e300;

/**
 * Fits a generalised Pareto distribution to what lies beyond a threshold: P(X > u + e) = rate · (1 + shape · e / scale)^(−1/shape), by
 * probability-weighted moments (J. Hosking, J. Wallis, "Parameter and quantile estimation for the generalized Pareto distribution",
 * 1987). The shape is kept from 0.01 to 0.9: no end point, no infinite mean.
 * @param excesses beyond the threshold, all above 0, ascending
 * @param count values that the threshold was taken from
 * @param body how far the threshold lies from the median, or another length of the body
 */
export function fitTail(
  excesses: Float64Array,
  count: number,
  threshold: number,
  body: number,
  tails: Float64Array,
  offset: number,
): void {
  const m = excesses.length;
  const most = MOST_MEDIANS * excesses[m >> 1];
  let mean = 0;
  let weighted = 0;
  for (let i = 0; i < m; i++) {
    const excess = Math.min(excesses[i], most) / m;
    mean += excess;
    weighted += (1 - (i + 0.65) / m) * excess;
  }
  let shape = UNKNOWN_SHAPE;
  let scale = Math.max(EXCESS_OF_BODY * body, 1e-9 * Math.abs(threshold));
  if (mean > SMALLEST_SCALE) {
    shape = m < ENOUGH ? LEAST_SHAPE : Math.min(MOST_SHAPE, Math.max(LEAST_SHAPE, 2 - mean / (mean - 2 * weighted)));
    scale = mean * (1 - shape);
  }
  tails[offset] = threshold;
  tails[offset + 1] = Math.max(m, 0.5) / count;
  tails[offset + 2] = shape;
  tails[offset + 3] = shape / Math.max(scale, SMALLEST_SCALE);
}

/** −log(2p) of a value `excess` above 0 beyond the threshold. Finite for all finite excesses. */
export function tailScore(tails: Float64Array, offset: number, excess: number): number {
  const relative = Math.min(excess * tails[offset + 3], LARGEST);
  return Math.log1p(relative) / tails[offset + 2] - Math.log(2 * tails[offset + 1]);
}
