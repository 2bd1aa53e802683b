import type { Missing, Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import plugin from '@quantstream/features-market';

export type Row = Record<string, number>;

/** Emitted rows by column name, with `time`. Event time is the largest so far less `lateness`; `Missing` may stand in the log. */
export function run(config: unknown, log: readonly (Observation | Missing)[], lateness = 0, end = true): Row[] {
  const settings = plugin.config.parse(config);
  const names = plugin.row(settings).columns.map((column) => column.name);
  const extractor = plugin.create(settings, plugin.initialState(settings), new TestHosts().host('features'));
  const rows: Row[] = [];
  const buffer = new Float64Array(names.length);
  let pending: number | undefined;
  const settle = () => {
    if (pending !== undefined) rows.push({ time: pending, ...Object.fromEntries(names.map((name, i) => [name, buffer[i]])) });
    pending = undefined;
  };
  const sink = {
    next(time: number) {
      settle();
      pending = time;
      return buffer.fill(Number.NaN);
    },
    say: () => undefined,
  };
  let newest = Number.NEGATIVE_INFINITY;
  for (const item of log) {
    if (!('values' in item)) {
      extractor.missing!(item);
      continue;
    }
    newest = Math.max(newest, item.time);
    extractor.advance!(newest - lateness, sink);
    settle();
    extractor.update(item, sink);
  }
  if (end) extractor.advance!(Number.POSITIVE_INFINITY, sink);
  settle();
  return rows;
}
