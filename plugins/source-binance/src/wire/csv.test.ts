import { Lines } from '@quantstream/engine/recordings';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recognise } from './columns.js';
import { CsvReader } from './csv.js';
import type { Trade } from './trade.js';

const LAYOUTS = [
  '11,1.5,2.5,3.75,1700000000000,True,True',
  '11,1.5,2.5,3.75,1700000000000,false',
  '3,1.5,2.5,11,13,1700000000000,True,True',
  '3,1.5,2.5,11,13,1700000000000,true',
  '2026-01-12 12:50:21.702566+00:00,BTCUSDT,1.5,2.5',
  '1700000000000,1.5,2.5',
];

/** Reads lines, as the kernel's answer where it has one, or (with a quote, which it refuses) as the general reader's. */
function read(layoutLine: string, lines: readonly string[]) {
  const format = recognise([layoutLine], 'trade');
  if (format?.kind !== 'csv') throw new Error(`no layout for ${layoutLine}`);
  const drops: string[] = [];
  const reader = new CsvReader(format.layout, {
    keyOf: (symbol) => symbol,
    market: 'spot',
    fileSymbol: 'BTCUSDT',
    report: (reason, line) => drops.push(`${line} ${reason}`),
  });
  const source = new Lines('', { plugin: 'binance', report() {} }, { offset: 0, line: 2 });
  source.window = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  source.limit = source.window.length;
  const trades: Trade[] = [];
  for (let trade = reader.next(source); trade; trade = reader.next(source)) trades.push(trade);
  return { trades, drops, lines: source.line };
}

describe('the one-pass kernel and the general reader', () => {
  const field = fc.oneof(
    fc.constantFrom(
      '',
      'True',
      'false',
      '1',
      '0',
      'x',
      '-1',
      '+2',
      '1.',
      '.5',
      '.',
      '1e3',
      '5e-05',
      '1e308',
      'NaN',
      ' 7',
      'BTCUSDT',
      'ETH',
    ),
    fc.constantFrom(
      '1700000000000',
      '1700000000000123',
      '1700000000',
      '2026-01-12 12:50:21.702566+00:00',
      '12345678901234567890',
    ),
    fc.double({ min: 0, max: 1e9, noNaN: true }).map(String),
    fc.nat({ max: 2 ** 31 - 1 }).map(String),
  );
  const mutation = fc.record({ column: fc.nat({ max: 8 }), field, carriage: fc.boolean(), ordinary: fc.boolean() });

  it.each(LAYOUTS)('give the same answers on lines like %s', (layoutLine) => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
        const rows = mutations.map(({ column, field, ordinary }) => {
          const fields = layoutLine.split(',');
          if (!ordinary) fields[column % (fields.length + 1)] = field;
          return fields;
        });
        const end = (i: number) => (mutations[i]!.carriage ? '\r' : '');
        const plain = read(
          layoutLine,
          rows.map((fields, i) => fields.join(',') + end(i)),
        );
        const quoted = read(
          layoutLine,
          rows.map((fields, i) => fields.map((text) => `"${text}"`).join(',') + end(i)),
        );
        expect(plain).toEqual(quoted);
      }),
      { numRuns: 400 },
    );
  });
});
