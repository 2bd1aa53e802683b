// How fast a counter grows, from one sample of it to the next.

/** What is remembered of a counter. */
export interface Counted {
  /** Its latest value; `NaN`: none has come. */
  value: number;
  /** When that was, ms since the epoch. */
  time: number;
  /** Whether each value is the growth since the one before, and no total. */
  readonly delta: boolean;
}

export const newCounted = (delta = false): Counted => ({ value: Number.NaN, time: Number.NEGATIVE_INFINITY, delta });

/** @param time of the value, ms since the epoch, later than all before @returns growth per second since the value before; `NaN` for the first one */
export function rateOf(counted: Counted, time: number, value: number): number {
  const { value: before, time: since } = counted;
  counted.value = value;
  counted.time = time;
  if (Number.isNaN(before)) return Number.NaN;
  // A total that fell began anew at 0.
  const growth = counted.delta || value < before ? value : value - before;
  return growth / ((time - since) / 1_000);
}
