// What `alarms.perDay` gives on clean data of many kinds: anomalous rows of a key and day, by the budget.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LIVES } from './lives.mjs';

const { values: given } = parseArgs({
  options: {
    group: { type: 'string', default: 'tuned' },
    seeds: { type: 'string', default: '1,2,3,4,5,6' },
    budgets: { type: 'string', default: '1,10' },
    only: { type: 'string' },
    rhythm: { type: 'string', default: 'auto' },
    csv: { type: 'string', multiple: true, default: [] },
  },
});
const cli = fileURLToPath(new URL('../../engine/bin/engine.js', import.meta.url));
const SOURCE = fileURLToPath(new URL('./source.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'quantstream-budgets-'));

function pipeline(source, units, perDay, zone) {
  const columns = Object.keys(units);
  const scale = given.rhythm === 'none' ? {} : { transform: { rhythm: given.rhythm } };
  const file = join(folder, `p.yaml`);
  writeFileSync(
    file,
    JSON.stringify({
      name: 'audit',
      source,
      features: { use: 'window', with: { units, columns } },
      models: {
        distance: { use: 'mahalanobis', columns, ...scale, with: { halfLife: 3000, warmUp: 500 } },
        tails: { use: 'tails', columns, ...scale, with: { window: 6000, warmUp: 500, refitEvery: 200 } },
      },
      ...(zone ? { time: { zone } } : {}),
      alarms: { perDay, cooldown: '10m', calibration: { atLeast: '3d', halfLife: '3d', guard: '10m', longest: '3h' } },
    }),
  );
  return file;
}

function backtest(file) {
  const out = join(folder, 'out.json');
  const { status, stderr } = spawnSync(process.execPath, [cli, 'backtest', '-p', file, '--out', out], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(require_(out));
}
import { readFileSync } from 'node:fs';
const require_ = (f) => readFileSync(f, 'utf8');

const jobs = Object.entries(LIVES[given.group] ?? {}).filter(([n]) => !given.only || n.includes(given.only)).map(([life, { units }]) => ({
  name: life, units, source: { use: SOURCE, with: { life, seeds: given.seeds.split(',').map(Number) } },
}));
for (const path of given.csv) {
  const head = readFileSync(path, 'utf8').slice(0, 2000).split('\n')[0].split(',').slice(2);
  const units = head[0] === 'cpu_pct' ? { cpu_pct: '%', mem_pct: '%', latency_ms: 'ms' } : Object.fromEntries(head.slice(0, Number(process.env.COLS ?? 38)).map((c) => [c, '1']));
  jobs.push({ name: path, units, zone: 'Etc/GMT-2', source: { use: 'file', with: { path, key: 'host', time: 'ts', order: 'sort', values: Object.keys(units), units } } });
}
for (const { name, units, source, zone } of jobs) {
  for (const budget of given.budgets.split(',').map(Number)) {
    const { keys, episodes, from } = backtest(pipeline(source, units, budget, zone));
    if (process.env.NAMES) console.log(keys.filter(({ anomaliesPerDay: a }) => !(a / budget <= 2 && a / budget >= 0.3)).map(({ key, anomaliesPerDay: a, days }) => `   ${key} ${(a / budget).toFixed(2)} of ${days.toFixed(1)} d`).join('\n'));
    if (process.env.DAYS) {
      const by = [];
      for (const e of episodes) { const d = Math.floor((e.start - from) / 86400000); by[d] = (by[d] ?? 0) + (e.rows ?? e.anomalies ?? 1); }
      console.log('  rows by day of episodes, per key:', Array.from(by, (x, d) => `${d}:${((x ?? 0) / keys.length / budget).toFixed(2)}`).join(' '));
      if (process.env.DAYS === 'x') for (const e of episodes.filter((e) => e.key === keys[0].key)) console.log(new Date(e.start).toISOString().slice(5, 16), (e.end - e.start) / 60000, e.reason);
    }
    const ratios = keys.map(({ anomaliesPerDay }) => anomaliesPerDay / budget).sort((a, b) => a - b);
    const good = ratios.filter((r) => r >= 0.3 && r <= 2).length / ratios.length;
    console.log(name.slice(-40).padEnd(40), String(budget).padStart(3), 'good', good.toFixed(2), 'mean', (ratios.reduce((a, b) => a + b) / ratios.length).toFixed(2), ratios.map((r) => r.toFixed(2)).join(' '));
  }
}
rmSync(folder, { recursive: true });
