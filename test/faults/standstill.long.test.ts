// Processes that are stopped and go on: time that we lost is not the world's silence.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../engine/src/vitals/summary.js';
import type { Running } from '../command-line.js';
import { Bench, ROOT } from '../support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

/** Lengths of the stops, s, fixed beforehand; what is short is run here, the rest is in the docs. */
const STOPS = [0.5, 1.5, 4, 10];
/** How long is flown or traded before the first stop and behind each, ms. */
const BEFORE = 6_000;
const BETWEEN = 3_000;
/** When simulated vehicles are in the air, ms. */
const IN_FLIGHT = 35_000;

interface Line {
  readonly what: string;
  readonly time: number;
  readonly key: string;
  readonly values?: Record<string, number | string>;
  readonly [name: string]: unknown;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  const { port } = socket.address();
  await new Promise<void>((done) => socket.close(() => done()));
  return port;
}

/** Stops a process again and again, the first time after so many ms. */
async function stopAgain({ child }: Running, before = BEFORE): Promise<void> {
  await sleep(before);
  for (const stop of STOPS) {
    child.kill('SIGSTOP');
    await sleep(stop * 1_000);
    child.kill('SIGCONT');
    await sleep(BETWEEN);
  }
}

/** Runs a pipeline, and does something to it, which takes no longer than so many seconds. */
async function watched(
  name: string,
  file: object,
  action: (running: Running) => Promise<void> = (running) => stopAgain(running),
  span = (BEFORE + STOPS.length * BETWEEN) / 1_000 + STOPS.reduce((a, b) => a + b),
): Promise<{ summary: Summary; lines: Line[]; stderr: string }> {
  const out = bench.path(`${name}.jsonl`);
  const sinks = { console: null, database: null, out: { use: 'file', with: { path: out } } };
  const path = bench.write(`${name}.yaml`, { ...file, name, sinks, http: null });
  const running = bench.start(['-p', path, '--for', `${Math.ceil(span) + 3}s`, '--summary', '-'], name);
  await action(running);
  const { stdout, stderr } = await running.exit;
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  return { summary: JSON.parse(stdout) as Summary, lines: lines.map((line) => JSON.parse(line) as Line), stderr };
}

/** The same of vehicles, which are in the air when it is stopped. */
async function flown(name: string, source: object) {
  const file = { extends: join(ROOT, 'pipelines', 'uav.yaml'), source };
  const span = (IN_FLIGHT + STOPS.length * BETWEEN) / 1_000 + STOPS.reduce((a, b) => a + b);
  const result = await watched(name, file, (running) => stopAgain(running, IN_FLIGHT), span);
  expect(rowsOf(result.lines).filter((row) => value(row, 'in_flight') === 1).length).toBeGreaterThan(100);
  return result;
}

/** An exchange in a process of its own that is traded so often a second, and a pipeline that listens to it. */
async function withExchange(
  tradesPerSecond: number,
  action: (pipeline: object, control: (fault: string) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const path = join(ROOT, 'plugins', 'source-binance', 'test', 'fake', 'main.mjs');
  const args = [path, '--trades-per-second', String(tradesPerSecond)];
  const exchange = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const urls = await new Promise<Record<string, string>>((resolve, reject) => {
      exchange.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
      exchange.once('error', reject);
    });
    const endpoints = { websocket: urls.websocket, rest: urls.rest };
    const live = { connect: 'live', backfill: '0s', endpoints };
    const pipeline = { extends: join(ROOT, 'pipelines', 'btc-surveillance.yaml'), source: { with: live } };
    await action(pipeline, (fault) => fetch(`${urls.control}/${fault}`));
  } finally {
    exchange.kill();
  }
}

/** Every second is a bar, and no id was skipped: nothing was late, lost, or left out. */
function expectWhole(lines: readonly Line[]): void {
  const rows = rowsOf(lines);
  const times = rows.map(({ time }) => time);
  expect(new Set(times.slice(1).map((time, i) => time - times[i]!))).toEqual(new Set([1_000]));
  expect(Math.max(...rows.map((row) => value(row, 'skipped_trades')).filter(Number.isFinite))).toBe(0);
  expect(Math.max(...rows.map((row) => value(row, 'since_trade')).filter(Number.isFinite))).toBe(0);
}

