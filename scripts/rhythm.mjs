// What a rhythm changes on metrics of hosts with nightly jobs: anomalous rows a day while nothing is wrong, and how many faults are found.
// node scripts/rhythm.mjs --clean FOLDER --faults FOLDER [--per-day 1] [--json]; build first. A folder holds fleet.csv and, of hosts that
// speak JSON, fleet.jsonl: ts, host, cpu_pct, mem_pct, latency_ms a minute; with faults also labels.jsonl.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: given } = parseArgs({
  options: {
    clean: { type: 'string' },
    faults: { type: 'string' },
    'per-day': { type: 'string', default: '1' },
    rates: { type: 'string', default: '3,1,0.15' },
    json: { type: 'boolean', default: false },
  },
});
const cli = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'quantstream-rhythm-'));
const columns = ['cpu_pct', 'mem_pct', 'latency_ms'];
const units = '{ cpu_pct: "%", mem_pct: "%", latency_ms: ms }';

/** One csv of all hosts, in order of time. */
function merged(from, name) {
  const lines = readFileSync(join(from, 'fleet.csv'), 'utf8').trimEnd().split('\n').slice(1);
  const rows = lines.map((line) => [Date.parse(line.slice(0, line.indexOf(','))), line.split(',').slice(1, 5).join(',')]);
  let more = '';
  try {
    more = readFileSync(join(from, 'fleet.jsonl'), 'utf8').trimEnd();
  } catch {}
  for (const line of more.split('\n').filter(Boolean)) {
    const { '@timestamp': at, host, system, latency_ms: latency } = JSON.parse(line);
    rows.push([Date.parse(at), [host.name, system.cpu.pct ?? '', system.memory.pct ?? '', latency ?? ''].join(',')]);
  }
  rows.sort((a, b) => a[0] - b[0]);
  const path = join(folder, name);
  writeFileSync(
    path,
    ['ts,host,cpu_pct,mem_pct,latency_ms', ...rows.map(([t, r]) => `${new Date(t).toISOString()},${r}`), ''].join('\n'),
  );
  return path;
}

function pipeline(path, rhythm) {
  const scale = rhythm ? `transform: { rhythm: ${rhythm} }, ` : '';
  const file = join(folder, `${rhythm ?? 'without'}.yaml`);
  writeFileSync(
    file,
    `name: hosts
source: { use: file, with: { path: ${JSON.stringify(path)}, key: host, time: ts, values: [${columns}], units: ${units} } }
features: { use: window, with: { units: ${units}, columns: [${columns}] } }
models:
  distance: { use: mahalanobis, columns: [${columns}], ${scale}with: { halfLife: 3000, warmUp: 500 } }
  tails: { use: tails, columns: [${columns}], ${scale}with: { window: 6000, warmUp: 500, refitEvery: 200 } }
time: { zone: Etc/GMT-2 }
alarms: { perDay: ${given['per-day']}, cooldown: 10m, calibration: { atLeast: 3d, halfLife: 3d, guard: 10m, longest: 3h } }
`,
  );
  return file;
}

function engine(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (status !== 0 && status !== 3) throw new Error(stderr);
  return JSON.parse(stdout);
}

const out = {};
for (const rhythm of [undefined, 'auto', 'day']) {
  const one = {};
  if (given.clean) {
    const { keys } = engine('backtest', '-p', pipeline(merged(given.clean, 'clean.csv'), rhythm));
    one.rowsPerDay = Object.fromEntries(keys.map(({ key, anomaliesPerDay }) => [key, Number(anomaliesPerDay.toFixed(2))]));
  }
  if (given.faults) {
    const path = merged(given.faults, 'faults.csv');
    one.evaluation = engine(
      ...['evaluate', '-p', pipeline(path, rhythm), '--labels', join(given.faults, 'labels.jsonl')],
      ...['--rates', given.rates, '--grace', '5m', '--z', 'cpu_pct'],
    );
  }
  out[rhythm ?? 'without'] = one;
}
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(out, null, 1)}\n`);
