import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../engine/src/vitals/summary.js';
import { barsOf, bench, expectBars, look, PANDAS, python, shipped, table } from './btc-stored.js';
import { sharedData, tablesOf } from './support.js';

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
