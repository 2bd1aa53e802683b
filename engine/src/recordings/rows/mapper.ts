// Rows as observations: which cell is what, and what is dropped.

import { type Emits, type Field, isKey, type Observation, sayAny } from '../../api/index.js';
import { UNNUMBERED } from '../order/rows.js';
import { isOptional, type RowSettings } from './fields.js';
import { timeOf } from './moments.js';

/** The last moment that a date can be, ms since the epoch. */
const LATEST = 8.64e15;

/** An observation that is being made: its sequence is given when it is handed over. */
export type Draft = { -readonly [Name in keyof Observation]: Observation[Name] };
/** @param cell what could not be read */
export type Drop = (reason: string, detail: string, count?: number, cell?: unknown) => void;

/**
 * What a source emits with this configuration.
 * @param row what an observation is: `a row of a file`
 * @param columnOf what a value of it is, by the name in the data: `column load of the files`
 */
export function emitsOf(settings: RowSettings, row: string, columnOf: (column: string) => string): Emits {
  const fields: Record<string, Field> = {};
  for (const [name, column] of Object.entries(settings.values)) {
    const about = columnOf(column);
    const unit = settings.units[name] ?? '1';
    const from = name === column ? {} : { from: column };
    fields[name] = isOptional(settings, name) ? { unit, about, ...from, optional: true } : { unit, about, ...from };
  }
  const texts = Object.entries(settings.text).map(([name, column]) => [name, columnOf(column)]);
  return {
    [settings.type]: {
      about: row,
      sequence: 'growing',
      fields,
      ...(texts.length > 0 ? { text: Object.fromEntries(texts) } : {}),
    },
  };
}

/** Where the time and the key of a row are found. */
export interface RowOrigin {
  /** The column of the time; absent: it comes with the row. */
  readonly time?: string | undefined;
  /** The column of the key; absent: it comes with the row, or is the same for all. */
  readonly key?: string | undefined;
  readonly fixedKey?: string | undefined;
}

/** Turns rows, given as the cells of the wanted columns, into observations. */
export class Mapper {
  /** The columns that a row is made from, each once. */
  readonly wanted: readonly string[];
  /** Those that every row must have. */
  readonly required: readonly string[];
  private readonly settings: RowSettings;
  private readonly drop: Drop;
  private readonly fixedKey: string | undefined;
  private readonly timeColumn: string | undefined;
  private readonly keyColumn: string | undefined;
  private readonly time: number;
  private readonly key: number;
  private readonly sequence: number;
  private readonly values: readonly { name: string; index: number; optional: boolean; words: Words | undefined }[];
  private readonly texts: readonly { name: string; index: number }[];
  private readonly only: readonly { index: number; allowed: ReadonlySet<string> }[];
  private readonly missing: ReadonlySet<string>;

  /** @param columns where time and key are found, unless what is around the row says them */
  constructor(settings: RowSettings, drop: Drop, { time, key, fixedKey }: RowOrigin) {
    const wanted: string[] = [];
    const index = (column: string) => {
      if (!wanted.includes(column)) wanted.push(column);
      return wanted.indexOf(column);
    };
    this.settings = settings;
    this.drop = drop;
    this.fixedKey = fixedKey;
    this.timeColumn = time;
    this.keyColumn = key;
    this.time = time === undefined ? -1 : index(time);
    this.key = key === undefined ? -1 : index(key);
    this.sequence = settings.sequence === undefined ? -1 : index(settings.sequence);
    this.values = Object.entries(settings.values).map(([name, column]) => ({
      name,
      index: index(column),
      optional: isOptional(settings, name),
      words: settings.words[name] && new Map(Object.entries(settings.words[name])),
    }));
    this.only = Object.entries(settings.only).map(([column, allowed]) => ({
      index: index(column),
      allowed: new Set([allowed].flat().map(String)),
    }));
    const optional = this.values.filter((value) => value.optional).map((value) => wanted[value.index]!);
    this.required = wanted.filter((column) => !optional.includes(column));
    this.texts = Object.entries(settings.text).map(([name, column]) => ({ name, index: index(column) }));
    this.wanted = wanted;
    this.missing = new Set(['', ...settings.missing]);
  }

  /** Whether the row is one of those that are asked for. */
  admits(cells: readonly unknown[]): boolean {
    for (const { index, allowed } of this.only) if (!allowed.has(textOf(cells[index] ?? '') ?? '')) return false;
    return true;
  }

