import { mkdirSync, rmSync, watch } from 'node:fs';
import { random } from '@quantstream/engine/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointDirectory, readCheckpoint } from '../engine/src/compose/folders.js';
import { ask, Bench, POSTGRES, sharedRecording, tablesOf, withEmbedded, writeRecording } from './support.js';

// Where the process is killed: while it starts (making tables, reading its state), ms after its start; while trades flow, as a
// share of an uninterrupted run; or when the n-th checkpoint of the run is being written.
type Moment = { starting: number } | { streaming: number } | { checkpoint: number };

const bench = new Bench();
afterAll(() => bench.dispose());

/** A pipeline that refits often and finds much, so that a slip anywhere in state or order shows in some row. */
function pipeline(name: string, recording: string, database: object): object {
  return {
    extends: 'base.yaml',
    name,
    source: { with: { connect: `file:${recording}` } },
    sinks: { database: { with: database } },
  };
}

beforeAll(() => {
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
});

/** Kills run after run until the plan is used up, then lets it finish. */
async function survive(file: string, name: string, data: string, moments: readonly Moment[], streamMs: number) {
  const directory = checkpointDirectory(bench.path(data, name));
  mkdirSync(directory, { recursive: true });
  const cursor = () => readCheckpoint(directory)?.saved.cursor ?? null;
  const killed = { starting: 0, streaming: 0, checkpoint: 0, midStream: 0 };
  const arguments_ = ['-p', file, '--log-level', 'info'];
  for (const moment of moments) {
    const before = cursor();
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
      if ('streaming' in moment) {
        const timer = setTimeout(kill, moment.streaming * streamMs);
        stop = () => clearTimeout(timer);
      } else {
        let seen = 0;
        const watcher = watch(
          directory,
          (_, changed) => changed === 'manifest.json.new' && ++seen >= moment.checkpoint && kill(),
        );
        stop = () => watcher.close();
      }
    }
    const { signal, code, stderr } = await running.exit;
    stop();
    if (signal === null) {
      expect(code, stderr).toBe(0);
      return killed;
    }
    killed[Object.keys(moment)[0] as keyof typeof killed]++;
    const after = cursor();
    if (after !== null && after !== before) killed.midStream++;
  }
  const last = await bench.run(arguments_, data);
  expect(last.code, last.stderr).toBe(0);
  return killed;
}

/** `count` moments: some while it starts, some during a checkpoint, most while trades flow. */
function plan(count: number, seed: number): Moment[] {
  const uniform = random(seed);
  return Array.from({ length: count }, (_, i) => {
    if (i % 6 === 0) return { starting: 100 + uniform() * 2_500 };
    if (i % 3 === 1) return { checkpoint: 2 + Math.floor(uniform() * 6) };
    return { streaming: (0.1 + uniform() * 1.5) / count };
  });
}

/** Runs to the end and says how long trades flowed, ms. */
async function uninterrupted(file: string, data: string): Promise<number> {
  const running = bench.start(['-p', file], data);
  await running.says('writes to');
  const begun = performance.now();
  const { code, stderr } = await running.exit;
  expect(code, stderr).toBe(0);
  return performance.now() - begun;
}

function expectSame(tables: Record<string, string[]>, expected: Record<string, string[]>): void {
  expect(Object.keys(tables)).toEqual(Object.keys(expected));
  for (const [name, rows] of Object.entries(expected)) expect(tables[name], `table ${name}`).toEqual(rows);
}

/** What makes the comparison worth something: all tables filled, several fits, scores and thresholds. */
function expectRich(tables: Record<string, string[]>, trades: number): void {
  expect(tables.trades).toHaveLength(trades);
  const bars = tables.bars!.map((row) => JSON.parse(row) as Record<string, unknown>);
  expect(new Set(bars.map(({ model_version }) => model_version)).size).toBeGreaterThan(4);
  expect(
    bars.filter(({ score, threshold }) => typeof score === 'number' && typeof threshold === 'number').length,
  ).toBeGreaterThan(bars.length / 2);
  expect(tables.anomalies!.length).toBeGreaterThan(10);
  expect(tables.episodes!.length).toBeGreaterThan(5);
}

