// Means that follow samples at uneven times, and values that grow old.

/**
 * Exponentially weighted mean of samples at uneven times.
 * @param tau time constant, ms
 * @param dt since the sample before, ms; NaN before the first
 */
export function smooth(mean: number, sample: number, dt: number, tau: number): number {
  if (Number.isNaN(mean) || Number.isNaN(dt)) return sample;
  return mean + (sample - mean) * (1 - Math.exp(-Math.max(0, dt) / tau));
}

/** The same, but a sample farther than `limit` from the mean pulls only as strongly as one at `limit`: outbursts move it slowly. */
export function smoothClipped(mean: number, sample: number, dt: number, tau: number, limit: number): number {
  if (Number.isNaN(mean) || Number.isNaN(dt)) return sample;
  return smooth(mean, mean + clamp(sample - mean, limit), dt, tau);
}

/** What is usual in this flight is learned over so long, ms; before the flight is judged it follows quickly. */
const USUAL = 60_000;
const SETTLING = 3_000;

/**
 * The slow mean that the present is held against. In flight a sample farther than `limit` pulls no more than one at `limit`, so a fault does not
 * become the usual; before, it follows whatever there is.
 */
export function usualOf(usual: number, sample: number, dt: number, limit: number, judged: boolean): number {
  return judged ? smoothClipped(usual, sample, dt, USUAL, limit) : smooth(usual, sample, dt, SETTLING);
}

export const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** `value` while it is not older than `age`, else NaN. */
export const fresh = (value: number, at: number, time: number, age: number): number => (time - at <= age ? value : Number.NaN);
