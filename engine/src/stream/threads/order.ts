// The order that one thread gives, of what several have made.

/** What a thread has made, and where each of it stands: a step and a time. */
export interface Made<T> {
  readonly items: readonly T[];
  readonly places: readonly number[];
}

/**
 * Puts together what several threads have made of a batch. Each has its own in order: by the step of the stream, at one step by the time at
 * which keys were woken, at one time by key. Two threads never have the same key.
 */
export function inOrder<T extends { readonly key: string }>(all: readonly Made<T>[]): T[] {
  const made = all.filter(({ items }) => items.length > 0);
  if (made.length === 1) return [...made[0]!.items];
  const out: T[] = [];
  const at = made.map(() => 0);
  for (let left = made.reduce((sum, { items }) => sum + items.length, 0); left > 0; left--) {
    let first = -1;
    for (let i = 0; i < made.length; i++) {
      if (at[i]! === made[i]!.items.length) continue;
      if (first < 0 || comesFirst(made[i]!, at[i]!, made[first]!, at[first]!)) first = i;
    }
    out.push(made[first]!.items[at[first]!++]!);
  }
  return out;
}

function comesFirst<T extends { readonly key: string }>(one: Made<T>, i: number, other: Made<T>, j: number): boolean {
  const step = one.places[2 * i]! - other.places[2 * j]!;
  // At the end of a stream both are infinite.
  if (step !== 0 && !Number.isNaN(step)) return step < 0;
  const [time, than] = [one.places[2 * i + 1]!, other.places[2 * j + 1]!];
  return time === than ? one.items[i]!.key < other.items[j]!.key : time < than;
}
