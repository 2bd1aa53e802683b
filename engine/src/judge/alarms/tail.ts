/** A generalised Pareto tail: P(excess > y) = (1 + shape·y/scale)^(−1/shape), an exponential where the shape is 0. */
export interface Tail {
  readonly shape: number;
  readonly scale: number;
}

/** Shapes are kept where such a tail has a mean and is no cliff. */
const SHAPES = [-0.4, 0.5] as const;
/** Below this share of the tail, a bounded one goes on as an exponential: nothing is impossible. */
const BEND = 1e-3;

/**
 * The quasi-Bayesian estimate of Zhang & Stephens, "A New and Efficient Estimation Method for the Generalized Pareto Distribution",
 * Technometrics 51 (2009), for weighted excesses.
 * @param excesses above 0, ascending
 * @param weights how often each occurred
 */
export function fitTail(excesses: ArrayLike<number>, weights: ArrayLike<number>, size: number): Tail {
  let n = 0;
  let mean = 0;
  for (let i = 0; i < size; i++) {
    n += weights[i]!;
    mean += weights[i]! * excesses[i]!;
  }
  mean /= n;
  const largest = excesses[size - 1]!;
  if (!(n >= 5) || !(largest > 0) || size < 3) return { shape: 0, scale: mean > 0 ? mean : Number.MIN_VALUE };
  const quartile = weightedQuantile(excesses, weights, size, n * 0.25);
  const candidates = 20 + Math.floor(Math.sqrt(n));
  const thetas = new Float64Array(candidates);
  const likelihoods = new Float64Array(candidates);
  for (let j = 0; j < candidates; j++) {
    const theta = 1 / largest + (1 - Math.sqrt(candidates / (j + 0.5))) / (3 * quartile);
    thetas[j] = theta;
    likelihoods[j] = profile(theta, excesses, weights, size, n);
  }
  let best = Number.NEGATIVE_INFINITY;
  for (const value of likelihoods) if (value > best) best = value;
  let sum = 0;
  let theta = 0;
  for (let j = 0; j < candidates; j++) {
    const weight = Math.exp(likelihoods[j]! - best);
    sum += weight;
    theta += weight * thetas[j]!;
  }
  theta /= sum;
  const raw = meanLog(theta, excesses, weights, size, n);
  // Their weak prior: ten observations' worth of a shape of ½; ours of 0, since scores are mostly light-tailed.
  const shape = Math.max(SHAPES[0], Math.min(SHAPES[1], (n * raw) / (n + 10)));
  // With the shape settled, the scale that keeps the mean: mean excess = scale / (1 − shape).
  return { shape, scale: Math.max(mean * (1 - shape), Number.MIN_VALUE) };
}

/** P(excess > y). Falls for ever, also where the fitted tail has an end. */
export function survival({ shape, scale }: Tail, y: number): number {
  if (y <= 0) return 1;
  if (Math.abs(shape) < 1e-6) return Math.exp(-y / scale);
  if (shape > 0) return (1 + (shape * y) / scale) ** (-1 / shape);
  // Where the share has fallen to BEND, the tail goes on along its tangent in the logarithm.
  const bend = ((BEND ** -shape - 1) * scale) / shape;
  if (y <= bend) return (1 + (shape * y) / scale) ** (-1 / shape);
  return BEND * Math.exp(-(y - bend) / (scale + shape * bend));
}

/** The excess that a share of the tail lies above. */
export function excessAt({ shape, scale }: Tail, share: number): number {
  if (share >= 1) return 0;
  if (Math.abs(shape) < 1e-6) return -scale * Math.log(share);
  if (shape > 0 || share >= BEND) return (scale / shape) * (share ** -shape - 1);
  const bend = ((BEND ** -shape - 1) * scale) / shape;
  return bend - (scale + shape * bend) * Math.log(share / BEND);
}

function meanLog(theta: number, x: ArrayLike<number>, w: ArrayLike<number>, size: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += w[i]! * Math.log1p(-theta * x[i]!);
  return sum / n;
}

/** The profile likelihood of Zhang & Stephens, with k = −shape. */
function profile(theta: number, x: ArrayLike<number>, w: ArrayLike<number>, size: number, n: number): number {
  const k = -meanLog(theta, x, w, size, n);
  return n * (Math.log(theta / k) + k - 1);
}

function weightedQuantile(x: ArrayLike<number>, w: ArrayLike<number>, size: number, at: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    sum += w[i]!;
    if (sum >= at) return x[i]!;
  }
  return x[size - 1]!;
}
