/**
 * Whole pipelines: recordings through features and forest, with and without checkpoints, many keys, memory, cold start, and, where
 * QUANTSTREAM_TEST_POSTGRES names a database, the way to it. Everything is seeded; each row stands beside a baseline of the same run.
 * `node bench/pipeline.mjs` prints JSON; build first.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gaussian, isMain, machine, random, row, skipped, summary } from './lib.mjs';

const CLI = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const PLUGINS = fileURLToPath(new URL('./plugins', import.meta.url));
const POSTGRES = process.env.QUANTSTREAM_TEST_POSTGRES;
const KAFKA = process.env.QUANTSTREAM_TEST_KAFKA;

/** Thirty trades a second as data.binance.vision writes them, and the same as frames of the combined stream. */
function writeRecordings(directory, count) {
  const uniform = random(1);
  const normal = gaussian(2);
  let time = Date.UTC(2024, 7, 8);
  let price = 60_000;
  const csv = [];
  const frames = [];
  for (let id = 1; id <= count; id++) {
    time += Math.floor(-33 * Math.log(1 - uniform()));
    price = Math.round((price + normal() * 0.5) * 100) / 100;
    const [p, q, maker] = [price.toFixed(8), Math.exp(normal() * 1.5 - 5).toFixed(8), uniform() < 0.5];
    csv.push(`${id},${p},${q},${(price * Number(q)).toFixed(8)},${time},${maker ? 'True' : 'False'},True\n`);
    const data = `{"e":"trade","E":${time + 1},"s":"BTCUSDT","t":${id},"p":"${p}","q":"${q}","T":${time},"m":${maker},"M":true}`;
    if (id <= count / 2) frames.push(`{"stream":"btcusdt@trade","data":${data}}\n`);
  }
  const paths = { csv: join(directory, 'BTCUSDT-trades.csv'), frames: join(directory, 'frames.jsonl') };
  writeFileSync(paths.csv, csv.join(''));
  writeFileSync(paths.frames, frames.join(''));
  return { ...paths, csvCount: count, frameCount: frames.length };
}

const market = (name, connect, more = {}) => ({
  name,
  source: { use: 'binance', with: { connect, symbols: ['BTCUSDT'], stream: 'trade' } },
  features: { use: 'market', with: { bar: '1s', columns: ['rsi_14', 'volatility_20', 'volume_change'] } },
  models: { forest: { use: 'isolation-forest', columns: ['rsi_14', 'volatility_20', 'volume_change'] } },
  checkpoint: { store: 'memory' },
  ...more,
});

export const manyKeys = (keys, total, model = {}) => ({
  name: `keys-${keys}`,
  source: { use: join(PLUGINS, 'many-keys.mjs'), with: { keys, total } },
  features: { use: join(PLUGINS, 'level-features.mjs') },
  // A small forest, so that what is measured is the engine's own work per key.
  models: {
    forest: {
      use: 'isolation-forest',
      columns: ['level', 'change', 'smooth'],
      with: { trees: 10, sampleSize: 32, warmUp: 64, window: 64, refitEvery: 0, ...model },
    },
  },
  alarms: { threshold: 0.9 },
  state: { keysInMemory: 1_000_000 },
  checkpoint: { store: 'memory', every: '1h' },
});

/** Runs a pipeline in a process of its own. @returns its summary, with the wall time of the whole process */
export function runPipeline(directory, pipeline, args = []) {
  const file = join(directory, `${pipeline.name}.json`);
  writeFileSync(file, JSON.stringify(pipeline));
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [CLI, '--pipeline', file, '--summary', '-', '--log-level', 'silent', ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') },
      maxBuffer: 1 << 28,
    },
  );
  // A start is measured on a recording in which nothing can be found: exit code 3.
  if (status !== 0 && status !== 3) throw new Error(`${pipeline.name} ended with ${status}: ${stderr}`);
  return { ...JSON.parse(stdout.slice(stdout.indexOf('{'))), wall: performance.now() - begin };
}

/** The best of several runs, in turn with other contestants. */
function compete(contestants, repeats) {
  const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < repeats; round++) {
    for (const [name, run] of Object.entries(contestants)) results[name].push(run());
  }
  return Object.fromEntries(Object.entries(results).map(([name, all]) => [name, { ...summary(all), all }]));
}

