/**
 * Pushing: samples of remote-write that one core takes in at the door, over HTTP, up to observations; and a real engine to which ten
 * thousand series are pushed, twenty minutes of them at fifteen seconds, as fast as it takes them: what is lost, what memory and CPU that
 * costs. The sender is a process of its own. `node bench/push.mjs` prints JSON; build first. With `--real-time` the twenty minutes take twenty
 * minutes, and memory is told each minute.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import push from '../plugins/source-push/dist/index.js';
import { isMain, machine, quietHost, row, scrape } from './lib.mjs';

const SELF = fileURLToPath(import.meta.url);
const CLI = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const STEP = 15_000;
const [HOSTS, METRICS] = [1_000, 10];
/** As Prometheus sends them (`max_samples_per_send`). */
const A_BODY = 2_000;
const WITH = {
  key: 'instance',
  columns: Object.fromEntries(Array.from({ length: METRICS }, (_, i) => [`m${i}`, `node_metric_${i}`])),
};

/** Bodies of one scrape of all hosts. */
async function scrapeBodies(time) {
  const [{ default: protobuf }, { default: snappy }] = await Promise.all([import('protobufjs'), import('snappyjs')]);
  const { root } = protobuf.parse(
    'syntax="proto3"; message W { repeated T t = 1; } message T { repeated L l = 1; repeated S s = 2; } message L { string n = 1; string v = 2; } message S { double v = 1; int64 t = 2; }',
  );
  const message = root.lookupType('W');
  const series = [];
  for (let host = 0; host < HOSTS; host++) {
    for (let i = 0; i < METRICS; i++) {
      const labels = {
        __name__: `node_metric_${i}`,
        device: 'sda',
        instance: `host-${host}.example.org:9100`,
        job: 'node',
        region: 'eu-central-1',
      };
      const value = Math.sin(host * METRICS + i + time / STEP);
      series.push({ l: Object.entries(labels).map(([n, v]) => ({ n, v })), s: [{ v: value, t: time }] });
    }
  }
  const bodies = [];
  for (let at = 0; at < series.length; at += A_BODY)
    bodies.push(Buffer.from(snappy.compress(message.encode(message.fromObject({ t: series.slice(at, at + A_BODY) })).finish())));
  return bodies;
}

/** Sends until it is taken. @returns how often it had to come again */
async function insist(address, body) {
  const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
  for (let waited = 0; ; waited++) {
    const { status } = await fetch(`${address}/api/v1/write`, { method: 'POST', body, headers });
    if (status === 204) return waited;
    if (status !== 503) throw new Error(`answered ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A scrape every fifteen seconds, as it comes, until all were sent. */
async function sendInTime(address, scrapes) {
  console.log('ready');
  await once(process.stdin, 'data');
  const begin = Date.now();
  for (let i = 0; i < scrapes; i++) {
    await new Promise((resolve) => setTimeout(resolve, begin + i * STEP - Date.now()));
    for (const body of await scrapeBodies(begin + i * STEP)) await insist(address, body);
  }
  process.exit(0);
}

/** The sender: prebuilds what it sends, says that it is ready, and sends when it is told to; one request at a time, as one shard does. */
async function send(address, scrapes) {
  const begin = Math.floor((Date.now() - scrapes * STEP - 60_000) / STEP) * STEP;
  const bodies = [];
  for (let i = 0; i < scrapes; i++) bodies.push(...(await scrapeBodies(begin + i * STEP)));
  console.log('ready');
  await once(process.stdin, 'data');
  let waited = 0;
  for (const body of bodies) waited += await insist(address, body);
  console.log(JSON.stringify({ waited }));
  process.exit(0);
}

/** Starts a sender. @returns begins the sending, and resolves when all was taken */
async function sender(address, scrapes, inTime = false) {
  const child = spawn(process.execPath, [SELF, inTime ? '--send-in-time' : '--send', address, String(scrapes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.write('go\n');
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the sender ended with ${code}`);
  };
}

