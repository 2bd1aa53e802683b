/** A warm-up row further than this many robust deviations from the median counts less, by the square. */
const FAR = 8;
/** Median absolute deviation, and mean absolute deviation, of a normal distribution, to standard deviations. */
const FROM_MEDIAN = 1.4826;
const FROM_MEAN = Math.sqrt(Math.PI / 2);

/**
 * First weighted mean and covariance of n × d rows (row-major). Nothing is known yet that could tell an odd row, so each column is
 * measured by its median and median absolute deviation, and a row that lies far in any counts less.
 * @returns the sum of the weights
 */
export function firstEstimate(rows: Float64Array, d: number, mean: Float64Array, covariance: Float64Array): number {
  const n = rows.length / d;
  const weights = robustWeights(rows, n, d);
  let total = 0;
  mean.fill(0);
  covariance.fill(0);
  for (let r = 0; r < n; r++) total += weights[r];
  for (let r = 0; r < n; r++) for (let c = 0; c < d; c++) mean[c] += (weights[r] / total) * rows[r * d + c];
  for (let r = 0; r < n; r++) {
    const share = weights[r] / total;
    for (let i = 0, k = 0; i < d; i++) {
      const part = share * (rows[r * d + i] - mean[i]);
      for (let j = 0; j <= i; j++, k++) covariance[k] += part * (rows[r * d + j] - mean[j]);
    }
  }
  return total;
}

function robustWeights(rows: Float64Array, n: number, d: number): Float64Array {
  const weights = new Float64Array(n).fill(1);
  const column = new Float64Array(n);
  for (let c = 0; c < d; c++) {
    for (let r = 0; r < n; r++) column[r] = rows[r * d + c];
    const median = column.sort()[n >> 1];
    for (let r = 0; r < n; r++) column[r] = Math.abs(rows[r * d + c] - median);
    column.sort();
    // Most rows may hold the same number, as counts of rare things do.
    const deviation = column[n >> 1] * FROM_MEDIAN || (column.reduce((a, b) => a + b, 0) / n) * FROM_MEAN;
    if (deviation === 0) continue;
    for (let r = 0; r < n; r++) {
      const far = Math.abs(rows[r * d + c] - median) / deviation / FAR;
      if (far > 1) weights[r] = Math.min(weights[r], 1 / far / far);
    }
  }
  return weights;
}
