// What a pipeline that names no model, or one with a model of levels, finds of the faults of hosts at one false episode of a host and week.
//   node scripts/budgets/recall.mjs [--seeds 301,…] [--levels] [--set PATH=VALUE …] [--csv FILE --labels FILE --zone ZONE --columns cpu,…] [--keep]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COLUMNS, hostsOf, ZONE } from './hosts.mjs';

const { values: given } = parseArgs({
  options: {
    seeds: { type: 'string', default: '301,302,303,304,305' },
    set: { type: 'string', multiple: true, default: [] },
    csv: { type: 'string', multiple: true },
    labels: { type: 'string', multiple: true },
    zone: { type: 'string', default: 'UTC' },
    columns: { type: 'string' },
    levels: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const CLI = fileURLToPath(new URL('../../engine/bin/engine.js', import.meta.url));
const shared = { halfLife: 10_000, warmUp: 500 };
const auto = { rhythm: 'auto' };
/** A pipeline that names no model; or with a model of levels, and a rule for what stands still. */
function judging(columns) {
  if (!given.levels) return { features: { use: 'window', with: { columns } } };
  const [means, still] = [columns.map((name) => `${name}_mean_10m`), `${columns[0]}_since_change`];
  return {
    features: { use: 'window', with: { columns: [...columns, ...means, still] } },
    models: {
      distance: { use: 'mahalanobis', columns, transform: auto, with: shared },
      tails: { use: 'tails', columns, transform: auto, with: { window: 6_000, warmUp: 500, refitEvery: 200 } },
      levels: { use: 'mahalanobis', columns: means, transform: auto, with: shared },
      frozen: { use: 'rules', columns: [still], with: { rules: { frozen: { when: `${still} > 900` } } } },
    },
  };
}
const folder = mkdtempSync(join(tmpdir(), 'quantstream-recall-'));

/** @returns what `engine evaluate` says */
function evaluate({ csv, labels, zone, columns }) {
  const file = join(folder, 'recall.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      name: 'recall',
      source: { use: 'file', with: { path: csv, key: 'host', time: 'ts', values: columns, order: 'sort' } },
      time: { zone },
      ...judging(columns),
      alarms: { perDay: 1, silence: '30m', calibration: { atLeast: '3d', guard: '10m', longest: '3h' } },
    }),
  );
  const out = join(folder, 'out.json');
  const set = given.set.flatMap((one) => ['--set', one]);
  const rate = String(1 / 7);
  const { stderr } = spawnSync(
    process.execPath,
    [CLI, 'evaluate', '-p', file, '--labels', labels, '--rates', rate, '--grace', '10m', '--lenient', '--out', out, ...set],
    { encoding: 'utf8' },
  );
  try {
    return JSON.parse(readFileSync(out, 'utf8'));
  } catch {
    throw new Error(stderr);
  }
}

const jobs = given.csv
  ? given.csv.map((csv, i) => ({ csv, labels: given.labels[i], zone: given.zone, columns: given.columns.split(',') }))
  : given.seeds.split(',').map((seed) => {
      const made = hostsOf(Number(seed));
      const [csv, labels] = ['csv', 'labels.jsonl'].map((name) => join(folder, `${seed}.${name}`));
      writeFileSync(csv, made.csv);
      writeFileSync(labels, made.labels.map((label) => `${JSON.stringify(label)}\n`).join(''));
      return { csv, labels, zone: ZONE, columns: COLUMNS };
    });
const kinds = new Map();
let [found, events, raised, falsely, days] = [0, 0, 0, 0, 0];
for (const one of jobs) {
  const report = evaluate(one);
  const [own] = report.detectors;
  for (const { kind, found: at } of own.outcomes) {
    const entry = kinds.get(kind) ?? { events: 0, found: 0 };
    entry.events++;
    if (at[0]) entry.found++;
    kinds.set(kind, entry);
  }
  events += own.events;
  found += own.points[0].found;
  const { configured } = own;
  raised += configured.recall * own.events;
  falsely += configured.falseEpisodes;
  days += own.days;
  console.error(
    `${one.csv}: ${own.points[0].found} of ${own.events}; as configured ${Math.round(configured.recall * own.events)}, false a host and week ${((7 * configured.falseEpisodes) / own.days).toFixed(2)}, delay ${(own.points[0].medianDelay / 60).toFixed(0)} min`,
  );
}
console.log('| kind | found at one false episode a host and week |\n|---|---:|');
for (const [kind, { events: all, found: at }] of [...kinds].sort()) console.log(`| ${kind} | ${at} of ${all} |`);
console.log(`| all | ${found} of ${events} |`);
console.log(`as configured (perDay 1): ${Math.round(raised)} found, ${((7 * falsely) / days).toFixed(2)} false a host and week`);
if (given.keep) console.error(folder);
else rmSync(folder, { recursive: true });
