// What `alarms.perDay` gives on data in which nothing is wrong: anomalous rows of a key and day, against the budget.
//   npm run budgets -- [--group tuned|judged] [--seeds 101,…] [--budgets 1,2,10] [--only WORDS] [--csv FILE …] [--shared FOLDER] [--out FILE]
// A csv has `ts,host,` and values of a minute or some, hosts one behind the other or mixed. `--shared` holds `servers/` and `nab/`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LIVES } from './lives.mjs';
import { sharedSets } from './shared-sets.mjs';

const { values: given } = parseArgs({
  options: {
    group: { type: 'string', multiple: true, default: ['tuned', 'judged'] },
    seeds: { type: 'string', default: '101,102,103,104,105,106' },
    budgets: { type: 'string', default: '1,2,10' },
    only: { type: 'string' },
    csv: { type: 'string', multiple: true, default: [] },
    zone: { type: 'string', default: 'UTC' },
    shared: { type: 'string' },
    out: { type: 'string' },
    names: { type: 'boolean', default: false },
  },
});
const CLI = fileURLToPath(new URL('../../engine/bin/engine.js', import.meta.url));
const SOURCE = fileURLToPath(new URL('./source.mjs', import.meta.url));
/** What a key is to keep to: from and to so many times the budget. */
const [LEAST, MOST] = [0.3, 2];
const folder = mkdtempSync(join(tmpdir(), 'quantstream-budgets-'));

/** As short as a pipeline can be: no model is named, so it has those of an unknown domain; three days are seen before. */
function pipeline({ source, units, zone = 'UTC' }, perDay) {
  const file = join(folder, 'audit.yaml');
  const features = { use: 'window', with: { units, columns: Object.keys(units) } };
  const alarms = { perDay, calibration: { atLeast: '3d', guard: '10m', longest: '3h' } };
  writeFileSync(file, JSON.stringify({ name: 'audit', source, features, time: { zone }, alarms }));
  return file;
}

function backtest(file) {
  const out = join(folder, 'out.json');
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'backtest', '-p', file, '--out', out], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(out, 'utf8'));
}

const seeds = given.seeds.split(',').map(Number);
const lives = given.group.flatMap((group) =>
  Object.entries(LIVES[group] ?? {}).map(([life, { units }]) => ({
    kind: life,
    group,
    units,
    source: { use: SOURCE, with: { life, seeds } },
  })),
);
const recorded = [
  ...given.csv.map((path) => ({ kind: basename(path), path, zone: given.zone })),
  ...(given.shared && existsSync(given.shared) ? sharedSets(given.shared, folder) : []),
].map(({ kind, path, zone }) => {
  const names = readFileSync(path, 'utf8').slice(0, 4_000).split('\n')[0].split(',').slice(2);
  const units = Object.fromEntries(names.map((name) => [name, '1']));
  const source = { use: 'file', with: { path, key: 'host', time: 'ts', values: names, units, order: 'sort' } };
  return { kind, group: 'recorded', units, zone, source };
});
const jobs = [...lives, ...recorded].filter(({ kind }) => !given.only || kind.includes(given.only));

const rows = [];
console.log('| kind | budget | keys | days each | kept to 0.3–2 | mean | most |\n|---|---:|---:|---:|---:|---:|---:|');
for (const job of jobs)
  for (const budget of given.budgets.split(',').map(Number)) {
    const { keys } = backtest(pipeline(job, budget));
    // A key of which nothing was judged keeps to nothing.
    const judged = keys.filter(({ days }) => days > 0);
    const times = judged.map(({ anomaliesPerDay }) => anomaliesPerDay / budget);
    const kept = times.filter((one) => one >= LEAST && one <= MOST).length / times.length;
    const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
    const days = judged.reduce((sum, key) => sum + key.days, 0) / judged.length;
    const row = {
      kind: job.kind,
      group: job.group,
      budget,
      keys: judged.length,
      days,
      kept,
      mean,
      most: Math.max(...times),
      times,
    };
    rows.push(row);
    console.log(
      `| ${row.kind} | ${budget} | ${row.keys} | ${days.toFixed(1)} | ${Math.round(100 * kept)} % | ${mean.toFixed(2)} | ${row.most.toFixed(2)} |`,
    );
    if (given.names)
      for (const [i, { key }] of judged.entries())
        if (!(times[i] >= LEAST && times[i] <= MOST)) console.log(`|   ${key} | | | | | ${times[i].toFixed(2)} | |`);
  }
if (given.out) writeFileSync(given.out, `${JSON.stringify(rows, null, 1)}\n`);
rmSync(folder, { recursive: true });
