import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvFormat, quotedCells } from './csv.js';

/** Every row of a text, as the reader takes them. */
function rows(text: string, columns: number, delimiter = ','): (string | undefined)[][] {
  const names = Array.from({ length: columns }, (_, i) => `c${i}`);
  const format = new CsvFormat(delimiter, names, names, false);
  const found: (string | undefined)[][] = [];
  for (let start = 0; start < text.length; ) {
    let end = format.end(text, start);
    if (end < 0) end = text.length;
    const cells: unknown[] = [];
    const wrong = format.cells(text, start, end, cells);
    if (wrong === undefined) found.push(cells as string[]);
    else if (wrong !== '') throw new Error(wrong);
    start = end;
  }
  return found;
}

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const cell = fc.string({ unit: fc.constantFrom('a', '7', ',', '"', '\n', '\r\n', ' ', ';'), maxLength: 6 });

describe('rows of a csv', () => {
  it('are those that another parser finds, whatever stands in quotes', () => {
    const table = fc.array(fc.tuple(cell, cell, fc.boolean()), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (given, newline) => {
        const text = given
          .map(([a, b, plain]) => `${quoted(a)},${plain ? b.replace(/[",\r\n]/g, '') || 'x' : quoted(b)}`)
          .join(newline);
        const expected = parse(text, { record_delimiter: newline, relax_column_count: true }) as string[][];
        expect(rows(text, 2)).toEqual(expected);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('may be parted by other characters, and blank lines are none', () => {
    expect(rows('1;a,b\n\n2;c\r\n\r\n', 2, ';')).toEqual([
      ['1', 'a,b'],
      ['2', 'c'],
    ]);
    expect(rows('1\t"a\tb"', 2, '\t')).toEqual([['1', 'a\tb']]);
  });

  it('are refused where quotes do not fit, with what is wrong', () => {
    expect(quotedCells('1,5" pipe', ',')).toBe('a quote within a cell that is not quoted');
    expect(quotedCells('1,"open', ',')).toBe('a quote is not closed');
    expect(quotedCells('1,"a"b', ',')).toBe('text behind a closing quote');
    expect(quotedCells('1,"",', ',')).toEqual(['1', '', '']);
    expect(() => rows('1,2,3\n', 2)).toThrow('3 cells and not 2');
  });

  it('are whole characters, whatever bytes they take', () => {
    const bytes = Buffer.from('kö,"日本"\n').toString('latin1');
    expect(rows(bytes, 2)).toEqual([['kö', '日本']]);
  });
});
