// node scripts/with-postgres.mjs node bench/stack.mjs [--for 10m] [--rate 800] [--burst 5000:10s:60s] [--out stack.json]
// The whole stack on one machine: fake exchange → engine --role ingest → Kafka → engine --role detect → PostgreSQL, each a process of its
// own, as docker-compose.yml runs them. Once a second: memory (proportional set size) and CPU of each, lag, and at the end the latencies.
// Linux only, for what it reads from /proc. Writes JSON.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { KafkaBroker } from '../scripts/lib/kafka.mjs';
import { freePort } from '../scripts/lib/servers.mjs';
import { latency, scrape } from './lib.mjs';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    for: { type: 'string', default: '60s' },
    rate: { type: 'string', default: '800' },
    burst: { type: 'string' },
    out: { type: 'string' },
  },
});
const seconds = Number.parseFloat(values.for) * (values.for.endsWith('m') ? 60 : 1);
const database = process.env.QUANTSTREAM_TEST_POSTGRES;
if (!database) throw new Error('Run it as: node scripts/with-postgres.mjs node bench/stack.mjs');

const home = mkdtempSync(join(tmpdir(), 'quantstream-stack-'));
const broker = await KafkaBroker.create({ heap: '384m' });
const [ingestPort, detectPort] = [await freePort(), await freePort()];

/** A process whose standard error is kept. */
function start(command, args, environment = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.said = '';
  child.stderr.on('data', (piece) => {
    child.said = (child.said + piece).slice(-100_000);
  });
  child.gone = new Promise((done) => child.once('exit', (code) => done(code)));
  return child;
}

const fake = start(process.execPath, [
  'plugins/source-binance/test/fake/main.mjs',
  ...['--trades-per-second', values.rate],
  ...(values.burst ? ['--burst', values.burst] : []),
]);
const addresses = JSON.parse(await new Promise((done) => createInterface(fake.stdout).once('line', done)));
const common = {
  BTC_SOURCE: 'live',
  BTC_BACKFILL: '0s',
  KAFKA_BROKERS: broker.address,
  KAFKA_TOPIC: 'bench.trades',
  DATABASE_URL: database,
};
// As in docker-compose.yml, in MB.
const HEAPS = { ingest: 160, detect: 288 };
const engine = (role, port) =>
  start(
    process.execPath,
    [
      ...[
        'engine/bin/engine.js',
        '-p',
        'pipelines/btc-stack.yaml',
        '--role',
        role,
        '--log-format',
        'json',
        '--summary',
        join(home, `${role}.json`),
      ],
      ...[
        '--set',
        `source.with.endpoints.websocket=${addresses.websocket}`,
        '--set',
        `source.with.endpoints.rest=${addresses.rest}`,
      ],
    ],
    {
      ...common,
      NODE_OPTIONS: `--max-old-space-size=${HEAPS[role]}`,
      QUANTSTREAM_DATA: join(home, role),
      HTTP_LISTEN: `127.0.0.1:${port}`,
    },
  );
const ingest = engine('ingest', ingestPort);
const detect = engine('detect', detectPort);
const processes = {
  exchange: [fake.pid],
  kafka: [broker.pid],
  ingest: [ingest.pid],
  detect: [detect.pid],
  postgres: () => familyOf(Number(process.env.QUANTSTREAM_TEST_POSTGRES_PID)),
};
const pids = (of) => (typeof of === 'function' ? of() : of);

/** A process and its children. */
function familyOf(pid) {
  const children = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(pid);
    } catch {
      return false;
    }
  });
  return [pid, ...children.map(Number)];
}

