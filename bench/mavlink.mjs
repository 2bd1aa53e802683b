/**
 * MAVLink: frames a second parsed (checksum and all) beside node-mavlink's own reader and, where QUANTSTREAM_PYTHON has it, pymavlink; and
 * a whole flight through source, columns, limits and learned models. The frames are those of a simulated vehicle, seeded.
 * `node bench/mavlink.mjs` prints JSON; build first.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createMavLinkStream } from 'node-mavlink';
import { DRAWN_KINDS } from '../plugins/source-mavlink/dist/simulator/faults/faults.js';
import { SimulatedVehicle } from '../plugins/source-mavlink/dist/simulator/simulated-vehicle.js';
import { FrameParser } from '../plugins/source-mavlink/dist/wire/frames.js';
import { SURVEY } from '../plugins/source-mavlink/test/survey.mjs';
import { isMain, machine, row, skipped, summary, time } from './lib.mjs';

const CLI = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));
const LIVE = fileURLToPath(new URL('../plugins/source-mavlink/bench/live.mjs', import.meta.url));
const UAV = fileURLToPath(new URL('../pipelines/uav.yaml', import.meta.url));

/** Frames of flights one after the other, with the stamps of a telemetry log before them. */
function fly(minutes, seed = 'bench') {
  const vehicle = new SimulatedVehicle({ seed, ...SURVEY, faultKinds: DRAWN_KINDS });
  const pieces = [];
  let count = 0;
  vehicle.advance(minutes * 60_000, (frame, ms) => {
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(Math.round((SURVEY.start + ms) * 1_000)));
    pieces.push(stamp, Buffer.from(frame));
    count++;
  });
  return { log: Buffer.concat(pieces), bytes: Buffer.concat(pieces.filter((_, i) => i % 2 === 1)), count };
}

/** Pieces as a socket would hand them over. */
const PIECE = 4_096;

function parseOurs(bytes) {
  const parser = new FrameParser(0);
  let count = 0;
  for (let at = 0; at < bytes.length; at += PIECE) {
    parser.push(bytes.subarray(at, at + PIECE));
    while (parser.next()) count++;
  }
  return count;
}

/** Milliseconds of node-mavlink's stream of packets over the same pieces. */
async function parseTheirs(bytes, expected) {
  const input = new PassThrough();
  const packets = createMavLinkStream(input);
  let count = 0;
  packets.on('data', () => count++);
  const begin = performance.now();
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (!input.write(bytes.subarray(at, at + PIECE))) await new Promise((resolve) => input.once('drain', resolve));
  }
  input.end();
  await new Promise((resolve) => packets.once('end', resolve));
  if (count < expected) throw new Error(`node-mavlink found ${count} of ${expected} frames`);
  return performance.now() - begin;
}

const PYTHON = `
import os, sys, time
os.environ['MAVLINK20'] = '1'
from pymavlink.dialects.v20 import all as dialect
data = sys.stdin.buffer.read()
link = dialect.MAVLink(None)
begin = time.perf_counter()
count = 0
for at in range(0, len(data), 4096):
    count += len(link.parse_buffer(data[at:at + 4096]) or [])
print(count, time.perf_counter() - begin)
`;

/** Frames a second of pymavlink, which decodes as well; or why there is no figure. */
function parsePython(bytes) {
  const python = process.env.QUANTSTREAM_PYTHON;
  if (!python) return 'QUANTSTREAM_PYTHON names no Python with pymavlink';
  const { status, stdout, stderr } = spawnSync(python, ['-c', PYTHON], { input: bytes, encoding: 'utf8', maxBuffer: 1 << 20 });
  if (status !== 0) return `pymavlink: ${stderr.trim().split('\n').at(-1)}`;
  const [count, seconds] = stdout.trim().split(' ').map(Number);
  return count / seconds;
}

function runPipeline(directory, name, changes) {
  const file = join(directory, `${name}.json`);
  const pipeline = { extends: UAV, name, sinks: null, http: null, checkpoint: { store: 'memory' }, ...changes };
  writeFileSync(file, JSON.stringify(pipeline));
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, '-p', file, '--summary', '-', '--log-level', 'silent'], {
    encoding: 'utf8',
    env: { ...process.env, QUANTSTREAM_DATA: join(directory, 'data') },
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.slice(stdout.indexOf('{'))).seconds * 1_000;
}

