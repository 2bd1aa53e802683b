/**
 * What pipelines find of odd shapes in series of one value that swings, at one false episode in 10,000 rows, beside others.
 *   node scripts/shapes.mjs --data FOLDER [--models JSON|default|thorough]… [--combine any|sum|max] [--no-peers] [--json]
 * The folder is what scripts/shapes.py has written: `series`, `labels.jsonl`, and `peers`, which are measured by the same code.
 * `--json` prints figures instead of tables. Build first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: given } = parseArgs({
  options: {
    data: { type: 'string' },
    models: { type: 'string', multiple: true, default: ['default', 'thorough'] },
    combine: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (given.data === undefined) throw new Error('expected --data FOLDER');
const CLI = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const AS_IT_IS = fileURLToPath(new URL('./lib/score-as-it-is.mjs', import.meta.url));
/** Rows are a second apart. */
const RATE = String(86_400 / 10_000);
const COOLDOWN = '2m';
const folder = mkdtempSync(join(tmpdir(), 'quantstream-shapes-'));

/** @returns the detectors of one evaluation: what judged, the plainest one, and chance */
function evaluate(path, column, judging) {
  const [file, out] = ['shapes.yaml', 'out.json'].map((name) => join(folder, name));
  const source = { use: 'file', with: { path: `${path}/*.csv`, time: 'time', values: [column] } };
  writeFileSync(
    file,
    JSON.stringify({ name: 'shapes', source, features: { use: 'window', with: { columns: [column] } }, ...judging }),
  );
  const asked = ['-p', file, '--labels', join(given.data, 'labels.jsonl'), '--rates', RATE, '--out', out, '--lenient'];
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'evaluate', ...asked], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(out, 'utf8')).detectors;
}

const rows = [];
const add = (name, { judged, vusPr, points: [{ recall, recallApart }], configured, kinds }) =>
  rows.push({ name, judged, vusPr, recall, recallApart, configured, kinds });
for (const models of given.models) {
  const alarms = {
    perDay: Number(RATE),
    cooldown: COOLDOWN,
    calibration: { atLeast: '20m' },
    ...(given.combine && { combine: given.combine }),
  };
  const [ours, plain] = evaluate(join(given.data, 'series'), 'value', {
    models: models.startsWith('{') ? JSON.parse(models) : models,
    alarms,
  });
  add(models, ours);
  if (models === given.models.at(-1)) add('\\|z\\|', plain);
}
const peers = join(given.data, 'peers');
for (const peer of existsSync(peers) && !given['no-peers'] ? readdirSync(peers) : []) {
  const models = { peer: { use: AS_IT_IS, columns: ['score'] } };
  const [scores] = evaluate(join(peers, peer), 'score', { models, alarms: { threshold: 1e30, cooldown: COOLDOWN } });
  add(peer, { ...scores, configured: undefined });
}
rmSync(folder, { recursive: true });

const of = (value, digits = 2) => (typeof value === 'number' ? value.toFixed(digits) : '');
if (given.json) console.log(JSON.stringify(rows));
else {
  console.log('| | judged | VUS-PR | recall, one threshold | by key | as configured: recall | false a day |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  for (const { name, judged, vusPr, recall, recallApart, configured } of rows) {
    const told = [of(judged), of(vusPr, 3), of(recall), of(recallApart), of(configured?.recall), of(configured?.falsePerDay, 1)];
    console.log(`| ${[name, ...told].join(' | ')} |`);
  }
  const kinds = [...new Set(rows.flatMap((row) => row.kinds.map(({ kind }) => kind)))].sort();
  console.log(`\n| kind | ${rows.map(({ name }) => name).join(' | ')} |\n|---|${rows.map(() => '---:|').join('')}`);
  for (const kind of kinds) {
    const recalls = rows.map((row) => of([row.kinds.find((one) => one.kind === kind)?.recall].flat()[0]));
    console.log(`| ${kind} | ${recalls.join(' | ')} |`);
  }
}
