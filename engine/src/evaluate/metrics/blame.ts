// Whether the columns that an alarm names are those that a label says are at fault.

import type { Series } from '../series.js';
import type { Field } from './field.js';

/** How well columns are named, over the events whose columns are known and that were raised. */
export interface Blame {
  readonly events: number;
  /**
   * Of an event with k columns at fault, the share of them among the first k that are named: HitRate@100 % (Y. Su et al., "Robust Anomaly
   * Detection for Multivariate Time Series through Stochastic Recurrent Neural Network", KDD 2019). The mean over events.
   */
  readonly hitRate: number;
  /** The share of events whose first named column is at fault. */
  readonly firstRight: number;
}

/** @returns nothing where no label names columns */
export function blameOf({ events, offsets, keys }: Field, series: readonly Series[]): Blame | undefined {
  const known = events.filter(({ label }) => (label.columns?.length ?? 0) > 0);
  if (known.length === 0) return undefined;
  let raised = 0;
  let hits = 0;
  let firsts = 0;
  for (const { label, first, end } of known) {
    const k = keys.indexOf(label.key);
    const named = series.find(({ key }) => key === label.key)?.named;
    const sum: Record<string, number> = {};
    for (let row = first - offsets[k]!; row < end - offsets[k]!; row++)
      for (const [name, share] of Object.entries(named?.get(row) ?? {})) sum[name] = (sum[name] ?? 0) + share;
    const ranked = Object.entries(sum)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .map(([name]) => name);
    if (ranked.length === 0) continue;
    const wanted = new Set(label.columns);
    raised++;
    hits += ranked.slice(0, wanted.size).filter((name) => wanted.has(name)).length / wanted.size;
    firsts += Number(wanted.has(ranked[0]!));
  }
  return { events: raised, hitRate: hits / raised, firstRight: firsts / raised };
}
