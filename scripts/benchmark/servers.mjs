// Servers whose labels name the columns at fault: ours row by row, and others fitted on the part without labelled faults.
import { join } from 'node:path';
import { table } from '../lib/measuring.mjs';
import { singles } from './models.mjs';
import { of, Skipped } from './runs.mjs';

const SETS = { omi: 'ASD', machine: 'SMD' };
const OTHERS = {
  pca: 'PCA residual (95 %), fitted',
  kmeans: 'k-means, 20 centres, fitted',
  iforest: 'isolation forest, 100 × 256, fitted',
};
const GROUPS = {
  judged: { says: 'judged, nothing was chosen on them', omi: 'omi-5 to omi-8', machine: 'machine-2-1' },
  tuned: { says: 'tuned on', omi: 'omi-1 to omi-4', machine: 'machine-1-6' },
};

export function servers(runs) {
  const data = runs.data('servers');
  const groups = runs.quick ? ['judged'] : Object.keys(GROUPS);
  const asked = ['--data', data, '--json', ...groups.flatMap((group) => ['--group', group])];
  const run = (...args) => runs.script('scripts/servers.mjs', ...asked, ...args);
  const found = [];
  const add = (name, figures = []) => found.push(...figures.filter((one) => one.name === '').map((one) => ({ ...one, name })));
  const ours = run();
  add('**default** (`models:` left out)', ours);
  add('`models: thorough`', run('--models', '"thorough"'));
  const flat = {
    baseline: { use: 'baseline', columns: 'COLUMNS' },
    distance: { use: 'mahalanobis', columns: 'COLUMNS', with: { halfLife: 10_000, warmUp: 500, tails: 'student' } },
  };
  if (!runs.quick) {
    add('default without `rhythm`, `combine: any`', run('--models', JSON.stringify(flat), '--alarms', '{"combine":"any"}'));
    for (const [name, models] of Object.entries(singles('COLUMNS')))
      add(`\`${name}\` alone`, run('--models', JSON.stringify(models)));
  }
  found.push(...(ours ?? []).filter(({ name }) => name !== '').map((one) => ({ ...one, name: '`\\|z\\|`, run beside' })));
  for (const one of others(runs, data, asked)) found.push({ ...one, name: OTHERS[one.name] ?? one.name });
  return groups
    .flatMap((group) =>
      Object.entries(SETS).map(([set, short]) => {
        const figures = found.filter((one) => one.group === group && one.set === set);
        const rows = figures.map(({ name, judged, vusPr, recall, recallApart, raised = {} }) => [
          name,
          of(judged),
          of(vusPr, 3),
          of(recall),
          of(recallApart),
          ...['recall', 'falsePerDay', 'hitRate', 'firstRight'].map((figure) => of(raised[figure])),
        ]);
        const head = ['judged', 'VUS-PR', 'recall, one threshold', 'by key', 'as configured: recall', 'false a day'];
        const title = `### ${short}, ${GROUPS[group].says}: ${GROUPS[group][set]}, ${figures[0]?.events ?? 0} events`;
        return `${title}\n\n${table(['detector', ...head, 'HitRate@100 %', 'first right'], rows)}`;
      }),
    )
    .join('\n\n');
}

function others(runs, data, asked) {
  const peers = join(runs.folder, 'server-peers');
  try {
    if (runs.py('scripts/peers.py', data, peers) === undefined) return [];
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    console.error(`skipped others on the servers: ${error.message}`);
    return [];
  }
  return runs.script('scripts/servers.mjs', ...asked, '--peers', peers) ?? [];
}
