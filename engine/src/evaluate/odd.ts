// How many rows were odd, counted as budgets are: a day and key, and a day of all keys together.

import { layOut } from './metrics/field.js';
import { judgedShare } from './metrics/sweep.js';
import type { Series } from './series.js';

const DAY = 86_400_000;

/** Anomalous rows of a pipeline, and how many that is of a judged day. */
export interface OddRows {
  readonly rows: number;
  /** A day and key: what `alarms.perDay` allows. */
  readonly perKey: number;
  /** A day of all keys together: what it allows with `of: pipeline`. */
  readonly together: number;
}

/** @param days that were judged, by key, in the order of the series */
export function oddRowsOf(
  series: readonly (Series & { readonly alarms: Uint8Array })[],
  days: readonly number[] = series.map(judgedDays),
): OddRows {
  const rows = series.reduce((sum, { alarms }) => sum + oddOf(alarms), 0);
  const all = days.reduce((sum, one) => sum + one, 0);
  return { rows, perKey: rows / all, together: (rows * series.length) / all };
}

export const oddOf = (alarms: Uint8Array): number => alarms.reduce((sum, alarm) => sum + alarm, 0);

/** Days of the recording of a key that were judged. */
export function judgedDays(series: Series): number {
  const own = layOut([series], [], { graceMs: 0, cooldownMs: 0 });
  return (own.spans.reduce((sum, span) => sum + span, 0) * judgedShare(own, series.scores)) / DAY;
}
