/**
 * The models of a file that names none, over three columns: rows a second with and without rhythm, what a key costs that has seen weeks, and what
 * many keys take at a row a second, beside what ten thousand may take. `node bench/unnamed.mjs` prints JSON; build first.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withModels } from '../engine/dist/spec/defaults.js';
import { gaussian, isMain, machine, row } from './lib.mjs';

const ENGINE = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const COLUMNS = ['a', 'b', 'c'];
const START = 1_700_006_400;
/** Rows before the clock runs, a minute apart: start, warm-up, calibration and the first weeks are not in the figure. */
const BEFORE = 40_000;

/** What the engine takes for a file without models, as a file would have it. */
function unnamed() {
  const row = { columns: COLUMNS.map((name) => ({ name, role: 'feature' })) };
  const plain = (tree) => {
    if (tree.kind === 'list') return tree.items.map(plain);
    if (tree.kind !== 'map') return tree.value;
    return Object.fromEntries([...tree.entries].map(([name, { value }]) => [name, plain(value)]));
  };
  return plain(withModels({ kind: 'map', entries: new Map() }, row));
}

function withoutRhythm() {
  const { models, alarms } = unnamed();
  return {
    alarms,
    models: Object.fromEntries(Object.entries(models).map(([name, { transform: _, ...model }]) => [name, model])),
  };
}

/** @returns what it prints, and seconds */
function engine(directory, ...args) {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENGINE, ...args], {
    encoding: 'utf8',
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') },
    maxBuffer: 1 << 30,
  });
  if (status !== 0 && status !== 3) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { stdout, seconds: (performance.now() - begin) / 1_000 };
}

/** So many rows of so many keys, each so many seconds after its last: a daily swing in one column, noise in all. */
async function recording(file, rows, keys, step) {
  const normal = gaussian(1);
  const out = createWriteStream(file);
  out.write(`time,key,${COLUMNS}\n`);
  for (let i = 0; i < rows; i++) {
    const time = START + Math.floor(i / keys) * step;
    const swing = 5 * Math.sin((2 * Math.PI * time) / 86_400);
    const line = `${time},k${i % keys},${(swing + normal()).toFixed(4)},${normal().toFixed(4)},${normal().toFixed(4)}\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

function judged(directory, name, path, models) {
  const source = { use: 'file', with: { path, time: 'time', key: 'key', values: COLUMNS } };
  const plan = join(directory, `${name}.json`);
  writeFileSync(plan, JSON.stringify({ name, source, features: { use: 'window', with: { columns: COLUMNS } }, ...models }));
  const { stdout, seconds } = engine(directory, '--pipeline', plan, '--summary', '-', '--log-level', 'silent');
  return { ...JSON.parse(stdout), seconds };
}

/** @param {{ rows?: number, keys?: number, minutes?: number }} [options] */
export async function run({ rows = 400_000, keys = 1_000, minutes = 10 } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-unnamed-'));
  try {
    const at = (name) => join(directory, name);
    await recording(at('short.csv'), BEFORE, 1, 60);
    await recording(at('long.csv'), BEFORE + rows, 1, 60);
    const speedOf = (name, models) => {
      const short = judged(directory, `${name}-short`, at('short.csv'), models);
      const long = judged(directory, name, at('long.csv'), models);
      const { states } = JSON.parse(engine(directory, 'checkpoint', 'show', name, '--json').stdout);
      return { value: rows / (long.seconds - short.seconds), bytesPerKey: states[0].bytes };
    };
    const plain = speedOf('plain', withoutRhythm());
    const whole = speedOf('whole', {});
    // Behind as many rows again: what a row costs once the models have learned. Ten thousand such keys are more memory than this machine has.
    await recording(at('once.csv'), keys * 60 * minutes, keys, 1);
    await recording(at('twice.csv'), 2 * keys * 60 * minutes, keys, 1);
    const first = judged(directory, 'once', at('once.csv'), {});
    const both = judged(directory, 'twice', at('twice.csv'), {});
    const name = 'the models of a file that names none';
    const many = `${name}, ${keys.toLocaleString('en')} keys at a row a second`;
    return [
      row({ name: `${name}, without rhythm, 3 columns`, unit: 'rows/s', target: 400_000, ...plain }),
      row({
        name: `${name}, 3 columns`,
        unit: 'rows/s',
        target: 400_000,
        baseline: { name: 'without rhythm', ...plain },
        ...whole,
      }),
      row({
        name: `${many}: share of a core`,
        value: (100 * (both.seconds - first.seconds)) / (60 * minutes),
        unit: '%',
        target: (5 * keys) / 10_000,
      }),
      row({ name: `${many}: memory`, value: both.rssMb, unit: 'MB', target: (400 * keys) / 10_000 }),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
