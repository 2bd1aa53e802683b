/** Rows of a csv file, by RFC 4180. */
import type { Settings } from '../config.js';
import { type Named, refusal } from '../files.js';
import type { Head, OpenReader } from './reader.js';
import { contentEnd, firstBlock, type TextFormat, TextReader, utf8 } from './text.js';

const QUOTE = '"';
const BEYOND_ASCII = /[\u0080-\u00ff]/;

/** RFC 4180: cells between delimiters, in quotes where they hold delimiters, quotes (doubled) or ends of line. */
export class CsvFormat implements TextFormat {
  private readonly delimiter: string;
  private readonly columns: number;
  /** By wanted column: which cell; −1 where there is none. */
  private readonly indexes: readonly number[];
  private header: boolean;
  /** The first quote at or behind the row at hand, in the text that it was looked for in. */
  private quote = 0;
  private searched = '';

  /** @param header whether the next line names the columns */
  constructor(delimiter: string, columns: readonly string[], wanted: readonly string[], header: boolean) {
    this.delimiter = delimiter;
    this.columns = columns.length;
    this.indexes = wanted.map((name) => columns.indexOf(name));
    this.header = header;
  }

  end(text: string, start: number): number {
    let end = text.indexOf('\n', start);
    if (end < 0) return -1;
    if (text !== this.searched || (this.quote < start && this.quote >= 0)) {
      this.quote = text.indexOf(QUOTE, start);
      this.searched = text;
    }
    if (this.quote < 0 || this.quote > end) return end + 1;
    // A row goes on behind the end of a line that stands within quotes: after an odd number of them.
    let odd = false;
    for (let quote = this.quote; ; ) {
      while (quote >= 0 && quote < end) {
        odd = !odd;
        quote = text.indexOf(QUOTE, quote + 1);
      }
      if (!odd) return end + 1;
      end = text.indexOf('\n', end + 1);
      if (end < 0) return -1;
    }
  }

  cells(text: string, start: number, end: number, out: unknown[]): string | undefined {
    const row = text.slice(start, contentEnd(text, start, end));
    if (row === '') return '';
    if (this.header) {
      this.header = false;
      return '';
    }
    const cells = row.includes(QUOTE) ? quotedCells(row, this.delimiter) : row.split(this.delimiter);
    if (typeof cells === 'string') return cells;
    if (cells.length !== this.columns) return `${cells.length} cells and not ${this.columns}`;
    const { indexes } = this;
    const plain = !BEYOND_ASCII.test(row);
    for (let i = 0; i < indexes.length; i++) {
      const cell = cells[indexes[i]!];
      out[i] = plain || cell === undefined ? cell : utf8(cell);
    }
    return undefined;
  }
}

/** The cells of a row with quotes, or what is wrong with it. */
export function quotedCells(row: string, delimiter: string): string[] | string {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    let cell = '';
    if (row[at] !== QUOTE) {
      const end = row.indexOf(delimiter, at);
      cell = end < 0 ? row.slice(at) : row.slice(at, end);
      if (cell.includes(QUOTE)) return 'a quote within a cell that is not quoted';
      at += cell.length;
    } else {
      for (at++; ; at += 2) {
        const end = row.indexOf(QUOTE, at);
        if (end < 0) return 'a quote is not closed';
        cell += row.slice(at, end);
        at = end;
        if (row[end + 1] !== QUOTE) break;
        cell += QUOTE;
      }
      at++;
      if (at < row.length && row[at] !== delimiter) return 'text behind a closing quote';
    }
    cells.push(cell);
    if (at >= row.length) return cells;
  }
}

export function delimiterOf(settings: Settings, file: Named): string {
  return settings.csv.delimiter ?? (/\.tsv([.-][\d-]+)?(\.gz)?$/i.test(file.name) ? '\t' : ',');
}

/** The columns of a file by its first line or by the configuration. */
export async function csvHead(settings: Settings, file: Named): Promise<Head> {
  const { columns } = settings.csv;
  if (columns) return { columns, open: false };
  return headIn(await firstBlock(file), settings, file);
}

/** The columns that a text begins with. @param file for messages, and for what stands between two cells */
export function headIn(text: string, settings: Settings, file: Named): Head {
  const { header } = settings.csv;
  const end = text.indexOf('\n');
  const row = utf8(text.slice(0, contentEnd(text, 0, end < 0 ? text.length : end + 1)));
  if (header && row.trim() === '') return { columns: [], open: true };
  const cells = quotedCells(row, delimiterOf(settings, file));
  if (typeof cells === 'string') throw refusal(`${file.path}:1: the header cannot be read: ${cells}`);
  return { columns: cells.map((cell) => cell.trim()), open: false };
}

/** @param header whether the first line of a file names the columns */
export function csvReader(settings: Settings, columns: readonly string[], header = settings.csv.header): OpenReader {
  return async (file, from, host, limit) => {
    const format = new CsvFormat(delimiterOf(settings, file), columns, host.mapper.wanted, header && from.at === 0);
    return new TextReader(file, from, format, host, limit);
  };
}