/** Samples a second of CPU time of the process that takes them in. */
async function door(scrapes) {
  let handler;
  const host = quietHost({
    metrics: { counter: () => ({ add() {} }) },
    http: {
      mount: async (_, given) => {
        handler = given;
        return '';
      },
    },
  });
  const source = await push.create(push.config.parse({ ...WITH, join: '500ms' }), host);
  const abort = new AbortController();
  let rows = 0;
  const done = (async () => {
    for await (const { observations } of source.read(null, abort.signal)) rows += observations.length;
  })();
  const server = createServer((request, response) => void handler(request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const begin = await sender(`http://127.0.0.1:${server.address().port}`, scrapes);
  const before = process.cpuUsage();
  await begin();
  while (rows < scrapes * HOSTS) await new Promise((resolve) => setTimeout(resolve, 5));
  const { user, system } = process.cpuUsage(before);
  abort.abort();
  await done;
  server.close();
  server.closeAllConnections();
  return (scrapes * HOSTS * METRICS) / ((user + system) / 1e6);
}

/** A real engine with the models of a file that names none. */
async function engine(directory, scrapes, inTime) {
  writeFileSync(
    join(directory, 'push.json'),
    JSON.stringify({
      name: 'pushed',
      source: { use: 'push', with: { ...WITH, join: '2s' } },
      features: { use: 'window', with: { columns: Object.keys(WITH.columns) } },
      alarms: { perDay: 1 },
      http: { listen: '127.0.0.1:0' },
      sinks: {},
    }),
  );
  const child = spawn(process.execPath, [CLI, '-p', join(directory, 'push.json'), '--summary', '-', '--log-format', 'text'], {
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') },
  });
  let [said, out] = ['', ''];
  child.stdout.on('data', (piece) => (out += piece));
  const url = await new Promise((resolve, reject) => {
    child.stderr.on('data', (piece) => {
      said += piece;
      const found = /listens at (\S+)\//.exec(said);
      if (found) resolve(found[1]);
    });
    child.once('exit', () => reject(new Error(said)));
  });
  const cpu = async () => (await scrape(url)).get('process_cpu_seconds_total');
  const memory = async () => (await scrape(url)).get('process_resident_memory_bytes') / 1e6;
  const [first, rest] = [Math.max(2, Math.floor(scrapes / 4)), scrapes];
  const begin = await sender(url, rest, inTime);
  const before = await cpu();
  const sending = begin();
  const seen = async () => [...(await scrape(url))].find(([name]) => name.startsWith('quantstream_observations_total'))?.[1] ?? 0;
  let early;
  const each = [];
  while ((await seen()) < rest * HOSTS) {
    await new Promise((resolve) => setTimeout(resolve, inTime ? 1_000 : 200));
    if (inTime && (await seen()) >= (each.length + 1) * 4 * HOSTS) each.push(Math.round(await memory()));
    if (early === undefined && (await seen()) >= first * HOSTS) early = await memory();
  }
  await sending;
  const [seconds, late] = [(await cpu()) - before, await memory()];
  child.kill('SIGTERM');
  await once(child, 'close');
  const { observations, dropped } = JSON.parse(out.slice(out.indexOf('{')));
  const name = `${(HOSTS * METRICS).toLocaleString('en')} series pushed every 15 s, ${scrapes} times`;
  const lost = rest * HOSTS - observations;
  if (Object.keys(dropped ?? {}).length > 0) throw new Error(`dropped: ${JSON.stringify(dropped)}`);
  return [
    row({ name: `${name}: observations that were lost`, value: lost, unit: `of ${rest * HOSTS}`, target: 0 }),
    row({
      name: `${name}: CPU of a core at that rate, judged by the models of a file that names none`,
      value: (100 * seconds * 1_000) / (rest * STEP),
      unit: '%',
    }),
    row({
      name: `${name}: memory at the end, against a quarter of the way`,
      value: late,
      unit: 'MB',
      baseline: { name: 'a quarter', value: early ?? late },
      lowerIsBetter: true,
      ...(inTime && { each }),
    }),
  ];
}

export async function run({ scrapes = 80, at = 60, inTime = false } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-bench-'));
  try {
    const taken = row({
      name: 'remote-write, HTTP to observations',
      value: await door(at),
      unit: 'samples/s of CPU',
      target: 200_000,
    });
    return [taken, ...(await engine(directory, scrapes, inTime))];
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const [, , how, address, scrapes] = process.argv;
if (how === '--send') await send(address, Number(scrapes));
else if (how === '--send-in-time') await sendInTime(address, Number(scrapes));
else if (isMain(import.meta.url))
  console.log(JSON.stringify({ machine: machine(), rows: await run({ inTime: how === '--real-time' }) }, null, 2));
