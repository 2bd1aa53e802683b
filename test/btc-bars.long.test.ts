import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { barsOf, bench, expectBars, FIXTURES, shipped, table, withoutLast } from './btc-stored.js';

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
