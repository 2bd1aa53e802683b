/**
 * What the state of a key costs: bytes saved for one that was seen once and for one that is trained, by model; the disk, the time and
 * the memory of very many keys; a restart with them; and what checkpoints in files and in PostgreSQL add to a run. `node bench/state.mjs [--engine FOLDER] [--keys N]` prints JSON; build first. With
 * `--engine` another checkout is measured, for a before and after.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PostgresServer } from '../scripts/lib/postgres.mjs';
import { gaussian, isMain, machine, row } from './lib.mjs';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const COLUMNS = ['a', 'b', 'c'];
const START = 1_700_000_000;
/** Keys of the figures for those seen once; rows of a trained one, a second apart: more than any window has, and a day for the calibration. */
const ONCE = 200;
const TRAINED = 100_000;
const KEYS = 80_000;
/** What checkpoints cost: rows of so many keys, all of which change between two checkpoints. */
const BUSY = { keys: 2_000, rows: 400_000, every: '500ms' };
const ROUNDS = 3;

/** One model each over three columns, alarms by budget; then two together. */
const MODELS = {
  tails: { tails: { use: 'tails' } },
  mahalanobis: { distance: { use: 'mahalanobis' } },
  'half-space-trees': { trees: { use: 'half-space-trees' } },
  'random-cut-forest': { forest: { use: 'random-cut-forest' } },
  'isolation-forest': { forest: { use: 'isolation-forest' } },
  'tails and mahalanobis': { tails: { use: 'tails' }, distance: { use: 'mahalanobis' } },
};

// Before a column is on a scale a model sees nothing of it, which would flatter a key that was seen once.
function pipeline(name, file, models, columns = COLUMNS, transform = {}) {
  const full = Object.fromEntries(Object.entries(models).map(([key, model]) => [key, { ...model, columns, ...transform }]));
  return {
    name,
    source: { use: 'file', with: { path: file, time: 'time', key: 'key', values: columns } },
    features: { use: 'window', with: { columns } },
    models: full,
    alarms: { perDay: 10 },
  };
}

/** Runs the engine. @returns what it prints, seconds, and the most memory that it took */
function engine(checkout, directory, args) {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, 'engine/bin/engine.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') },
    maxBuffer: 1 << 30,
  });
  // 3: it ended, and says that nothing could be scored, which is so of keys that were seen once.
  if (status !== 0 && status !== 3) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { stdout, seconds: (performance.now() - begin) / 1_000 };
}