/** Many vehicles on one UDP port, in a process of its own. */
function listenLive(seconds) {
  const { stdout, stderr } = spawnSync(process.execPath, [LIVE, '50', '110', String(seconds)], { encoding: 'utf8' });
  const line = stdout.split('\n').find((one) => one.startsWith('{'));
  if (!line) throw new Error(`live.mjs: ${stderr}`);
  const { sent, observations, lagMs } = JSON.parse(line);
  const name = '50 vehicles at 110 frames/s on one UDP port';
  return [
    row({ name: `${name}: frames that did not become observations`, value: sent - observations, unit: `of ${sent}`, target: 0 }),
    row({ name: `${name}: door → observation, 99 %`, value: lagMs.p99, unit: 'ms', target: 200 }),
  ];
}

/** Flights of their own, checked one after the other and as many at once as there are cores. */
function checks(directory, repeats, count, minutes) {
  const files = Array.from({ length: count }, (_, i) => {
    const file = join(directory, `flight-${i}.tlog`);
    writeFileSync(file, fly(minutes, `check-${i}`).log);
    return file;
  });
  const check = (...more) => {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'check', ...files, '--no-html', '--json', ...more], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`check ended with ${status}: ${stderr}`);
    return performance.now() - begin;
  };
  const times = { one: [], all: [] };
  for (let round = 0; round < repeats; round++) {
    times.one.push(check('--workers', '1'));
    times.all.push(check());
  }
  const [one, all] = [summary(times.one), summary(times.all)];
  return row({
    name: `engine check of ${count} flights of ${minutes} min, one on each core`,
    value: all.min,
    unit: 'ms',
    baseline: { name: 'one after the other', value: one.min },
    lowerIsBetter: true,
    spread: all.spread,
  });
}

export async function run({ repeats = 5, minutes = 90, live = 10 } = {}) {
  const flight = fly(minutes);
  const rate = (ms) => (flight.count / ms) * 1_000;
  const times = { ours: [], theirs: [] };
  for (let i = -1; i < repeats; i++) {
    const ours = time(() => {
      if (parseOurs(flight.bytes) !== flight.count) throw new Error('frames were lost');
    });
    const theirs = await parseTheirs(flight.bytes, flight.count);
    if (i >= 0) {
      times.ours.push(ours);
      times.theirs.push(theirs);
    }
  }
  const [ours, theirs] = [summary(times.ours), summary(times.theirs)];
  const python = parsePython(flight.bytes);
  const parsed = {
    name: 'MAVLink frames parsed',
    value: rate(ours.min),
    unit: 'frames/s',
    spread: ours.spread,
    target: 1_000_000,
  };
  const rows = [
    row({ ...parsed, baseline: { name: "node-mavlink's packet stream", value: rate(theirs.min) } }),
    typeof python === 'string'
      ? skipped('MAVLink frames parsed, beside pymavlink', python)
      : row({
          ...parsed,
          name: 'MAVLink frames parsed, beside pymavlink',
          baseline: { name: 'pymavlink, decoding', value: python },
        }),
  ];
  const bare = new Uint8Array(15 * 1024 * 1024).fill(0x55);
  rows.push(
    row({ name: '15 MiB of bytes without a start marker', value: time(() => parseOurs(bare)), unit: 'ms', target: 2_000 }),
    ...listenLive(live),
  );
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-bench-'));
  try {
    const log = join(directory, 'flight.tlog');
    writeFileSync(log, flight.log);
    const source = { source: { with: { connect: `file:${log}` } } };
    const all = [];
    const limits = [];
    for (let i = 0; i < Math.max(1, Math.ceil(repeats / 2)); i++) {
      all.push(runPipeline(directory, 'all', source));
      limits.push(runPipeline(directory, 'limits', { ...source, models: { together: null, single: null } }));
    }
    rows.push(
      checks(directory, Math.max(1, Math.ceil(repeats / 2)), 24, 3),
      row({
        name: 'MAVLink frames → 5 Hz rows of all columns → limits and two learned models',
        value: rate(summary(all).min),
        unit: 'frames/s',
        baseline: { name: 'the limits alone', value: rate(summary(limits).min) },
        target: 200_000,
        spread: summary(all).spread,
      }),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  return rows;
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