/** Milliseconds of a loop that only splits lines and parses numbers, in a process of its own. */
function bareCsvLoop(path) {
  const program = `const t = performance.now(); let sum = 0; for (const line of require('fs').readFileSync(${JSON.stringify(path)}, 'latin1').split('\\n')) { if (line) { const c = line.split(','); sum += Number(c[0]) + Number(c[1]) + Number(c[2]) + Number(c[4]); } } if (!(sum > 0)) process.exit(1); console.log(performance.now() - t);`;
  return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout);
}

function bareJsonLoop(path) {
  const program = `const t = performance.now(); let sum = 0; for (const line of require('fs').readFileSync(${JSON.stringify(path)}, 'latin1').split('\\n')) { if (line) { const { data } = JSON.parse(line); sum += data.t + Number(data.p) + Number(data.q) + data.T; } } if (!(sum > 0)) process.exit(1); console.log(performance.now() - t);`;
  return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout);
}

function throughput(directory, files, repeats) {
  const csv = market('csv', `file:${files.csv}`);
  const frames = market('frames', `file:${files.frames}`);
  const durable = market('durable', `file:${files.csv}`, { checkpoint: { store: 'file', every: '5s' } });
  const often = market('often', `file:${files.csv}`, { checkpoint: { store: 'file', every: '100ms' } });
  const seconds = (pipeline, ...args) => runPipeline(directory, pipeline, ['--reset-state', ...args]).seconds * 1_000;
  const result = compete(
    {
      csv: () => seconds(csv),
      csvLoop: () => bareCsvLoop(files.csv),
      frames: () => seconds(frames),
      jsonLoop: () => bareJsonLoop(files.frames),
      durable: () => seconds(durable),
      often: () => seconds(often),
    },
    repeats,
  );
  const rate = (count, ms) => (count / ms) * 1_000;
  return [
    row({
      name: 'csv trades → 1 s bars → features → forest',
      value: rate(files.csvCount, result.csv.min),
      unit: 'trades/s',
      baseline: { name: 'bare loop: split and Number', value: rate(files.csvCount, result.csvLoop.min) },
      target: 500_000,
      spread: result.csv.spread,
    }),
    row({
      name: 'websocket frames → 1 s bars → features → forest',
      value: rate(files.frameCount, result.frames.min),
      unit: 'trades/s',
      baseline: { name: 'bare loop: JSON.parse', value: rate(files.frameCount, result.jsonLoop.min) },
      target: 150_000,
      spread: result.frames.spread,
    }),
    row({
      name: 'one durable checkpoint, at the end, against none',
      value: result.durable.min,
      unit: 'ms',
      baseline: { name: 'checkpoints in memory only', value: result.csv.min },
      lowerIsBetter: true,
      spread: result.durable.spread,
    }),
    row({
      name: 'checkpoints every 100 ms, against none',
      value: result.often.min,
      unit: 'ms',
      baseline: { name: 'checkpoints in memory only', value: result.csv.min },
      lowerIsBetter: true,
      spread: result.often.spread,
    }),
  ];
}

function keys(directory, repeats, part) {
  const total = 1_000_000 * part;
  const run = (count) => runPipeline(directory, manyKeys(count, total));
  const results = { 1: [], 300: [], 10000: [] };
  for (let round = 0; round < repeats; round++) for (const count of Object.keys(results)) results[count].push(run(Number(count)));
  const best = (count) => Math.max(...results[count].map((one) => one.observations / one.seconds));
  const rss = (count) => Math.min(...results[count].map((one) => one.rssMb));
  return [300, 10_000].map((count) =>
    row({
      name: `${count.toLocaleString('en')} keys of three columns, a row and a verdict per observation`,
      value: best(count),
      unit: 'observations/s',
      baseline: { name: 'one key', value: best(1) },
      // The growth of a process by a few hundred keys is lost in its noise.
      ...(count >= 10_000 ? { bytesPerKey: Math.round(((rss(count) - rss(1)) * 1024 * 1024) / count) } : {}),
    }),
  );
}

