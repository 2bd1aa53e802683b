// Labelled rows without an order: how well models tell their classes apart.
import { table } from '../lib/measuring.mjs';
import { TABULAR } from './published.mjs';
import { of, Skipped } from './runs.mjs';

/** Rows that river judges at most: it takes about a millisecond a row. */
const MOST = 6_000;

export function tabular(runs) {
  const data = runs.data('tabular');
  const seeds = runs.quick ? '1' : '3';
  const sets = Object.keys(TABULAR).filter((set) => !runs.quick || set !== 'shuttle');
  const found = runs.script(
    'scripts/benchmark/tabular.mjs',
    '--data',
    data,
    '--seeds',
    seeds,
    ...sets.flatMap((set) => ['--set', set]),
  );
  if (found === undefined) throw new Skipped('there was no time to measure');
  let others = {};
  try {
    others = JSON.parse(runs.py('scripts/benchmark/tabular.py', data, seeds, String(MOST), ...sets) ?? '{}');
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    console.error(`skipped others on tabular sets: ${error.message}`);
  }
  const models = Object.keys(Object.values(found)[0].models);
  const rows = models.map((model) => [
    `\`${model}\``,
    ...sets.map((set) => `${of(found[set].models[model].auroc, 3)} (${of(found[set].models[model].judged)})`),
  ]);
  const beside = {
    half_space_trees: `river, half-space trees, at most ${MOST} rows`,
    isolation_forest: 'scikit-learn, isolation forest, sees all rows',
  };
  for (const [peer, name] of Object.entries(beside)) rows.push([name, ...sets.map((set) => of(others[set]?.[peer], 3))]);
  for (const [i, name] of ['isolation forest, published by LinkedIn', 'isolation forest, published by its authors'].entries())
    rows.push([name, ...sets.map((set) => of(TABULAR[set][i], 3))]);
  return table(['AUROC (share judged)', ...sets.map((set) => `${set}, ${found[set].rows} × ${found[set].columns}`)], rows);
}
