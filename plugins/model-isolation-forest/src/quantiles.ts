/** Shares at which each training column is remembered: fine in both tails, where explanations live. 65 points. */
export const GRID: readonly number[] = (() => {
  const tail = [0, 0.0001, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04];
  const body = Array.from({ length: 33 }, (_, i) => 0.05 + (0.9 * i) / 32);
  return [...tail, ...body, ...tail.map((share) => 1 - share).reverse()];
})();

/** Number at `share` (0 … 1) of ascending numbers, linear between neighbours as in numpy. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const place = share * (ascending.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, ascending.length - 1);
  if (ascending[low] === ascending[high]) return ascending[low];
  return ascending[low] + (place - low) * (ascending[high] - ascending[low]);
}

/** The grid of every column of n × d rows (row-major), as d × 65 numbers. */
export function columnQuantiles(values: Float64Array, count: number, columns: number): Float64Array {
  const grid = new Float64Array(columns * GRID.length);
  const column = new Float64Array(count);
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < count; i++) column[i] = values[i * columns + c];
    column.sort();
    GRID.forEach((share, i) => {
      grid[c * GRID.length + i] = quantile(column, share);
    });
  }
  return grid;
}

/** Where a value stands in one column's grid: the share of training rows strictly below it, and of those not above it. */
export interface Rank {
  readonly below: number;
  readonly upTo: number;
}

/** Rank of `x` in 65 ascending numbers; between points it is linear. Outside the grid both shares are 0 or 1. */
export function rankIn(grid: Float64Array, x: number): Rank {
  let first = 0;
  while (first < grid.length && grid[first] < x) first++;
  if (first === grid.length) return { below: 1, upTo: 1 };
  if (grid[first] === x) {
    let last = first;
    while (last + 1 < grid.length && grid[last + 1] === x) last++;
    return { below: GRID[first], upTo: GRID[last] };
  }
  if (first === 0) return { below: 0, upTo: 0 };
  const share = (x - grid[first - 1]) / (grid[first] - grid[first - 1]);
  const between = GRID[first - 1] + share * (GRID[first] - GRID[first - 1]);
  return { below: between, upTo: between };
}
