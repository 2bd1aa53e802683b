/**
 * The q-quantile of ascending values, linear between order statistics: Hyndman & Fan (1996) type 7, what NumPy and
 * scikit-learn's `contamination` use.
 */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const n = ascending.length;
  if (n === 0) return Number.NaN;
  const position = q * (n - 1);
  const below = Math.floor(position);
  const low = ascending[below]!;
  if (below + 1 >= n) return low;
  return low + (ascending[below + 1]! - low) * (position - below);
}

/** How many of the ascending values are at least `value`. */
export function countAtLeast(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return ascending.length - low;
}
