// Columns in robust deviations.

/** Deviations up to which a value counts as it is; beyond, it grows with the logarithm: one wild column is not an outage. */
const PLAIN = 4;
/** The median of |x − median| is this part of the deviation of a normal distribution. */
const NORMAL = 0.6744897501960817;

/** A deviation, bent beyond what is plain. */
export function bent(deviation: number): number {
  const far = deviation < 0 ? -deviation : deviation;
  if (far <= PLAIN) return deviation;
  return Math.sign(deviation) * PLAIN * (1 + Math.log(far / PLAIN));
}

/** Median and deviation of a column of n × d rows: by the median of distances from it or, where more than half are alike, by their mean square. */
export function levelOf(rows: Float64Array, d: number, column: number): readonly [level: number, variance: number] {
  const values = Float64Array.from({ length: rows.length / d }, (_, r) => rows[r * d + column]!).sort();
  const level = values[values.length >> 1]!;
  const distances = values.map((value) => Math.abs(value - level)).sort();
  const deviation = distances[distances.length >> 1]! / NORMAL;
  if (deviation > 0) return [level, deviation * deviation];
  return [level, distances.reduce((sum, distance) => sum + distance * distance, 0) / distances.length];
}
