import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Observation } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { type Row, run } from './run.js';
import { trade } from './trades.js';

const script = fileURLToPath(new URL('../scripts/reference_pandas.py', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const { path: recorded, present } = sharedData('binance', 'btcusdt-trades-20260112.csv.gz');
const python = process.env.QUANTSTREAM_PYTHON ?? 'python3';
const hasPandas = spawnSync(python, ['-c', 'import pandas']).status === 0;

/** A CSV as objects of text. */
function table(text: string): Record<string, string>[] {
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
}

/** Milliseconds of `2026-01-12 12:50:21.702566+00:00`, with the microseconds that Date drops. */
function milliseconds(stamp: string): number {
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?\+00:00$/.exec(stamp)!;
  return Date.parse(`${seconds.replace(' ', 'T')}Z`) + Number(fraction.padEnd(6, '0')) / 1_000;
}

function expectRows(rows: readonly Row[], expected: readonly Record<string, string>[]) {
  expect(rows.length).toBe(expected.length);
  rows.forEach((row, i) => {
    for (const [name, text] of Object.entries(expected[i])) {
      const place = `${name} of bar ${i}: ${row[name]}, pandas ${text}`;
      if (text === '') expect(Number.isNaN(row[name]), place).toBe(true);
      // 1e-12: what sums that cancel (an imbalance near zero) leave of doubles.
      else expect(Math.abs(row[name] - Number(text)) <= 1e-9 * Math.abs(Number(text)) + 1e-12, place).toBe(true);
    }
  });
}

describe('bars and columns computed by pandas', () => {
  it('are the same on generated trades, to nine digits', () => {
    const expected = table(readFileSync(fixture('bars.csv'), 'utf8'));
    const trades = table(readFileSync(fixture('trades.csv'), 'utf8')).map((cells) =>
      trade(Number(cells.time), Number(cells.price), Number(cells.quantity), Number(cells.id), {
        buyer_is_maker: Number(cells.buyer_is_maker),
      }),
    );
    const columns = Object.keys(expected[0]).slice(7);
    expect([expected.length, columns.length]).toEqual([223, 31]);
    expectRows(run({ columns }, trades), expected);
  });
});

describe.skipIf(!present)('recorded trades of 35 minutes (needs ../shared/data)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantstream-pandas-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (): Observation[] =>
    table(gunzipSync(readFileSync(recorded)).toString('utf8')).map((cells, i) =>
      trade(milliseconds(cells.time), Number(cells.price), Number(cells.quantity), i + 1),
    );

  it('make 1,698 bars, with the last values that pandas gave', () => {
    const rows = run({}, read());
    expect(rows.length).toBe(1_698);
    expect(rows.reduce((sum, row) => sum + row.trades, 0)).toBe(48_344);
    const last = rows.at(-1)!;
    expect(last).toMatchObject({ time: 1_768_224_356_000, open: 90_674.93, close: 90_674.93, volume: 7e-5 });
    expect(last.rsi_14).toBeCloseTo(99.3599321565, 9);
    expect(last.volatility_20).toBeCloseTo(6.32358417688, 9);
    expect(last.volume_change).toBeCloseTo(-0.99865797546, 10);
  });

  it.skipIf(!hasPandas)(
    'make the bars and columns of pandas, every one (needs pandas: QUANTSTREAM_PYTHON names a Python that has it)',
    () => {
      const output = join(folder, 'bars.csv');
      const { status, stderr } = spawnSync(python, ['-B', script, recorded, output], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      expectRows(run({}, read()), table(readFileSync(output, 'utf8')));
    },
  );
});