/** Dear models over many keys, judged by one thread and by two. */
function workers(directory, repeats, total) {
  const columns = ['level', 'change', 'smooth', ...Array.from({ length: 7 }, (_, i) => `slow_${i}`)];
  const pipeline = {
    ...manyKeys(300, total),
    name: 'workers',
    features: { use: join(PLUGINS, 'level-features.mjs'), with: { columns: columns.length } },
    models: { forest: { use: 'random-cut-forest', columns } },
  };
  const run = (count) => runPipeline(directory, pipeline, ['--set', `workers=${count}`]).seconds * 1_000;
  const result = compete({ one: () => run(1), two: () => run(2) }, repeats);
  return [
    row({
      name: 'two workers: 300 keys, random cut forest over ten columns',
      value: (total / result.two.min) * 1_000,
      unit: 'observations/s',
      baseline: { name: 'one worker', value: (total / result.one.min) * 1_000 },
      spread: result.two.spread,
    }),
  ];
}

/** An hour at 800/s is 2.88 million observations: pushed through at full speed, does the memory stay where it was after a tenth? */
function memory(directory, part) {
  const total = 2_880_000 * part;
  const one = runPipeline(directory, {
    ...manyKeys(1, total / 10, { trees: 100, sampleSize: 256, warmUp: 1_000, window: 10_000, refitEvery: 10_000 }),
    name: 'tenth',
  });
  const all = runPipeline(directory, {
    ...manyKeys(1, total, { trees: 100, sampleSize: 256, warmUp: 1_000, window: 10_000, refitEvery: 10_000 }),
    name: 'hour',
  });
  return [
    row({
      name: `memory after ${(total / 1e6).toFixed(2)} million observations${part === 1 ? ' (an hour at 800/s)' : ''}, each scored`,
      value: all.rssMb,
      unit: 'MB',
      baseline: { name: 'after a tenth of them', value: one.rssMb },
      lowerIsBetter: true,
    }),
  ];
}

async function steady(directory) {
  const simulator = { seed: 1, start: 'now', realTime: true, tradesPerSecond: 800, anomaliesPerDay: 0 };
  const pipeline = market('steady', 'simulator');
  pipeline.source.with.simulator = simulator;
  const { rssMb, observationsPerSecond } = runPipeline(directory, pipeline, ['--for', '20s']);
  return [
    row({
      name: 'memory at 800 trades/s in real time for 20 s, simulator included',
      value: rssMb,
      unit: 'MB',
      target: 150,
      observationsPerSecond,
    }),
  ];
}

function coldStart(directory, files, repeats) {
  const first = join(directory, 'one.csv');
  writeFileSync(first, readFileSync(files.csv, 'latin1').split('\n').slice(0, 2).join('\n'));
  const bare = () => {
    const begin = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    return performance.now() - begin;
  };
  const cold = market('cold', `file:${first}`);
  const file = join(directory, 'cold.json');
  const validate = () => {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'validate', file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`validate ended with ${status}: ${stderr}`);
    return performance.now() - begin;
  };
  const result = compete({ ours: () => runPipeline(directory, cold).wall, validate, bare }, Math.max(repeats, 8));
  const beside = (name, { min, spread }) =>
    row({
      name,
      value: min,
      unit: 'ms',
      baseline: { name: 'node starting and ending', value: result.bare.min },
      times: Number((min / result.bare.min).toFixed(2)),
      lowerIsBetter: true,
      target: 2.5 * result.bare.min,
      spread,
    });
  return [
    beside('from nothing to the end of a recording of two trades', result.ours),
    beside('from nothing to the verdict of engine validate', result.validate),
  ];
}

