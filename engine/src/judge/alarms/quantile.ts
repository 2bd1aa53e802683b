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

/**
 * Several quantiles of values in any order, as {@link quantile} gives them, without sorting all of them: selection in place (Hoare, "Find",
 * Communications of the ACM 4, 1961).
 * @param values numbers, no NaN; their order changes
 * @param shares ascending
 */
export function quantilesOf(values: Float32Array, shares: readonly number[]): number[] {
  const n = values.length;
  let from = 0;
  return shares.map((q) => {
    if (n === 0) return Number.NaN;
    const position = q * (n - 1);
    const below = Math.floor(position);
    select(values, below, from);
    from = below;
    const low = values[below]!;
    if (below + 1 >= n) return low;
    // All behind are at least as large: the least of them is next.
    let above = Number.POSITIVE_INFINITY;
    for (let i = below + 1; i < n; i++) if (values[i]! < above) above = values[i]!;
    return low + (above - low) * (position - below);
  });
}

/** Brings the value of that rank to its place, none larger before it and none smaller behind. @param from where all before are no larger */
function select(values: Float32Array, rank: number, from: number): void {
  let low = from;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const held = values[left]!;
      values[left++] = values[right]!;
      values[right--] = held;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else return;
  }
}