/** What of the stops the summary tells. */
function expectPauses({ pauses }: Summary): void {
  expect(pauses.count).toBeGreaterThanOrEqual(STOPS.length);
  expect(pauses.longestSeconds).toBeGreaterThan(9.9);
  expect(pauses.seconds).toBeGreaterThan(15.9);
}

const rowsOf = (lines: readonly Line[]) => lines.filter(({ what }) => what === 'verdict');
const value = (line: Line, column: string) => Number(line.values?.[column] ?? Number.NaN);

// All at once: they wait, most of the time.
describe.skipIf(process.platform === 'win32')('stopped with SIGSTOP, and gone on', { concurrent: true }, () => {
  it('a fleet that flies on over UDP: no alarm, and no row that pretends a silence', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const fleet = spawn(process.execPath, [join(ROOT, 'test', 'fleet-over-udp.mjs'), String(port), '4'], { stdio: 'inherit' });
    try {
      const source = { with: { connect: `udpin:127.0.0.1:${port}`, mode: 'passive' } };
      const { summary, lines } = await flown('udp', source);
      expectPauses(summary);
      expect(summary).toMatchObject({ anomalies: 0, late: 0, keys: 4 });
      const rows = rowsOf(lines);
      expect(rows.length).toBeGreaterThan(200);
      // Heartbeats come once a second; a vehicle that flies on is heard five times a second.
      expect(Math.max(...rows.map((row) => value(row, 'link_age')))).toBeLessThan(1.5);
      expect(Math.max(...rows.map((row) => value(row, 'loss_rate')).filter(Number.isFinite))).toBe(0);
    } finally {
      fleet.kill();
    }
  });

  it('a simulated fleet in the same process: the same', { timeout: 120_000 }, async () => {
    const simulator = { seed: 7, vehicles: 3, faultsPerHour: 0 };
    const source = { with: { connect: 'simulator', simulator } };
    const { summary, lines } = await flown('fleet', source);
    expectPauses(summary);
    expect(summary).toMatchObject({ anomalies: 0, late: 0, missing: 0, keys: 3 });
    expect(Math.max(...rowsOf(lines).map((row) => value(row, 'link_age')))).toBeLessThan(1.5);
  });

  it('the market demo: every trade judged, none late, no gap of ours called the market’s', { timeout: 120_000 }, async () => {
    const simulator = { seed: 7, start: 'now', history: '10m', realTime: true, tradesPerSecond: 20, anomaliesPerDay: 0 };
    const file = {
      extends: join(ROOT, 'pipelines', 'btc-surveillance.yaml'),
      source: { with: { connect: 'simulator', simulator } },
    };
    const { summary, lines } = await watched('market', file);
    expectPauses(summary);
    expect(summary).toMatchObject({ late: 0, ahead: 0, missing: 0, anomalies: 0 });
    const times = rowsOf(lines).map(({ time }) => time);
    expect(new Set(times.slice(1).map((time, i) => time - times[i]!))).toEqual(new Set([1_000]));
  });

  it.each([50, 800])(
    'an exchange of %i trades a second over websockets: none is late, none is missing, no second is empty',
    { timeout: 120_000 },
    (tradesPerSecond) =>
      withExchange(tradesPerSecond, async (pipeline) => {
        const { summary, lines, stderr } = await watched(`exchange-${tradesPerSecond}`, pipeline);
        expectPauses(summary);
        expect(summary).toMatchObject({ late: 0, ahead: 0, missing: 0, anomalies: 0 });
        expect(stderr).not.toContain('lost the connection');
        expect(rowsOf(lines).length).toBeGreaterThan(30);
        expectWhole(lines);
      }),
  );
});

it.concurrent(
  'a stream that is silent for 20 s while there are trades: all are judged in their second, none is late',
  {
    timeout: 120_000,
  },
  () =>
    withExchange(50, async (pipeline, control) => {
      const action = async () => {
        await sleep(10_000);
        await control('mute?ms=20000');
        await sleep(25_000);
      };
      const { summary, lines } = await watched('mute', pipeline, action, 35);
      expect(summary).toMatchObject({ late: 0, ahead: 0, missing: 0, anomalies: 0 });
      expect(summary.repaired).toBeGreaterThan(900);
      expect(rowsOf(lines).length).toBeGreaterThan(28);
      expectWhole(lines);
    }),
);
