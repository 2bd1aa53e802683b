/** Quantiles of a column, half a percent apart, from 0.5 % to 99.5 %. */
export const POINTS = 199;
const STEP = 1 / (POINTS + 1);

/** Writes the quantiles of ascending numbers: each the smallest number with at least that share at or below it, so ties stay ties. */
export function fitBody(ascending: Float64Array, body: Float64Array, offset: number): void {
  const n = ascending.length;
  // The product of exact whole numbers, so that no rounding moves a rank.
  for (let i = 0; i < POINTS; i++) body[offset + i] = ascending[Math.ceil(((i + 1) * n) / (POINTS + 1)) - 1];
}

/**
 * min(P(X ≤ x), P(X ≥ x)) of a number between the first and the last quantile, at least 0.005; negative where the upper is the smaller.
 * Linear between quantiles; a run of equal ones is one value with the share of all.
 */
export function bodyTail(body: Float64Array, offset: number, x: number): number {
  // Number of quantiles below x.
  let low = 0;
  let high = POINTS;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (body[offset + middle] < x) low = middle + 1;
    else high = middle;
  }
  if (body[offset + low] !== x) {
    const left = body[offset + low - 1];
    const at = (low + (x - left) / (body[offset + low] - left)) * STEP;
    return at < 0.5 ? at : at - 1;
  }
  let last = low;
  while (last + 1 < POINTS && body[offset + last + 1] === x) last++;
  const upTo = (last + 1) * STEP;
  const fromOn = 1 - (low + 1) * STEP;
  return upTo <= fromOn ? upTo : -fromOn;
}
