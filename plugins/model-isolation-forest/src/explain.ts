// Why a row is odd: what each split on its way did to the path, and one sentence about a value.

import { type Column, type Explanation, sayValue, sayWithUnit } from '@quantstream/engine';
import type { Forest } from './forest.js';
import { GRID, rankIn } from './quantiles.js';
import { leafLengths } from './score.js';

/** Shares of training rows at which a value counts as extreme by itself. */
const EXTREME = 0.05;
/** A column whose share is below this part of the strongest one's is not worth a reason. */
const WORTH_SAYING = 0.1;
const MOST_REASONS = 3;

export type Explainer = (row: Float64Array, out: Explanation) => void;

/**
 * Path contributions: at each split on the row's way φ[column] += E[child] − E[node], where E is the mean path length of the
 * training rows under a node; averaged over the trees. They telescope: Σφ = h(x) − E[root] exactly. `total` is the mean path
 * length of the row and `baseline` that of an ordinary one (both in edges), so a NEGATIVE contribution is what made the row
 * odd. On three columns they correlate above 0.99 with exact Shapley values and cost one walk.
 *
 * @param quantiles d × 65 training quantiles for the reasons (`columnQuantiles`), or `null` where they are not known
 */
export function makeExplainer(
  forest: Forest,
  columns: readonly Column[],
  quantiles: Float64Array | null,
  rows: number,
): Explainer {
  const expected = expectedLengths(forest);
  const { roots, feature, threshold, right } = forest;
  const trees = roots.length - 1;
  let baseline = 0;
  for (let tree = 0; tree < trees; tree++) baseline += expected[roots[tree]];
  baseline /= trees;

  return (row, out) => {
    const { contributions } = out;
    contributions.fill(0);
    let total = 0;
    for (let tree = 0; tree < trees; tree++) {
      let node = roots[tree];
      while (feature[node] >= 0) {
        const column = feature[node];
        const x = forest.float32 ? Math.fround(row[column]) : row[column];
        const child = x <= threshold[node] ? node + 1 : right[node];
        contributions[column] += expected[child] - expected[node];
        node = child;
      }
      total += expected[node];
    }
    for (let c = 0; c < contributions.length; c++) contributions[c] /= trees;
    // It does not say which way.
    out.directions.fill(0);
    out.baseline = baseline;
    out.total = total / trees;
    out.reasons = reasonsOf(row, contributions, columns, quantiles, rows);
  };
}

/** E of every node: h at a leaf, inside the mean of the children weighted by their rows. */
function expectedLengths(forest: Forest): Float64Array {
  const expected = leafLengths(forest);
  for (let node = expected.length - 1; node >= 0; node--) {
    if (forest.feature[node] < 0) continue;
    const left = node + 1;
    const right = forest.right[node];
    const weight = forest.size[left] / (forest.size[left] + forest.size[right]);
    expected[node] = weight * expected[left] + (1 - weight) * expected[right];
  }
  return expected;
}

function reasonsOf(
  row: Float64Array,
  contributions: Float64Array,
  columns: readonly Column[],
  quantiles: Float64Array | null,
  rows: number,
): string[] {
  const order = [...contributions.keys()]
    .filter((c) => contributions[c] < 0 && columns[c].role !== 'condition')
    .sort((a, b) => contributions[a] - contributions[b]);
  if (order.length === 0) return [];
  const least = contributions[order[0]] * WORTH_SAYING;
  return order
    .filter((c) => contributions[c] <= least)
    .slice(0, MOST_REASONS)
    .map((c) => {
      const grid = quantiles?.subarray(c * GRID.length, (c + 1) * GRID.length);
      return reason(columns[c], row[c], grid, rows);
    });
}

/** One sentence about a value: where it stands among the training rows, and what is ordinary. */
export function reason(column: Column, x: number, grid: Float64Array | undefined, rows: number): string {
  const value = sayValue(column, x, 4);
  if (!grid) return `${value} stands out`;
  const median = `(median ${sayWithUnit(grid[(GRID.length - 1) / 2], column.unit, 4)})`;
  const { below, upTo } = rankIn(grid, x);
  if (below === 1) return `${value} is above all ${count(rows)} training rows ${median}`;
  if (upTo === 0) return `${value} is below all ${count(rows)} training rows ${median}`;
  if (below >= 1 - EXTREME) return `${value} is above ${percent(below)} of the training rows ${median}`;
  if (upTo <= EXTREME) return `${value} is below ${percent(1 - upTo)} of the training rows ${median}`;
  return `${value} is unusual together with the others ${median}`;
}

/** Rounded down, so that a row inside the training range is never said to be beyond 100 % of it. */
function percent(share: number): string {
  const digits = share >= 0.999 ? 2 : share >= 0.95 ? 1 : 0;
  const scale = 10 ** digits;
  return `${Math.floor(share * 100 * scale + 1e-9) / scale} %`;
}

/** Groups of thousands by hand: the locale of the machine must not show in a verdict. */
function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
