// What explains an anomaly: how much of it each column carries.

import type { Explanation, Topic } from '../api/index.js';
import type { Judge } from './entity.js';

/** What the model has filled in meanwhile. */
export const topicsOf = ({ topics }: Explanation): readonly Topic[] => topics ?? [];

/** A column's share of what lifts the row above the ordinary, whichever way the model counts. */
export function addShares(
  shares: Record<string, number>,
  out: Explanation,
  columns: Judge['settings']['columns'],
  weight: number,
): void {
  const sign = out.total < out.baseline ? -1 : 1;
  let sum = 0;
  for (const value of out.contributions) sum += Math.max(0, sign * value);
  if (!(sum > 0)) return;
  columns.forEach(({ name }, j) => {
    const share = (Math.max(0, sign * out.contributions[j]!) / sum) * weight;
    if (share > 0) shares[name] = (shares[name] ?? 0) + share;
  });
}
