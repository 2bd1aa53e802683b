// Processes that are stopped and go on: time that we lost is not the world's silence.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../engine/src/vitals/summary.js';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

/** Lengths of the stops, s, fixed beforehand; what is short is run here, the rest is in the docs. */
const STOPS = [0.5, 1.5, 4, 10];
/** How long is flown or traded before the first stop and behind each, ms. */
const BEFORE = 6_000;
const BETWEEN = 3_000;

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

/** Runs a pipeline, stopping it again and again. */
async function stopped(name: string, file: object): Promise<{ summary: Summary; lines: Line[]; stderr: string }> {
  const out = bench.path(`${name}.jsonl`);
  const sinks = { console: null, database: null, out: { use: 'file', with: { path: out } } };
  const path = bench.write(`${name}.yaml`, { ...file, name, sinks, http: null });
  const seconds = Math.ceil((BEFORE + STOPS.length * BETWEEN) / 1_000 + STOPS.reduce((a, b) => a + b)) + 3;
  const running = bench.start(['-p', path, '--for', `${seconds}s`, '--summary', '-'], name);
  await sleep(BEFORE);
  for (const stop of STOPS) {
    running.child.kill('SIGSTOP');
    await sleep(stop * 1_000);
    running.child.kill('SIGCONT');
    await sleep(BETWEEN);
  }
  const { stdout, stderr } = await running.exit;
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  return { summary: JSON.parse(stdout) as Summary, lines: lines.map((line) => JSON.parse(line) as Line), stderr };
}

/** What of the stops the summary tells. */
function expectPauses({ pauses }: Summary): void {
  expect(pauses.count).toBeGreaterThanOrEqual(STOPS.length);
  expect(pauses.longestSeconds).toBeGreaterThan(9.9);
  expect(pauses.seconds).toBeGreaterThan(15.9);
}

const rowsOf = (lines: readonly Line[]) => lines.filter(({ what }) => what === 'verdict');
const value = (line: Line, column: string) => Number(line.values?.[column] ?? Number.NaN);

describe.skipIf(process.platform === 'win32')('stopped with SIGSTOP, and gone on', () => {
  it('a fleet that flies on over UDP: no alarm, and no row that pretends a silence', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const fleet = spawn(process.execPath, [join(ROOT, 'test', 'fleet-over-udp.mjs'), String(port), '4'], { stdio: 'inherit' });
    try {
      const source = { with: { connect: `udpin:127.0.0.1:${port}`, mode: 'passive' } };
      const { summary, lines } = await stopped('udp', { extends: join(ROOT, 'pipelines', 'uav.yaml'), source });
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

  it('the market demo: every trade judged, none late, no gap of ours called the market’s', { timeout: 120_000 }, async () => {
    const simulator = { seed: 7, start: 'now', history: '10m', realTime: true, tradesPerSecond: 20, anomaliesPerDay: 0 };
    const file = {
      extends: join(ROOT, 'pipelines', 'btc-surveillance.yaml'),
      source: { with: { connect: 'simulator', simulator } },
    };
    const { summary, lines } = await stopped('market', file);
    expectPauses(summary);
    expect(summary).toMatchObject({ late: 0, ahead: 0, missing: 0, anomalies: 0 });
    const times = rowsOf(lines).map(({ time }) => time);
    expect(new Set(times.slice(1).map((time, i) => time - times[i]!))).toEqual(new Set([1_000]));
  });
});
