/**
 * What a key that comes late is worth from its first days on: of hosts of one pipeline each second one begins days after the others, and
 * borrows from them (`of: pipeline`), or has a calibration of its own that is as short as people make it.
 *   node scripts/budgets/newcomers.mjs [--seeds 401,402] [--faults]
 * Build first. With `--faults` the new ones begin when faults have begun to come.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COLUMNS, hostsOf, ZONE } from './hosts.mjs';

const { values: given } = parseArgs({
  options: { seeds: { type: 'string', default: '401,402' }, faults: { type: 'boolean', default: false } },
});
const CLI = fileURLToPath(new URL('../../engine/bin/engine.js', import.meta.url));
const DAY = 86_400_000;
/** Days of the old hosts before the new ones come, and of the new ones that are looked at; a fault before its eighth hour is not counted. */
const [BEFORE, LOOKED, EARLY] = [given.faults ? 24 : 6, 3, DAY / 3];
const folder = mkdtempSync(join(tmpdir(), 'quantstream-newcomers-'));
const seeds = given.seeds.split(',').map(Number);

/** Hosts of a seed, where each second one is new. */
function recorded(seed) {
  const { csv, labels } = hostsOf(seed, !given.faults);
  const [head, ...lines] = csv.trim().split('\n');
  const first = Date.parse(lines[0].slice(0, lines[0].indexOf(',')));
  const [begin, end] = [first + BEFORE * DAY, first + (BEFORE + LOOKED) * DAY];
  const keys = [...new Set(lines.slice(0, 200).map((line) => line.split(',', 2)[1]))].sort();
  const fresh = new Set(keys.filter((_, i) => i % 2 === 0));
  const kept = lines.filter((line) => {
    const [ts, key] = line.split(',', 2);
    const time = Date.parse(ts);
    return time < end && (time >= begin || !fresh.has(key));
  });
  const path = join(folder, `${seed}.csv`);
  writeFileSync(path, `${[head, ...kept].join('\n')}\n`);
  const faults = (labels ?? []).filter((one) => fresh.has(one.key));
  return { path, begin, end, keys: keys.length, fresh: [...fresh], faults };
}

/** Verdicts and episodes of a run, of the new keys alone. */
function judged({ path, fresh }, alarms) {
  const lines = join(folder, 'lines.jsonl');
  const file = join(folder, 'newcomers.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      name: 'newcomers',
      source: { use: 'file', with: { path, key: 'host', time: 'ts', values: COLUMNS, order: 'sort' } },
      time: { zone: ZONE },
      features: { use: 'window', with: { columns: COLUMNS } },
      alarms,
      sinks: { lines: { use: 'file', with: { path: lines, write: ['verdicts', 'episodes'] } } },
      checkpoint: { store: 'memory' },
    }),
  );
  const { status, stderr } = spawnSync(process.execPath, [CLI, '-p', file, '--log-level', 'silent'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const all = readFileSync(lines, 'utf8').split('\n').filter(Boolean);
  rmSync(lines);
  const known = new Set(fresh);
  return all.map((line) => JSON.parse(line)).filter(({ key }) => known.has(key));
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const calibration = (atLeast) => ({ atLeast, guard: '10m', longest: '3h' });
const ways = {
  borrowed: (keys) => ({ perDay: keys, of: 'pipeline', calibration: calibration('3d') }),
  'a calibration of 6 h': () => ({ perDay: 1, calibration: calibration('6h') }),
};
const markdown = [
  '| new hosts | judged from hour | of the budget: mean, most | of faults found | false episodes a key and week |',
  '|---|---:|---:|---:|---:|',
];
for (const [way, alarms] of Object.entries(ways)) {
  const [hours, times] = [[], []];
  let [found, faults, falsely, days] = [0, 0, 0, 0];
  for (const seed of seeds) {
    const hosts = recorded(seed);
    const lines = judged(hosts, alarms(hosts.keys));
    for (const key of hosts.fresh) {
      const mine = lines.filter((line) => line.key === key);
      const verdicts = mine.filter(({ what, calibrated }) => what === 'verdict' && calibrated);
      if (verdicts.length === 0) throw new Error(`${way}: nothing of ${key} was judged`);
      hours.push((verdicts[0].time - hosts.begin) / 3_600_000);
      times.push(verdicts.filter(({ anomalous }) => anomalous).length / (verdicts.length / 1_440));
      const episodes = [...new Map(mine.filter(({ what }) => what === 'episode').map((one) => [one.id, one])).values()];
      const during = ({ start, end }, { from, to }, graceMs) => start <= to + graceMs && (end ?? start) >= from - graceMs;
      const labels = hosts.faults.filter((one) => one.key === key);
      const met = labels.filter(({ from }) => from >= hosts.begin + EARLY && from < hosts.end);
      faults += met.length;
      found += met.filter((fault) => episodes.some((one) => during(one, fault, 600_000))).length;
      falsely += episodes.filter((one) => !labels.some((fault) => during(one, fault, 3_600_000))).length;
      days += LOOKED;
    }
  }
  const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
  markdown.push(
    `| ${way} | ${median(hours).toFixed(1)} | ${mean.toFixed(2)}, ${Math.max(...times).toFixed(1)} | ${found} of ${faults} | ${((7 * falsely) / days).toFixed(1)} |`,
  );
}
console.log(markdown.join('\n'));
rmSync(folder, { recursive: true });
