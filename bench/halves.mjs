/**
 * Pipelines over several processes: what checkpoints cost with each store, Kafka → PostgreSQL with one and two detectors, and how long a
 * takeover takes. Needs a broker and a database: node scripts/with-postgres.mjs node scripts/with-kafka.mjs node bench/halves.mjs
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { isMain, machine, row, skipped } from './lib.mjs';
import { manyKeys, runPipeline } from './pipeline.mjs';

const CLI = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const plugin = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const POSTGRES = process.env.QUANTSTREAM_TEST_POSTGRES;
const KAFKA = process.env.QUANTSTREAM_TEST_KAFKA;
const PARTITIONS = 6;
const OBSERVATIONS = 600_000;

async function ask(statement) {
  const client = new pg.Client({ connectionString: POSTGRES });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Two thousand keys, all of which change between two checkpoints. */
function overhead(directory, repeats) {
  const stores = { memory: {}, file: {}, ...(POSTGRES ? { postgres: { url: POSTGRES } } : {}) };
  const best = {};
  for (let round = 0; round < repeats; round++)
    for (const [store, more] of Object.entries(stores)) {
      const pipeline = { ...manyKeys(2_000, 400_000), name: `store-${store}-${process.pid}` };
      const { seconds } = runPipeline(directory, { ...pipeline, checkpoint: { store, every: '500ms', ...more } }, [
        '--reset-state',
      ]);
      best[store] = Math.min(best[store] ?? Number.POSITIVE_INFINITY, seconds);
    }
  const baseline = { name: 'in memory', value: best.memory };
  return ['file', 'postgres'].map((store) => {
    const name = `400,000 rows of 2,000 keys, all saved every 500 ms: ${store}`;
    if (best[store] === undefined) return skipped(name, 'needs a database');
    return row({ name, value: best[store], unit: 's', baseline, lowerIsBetter: true });
  });
}

/** A half as a process. */
function start(directory, file, role, data, environment = {}) {
  const child = spawn(process.execPath, [CLI, '-p', file, '--role', role, '--log-format', 'json'], {
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, data), ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.said = '';
  child.stderr.on('data', (piece) => {
    child.said = (child.said + piece).slice(-20_000);
  });
  child.gone = new Promise((done) => child.once('exit', done));
  return child;
}

function write(directory, name, pipeline) {
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...pipeline, name }));
  return file;
}

const throughKafka = (name) => ({
  channel: { use: 'kafka', with: { brokers: KAFKA, topic: name, partitions: PARTITIONS } },
  checkpoint: { store: 'postgres', url: POSTGRES, every: '1s' },
  sinks: { database: { use: 'timescale', with: { url: POSTGRES, schema: name.replaceAll('-', '_'), store: ['reading'] } } },
});

/** A topic that is full, and so many detectors of so many workers until it is judged and stored, from the first row to the last. */
async function detectors(directory, observations, count, workers) {
  const name = `bench-${count}-${workers}-${process.pid}`;
  const file = write(directory, name, { ...manyKeys(600, observations), state: {}, ...throughKafka(name), workers });
  await start(directory, file, 'ingest', `${name}-ingest`).gone;
  const working = Array.from({ length: count }, (_, i) => start(directory, file, 'detect', `${name}-${i}`));
  const stored = async () =>
    (await ask(`SELECT count(*)::int AS n FROM ${name.replaceAll('-', '_')}.readings`).catch(() => [{ n: 0 }]))[0].n;
  while ((await stored()) === 0) await sleep(50);
  const begun = performance.now();
  const before = await stored();
  const codes = await Promise.all(working.map(({ gone }) => gone));
  const seconds = (performance.now() - begun) / 1_000;
  if (codes.some((code) => code !== 0)) throw new Error(working.map(({ said }) => said).join('\n'));
  await ask(`DROP SCHEMA ${name.replaceAll('-', '_')} CASCADE`);
  return (observations - before) / seconds;
}

/** Two detectors that share the partitions of a stream of 1,000 readings a second, and what can be seen of them. */
class Shared {
  constructor(directory, name) {
    this.directory = directory;
    this.name = `bench-${name}-${process.pid}`;
    this.file = write(directory, this.name, {
      source: { use: plugin('test/faults/plugins/seeded-source.mjs'), with: { keys: 60 } },
      features: { use: plugin('engine/test/fixtures/mean-features.mjs') },
      models: { z: { use: plugin('engine/test/fixtures/deviation-model.mjs'), columns: ['mean_level', 'mean_change'] } },
      alarms: { threshold: 4 },
      ...throughKafka(this.name),
      checkpoint: { store: 'postgres', url: POSTGRES, every: '250ms' },
    });
    const live = { FAULTS_SINCE: String(Date.now()), FAULTS_RATE: '1000' };
    this.processes = [start(directory, this.file, 'ingest', `${this.name}-ingest`, live)];
  }

  detect(n) {
    const detector = start(this.directory, this.file, 'detect', `${this.name}-${n}`);
    this.processes.push(detector);
    return detector;
  }

