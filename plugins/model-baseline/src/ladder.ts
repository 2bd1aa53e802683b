// How rare a deviation is among those of a column's past: counts on a ladder of sizes, for either side.

/** Rungs half an octave apart: the first at a quarter of a usual deviation, the last at some 2,000. */
const RUNGS = 27;
const FIRST = 0.25;
/** Numbers of a ladder: all that was counted, then by side how many were at each rung or above. */
export const LADDER = 1 + 2 * RUNGS;
/** Before anything was counted, deviations are taken to follow Student's t with three degrees of freedom; that weighs as much as so many. */
const PRIOR = 10;
/** Counts fade by half whenever there are so many. */
const COUNTED = 20_000;
/** What is beyond all that was counted is at least this part of one among it. */
const UNSEEN = 0.01;

/** P(T > t) of Student's t with three degrees of freedom. */
const studentTail = (t: number): number => {
  const x = t / Math.sqrt(3);
  // For large x the two terms nearly cancel.
  if (x > 50) return 2 / (3 * Math.PI * x * x * x);
  return 0.5 - (Math.atan(x) + x / (1 + x * x)) / Math.PI;
};

/** By rung, and of one more. */
const PRIORS = Float64Array.from({ length: RUNGS + 1 }, (_, k) => PRIOR * studentTail(FIRST * 2 ** (k / 2)));

/** By rung, the least size that stands on it. */
const SIZES = Float64Array.from({ length: RUNGS }, (_, k) => FIRST * 2 ** (k / 2));

/** Counts a deviation. @param weight how much it counts */
export function count(ladders: Float32Array, at: number, deviation: number, weight: number): void {
  const side = at + 1 + (deviation < 0 ? RUNGS : 0);
  ladders[at]! += weight;
  const size = Math.abs(deviation);
  for (let k = 0; k < RUNGS && size >= SIZES[k]!; k++) ladders[side + k]! += weight;
  if (ladders[at]! > COUNTED) for (let i = at; i < at + LADDER; i++) ladders[i]! /= 2;
}

/** −ln of twice the share of the past that lies as far on that side, nats: 0 where that is half or more, and bounded by what so many can know. */
export function surprise(ladders: Float32Array, at: number, deviation: number): number {
  const size = Math.abs(deviation);
  if (!(size >= FIRST)) return 0;
  // Most are on the first few.
  let k = 0;
  while (k + 1 < RUNGS && size >= SIZES[k + 1]!) k++;
  const side = at + 1 + (deviation < 0 ? RUNGS : 0);
  const here = ladders[side + k]! + PRIORS[k]!;
  const above = (k + 1 < RUNGS ? ladders[side + k + 1]! : 0) + PRIORS[k + 1]!;
  // Linear between rungs; beyond the last one as far as the next would be.
  const part = Math.min(1, (size / SIZES[k]! - 1) / (Math.SQRT2 - 1));
  const share = Math.max(UNSEEN, here + (above - here) * part) / (ladders[at]! + PRIOR);
  return Math.max(0, -Math.log(2 * share));
}