  /**
   * The observation of a row, or `undefined` where it is dropped or left out.
   * @param otherKey the key where no column holds it @param file where the row stands, with its line
   * @param otherTime the time where no column holds it
   */
  observe(
    cells: readonly unknown[],
    otherKey: string,
    file: string,
    line: number,
    received: number,
    otherTime?: unknown,
  ): Draft | undefined {
    if (this.only.length > 0 && !this.admits(cells)) return undefined;
    const { settings } = this;
    const stamp = this.time < 0 ? otherTime : cells[this.time];
    const time = timeOf(stamp, settings.timeUnit);
    if (!(Math.abs(time) <= LATEST)) return this.refuse('bad_time', file, line, this.timeColumn ?? 'the time', stamp);
    let key = this.fixedKey ?? otherKey;
    if (this.key >= 0) {
      const cell = cells[this.key];
      if (this.isMissing(cell)) return this.refuse('missing_key', file, line, this.keyColumn!, cell);
      const text = typeof cell === 'object' ? undefined : textOf(cell);
      if (!isKey(text)) return this.refuse('bad_key', file, line, this.keyColumn!, cell);
      key = text;
    }
    let sequence = UNNUMBERED;
    if (this.sequence >= 0) {
      sequence = numberOf(cells[this.sequence]);
      if (!Number.isFinite(sequence)) return this.refuse('bad_sequence', file, line, settings.sequence!, cells[this.sequence]);
    }
    const values: Record<string, number> = {};
    for (let i = 0; i < this.values.length; i++) {
      const { name, index, optional, words } = this.values[i]!;
      const cell = cells[index];
      const value =
        typeof cell === 'number' && !words
          ? cell
          : this.isMissing(cell)
            ? undefined
            : words
              ? wordOf(cell, words)
              : numberOf(cell);
      if (value !== undefined && Number.isFinite(value)) values[name] = value;
      else if (value !== undefined && !Number.isNaN(cell)) return this.refuse('bad_value', file, line, name, cell);
      else if (!optional) return this.refuse('missing_value', file, line, name, cell);
    }
    const observation: Draft = { key, type: settings.type, sequence, time, received, values };
    if (this.texts.length === 0) return observation;
    const text: Record<string, string> = {};
    for (const { name, index } of this.texts) {
      const cell = cells[index];
      if (this.isMissing(cell)) continue;
      const said = textOf(cell)?.toWellFormed();
      if (said === undefined) return this.refuse('bad_text', file, line, name, cell);
      text[name] = said;
    }
    observation.text = text;
    return observation;
  }

  private isMissing(cell: unknown): boolean {
    if (cell === undefined || cell === null) return true;
    if (typeof cell !== 'string') return false;
    const text = cell.trim();
    return this.missing.has(text) || (text.length !== cell.length && this.missing.has(cell));
  }

  private refuse(reason: string, file: string, line: number, name: string, cell: unknown): undefined {
    const found = cell === undefined ? 'is absent' : cell === null || cell === '' ? 'is empty' : `is ${sayAny(cell)}`;
    this.drop(reason, `${file}:${line}: ${name} ${found}`, 1, cell);
    return undefined;
  }
}

type Words = ReadonlyMap<string, number>;

/** The number that a word stands for; NaN where it is none of them. */
function wordOf(cell: unknown, words: Words): number {
  const word = textOf(cell) ?? '';
  return words.get(word) ?? words.get(word.trim()) ?? Number.NaN;
}

/** NaN where it is no number. */
function numberOf(cell: unknown): number {
  if (typeof cell === 'string') {
    // Nearly all come by here: what begins with a digit that is no zero is decimal, if it is a number.
    const first = cell.charCodeAt(0);
    if (first > 48 && first <= 57) return Number(cell);
    const text = cell.trim();
    if (text === 'true' || text === 'True' || text === 'TRUE') return 1;
    if (text === 'false' || text === 'False' || text === 'FALSE') return 0;
    // Number('0x1f') and Number('') are numbers, but no row means them.
    return /^[+-]?(\d|\.\d)[\d.eE+-]*$/.test(text) ? Number(text) : Number.NaN;
  }
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return Number(cell);
  return Number.NaN;
}

/** A cell as a text; `undefined` where there is none, as of lists that are too deep to be written. */
function textOf(cell: unknown): string | undefined {
  if (typeof cell !== 'object') return String(cell);
  try {
    return JSON.stringify(cell);
  } catch {
    return undefined;
  }
}