describe('killed with SIGKILL and started again', () => {
  it('stores in the embedded database, row for row, what an uninterrupted run stores', { timeout: 240_000 }, async () => {
    const recording = bench.path('BTCUSDT-trades-generated.csv');
    await writeRecording(recording, 30_000);
    const file = bench.write('embedded.yaml', pipeline('kill', recording, { url: 'embedded' }));
    const ms = await uninterrupted(file, 'whole');
    const expected = await withEmbedded(bench.path('whole'), 'kill', tablesOf);
    expectRich(expected, 30_000);

    const killed = await survive(file, 'kill', 'cut', plan(6, 3), ms);
    expect(killed.midStream).toBeGreaterThanOrEqual(3);
    expectSame(await withEmbedded(bench.path('cut'), 'kill', tablesOf), expected);
  });
});

describe.skipIf(!POSTGRES)(
  `killed twenty times${POSTGRES ? '' : ' (skipped: QUANTSTREAM_TEST_POSTGRES names no database)'}`,
  () => {
    it('stores in PostgreSQL, row for row, what an uninterrupted run stores', { timeout: 300_000 }, async () => {
      const shared = sharedRecording('btcusdt-trades-20260112.csv.gz');
      const recording = shared.present ? shared.path : bench.path('BTCUSDT-trades-generated-2.csv');
      if (!shared.present) await writeRecording(recording, 48_000, { seed: 12 });
      const schemas = [`whole_${process.pid}`, `cut_${process.pid}`] as const;
      const files = schemas.map((schema) =>
        bench.write(`${schema}.yaml`, pipeline('kill-20', recording, { url: POSTGRES!, schema })),
      );
      try {
        const ms = await uninterrupted(files[0]!, 'whole-20');
        const expected = await tablesOf(POSTGRES!, schemas[0]);
        expectRich(expected, shared.present ? 48_344 : 48_000);

        const killed = await survive(files[1]!, 'kill-20', 'cut-20', plan(20, 4), ms);
        expect(killed.midStream).toBeGreaterThanOrEqual(12);
        expectSame(await tablesOf(POSTGRES!, schemas[1]), expected);
      } finally {
        for (const schema of schemas) await ask(POSTGRES!, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      }
    });
  },
);

describe('how a stream is cut into batches', () => {
  it('changes no stored row: 1, 7 and 4,096 trades at a time', { timeout: 120_000 }, async () => {
    const recording = bench.path('BTCUSDT-trades-short.csv');
    await writeRecording(recording, 1_500, { seed: 13, tradesPerSecond: 3 });
    const sizes = [4_096, 7, 1];
    const schemaOf = (batch: number) => `batches_${process.pid}_${batch}`;
    for (const batch of sizes) {
      const database = { url: POSTGRES ?? 'embedded', schema: schemaOf(batch) };
      const file = bench.write('batches.yaml', pipeline('batches', recording, database));
      rmSync(checkpointDirectory(bench.path('batches', 'batches')), { recursive: true, force: true });
      await bench.summary(file, [`source.with.batch=${batch}`], 'batches');
    }
    const results: Record<string, string[]>[] = [];
    const look = async (url: string) => {
      for (const batch of sizes) results.push(await tablesOf(url, schemaOf(batch)));
      await ask(url, ...sizes.map((batch) => `DROP SCHEMA ${schemaOf(batch)} CASCADE`));
    };
    await (POSTGRES ? look(POSTGRES) : withEmbedded(bench.path('batches'), 'batches', look));
    expect(results[0]!.trades).toHaveLength(1_500);
    expect(results[0]!.anomalies!.length).toBeGreaterThan(0);
    expectSame(results[1]!, results[0]!);
    expectSame(results[2]!, results[0]!);
  });
});
