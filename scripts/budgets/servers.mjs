/**
 * What `alarms.perDay` gives on servers: calibrated on the first day or week of the part that their authors learned from, anomalous rows a
 * day in the rest of that part, and behind it outside of labelled faults, as multiples of the budget.
 *   node scripts/budgets/servers.mjs --data FOLDER [--budgets 2,10] [--calibrations 1d,7d]
 * The folder holds `omi-*.csv.gz`, `machine-*.csv.gz` and `labels.jsonl`. No model is named. Build first.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const { values: given } = parseArgs({
  options: {
    data: { type: 'string' },
    budgets: { type: 'string', default: '2,10' },
    calibrations: { type: 'string', default: '1d,7d' },
  },
});
if (given.data === undefined) throw new Error('expected --data FOLDER');
const CLI = fileURLToPath(new URL('../../engine/bin/engine.js', import.meta.url));
const DAY = 86_400_000;
/** Rows that the authors learned from. */
const learned = (name, rows) => (name.startsWith('omi') ? 8_640 : Math.floor(rows / 2));
const folder = mkdtempSync(join(tmpdir(), 'quantstream-budgets-'));
const labels = readFileSync(join(given.data, 'labels.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const servers = readdirSync(given.data)
  .filter((name) => name.endsWith('.csv.gz'))
  .map((name) => {
    const key = name.slice(0, -'.csv.gz'.length);
    const [head, ...lines] = gunzipSync(readFileSync(join(given.data, name)))
      .toString('utf8')
      .trim()
      .split(/\r?\n/);
    const times = lines.map((line) => Number(line.slice(0, line.indexOf(','))));
    const [path, clean] = [join(folder, `${key}.csv`), join(folder, `${key}-clean.csv`)];
    const border = learned(key, lines.length);
    writeFileSync(path, `${[head, ...lines].join('\n')}\n`);
    writeFileSync(clean, `${[head, ...lines.slice(0, border)].join('\n')}\n`);
    const faults = labels.filter((label) => label.key === key);
    return { key, path, clean, times, columns: head.split(',').slice(1), border: times[border], faults };
  });

/** No model is named. */
function planOf({ key, columns }, path, perDay, calibration, more) {
  const file = join(folder, 'pipeline.json');
  const plan = {
    name: key,
    source: { use: 'file', with: { path, time: 'time', values: columns } },
    features: { use: 'window', with: { columns } },
    alarms: { perDay, calibration: { atLeast: calibration } },
    ...more,
  };
  writeFileSync(file, JSON.stringify(plan));
  return file;
}

function engine(directory, ...args) {
  const env = { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') };
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
}

/** @returns anomalies a day in the clean part alone, from the first row on that a calibrated score judges */
function inCleanPart(server, perDay, calibration) {
  const out = join(folder, 'clean.json');
  engine(folder, 'backtest', '-p', planOf(server, server.clean, perDay, calibration), '--out', out);
  return JSON.parse(readFileSync(out, 'utf8')).keys[0].anomaliesPerDay;
}

/** @returns times of the anomalous rows of a server */
function anomaliesOf(server, perDay, calibration) {
  const out = mkdtempSync(join(folder, 'run-'));
  const path = join(out, 'anomalies.jsonl');
  const sinks = { file: { use: 'file', with: { path, write: ['anomalies'] } } };
  engine(out, '--pipeline', planOf(server, server.path, perDay, calibration, { sinks }), '--log-level', 'silent');
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).time);
}

/** Anomalies a day of rows that pass, as a multiple of the budget. */
function multiple(times, anomalies, perDay, passes) {
  const step = times[1] - times[0];
  const days = (times.filter(passes).length * step) / DAY;
  return anomalies.filter(passes).length / days / perDay;
}

const cell = (multiples) => {
  const kept = multiples.filter((one) => one >= 0.5 && one <= 2).length;
  const most = multiples.filter((one) => one <= 2).length;
  return `${kept} of ${multiples.length} (${most} not above twice): ${multiples.map((one) => one.toFixed(2)).join(' ')}`;
};
console.log(
  `| budget | calibrated for | ${servers.map(({ key }) => key).join(', ')}: in the clean part that follows | behind it, outside of faults |`,
);
console.log('|---:|---:|---|---|');
for (const perDay of given.budgets.split(',').map(Number))
  for (const calibration of given.calibrations.split(',')) {
    const clean = [];
    const later = [];
    for (const server of servers) {
      const { times, border, faults } = server;
      const faulty = (time) => faults.some(({ from, to }) => time >= from && time <= to);
      clean.push(inCleanPart(server, perDay, calibration) / perDay);
      later.push(multiple(times, anomaliesOf(server, perDay, calibration), perDay, (time) => time >= border && !faulty(time)));
    }
    console.log(`| ${perDay} | ${calibration} | ${cell(clean)} | ${cell(later)} |`);
  }
rmSync(folder, { recursive: true });
