// Many vehicles on one UDP port: node plugins/source-mavlink/bench/live.mjs [vehicles] [frames per second each] [seconds]
// Build first (npm run build). Prints JSON: what was sent, lost and dropped, and how long frames took from our door to an observation.

import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MavLinkProtocolV2 } from 'node-mavlink';
import mavlink from '../dist/index.js';
import { byName } from '../dist/wire/dialects.js';

const NAMES = [
  'ATTITUDE',
  'RAW_IMU',
  'SERVO_OUTPUT_RAW',
  'GPS_RAW_INT',
  'VIBRATION',
  'SYS_STATUS',
  'GLOBAL_POSITION_INT',
  'VFR_HUD',
];

if (isMainThread) await main();
else await send(workerData);

async function main() {
  const [vehicles = 50, rate = 110, seconds = 20] = process.argv.slice(2).map(Number);
  const probe = createSocket('udp4');
  await new Promise((resolve) => probe.bind(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));

  const abort = new AbortController();
  const dropped = {};
  const counts = {};
  const metric = (name) => ({
    add: (n = 1, labels) => {
      const key = labels ? `${name} ${Object.values(labels)}` : name;
      counts[key] = (counts[key] ?? 0) + n;
    },
    set() {},
    observe() {},
  });
  const log = { debug() {}, info() {}, warn: console.error, error: console.error };
  const host = {
    pipeline: 'bench',
    part: 'source',
    log,
    metrics: { counter: metric, gauge: metric, histogram: metric },
    clock: { now: () => performance.timeOrigin + performance.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
    signal: abort.signal,
    drop: (reason, _, n = 1) => {
      dropped[reason] = (dropped[reason] ?? 0) + n;
    },
    repaired() {},
    trouble() {},
    progress() {},
  };
  const config = mavlink.config.parse({ connect: `udpin:127.0.0.1:${port}`, messages: NAMES });
  const source = await mavlink.create(config, host);
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { port, vehicles, rate, seconds } });
  let sent = -1;
  worker.on('message', (n) => {
    sent = n;
    setTimeout(() => abort.abort(), 1_000);
  });
  let observations = 0;
  let lost = 0;
  const lags = [];
  const keys = new Set();
  const before = process.cpuUsage();
  for await (const batch of source.read(null, abort.signal)) {
    const now = host.clock.now();
    for (const o of batch.observations) {
      if (o.type === 'link') {
        lost += o.values.lost;
        continue;
      }
      observations++;
      keys.add(o.key);
      if (observations % 7 === 0) lags.push(now - o.received);
    }
  }
  const cpu = process.cpuUsage(before);
  lags.sort((a, b) => a - b);
  const at = (share) => Math.round(lags[Math.floor(lags.length * share)] * 100) / 100;
  const result = {
    vehicles: keys.size,
    framesPerSecond: Math.round(sent / seconds),
    sent,
    observations,
    lostBySequence: lost,
    dropped,
    lagMs: { p50: at(0.5), p99: at(0.99), most: at(0.99999) },
    cpuShare: Math.round(((cpu.user + cpu.system) / 1e6 / (seconds + 1)) * 100) / 100,
  };
  console.log(JSON.stringify(result));
  process.exitCode = sent === observations ? 0 : 1;
  await worker.terminate();
}

async function send({ port, vehicles, rate, seconds }) {
  const socket = createSocket('udp4');
  const protocols = Array.from({ length: vehicles }, (_, i) => new MavLinkProtocolV2(i + 1, 1));
  const sequences = new Uint8Array(vehicles);
  const contents = NAMES.map((name) => new (byName.get(name))());
  const started = performance.now();
  let sent = 0;
  for (let round = 0; ; round++) {
    const due = Math.floor(((performance.now() - started) / 1_000) * rate);
    if (round >= seconds * rate) break;
    if (round >= due) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      round--;
      continue;
    }
    for (let i = 0; i < vehicles; i++) {
      const content = contents[(round + i) % contents.length];
      if ('timeBootMs' in content) content.timeBootMs = 1_000 + Math.round((round / rate) * 1_000);
      socket.send(protocols[i].serialize(content, sequences[i]++), port, '127.0.0.1');
      sent++;
    }
    if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  parentPort.postMessage(sent);
  socket.close();
}
