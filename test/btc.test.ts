import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../engine/src/vitals/summary.js';
import { ask, Bench, POSTGRES, ROOT, sharedData, tablesOf, withEmbedded } from './support.js';

const bench = new Bench();
const schemas: string[] = [];
afterAll(async () => {
  for (const schema of schemas) await ask(POSTGRES!, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  bench.dispose();
});

const PANDAS = join(ROOT, 'plugins', 'features-market', 'scripts', 'reference_pandas.py');
const FIXTURES = join(ROOT, 'plugins', 'features-market', 'test', 'fixtures');
const python = process.env.QUANTSTREAM_PYTHON;

type Cells = Record<string, string>;
interface Bar extends Record<string, unknown> {
  readonly time: number;
}

/** The shipped pipeline under a name of its own, on a recording, without console and HTTP. */
function shipped(name: string, recording: string, columns?: readonly string[]): string {
  const schema = POSTGRES ? `${name}_${process.pid}` : 'public';
  if (POSTGRES) schemas.push(schema);
  return bench.write(`${name}.yaml`, {
    extends: join(ROOT, 'pipelines', 'btc.yaml'),
    name,
    source: { with: { connect: `file:${recording}`, symbols: null } },
    ...(columns ? { features: { with: { columns } } } : {}),
    sinks: { console: null, database: { with: { url: POSTGRES ?? 'embedded', schema } } },
    http: null,
  });
}

/** Looks at what a pipeline has stored. */
function look<T>(name: string, action: (url: string, schema: string) => Promise<T>): Promise<T> {
  return POSTGRES
    ? action(POSTGRES, `${name}_${process.pid}`)
    : withEmbedded(bench.path('data'), name, (url) => action(url, 'public'));
}

const barsOf = (name: string) =>
  look(name, async (url, schema) => {
    const stored = `SELECT b.*, (extract(epoch FROM b.time) * 1000)::float8 AS ms FROM ${schema}.bars AS b ORDER BY b.time`;
    return (await ask<{ ms: number }>(url, stored)).map((bar): Bar => ({ ...bar, time: bar.ms }));
  });

function table(text: string): Cells[] {
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

/** A line of the fixture without its last cell, the id. */
const withoutLast = (line: string) => line.slice(0, line.lastIndexOf(','));

/** Nine digits, and 1e-12 for what doubles leave of sums that cancel. */
function expectBars(bars: readonly Bar[], expected: readonly Cells[]): void {
  expect(bars).toHaveLength(expected.length);
  bars.forEach((bar, i) => {
    for (const [name, text] of Object.entries(expected[i]!)) {
      const place = `${name} of bar ${i}: ${bar[name]}, pandas ${text}`;
      if (text === '') expect(bar[name], place).toBeNull();
      else {
        expect(bar[name], place).toBeTypeOf('number');
        expect(Math.abs((bar[name] as number) - Number(text)), place).toBeLessThanOrEqual(1e-9 * Math.abs(Number(text)) + 1e-12);
      }
    }
  });
}

describe('generated trades through the shipped pipeline', () => {
  it('are stored as the bars and columns that pandas computed, to nine digits', { timeout: 60_000 }, async () => {
    const [header, ...lines] = readFileSync(join(FIXTURES, 'trades.csv'), 'utf8').trimEnd().split('\n');
    const recording = bench.write(
      'GENUSDT-trades-generated.csv',
      // With ids of our own, without gaps: volumes of bars with lost trades would be missing, and pandas knows nothing of that.
      `id,${withoutLast(header!)}\n${lines.map((line, i) => `${i + 1},${withoutLast(line)}\n`).join('')}`,
    );
    const expected = table(readFileSync(join(FIXTURES, 'bars.csv'), 'utf8')).map(({ skipped_trades: _, ...cells }) => cells);
    const columns = Object.keys(expected[0]!).slice(7);
    const summary = await bench.summary(shipped('generated', recording, columns));
    expect(summary).toMatchObject({ ending: 'finished', observations: 1_800, rows: 223, missing: 0, dropped: {} });
    const bars = await barsOf('generated');
    expectBars(bars, expected);
    expect(new Set(bars.map(({ key, pipeline }) => `${pipeline}/${key}`))).toEqual(new Set(['generated/GENUSDT']));
  });
});

const recorded = sharedData('binance', 'btcusdt-trades-20260112.csv.gz');
describe.skipIf(!recorded.present)(
  `35 recorded minutes${recorded.present ? '' : ` (skipped: ${recorded.path} is absent)`}`,
  () => {
    let file: string;
    let summary: Summary;
    beforeAll(async () => {
      await bench.prepare('recorded');
      file = shipped('recorded', recorded.path);
      summary = await bench.summary(file);
    });

    it('are 48,344 stored trades, 1,698 bars and a few anomalies, each with a reason', async () => {
      expect(summary).toMatchObject({
        ending: 'finished',
        guarantee: { database: 'effectively-once' },
        observations: 48_344,
        rows: 1_698,
        // The forest scores from its 1,000th complete row on; the first twenty bars lack a column.
        verdicts: 1_698 - 1_019,
        late: 0,
        ahead: 0,
        duplicates: 0,
        missing: 0,
        deadLettered: 0,
        dropped: {},
        keys: 1,
      });
      const { trades, bars, anomalies, episodes, missing } = await look('recorded', tablesOf);
      expect([trades!.length, bars!.length, missing!.length]).toEqual([48_344, 1_698, 0]);
      expect(anomalies).toHaveLength(summary.anomalies);
      expect(episodes).toHaveLength(summary.episodes);
      expect(summary.anomalies).toBeGreaterThan(0);
      for (const anomaly of anomalies!.map((row) => JSON.parse(row))) {
        expect(anomaly.reason).toMatch(/^(rsi_14|volatility_20|volume_change) /);
        expect(anomaly.score).toBeGreaterThan(anomaly.threshold);
        expect(Object.keys(anomaly.contributions).sort()).toEqual(['rsi_14', 'volatility_20', 'volume_change']);
      }
      for (const row of episodes!) expect(JSON.parse(row)).toMatchObject({ status: 'closed' });
    });

    it('are stored once, whether the run is repeated or begins anew', { timeout: 60_000 }, async () => {
      const before = await look('recorded', tablesOf);
      expect(await bench.summary(file)).toMatchObject({ ending: 'finished', observations: 0, rows: 0, anomalies: 0 });
      const again = await bench.run(['-p', file, '--reset-state', '--summary', '-']);
      expect(JSON.parse(again.stdout)).toMatchObject({ observations: 48_344, rows: 1_698, anomalies: summary.anomalies });
      expect(await look('recorded', tablesOf)).toEqual(before);
    });

    it.skipIf(!python)(
      `have the bars and columns of pandas in the database, every one${python ? '' : ' (skipped: QUANTSTREAM_PYTHON names no Python with pandas)'}`,
      { timeout: 120_000 },
      async () => {
        const output = bench.path('bars.csv');
        const { status, stderr } = spawnSync(python!, ['-B', PANDAS, recorded.path, output], { encoding: 'utf8' });
        expect(status, stderr).toBe(0);
        expectBars(await barsOf('recorded'), table(readFileSync(output, 'utf8')));
      },
    );
  },
);

const corrupted = sharedData('binance', 'TRXUSDT-spot-trades-20250304-corrupted.csv.gz');
describe.skipIf(!corrupted.present)(
  `a recording with flaws${corrupted.present ? '' : ` (skipped: ${corrupted.path} is absent)`}`,
  () => {
    it('has one repeated id and one missing id, and all the rest is stored', { timeout: 60_000 }, async () => {
      await bench.prepare('flawed');
      const summary = await bench.summary(shipped('flawed', corrupted.path));
      expect(summary).toMatchObject({ ending: 'finished', observations: 9_999, duplicates: 1, missing: 1, late: 0, dropped: {} });
      const { trades, missing } = await look('flawed', tablesOf);
      expect(trades).toHaveLength(9_999);
      expect(missing!.map((row) => JSON.parse(row))).toEqual([
        expect.objectContaining({ pipeline: 'flawed', key: 'TRXUSDT', count: 1, reason: 'sequence gap' }),
      ]);
    });
  },
);
