// Odd shapes in series of one value that swings, made by GutenTAG.
import { join } from 'node:path';
import { table } from '../lib/measuring.mjs';
import { singles } from './models.mjs';
import { of, Skipped } from './runs.mjs';

const SEEDS = ['11', '12', '13'];
/** Those that see more than how far out a value is, or know its tails best: of one column, by itself, the others are `|z|`. */
const APPLY = ['baseline', 'mahalanobis, tails of Student', 'tails', 'discord', 'random-cut-forest'];
/** A window as long as that of the others. */
const WINDOWED = { 'subspace, window of 50': { one: { use: 'subspace', columns: ['value'], with: { window: 50 } } } };
const OTHERS = { iforest: 'isolation forest, fitted', kmeans_ad: 'KMeansAD, fitted', sub_pca: 'Sub-PCA, fitted' };

export function shapes(runs) {
  const seeds = runs.quick ? SEEDS.slice(0, 1) : SEEDS;
  const data = join(runs.folder, `shapes-${seeds.join('-')}`);
  if (runs.py('scripts/shapes.py', data, ...seeds) === undefined) throw new Skipped('there was no time to make the series');
  const run = (...args) => runs.script('scripts/shapes.mjs', '--data', data, '--json', ...args) ?? [];
  const found = run();
  if (!runs.quick)
    for (const [name, models] of [
      ...Object.entries(singles(['value'])).filter(([one]) => APPLY.includes(one)),
      ...Object.entries(WINDOWED),
    ]) {
      const [one] = run('--no-peers', '--models', JSON.stringify(models));
      if (one) found.push({ ...one, name: `\`${name}\` alone` });
    }
  if (found.length === 0) throw new Skipped('there was no time to measure');
  const named = found.map((one) => ({ ...one, name: OTHERS[one.name] ?? one.name }));
  const rows = named.map(({ name, judged, vusPr, recall, recallApart, configured }) => [
    name,
    of(judged),
    of(vusPr, 3),
    of(recall),
    of(recallApart),
    of(configured?.recall),
    of(configured?.falsePerDay, 1),
  ]);
  const kinds = [...new Set(named.flatMap((one) => one.kinds.map(({ kind }) => kind)))].sort();
  const columns = named.filter(({ name }) => !name.endsWith('alone'));
  const byKind = kinds.map((kind) => [
    kind,
    ...columns.map((one) => of([one.kinds.find((other) => other.kind === kind)?.recall].flat()[0])),
  ]);
  return [
    table(['detector', 'judged', 'VUS-PR', 'recall, one threshold', 'by key', 'as configured: recall', 'false a day'], rows),
    'Recall of each kind with one threshold for all series:',
    table(['kind', ...columns.map(({ name }) => name)], byKind),
  ].join('\n\n');
}
