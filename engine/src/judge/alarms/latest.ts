// What was said of the latest rows: their mean, or whether this row exceeds them.

/** A ring of the latest numbers: plain data, so that a checkpoint holds it. */
export interface Latest {
  readonly values: Float64Array;
  next: number;
  count: number;
}

export const newLatest = (size: number): Latest => ({ values: new Float64Array(size), next: 0, count: 0 });

/** The mean of what was said of the latest rows, this one among them. */
export function meanWith(latest: Latest, said: number): number {
  push(latest, said);
  let sum = 0;
  // Always in the same order, so that a sum does not depend on where the ring begins.
  for (let i = 0; i < latest.count; i++) sum += latest.values[i]!;
  return sum / latest.count;
}

/** What is said of a row that exceeds all of the latest before it; of any other nothing. */
export function openingOf(latest: Latest, said: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < latest.count; i++) if (latest.values[i]! > highest) highest = latest.values[i]!;
  push(latest, said);
  return said > highest ? said : 0;
}

function push(latest: Latest, said: number): void {
  const { values } = latest;
  values[latest.next] = said;
  latest.next = (latest.next + 1) % values.length;
  latest.count = Math.min(latest.count + 1, values.length);
}
