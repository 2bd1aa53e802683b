/**
 * The models of a file that names none: rows a second by themselves and in the engine, over 3, 10 and 38 columns; over three also without rhythm,
 * what a key costs that has seen weeks, and what many keys take at a row a second, beside what ten thousand may take. `node bench/unnamed.mjs` prints JSON; build first.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withModels } from '../engine/dist/spec/defaults.js';
import { gaussian, interleave, isMain, machine, row } from './lib.mjs';

const ENGINE = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const COLUMNS = ['a', 'b', 'c'];
/** Rows a second that are to be reached, by columns. */
const TARGETS = { 3: 400_000, 10: 60_000, 38: 15_000 };
const START = 1_700_006_400;
/** Rows before the clock runs, a minute apart: start, warm-up, calibration and the first weeks are not in the figure. */
const BEFORE = 40_000;

/** What the engine takes for a file without models, as a file would have it. */
function unnamed(names = COLUMNS) {
  const row = { columns: names.map((name) => ({ name, role: 'feature' })) };
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

/** Where a run leaves its processor time, all of its threads, ms: on a shared machine the clock on the wall counts others as well. */
const SPENT =
  "data:text/javascript,import{writeFileSync}from'node:fs';process.on('exit',()=>{const{user,system}=process.cpuUsage();writeFileSync(process.env.SPENT,String((user+system)/1e3))})";

/** @returns what it prints, and seconds of a core */
function engine(directory, ...args) {
  const spent = join(directory, 'spent');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', SPENT, ENGINE, ...args], {
    encoding: 'utf8',
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data'), SPENT: spent },
    maxBuffer: 1 << 30,
  });
  if (status !== 0 && status !== 3) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { stdout, seconds: Number(readFileSync(spent, 'utf8')) / 1_000 };
}

/** So many rows of so many keys, each so many seconds after its last: a daily swing in one column, noise in all. */
async function recording(file, rows, keys, step, columns = COLUMNS) {
  const normal = gaussian(1);
  const out = createWriteStream(file);
  out.write(`time,key,${columns}\n`);
  for (let i = 0; i < rows; i++) {
    const time = START + Math.floor(i / keys) * step;
    const swing = 5 * Math.sin((2 * Math.PI * time) / 86_400);
    const values = columns.map((_, c) => ((c === 0 ? swing : 0) + normal()).toFixed(4));
    const line = `${time},k${i % keys},${values}\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

function judged(directory, name, path, models, columns = COLUMNS) {
  const source = { use: 'file', with: { path, time: 'time', key: 'key', values: columns } };
  const plan = join(directory, `${name}.json`);
  writeFileSync(plan, JSON.stringify({ name, source, features: { use: 'window', with: { columns } }, ...models }));
  const { stdout, seconds } = engine(directory, '--pipeline', plan, '--summary', '-', '--log-level', 'silent');
  return { ...JSON.parse(stdout), seconds };
}

/** The models alone: no engine around them, no rhythm, no budget; one row scored by all and then learned. */
async function alone(d, repeats) {
  const names = Array.from({ length: d }, (_, i) => `c${i}`);
  const models = await Promise.all(
    Object.values(unnamed(names).models).map(async ({ use, with: raw = {} }) => {
      const { default: plugin } = await import(`../plugins/model-${use}/dist/index.js`);
      const settings = plugin.config.parse(raw);
      return plugin.create(settings, plugin.initialState(settings, d), { columns: names.map((name) => ({ name, unit: '1' })) });
    }),
  );
  const normal = gaussian(d);
  const rows = Array.from({ length: 10_000 }, () => Float64Array.from({ length: d }, normal));
  let time = 0;
  const { models: times } = interleave(
    {
      models: () => {
        for (const values of rows) {
          time += 60_000;
          for (const model of models) {
            model.score(values, time);
            model.learn(values, time, 1);
          }
        }
      },
    },
    repeats,
  );
  const name = `the models of a file that names none, by themselves, ${d} columns`;
  return row({ name, value: (1_000 * rows.length) / times.min, unit: 'rows/s', target: TARGETS[d], spread: times.spread });
}

/** The same in the engine, with rhythm and a budget, from a csv to verdicts; one key. */
async function wide(directory, d, rows) {
  const names = Array.from({ length: d }, (_, i) => `c${i}`);
  const [short, long] = ['short', 'long'].map((name) => join(directory, `${name}-${d}.csv`));
  await recording(short, BEFORE, 1, 60, names);
  await recording(long, BEFORE + rows, 1, 60, names);
  const before = judged(directory, `wide-${d}-short`, short, {}, names);
  const both = judged(directory, `wide-${d}`, long, {}, names);
  const name = `the models of a file that names none, ${d} columns`;
  return row({ name, value: rows / (both.seconds - before.seconds), unit: 'rows/s of CPU', target: TARGETS[d] });
}

/** @param {{ rows?: number, keys?: number, minutes?: number, repeats?: number }} [options] */
export async function run({ rows = 400_000, keys = 1_000, minutes = 10, repeats = 9 } = {}) {
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
      ...(await eachOf([3, 10, 38], (d) => alone(d, repeats))),
      ...(await eachOf([10, 38], (d) => wide(directory, d, Math.ceil((3 * rows) / d)))),
      row({ name: `${name}, without rhythm, 3 columns`, unit: 'rows/s of CPU', target: TARGETS[3], ...plain }),
      row({
        name: `${name}, 3 columns`,
        unit: 'rows/s of CPU',
        target: TARGETS[3],
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

async function eachOf(list, measure) {
  const report = [];
  for (const item of list) report.push(await measure(item));
  return report;
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