/** Bars in the database: how long after the bar closed, at 800 trades/s; and how many trades a second a recording stores. */
async function database(directory, files) {
  if (!POSTGRES) {
    return [
      skipped(
        'verdicts readable in PostgreSQL',
        'QUANTSTREAM_TEST_POSTGRES names no database; node scripts/with-postgres.mjs npm run bench',
      ),
    ];
  }
  const schema = `bench_${process.pid}`;
  const sinks = { database: { use: 'timescale', with: { url: POSTGRES, schema, store: ['trade'] } } };
  const stored = runPipeline(directory, { ...market('stored', `file:${files.frames}`), sinks });
  const single = await oneByOne();
  const live = market('live', 'simulator');
  live.source.with.simulator = { seed: 1, start: 'now', realTime: true, tradesPerSecond: 800, anomaliesPerDay: 0 };
  const { latencyMs, observationsPerSecond } = runPipeline(directory, { ...live, sinks }, ['--for', '30s']);
  return [
    row({
      name: 'frames → forest → PostgreSQL, every trade and bar stored',
      value: stored.observations / stored.seconds,
      unit: 'trades/s',
      baseline: { name: 'one INSERT per trade', value: single },
      target: 20_000,
    }),
    row({
      name: 'door → stored in PostgreSQL at 800 trades/s, median',
      value: latencyMs.p50,
      unit: 'ms',
      target: 10,
      observationsPerSecond,
    }),
    row({
      name: 'door → stored in PostgreSQL at 800 trades/s, 99 %',
      value: latencyMs.p99,
      unit: 'ms',
      target: 50,
      observationsPerSecond,
    }),
  ];
}

/** The same recording as two processes with a broker between them: what each half handles when the other does not hold it up. */
function broker(directory, files) {
  if (!POSTGRES || !KAFKA) {
    return [
      skipped(
        'Kafka → features → forest → PostgreSQL',
        'needs a broker and a database; node scripts/with-postgres.mjs node scripts/with-kafka.mjs npm run bench',
      ),
    ];
  }
  const sinks = {
    database: { use: 'timescale', with: { url: POSTGRES, schema: `bench_broker_${process.pid}`, store: ['trade'] } },
  };
  const topic = `bench.${process.pid}`;
  const pipeline = {
    ...market('through', `file:${files.frames}`),
    sinks,
    channel: { use: 'kafka', with: { brokers: KAFKA, topic } },
    checkpoint: { every: '5s' },
  };
  const sent = runPipeline(directory, pipeline, ['--role', 'ingest']);
  const judged = runPipeline(directory, pipeline, ['--role', 'detect']);
  // Another detector with a state of its own, which stores nothing.
  const unstored = runPipeline(directory, { ...pipeline, data: join(directory, 'unstored'), sinks: {} }, ['--role', 'detect']);
  const direct = runPipeline(directory, {
    ...market('direct', `file:${files.frames}`),
    sinks: { database: { use: 'timescale', with: { ...sinks.database.with, schema: `bench_direct_${process.pid}` } } },
  });
  return [
    row({
      name: 'Kafka → features → forest → PostgreSQL, every trade and bar stored',
      value: judged.observations / judged.seconds,
      unit: 'trades/s',
      baseline: { name: 'one process, no broker', value: direct.observations / direct.seconds },
      target: 20_000,
    }),
    row({
      name: 'Kafka → features → forest, nothing stored',
      value: unstored.observations / unstored.seconds,
      unit: 'trades/s',
      baseline: { name: 'every trade and bar stored', value: judged.observations / judged.seconds },
    }),
    row({
      name: 'recorded frames → Kafka',
      value: sent.observations / sent.seconds,
      unit: 'trades/s',
      baseline: { name: 'one process, no broker, into PostgreSQL', value: direct.observations / direct.seconds },
    }),
  ];
}

async function oneByOne() {
  const program = `import pg from 'pg'; const c = new pg.Client(process.argv[1]); await c.connect(); await c.query('CREATE TEMP TABLE t (id bigint PRIMARY KEY, price float8, quantity float8, time timestamptz)'); const t = performance.now(); for (let i = 0; i < 1000; i++) await c.query('INSERT INTO t VALUES ($1, $2, $3, now())', [i, 1, 2]); console.log(1e6 / (performance.now() - t)); await c.end();`;
  const sink = fileURLToPath(new URL('../plugins/sink-timescale', import.meta.url));
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, POSTGRES], { cwd: sink });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return Number(text);
}

/** @param part of what many keys and the memory of an hour are measured with, 0 to 1 */
export async function run({ repeats = 3, trades = 2_000_000, part = 1 } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-bench-'));
  try {
    const files = writeRecordings(directory, trades);
    return [
      ...throughput(directory, files, repeats),
      ...keys(directory, Math.min(repeats, 2), part),
      ...workers(directory, repeats, trades / 10),
      ...memory(directory, part),
      ...(await steady(directory)),
      ...coldStart(directory, files, repeats),
      ...(await database(directory, files)),
      ...broker(directory, files),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
