// How far a row lies from a centre.

/** Deviations of one column up to which its square counts; beyond, it grows with the logarithm: one wild column is not an outage. */
const PLAIN = 3;

/** What a column adds to the squared distance: `deviation` in deviations of the column. */
export function share(deviation: number): number {
  const far = deviation < 0 ? -deviation : deviation;
  return far <= PLAIN ? far * far : PLAIN * PLAIN * (1 + 2 * Math.log(far / PLAIN));
}

/** Squared distance of two rows that lie in flat matrices, columns brought to scale by `scales`; not worked out further than `most`. */
export function squared(
  rows: Float64Array,
  row: number,
  centres: Float64Array,
  centre: number,
  d: number,
  scales: Float64Array,
  most = Number.POSITIVE_INFINITY,
): number {
  let sum = 0;
  for (let j = 0; j < d && sum < most; j++) sum += share((rows[row + j]! - centres[centre + j]!) * scales[j]!);
  return sum;
}
