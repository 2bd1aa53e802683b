// The range of each column, which the boxes of trees are laid over.

const TRIM = 0.01;
const PADDING = 0.15;

/** Ranges by column of n × d rows (row-major): from the 1 % to the 99 % point, 15 % wider at both ends, so that a wild row has no say. */
export function learnRanges(rows: Float64Array, low: Float64Array, high: Float64Array): void {
  const columns = low.length;
  const n = rows.length / columns;
  const column = new Float64Array(n);
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < n; i++) column[i] = rows[i * columns + c];
    column.sort();
    const from = column[Math.floor(TRIM * (n - 1))];
    const to = column[Math.ceil((1 - TRIM) * (n - 1))];
    // A column that stood still gets a little room, so that a move shows.
    const padding = Math.max(PADDING * (to - from), 1e-9 * Math.abs(from), 1e-30);
    low[c] = from - padding;
    high[c] = to + padding;
  }
}
