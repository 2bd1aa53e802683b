// What came first and explains the rest: which finding may have made which.

import type { Disturbance } from '../api/index.js';

/** A finding, as far as its cause can be told. */
export interface Caused {
  /** From 0, in order of time. */
  readonly episode: number;
  readonly time: number;
  readonly subsystem?: string | undefined;
}

/** Two that are found within this are not told apart by time: some are looked at for longer than others before they are told, ms. */
const AT_ONCE = 2_000;
const NONE = -1;

/**
 * For each finding of one entity the one that explains it: of a subsystem that can disturb its own, early enough; −1 where none does. Of
 * several the earliest. What explains is explained itself by that which comes first of all.
 * @param alike whether two of one episode, the earlier one first, are about the same thing by other means
 */
export function rootsOf(
  findings: readonly Caused[],
  disturbs: readonly Disturbance[],
  alike: (earlier: number, later: number) => boolean,
): number[] {
  const can = (a: Caused, b: Caused) =>
    disturbs.some(({ from, to, withinMs }) => from === a.subsystem && to === b.subsystem && b.time - a.time <= withinMs);
  const explains = (i: number, j: number): boolean => {
    const [a, b] = [findings[i]!, findings[j]!];
    if (i === j || a.time > b.time + AT_ONCE) return false;
    const [onward, back] = [can(a, b), can(b, a)];
    // Of two that came at once the one that can disturb the other was first, whatever was told first.
    if (onward !== back && Math.abs(a.time - b.time) <= AT_ONCE) return onward;
    if (i > j) return false;
    if (onward || a.episode !== b.episode) return onward;
    return (a.subsystem !== undefined && a.subsystem === b.subsystem) || alike(i, j);
  };
  const parents = findings.map((_, j) => findings.findIndex((__, i) => explains(i, j)));
  return findings.map((_, j) => {
    const seen = new Set([j]);
    let root = j;
    for (let next = parents[j]!; next !== NONE && !seen.has(next); next = parents[next]!) {
      root = next;
      seen.add(next);
    }
    return root === j ? NONE : root;
  });
}
