// Runs that are killed again and again, and what they must have stored in the end.

import { mkdirSync, watch } from 'node:fs';
import { random } from '@quantstream/engine/testing';
import { expect } from 'vitest';
import { checkpointsIn, readCheckpoint } from '../../engine/src/compose/checkpoints.js';
import type { Bench } from '../support.js';

// Where the process is killed: while it starts (making tables, reading its state), ms after its start; while trades flow, behind the first
// checkpoint, as a share of an uninterrupted run; or when the n-th checkpoint of the run is being written.
export type Moment = { starting: number } | { streaming: number } | { checkpoint: number };

/** A pipeline that refits often and finds much, so that a slip anywhere in state or order shows in some row. */
export function pipeline(name: string, recording: string, database: object): object {
  return {
    extends: 'base.yaml',
    name,
    source: { with: { connect: `file:${recording}` } },
    sinks: { database: { with: database } },
  };
}

/** What the pipelines extend. */
export function writeBase(bench: Bench): void {
  bench.write('base.yaml', {
    source: { use: 'binance', with: { connect: 'simulator', symbols: ['BTCUSDT'], stream: 'trade', batch: 32 } },
    features: { use: 'market', with: { columns: ['rsi_14', 'volatility_20', 'volume_change'] } },
    models: {
      forest: {
        use: 'isolation-forest',
        columns: ['rsi_14', 'volatility_20', 'volume_change'],
        with: { trees: 25, sampleSize: 64, warmUp: 100, window: 400, refitEvery: 150 },
      },
    },
    alarms: { contamination: 0.03, cooldown: '20s' },
    sinks: { database: { use: 'timescale', with: { store: ['trade'] } } },
    checkpoint: { every: '50ms' },
    buffer: 64,
  });
}

/** Kills run after run until the plan is used up, then lets it finish. */
export async function survive(
  bench: Bench,
  file: string,
  name: string,
  data: string,
  moments: readonly Moment[],
  streamMs: number,
) {
  const checkpoints = checkpointsIn(bench.path(data, name));
  const directory = checkpoints.place('');
  mkdirSync(directory, { recursive: true });
  const cursor = async () => (await readCheckpoint(checkpoints, ''))?.saved.cursor ?? null;
  const killed = { starting: 0, streaming: 0, checkpoint: 0, midStream: 0 };
  const arguments_ = ['-p', file, '--log-level', 'info'];
  for (const moment of moments) {
    const before = await cursor();
    const running = bench.start(arguments_, data);
    const kill = () => running.child.kill('SIGKILL');
    const begun = running.says('writes to').then(
      () => true,
      () => false,
    );
    let stop = () => {};
    if ('starting' in moment) {
      const timer = setTimeout(kill, moment.starting);
      stop = () => clearTimeout(timer);
    } else if (await begun) {
      let timer: NodeJS.Timeout | undefined;
      let seen = 0;
      const watcher = watch(directory, (_, changed) => {
        if ('checkpoint' in moment && changed === 'manifest.json.new' && ++seen >= moment.checkpoint) kill();
        // On a busy machine nothing may be saved for long: time is counted from the first checkpoint of the run.
        if ('streaming' in moment && changed === 'manifest.json') timer ??= setTimeout(kill, moment.streaming * streamMs);
      });
      stop = () => {
        watcher.close();
        clearTimeout(timer);
      };
    }
    const { signal, code, stderr } = await running.exit;
    stop();
    if (signal === null) {
      expect(code, stderr).toBe(0);
      return killed;
    }
    killed[Object.keys(moment)[0] as keyof typeof killed]++;
    const after = await cursor();
    if (after !== null && after !== before) killed.midStream++;
  }
  const last = await bench.run(arguments_, data);
  expect(last.code, last.stderr).toBe(0);
  return killed;
}

/** `count` moments: some while it starts, some during a checkpoint, most while trades flow. */
export function plan(count: number, seed: number): Moment[] {
  const uniform = random(seed);
  return Array.from({ length: count }, (_, i) => {
    if (i % 6 === 0) return { starting: 50 + uniform() * 750 };
    if (i % 3 === 1) return { checkpoint: 2 + Math.floor(uniform() * 6) };
    return { streaming: uniform() / count };
  });
}

/** Runs to the end and says how long trades flowed, ms. */
export async function uninterrupted(bench: Bench, file: string, data: string): Promise<number> {
  const running = bench.start(['-p', file], data);
  await running.says('writes to');
  const begun = performance.now();
  const { code, stderr } = await running.exit;
  expect(code, stderr).toBe(0);
  return performance.now() - begun;
}

export function expectSame(tables: Record<string, string[]>, expected: Record<string, string[]>): void {
  expect(Object.keys(tables)).toEqual(Object.keys(expected));
  for (const [name, rows] of Object.entries(expected)) expect(tables[name], `table ${name}`).toEqual(rows);
}

/** What makes the comparison worth something: all tables filled, several fits, scores and thresholds. */
export function expectRich(tables: Record<string, string[]>, trades: number): void {
  expect(tables.trades).toHaveLength(trades);
  const bars = tables.bars!.map((row) => JSON.parse(row) as Record<string, unknown>);
  expect(new Set(bars.map(({ model_version }) => model_version)).size).toBeGreaterThan(4);
  expect(
    bars.filter(({ score, threshold }) => typeof score === 'number' && typeof threshold === 'number').length,
  ).toBeGreaterThan(bars.length / 2);
  expect(tables.anomalies!.length).toBeGreaterThan(10);
  expect(tables.episodes!.length).toBeGreaterThan(5);
}
