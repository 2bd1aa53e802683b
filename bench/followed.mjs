/** Files that grow: lines that are read of a csv that is followed, and of one that ends. `node bench/followed.mjs` prints JSON; build first. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import file from '../plugins/source-file/dist/index.js';
import { isMain, machine, quietHost, random, row, summary } from './lib.mjs';

/** Four numbers of a pump a line, ten lines a second. */
function writeLines(path, count) {
  const uniform = random(1);
  const lines = ['time,pump,flow,pressure,temperature,current\n'];
  for (let i = 0; i < count; i++) {
    const number = (scale) => (uniform() * scale).toFixed(3);
    lines.push(`${1_700_000_000_000 + 100 * i},p-${i % 8},${number(40)},${number(3)},${number(90)},${number(5)}\n`);
  }
  writeFileSync(path, lines.join(''));
}

/** Milliseconds until all lines were handed over. */
async function read(path, follow, count) {
  const abort = new AbortController();
  const host = quietHost({ signal: abort.signal });
  const values = ['flow', 'pressure', 'temperature', 'current'];
  const source = await file.create(file.config.parse({ path, follow, time: 'time', key: 'pump', values }), host);
  const begin = performance.now();
  let rows = 0;
  for await (const { observations } of source.read(null, abort.signal)) {
    rows += observations.length;
    if (rows >= count) break;
  }
  await source.close();
  return performance.now() - begin;
}

/** @param {{ repeats?: number, lines?: number }} options */
export async function run({ repeats = 5, lines = 1_000_000 } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'quantstream-bench-'));
  try {
    const path = join(directory, 'pump.csv');
    writeLines(path, lines);
    const times = { followed: [], whole: [] };
    for (let round = 0; round < repeats; round++) {
      times.followed.push(await read(path, true, lines));
      times.whole.push(await read(path, false, lines));
    }
    const [followed, whole] = [summary(times.followed), summary(times.whole)];
    const rate = ({ min }) => (lines / min) * 1_000;
    return [
      row({
        name: 'followed csv, six columns',
        value: rate(followed),
        unit: 'lines/s',
        baseline: { name: 'the same file, not followed', value: rate(whole) },
        target: 500_000,
        spread: followed.spread,
      }),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
