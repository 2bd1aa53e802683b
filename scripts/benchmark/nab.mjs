// The Numenta Anomaly Benchmark: one setting for all of its series, beside its scoreboard.
import { join, resolve } from 'node:path';
import { table } from '../lib/measuring.mjs';
import { singles } from './models.mjs';
import { NAB } from './published.mjs';
import { of } from './runs.mjs';

const PIPELINES = resolve(import.meta.dirname, '../../pipelines');
const SEEDS = [42, 7, 123];

const scored = ({ nab }) => [nab.standard, nab.lowFalsePositives, nab.lowFalseNegatives];

export function nab(runs) {
  const folder = runs.data('nab');
  const labels = join(folder, 'labels', 'combined_windows.json');
  const path = join(folder, 'data', '**', '*.csv*');
  const source = { use: 'file', with: { path, time: 'timestamp', values: ['value'] } };
  const shipped = (name, more = {}) =>
    runs.evaluate({ extends: join(PIPELINES, `${name}.yaml`), source: { with: { path } }, ...more }, labels);
  const own = (models, alarms) =>
    runs.evaluate({ name: 'own', source, features: { use: 'window', with: { columns: ['value'] } }, models, alarms }, labels);
  const rows = [];
  const add = (name, { judged, vusPr, ...detector }) => rows.push([name, scored(detector), judged, vusPr]);

  const seeds = (runs.quick ? SEEDS.slice(0, 1) : SEEDS).flatMap(
    (seed) => shipped('nab', { models: { forest: { with: { seed } } } })?.slice(0, 1) ?? [],
  );
  const mean = (value) => seeds.reduce((sum, seed) => sum + value(seed), 0) / seeds.length;
  const name = `**ours: \`pipelines/nab.yaml\`, mean of ${seeds.length} seeds**`;
  const standards = seeds.map(({ nab: { standard } }) => of(standard, 1)).join(', ');
  rows.push([
    seeds.length > 1 ? `${name} (${standards})` : name,
    [0, 1, 2].map((i) => mean((seed) => scored(seed)[i])),
    mean(({ judged }) => judged),
    mean(({ vusPr }) => vusPr),
  ]);
  const defaults = own('default', {});
  if (defaults) add('ours: the default (`models:` left out)', defaults[0]);
  if (!runs.quick) {
    const alarms = { contamination: 0.001, cooldown: '1h' };
    const more = {
      'ours: `pipelines/nab-tails.yaml`': shipped('nab-tails'),
      'ours: `models: thorough`': own('thorough', {}),
      'ours: the default, alarms of `nab.yaml`': own('default', alarms),
      ...Object.fromEntries(
        Object.entries(singles(['value'])).map(([model, models]) => [`ours: \`${model}\` alone`, own(models, alarms)]),
      ),
    };
    for (const [what, found] of Object.entries(more)) if (found) add(what, found[0]);
  }
  if (defaults) for (const plain of defaults.slice(1)) add(`\`${plain.name.replaceAll('|', '\\|')}\`, run beside`, plain);
  for (const [detector, ...scores] of NAB) rows.push([`${detector}, published`, scores]);
  rows.sort(([, [a]], [, [b]]) => b - a);
  return table(
    ['detector', 'standard', 'low FP', 'low FN', 'judged', 'VUS-PR'],
    rows.map(([detector, scores, judged, vusPr]) => [
      detector,
      ...[0, 1, 2].map((i) => of(scores[i], 1)),
      of(judged),
      of(vusPr, 3),
    ]),
  );
}
