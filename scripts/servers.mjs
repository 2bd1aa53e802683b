/**
 * What pipelines find on servers with labels that name the columns at fault, behind the part that their authors learned from.
 *   node scripts/servers.mjs --data FOLDER [--group tuned|judged] [--models JSON] [--alarms JSON] [--peers FOLDER] [--json]
 * The folder holds `omi-*.csv.gz`, `machine-*.csv.gz` and `labels.jsonl`; `--peers` is what scripts/peers.py has
 * written, measured by the same code instead; `--json` prints figures instead of a table. Build first.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const { values: given } = parseArgs({
  options: {
    data: { type: 'string' },
    group: { type: 'string', multiple: true, default: ['tuned', 'judged'] },
    models: { type: 'string' },
    alarms: { type: 'string', default: '{}' },
    peers: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (given.data === undefined) throw new Error('expected --data FOLDER');
const CLI = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const AS_IT_IS = fileURLToPath(new URL('./lib/score-as-it-is.mjs', import.meta.url));
const DAY = 86_400_000;
/** By set: the time between two rows, and the share of the rows that the authors learned from. */
const SETS = {
  omi: { name: 'ASD, 19 metrics every 5 minutes', step: 300_000, learned: () => 8_640 },
  machine: { name: 'SMD, 38 metrics every minute', step: 60_000, learned: (rows) => Math.floor(rows / 2) },
};
/** What choices were made on; the others were looked at once, at the end. */
const TUNED = ['omi-1', 'omi-2', 'omi-3', 'omi-4', 'machine-1-6'];
const folder = mkdtempSync(join(tmpdir(), 'quantstream-servers-'));
const labels = readFileSync(join(given.data, 'labels.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const keys = readdirSync(given.data)
  .filter((name) => name.endsWith('.csv.gz'))
  .map((name) => name.slice(0, -'.csv.gz'.length));

/** @returns the report of one evaluation over these keys, by our models or by what a peer has scored */
function evaluate(set, group, peer) {
  const { step, learned } = SETS[set];
  const own = keys.filter((key) => key.startsWith(set) && TUNED.includes(key) === (group === 'tuned'));
  const lines = own.flatMap((key) => {
    const rows = gunzipSync(readFileSync(join(given.data, `${key}.csv.gz`)))
      .toString()
      .trim()
      .split('\n');
    const [from, to] = [rows[1], rows[learned(rows.length - 1)]].map((row) => Number(row.split(',')[0]));
    const columns = rows[0].split(',').slice(1);
    return [{ key, kind: 'learned from', from, to, columns }, ...labels.filter((label) => label.key === key)];
  });
  const { columns } = lines[0];
  const [file, labelled, out] = ['servers.yaml', 'labels.jsonl', 'out.json'].map((name) => join(folder, name));
  writeFileSync(labelled, lines.map((label) => `${JSON.stringify(label)}\n`).join(''));
  const place = join(folder, `${set}-${group}-${peer ?? 'ours'}`);
  mkdirSync(place);
  const [from, ending] = peer === undefined ? [given.data, 'csv.gz'] : [join(given.peers, peer), 'csv'];
  for (const key of own) copyFileSync(join(from, `${key}.${ending}`), join(place, `${key}.${ending}`));
  const path = `${place}/*.${ending}`;
  const models =
    given.models === undefined ? {} : { models: JSON.parse(given.models.replaceAll('"COLUMNS"', JSON.stringify(columns))) };
  const alarms = { perDay: 2, cooldown: `${(10 * step) / 60_000}m`, calibration: { atLeast: '2d' }, ...JSON.parse(given.alarms) };
  const values = peer === undefined ? columns : ['score'];
  const judging =
    peer === undefined
      ? { ...models, alarms }
      : { models: { peer: { use: AS_IT_IS, columns: values } }, alarms: { threshold: 1e30, cooldown: alarms.cooldown } };
  const source = { use: 'file', with: { path, time: 'time', values } };
  writeFileSync(file, JSON.stringify({ name: set, source, features: { use: 'window', with: { columns: values } }, ...judging }));
  const rate = String(DAY / step / 10_000);
  const asked = ['-p', file, '--labels', labelled, '--ignore', 'learned from', '--rates', rate, '--out', out, '--lenient'];
  const { stderr } = spawnSync(process.execPath, [CLI, 'evaluate', ...asked], { encoding: 'utf8' });
  try {
    return JSON.parse(readFileSync(out, 'utf8'));
  } catch {
    throw new Error(stderr);
  }
}

/** The pipeline and the plainest detector; or each peer, of which only the scores are known. */
const contestants = (set, group) =>
  given.peers === undefined
    ? evaluate(set, group).detectors.slice(0, 2)
    : readdirSync(given.peers).map((peer) => ({ ...evaluate(set, group, peer).detectors[0], name: peer, configured: undefined }));
const figures = given.group.flatMap((group) =>
  Object.keys(SETS).flatMap((set) =>
    contestants(set, group).map(({ name, judged, vusPr, events, points: [{ recall, recallApart }], configured }) => {
      const raised = configured?.blame && {
        recall: configured.recall,
        falsePerDay: configured.falsePerDay,
        hitRate: configured.blame.hitRate,
        firstRight: configured.blame.firstRight,
      };
      return { group, set, name: name === set ? '' : name, events, judged, vusPr, recall, recallApart, raised };
    }),
  ),
);
rmSync(folder, { recursive: true });

const of = (value, digits = 2) => (value === null ? '–' : value.toFixed(digits));
if (given.json) console.log(JSON.stringify(figures));
else {
  console.log(
    '| set | events | judged | VUS-PR | recall, one threshold | by key | as configured: recall | false a day | HitRate@100 % | first right |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|');
  for (const { group, set, name, events, judged, vusPr, recall, recallApart, raised } of figures) {
    const what = `${SETS[set].name}, ${group}${name === '' ? '' : `: ${name.replaceAll('|', '\\|')}`}`;
    const told = raised ? Object.values(raised).map((value) => of(value)) : ['', '', '', ''];
    console.log(`| ${[what, events, of(judged), of(vusPr, 3), of(recall), of(recallApart), ...told].join(' | ')} |`);
  }
}
