import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEngine } from '../../../test/command-line.js';
import { sharedData } from '../../../test/shared.js';
import { FakeExchange } from './fake/exchange.mjs';
import { liveConfig, pause, until } from './live-helpers.js';

const { path: RECORDING, present } = sharedData('binance', 'btcusdt-spot-trade-frames-20240808.jsonl.gz');

let directory: string;
let fake: FakeExchange;
/** The exchange's clock stands where its trades are. */
let exchangeTime: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'quantstream-live-'));
  exchangeTime = Date.now();
  const clock = { now: () => exchangeTime, sleep: (ms: number) => pause(ms) };
  fake = new FakeExchange({ clock, pingMs: 1e9, pongMs: 1e9, ageMs: 1e9 });
});
afterEach(async () => {
  await fake.close();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

interface Stored {
  readonly what: string;
  readonly key: string;
  readonly sequence: number;
}

const stored = (): Stored[] => {
  const path = join(directory, 'out.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));
};

/** Runs a whole pipeline on the fake while `trade` makes `count` trades with all faults, until the sink has the last. */
async function run(count: number, trade: (i: number) => number): Promise<readonly Stored[]> {
  const urls = await fake.listen();
  const file = join(directory, 'pipeline.yaml');
  const pipelineOf = {
    name: 'live-test',
    source: { use: 'binance', with: liveConfig(urls, {}, { silence: '300ms', answer: '300ms', retry: '200ms' }) },
    features: { use: 'market', with: { bar: '1s', columns: ['rsi_14', 'volatility_20', 'volume_change'] } },
    models: { forest: { use: 'isolation-forest', columns: ['rsi_14', 'volatility_20', 'volume_change'] } },
    sinks: { out: { use: 'file', with: { path: './out.jsonl', write: ['observations', 'missing'] } } },
    checkpoint: { every: '200ms' },
  };
  writeFileSync(file, JSON.stringify(pipelineOf));
  const { child, exit, said } = startEngine(directory, [
    '--pipeline',
    file,
    '--summary',
    join(directory, 'summary.json'),
    '--log-level',
    'warn',
  ]);
  try {
    await until(() => fake.clients.size > 0, 'the source listens');
    let last = 0;
    for (let i = 0; i < count; i++) {
      // Nobody can say that a trade before the first one that was heard of is missing.
      if (i === 50) Object.assign(fake.faults, { duplicate: 0.02, reorder: 0.02, lose: 0.001 });
      if (i % Math.floor(count / 11) === 700) {
        await until(() => fake.clients.size > 0, 'the source is back');
        fake.disconnect();
      }
      if (i % Math.floor(count / 11) === 900) await until(() => fake.clients.size > 0, 'the source is back');
      if (i === Math.floor(count / 11) * 5 + 1_200) fake.silence(exchangeTime);
      if (i === Math.floor(count / 11) * 5 + 1_700) {
        await until(() => fake.clients.size === 0, 'the silent connection is given up');
        fake.faults.silentUntil = 0;
      }
      if (i === count - 20) Object.assign(fake.faults, { duplicate: 0, reorder: 0, lose: 0 });
      last = trade(i);
      if (i % 25 === 24) await pause(2);
    }
    await until(
      () => stored().at(-1)?.sequence === last,
      `the sink has the last; the engine said:\n${said().slice(-2_000)}`,
      30_000,
    );
  } finally {
    child.kill();
    await exit;
  }
  return stored();
}

function expectWhole(records: readonly Stored[], count: number): void {
  expect(records.filter(({ what }) => what === 'missing')).toEqual([]);
  const ids = records.map(({ sequence }) => sequence);
  expect(ids).toEqual(Array.from({ length: count }, (_, i) => ids[0]! + i));
  expect(fake.counts.connections).toBeGreaterThanOrEqual(12);
  // Most came as frames, the rest by request.
  expect(fake.counts.frames).toBeGreaterThan(count / 2);
  expect(fake.counts).toMatchObject({ overWeight: 0, tooManyConnections: 0 });
  // Elsewhere, a process that is told to end cannot say what it did.
  if (process.platform === 'win32') return;
  const summary = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'));
  expect(summary).toMatchObject({ ending: 'stopped', observations: count, missing: 0, duplicates: 0, late: 0, dropped: {} });
  expect(summary.repaired).toBeGreaterThan(900);
}

describe('a pipeline on a live source', () => {
  it('stores every trade once through ten disconnects, a stall, losses, repeats and disorder', { timeout: 60_000 }, async () => {
    const trade = (i: number) => {
      exchangeTime += i % 10;
      return fake.trade();
    };
    expectWhole(await run(20_000, trade), 20_000);
  });

  const why = present ? '' : ` (skipped: ${RECORDING} is absent)`;
  it.skipIf(!present)(`stores each of 19,904 recorded frames once through all of that${why}`, { timeout: 60_000 }, async () => {
    const lines = gunzipSync(readFileSync(RECORDING)).toString('utf8').split('\n').filter(Boolean);
    const trades = lines.map((line) => (JSON.parse(line) as { data: { t: number; T: number } }).data);
    exchangeTime = trades[0]!.T;
    const play = (i: number) => {
      exchangeTime = Math.max(exchangeTime, trades[i]!.T);
      fake.play(lines[i]!);
      return trades[i]!.t;
    };
    const done = await run(lines.length, play);
    expectWhole(done, 19_904);
    expect(done[0]!.sequence).toBe(trades[0]!.t);
  });
});