function run(checkout, directory, plan) {
  const file = join(directory, `${plan.name}.json`);
  writeFileSync(file, JSON.stringify(plan));
  const { stdout, seconds } = engine(checkout, directory, ['--pipeline', file, '--summary', '-', '--log-level', 'silent']);
  return { seconds, ...JSON.parse(stdout) };
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

const states = (checkout, directory, name) =>
  JSON.parse(engine(checkout, directory, ['checkpoint', 'show', name, '--json']).stdout);

function csv(directory, name, header, lines) {
  const file = join(directory, name);
  writeFileSync(file, `${header}\n${lines.join('\n')}\n`);
  return file;
}

function bytesOfKeys(checkout, directory) {
  const normal = gaussian(1);
  const values = () => COLUMNS.map(() => normal().toFixed(6)).join();
  const once = csv(
    directory,
    'once.csv',
    `time,key,${COLUMNS}`,
    Array.from({ length: ONCE }, (_, i) => `${START + i},key-${i},${values()}`),
  );
  const trained = csv(
    directory,
    'trained.csv',
    `time,key,${COLUMNS}`,
    Array.from({ length: TRAINED }, (_, i) => `${START + i},key,${values()}`),
  );
  return Object.entries(MODELS).flatMap(([name, models], i) => {
    run(checkout, directory, pipeline(`once-${i}`, once, models));
    const { states: many } = states(checkout, directory, `once-${i}`);
    run(checkout, directory, pipeline(`trained-${i}`, trained, models, COLUMNS, { transform: { standardize: '1d' } }));
    const { states: one, live } = states(checkout, directory, `trained-${i}`);
    return [
      row({
        name: `${name}: a key seen once`,
        value: many.reduce((sum, { bytes }) => sum + bytes, 0) / many.length,
        unit: 'bytes',
      }),
      row({ name: `${name}: a trained key`, value: one[0].bytes, unit: 'bytes', ...(live ? { withForest: live } : {}) }),
    ];
  });
}

function manyKeys(checkout, directory, count) {
  const file = csv(
    directory,
    'many.csv',
    'time,key,v',
    Array.from({ length: count }, (_, i) => `${START + i},k${i},${i % 9}`),
  );
  const plan = pipeline('many', file, { tails: { use: 'tails' } }, ['v']);
  const first = run(checkout, directory, plan);
  const disk = sizeOf(join(directory, 'data', 'many'));
  // The source has nothing new: what is left is to open the state, and to save it.
  const again = run(checkout, directory, plan);
  const listed = engine(checkout, directory, ['checkpoint', 'list']);
  const n = count.toLocaleString('en');
  return [
    row({ name: `${n} keys seen once, tails: first run`, value: first.seconds, unit: 's', rssMb: first.rssMb }),
    row({ name: `${n} keys seen once, tails: on disk`, value: disk / 1e6, unit: 'MB' }),
    row({ name: `${n} keys seen once, tails: restart`, value: again.seconds, unit: 's', rssMb: again.rssMb }),
    row({ name: `${n} keys seen once, tails: checkpoint list`, value: listed.seconds, unit: 's' }),
  ];
}

/** The same rows with each store, in turn; the median. Without a PostgreSQL its rows are left out. */
export async function storesCompared(checkout, directory) {
  const { keys, rows, every } = BUSY;
  const lines = Array.from({ length: rows }, (_, i) => `${START + Math.floor(i / keys)},k${i % keys},${(i * 7919) % 97}`);
  const file = csv(directory, 'busy.csv', 'time,key,v', lines);
  const server = await PostgresServer.create().catch(() => undefined);
  try {
    const stores = { memory: {}, file: {}, ...(server ? { postgres: { url: server.url } } : {}) };
    const seconds = Object.fromEntries(Object.keys(stores).map((name) => [name, []]));
    const made = {};
    for (let round = 0; round < ROUNDS; round++)
      for (const [store, more] of Object.entries(stores)) {
        const plan = pipeline(`busy-${store}-${round}`, file, { tails: { use: 'tails' } }, ['v']);
        const { seconds: took, checkpoints } = run(checkout, directory, { ...plan, checkpoint: { store, every, ...more } });
        seconds[store].push(took);
        made[store] = checkpoints;
      }
    const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
    const base = median(seconds.memory);
    return Object.entries(seconds).map(([store, list]) =>
      row({
        name: `${rows.toLocaleString('en')} rows of ${keys.toLocaleString('en')} keys, a checkpoint of all every ${every}: ${store}`,
        value: median(list),
        unit: 's',
        timesMemory: median(list) / base,
        checkpoints: made[store],
      }),
    );
  } finally {
    await server?.dispose();
  }
}

/** @param {{ checkout?: string, keys?: number }} [options] */
export async function measure({ checkout = HERE, keys = KEYS } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-state-'));
  try {
    return [
      ...bytesOfKeys(checkout, directory),
      ...manyKeys(checkout, directory, keys),
      ...(await storesCompared(checkout, directory)),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  const at = process.argv.indexOf('--engine');
  const checkout = at > 0 ? resolve(process.argv[at + 1]) : HERE;
  console.log(
    JSON.stringify(
      { machine: machine(), date: new Date().toISOString().slice(0, 10), rows: await measure({ checkout }) },
      null,
      2,
    ),
  );
}
