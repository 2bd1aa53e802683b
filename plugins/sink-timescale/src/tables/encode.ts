import type { TableColumn } from './tables.js';

/** A value of a record before it is written; `NaN` and `undefined` become null. */
export type Cell = number | string | boolean | object | undefined;

/** One column of many rows as the text of a PostgreSQL array. */
export function encodeArray(column: TableColumn, cells: readonly Cell[]): string {
  switch (column.type) {
    case 'float8':
    case 'integer':
    case 'bigint':
      return encodeNumbers(cells);
    case 'timestamptz':
      return encodeNumbers(cells.map((ms) => (typeof ms === 'number' ? Math.round(ms * 1_000) : undefined)));
    case 'boolean':
      return `{${cells.map((cell) => (cell === undefined ? 'NULL' : cell ? 't' : 'f')).join(',')}}`;
    case 'text':
      return `{${cells.map((cell) => (cell === undefined ? 'NULL' : quoteElement(String(cell)))).join(',')}}`;
    case 'jsonb':
      return `{${cells.map((cell) => (cell === undefined ? 'NULL' : quoteElement(json(cell)))).join(',')}}`;
  }
}

function encodeNumbers(cells: readonly Cell[]): string {
  let text = '{';
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (i > 0) text += ',';
    text += typeof cell === 'number' && Number.isFinite(cell) ? cell : 'NULL';
  }
  return `${text}}`;
}

function quoteElement(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** JSON with null for what is missing. */
function json(value: Cell): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'number' && !Number.isFinite(part) ? null : part));
}
