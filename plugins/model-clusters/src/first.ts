// The first centres, from the rows of the warm-up.

import { squared } from './distance.js';

/** Rounds of assigning rows and moving centres. */
const ROUNDS = 8;
/** The golden ratio spreads the places that are drawn as evenly as chance would, and the same ones each time. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Centres of n × d rows: each first one where rows are still far from all before it (D. Arthur, S. Vassilvitskii: *k-means++*, 2007, with places
 * that are spread instead of drawn), then moved to the mean of the rows that are nearest to it (S. Lloyd, 1982).
 * @param scales one over the deviation of each column
 * @returns at most `most` centres × d; fewer where there are fewer different rows
 */
export function firstCentres(rows: Float64Array, d: number, most: number, scales: Float64Array): Float64Array {
  const n = rows.length / d;
  const centres = new Float64Array(most * d);
  const far = new Float64Array(n).fill(1);
  let k = 0;
  for (; k < most; k++) {
    let total = 0;
    for (let r = 0; r < n; r++) total += far[r]!;
    if (!(total > 0)) break;
    let left = total * (((k + 1) * GOLDEN) % 1);
    let at = 0;
    for (; at < n - 1; at++) {
      left -= far[at]!;
      if (left <= 0) break;
    }
    while (far[at] === 0) at = (at + 1) % n;
    centres.set(rows.subarray(at * d, at * d + d), k * d);
    for (let r = 0; r < n; r++) {
      const distance = squared(rows, r * d, centres, k * d, d, scales);
      far[r] = k === 0 ? distance : Math.min(far[r]!, distance);
    }
  }
  const found = centres.slice(0, k * d);
  for (let round = 0; round < ROUNDS; round++) move(rows, n, d, found, scales);
  return found;
}

function move(rows: Float64Array, n: number, d: number, centres: Float64Array, scales: Float64Array): void {
  const k = centres.length / d;
  const sums = new Float64Array(k * d);
  const counts = new Float64Array(k);
  for (let r = 0; r < n; r++) {
    let [nearest, least] = [0, Number.POSITIVE_INFINITY];
    for (let c = 0; c < k; c++) {
      const distance = squared(rows, r * d, centres, c * d, d, scales);
      if (distance < least) [nearest, least] = [c, distance];
    }
    counts[nearest]!++;
    for (let j = 0; j < d; j++) sums[nearest * d + j]! += rows[r * d + j]!;
  }
  for (let c = 0; c < k; c++) {
    if (counts[c]! > 0) for (let j = 0; j < d; j++) centres[c * d + j] = sums[c * d + j]! / counts[c]!;
  }
}