/** Proportional set size, MB: what is shared counts once over all who share it. */
function memoryOf(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** CPU seconds so far. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

const pick = (metrics, ...parts) => [...metrics].find(([name]) => parts.every((part) => name.includes(part)))?.[1];

const samples = [];
const began = Date.now();
const cpuBefore = {};
for (const [name, of] of Object.entries(processes)) cpuBefore[name] = pids(of).reduce((sum, pid) => sum + cpuOf(pid), 0);
let last;
while (Date.now() - began < seconds * 1_000) {
  await new Promise((done) => setTimeout(done, 1_000));
  const memory = Object.fromEntries(
    Object.entries(processes).map(([name, of]) => [name, pids(of).reduce((sum, pid) => sum + memoryOf(pid), 0)]),
  );
  try {
    last = { ingest: await scrape(`http://127.0.0.1:${ingestPort}`), detect: await scrape(`http://127.0.0.1:${detectPort}`) };
    samples.push({
      at: Math.round((Date.now() - began) / 1_000),
      memory,
      behind: pick(last.detect, 'quantstream_channel_lag') ?? 0,
      lag: pick(last.detect, 'quantstream_lag_seconds'),
      observations: pick(last.detect, 'quantstream_observations_total'),
    });
  } catch {
    // Not listening yet.
  }
  if (ingest.exitCode !== null || detect.exitCode !== null) break;
}
const spent = (Date.now() - began) / 1_000;
const cpu = Object.fromEntries(
  Object.entries(processes).map(([name, of]) => [
    name,
    Number(((pids(of).reduce((sum, pid) => sum + cpuOf(pid), 0) - cpuBefore[name]) / spent).toFixed(3)),
  ]),
);
ingest.kill('SIGTERM');
await ingest.gone;
await new Promise((done) => setTimeout(done, 2_000));
detect.kill('SIGTERM');
await detect.gone;
fake.kill('SIGTERM');
await fake.gone;

const client = new pg.Client({ connectionString: database });
await client.connect();
const { rows } = await client.query(
  'SELECT count(*)::int AS trades, max(sequence) - min(sequence) + 1 - count(*) AS holes, (SELECT count(*)::int FROM bars) AS bars, (SELECT count(*)::int FROM anomalies) AS anomalies FROM trades',
);
await client.end();
const read = (role) => {
  try {
    return JSON.parse(readFileSync(join(home, `${role}.json`), 'utf8'));
  } catch {
    return null;
  }
};
const sorted = (of) =>
  samples
    .map(of)
    .filter((value) => value !== undefined)
    .sort((a, b) => a - b);
const at = (list, q) => list[Math.min(list.length - 1, Math.floor(list.length * q))];
const megabytes = (name) => ({
  median: Math.round(
    at(
      sorted(({ memory }) => memory[name]),
      0.5,
    ) ?? 0,
  ),
  most: Math.round(
    at(
      sorted(({ memory }) => memory[name]),
      1,
    ) ?? 0,
  ),
});
const stages = (metrics, ...names) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      { p50: latency(metrics, name, 0.5), p90: latency(metrics, name, 0.9), p99: latency(metrics, name, 0.99) },
    ]),
  );
/** The longest time that the verdicts were more than a second behind, s: what a burst leaves behind. */
function longestLag() {
  let longest = 0;
  let last = 0;
  for (const { at: second, lag = 0 } of samples) {
    if (lag <= 1) last = second;
    longest = Math.max(longest, second - last);
  }
  return longest;
}

const result = {
  settings: { seconds, rate: Number(values.rate), burst: values.burst ?? null },
  memoryMb: Object.fromEntries([...Object.keys(processes)].map((name) => [name, megabytes(name)])),
  memoryOfStackMb: Math.round(
    at(
      sorted(({ memory }) => memory.kafka + memory.ingest + memory.detect + memory.postgres),
      1,
    ) ?? 0,
  ),
  cpuCores: cpu,
  latencyMs: last
    ? { ...stages(last.ingest, 'source_to_door'), ...stages(last.detect, 'door_to_verdict', 'verdict_to_sink', 'door_to_sink') }
    : null,
  behind: {
    median: at(
      sorted(({ behind }) => behind),
      0.5,
    ),
    p99: at(
      sorted(({ behind }) => behind),
      0.99,
    ),
    most: at(
      sorted(({ behind }) => behind),
      1,
    ),
  },
  lagSeconds: {
    median: at(
      sorted(({ lag }) => lag),
      0.5,
    ),
    p99: at(
      sorted(({ lag }) => lag),
      0.99,
    ),
    most: at(
      sorted(({ lag }) => lag),
      1,
    ),
  },
  longestLagSeconds: longestLag(),
  stored: rows[0],
  ingest: read('ingest'),
  detect: read('detect'),
};
const json = `${JSON.stringify(result, null, 2)}\n`;
if (values.out) writeFileSync(values.out, json);
process.stdout.write(json);
if (result.ingest === null || result.detect === null) {
  process.stderr.write(`${ingest.said.slice(-3_000)}\n${detect.said.slice(-3_000)}\n`);
  process.exitCode = 1;
}
await broker.dispose();
rmSync(home, { recursive: true, force: true });