  /** Two detectors that have half of the partitions each, for two seconds. */
  async both() {
    const first = this.detect(0);
    await this.until(() => assigned(first).length === PARTITIONS);
    const second = this.detect(1);
    await this.until(() => [first, second].every((one) => assigned(one).length === PARTITIONS / 2));
    await sleep(2_000);
    return [first, second];
  }

  /** Who has each partition, and how far it has come: there is a checkpoint every 250 ms where something is judged. */
  parts() {
    return ask(
      `SELECT part, epoch::float8 AS epoch, last::float8 AS last FROM quantstream_parts WHERE pipeline = '${this.name}' AND part LIKE 'p%'`,
    );
  }

  async until(condition) {
    while (!condition()) {
      const ended = this.processes.find(({ exitCode }) => exitCode !== null);
      if (ended) throw new Error(`a half of ${this.name} has ended: ${ended.said}`);
      await sleep(50);
    }
  }

  async end() {
    for (const child of this.processes) child.kill('SIGKILL');
    await Promise.all(this.processes.map((child) => child.gone));
    await ask(`DROP SCHEMA IF EXISTS ${this.name.replaceAll('-', '_')} CASCADE`);
  }
}

/** The partitions that its group has given a detector. */
const assigned = ({ said }) =>
  JSON.parse(said.split('\n').findLast((line) => line.includes('"assigned":')) ?? '{}').assigned ?? [];
const partsOf = (detector) => assigned(detector).map((partition) => `partition-${partition}`);

/** One of two detectors goes: how long until all partitions of it have gone on. */
async function takeover(directory, signal, nth) {
  const shared = new Shared(directory, `takeover-${signal.toLowerCase()}-${nth}`);
  try {
    const [first] = await shared.both();
    const gone = new Set(partsOf(first));
    const before = new Map((await shared.parts()).map(({ part, epoch, last }) => [part, { epoch, last }]));
    const since = performance.now();
    first.kill(signal);
    for (let going = true; going; await sleep(50)) {
      const now = await shared.parts();
      going = !now.every(
        ({ part, epoch, last }) => !gone.has(part) || (epoch > before.get(part).epoch && last > before.get(part).last),
      );
    }
    return (performance.now() - since) / 1_000;
  } finally {
    await shared.end();
  }
}

/** A third detector joins two: for how long the partitions that move are not judged, and those that stay. */
async function joining(directory, seconds = 20) {
  const shared = new Shared(directory, 'joining');
  try {
    const both = await shared.both();
    const before = both.map((one) => new Set(partsOf(one)));
    const third = shared.detect(2);
    const seen = new Map();
    const longest = new Map();
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      const now = performance.now();
      for (const { part, last } of await shared.parts()) {
        const known = seen.get(part);
        if (known) longest.set(part, Math.max(longest.get(part) ?? 0, (now - known.at) / 1_000));
        if (known?.last !== last) seen.set(part, { last, at: now });
      }
      await sleep(20);
    }
    if (assigned(third).length === 0) throw new Error('the third detector was given no partition');
    const stayed = new Set(both.flatMap((one, i) => partsOf(one).filter((part) => before[i].has(part))));
    const most = (stays) => Math.max(...[...longest].filter(([part]) => stayed.has(part) === stays).map(([, one]) => one));
    return { moves: most(false), stays: most(true) };
  } finally {
    await shared.end();
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export async function run({ repeats = 3, observations = OBSERVATIONS, takeovers = 3 } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-halves-'));
  try {
    const rows = overhead(directory, repeats);
    if (!POSTGRES || !KAFKA) return [...rows, skipped('detectors and takeovers', 'needs a broker and a database')];
    const rates = { one: 0, two: 0, workers: 0 };
    for (let round = 0; round < repeats; round++) {
      rates.one = Math.max(rates.one, await detectors(directory, observations, 1, 1));
      rates.two = Math.max(rates.two, await detectors(directory, observations, 2, 1));
      rates.workers = Math.max(rates.workers, await detectors(directory, observations, 1, 2));
    }
    const one = { name: 'one detector', value: rates.one };
    rows.push(
      row({
        name: `Kafka (${PARTITIONS} partitions) → a row and a verdict each → PostgreSQL, one detector`,
        value: rates.one,
        unit: 'observations/s',
      }),
      row({ name: 'the same with two detectors', value: rates.two, unit: 'observations/s', baseline: one }),
      row({ name: 'the same with one detector of two workers', value: rates.workers, unit: 'observations/s', baseline: one }),
    );
    const { moves, stays } = await joining(directory);
    rows.push(
      row({
        name: 'a third detector joins two: longest time without judging, partitions that move',
        value: moves,
        unit: 's',
        target: 30,
      }),
      row({ name: 'the same, partitions that stay', value: stays, unit: 's' }),
    );
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const seconds = [];
      for (let nth = 0; nth < takeovers; nth++) seconds.push(await takeover(directory, signal, nth));
      rows.push(
        row({
          name: `takeover of half of the partitions behind ${signal}, median`,
          value: median(seconds),
          unit: 's',
          target: 30,
          most: Math.max(...seconds),
        }),
      );
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
