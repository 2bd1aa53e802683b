// JSON: an object a line, or one array of objects.

import { type Getter, getter, isRecord, type Mapper, pathsOf } from '@quantstream/engine/recordings';
import type { Named } from '../files.js';
import type { Head, OpenReader } from './reader.js';
import { contentEnd, firstBlock, type TextFormat, TextReader, utf8 } from './text.js';

/** A JSON object in each line. */
class JsonLines implements TextFormat {
  private readonly getters: readonly Getter[];

  constructor(wanted: readonly string[]) {
    this.getters = wanted.map(getter);
  }

  end(text: string, start: number): number {
    return text.indexOf('\n', start) + 1 || -1;
  }

  cells(text: string, start: number, end: number, out: unknown[]): string | undefined {
    return cellsOf(text.slice(start, contentEnd(text, start, end)), this.getters, out);
  }
}

/** Cells of a JSON text. @returns what is wrong with it; `''` where it is blank */
function cellsOf(json: string, getters: readonly Getter[], out: unknown[]): string | undefined {
  if (json.trim() === '') return '';
  const record = parsed(json);
  if (record === undefined) return 'not a JSON object';
  for (let i = 0; i < getters.length; i++) out[i] = getters[i]!(record);
  return undefined;
}

const [QUOTE, COMMA, OPEN, BACKSLASH, CLOSE, LEFT, RIGHT] = [34, 44, 91, 92, 93, 123, 125];

/** One array of objects, an object at a time: what stands in front of it (the bracket, a comma, space) belongs to it. */
class JsonArray implements TextFormat {
  readonly byRow = true;
  private readonly getters: readonly Getter[];
  private begun: boolean;
  private ended = false;

  /** @param begun whether reading goes on within the array */
  constructor(wanted: readonly string[], begun: boolean) {
    this.getters = wanted.map(getter);
    this.begun = begun;
  }

  end(text: string, start: number): number {
    if (this.ended) return text.length;
    const at = this.valueAt(text, start);
    const first = text.charCodeAt(at);
    if (first === CLOSE) return at + 1;
    if (first === LEFT || first === OPEN) return closing(text, at);
    // Any other value ends where the next one, or the end of the array, is announced.
    for (let quoted = false, i = at; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) quoted = !quoted;
      else if (!quoted && i > at && (code === COMMA || code === CLOSE)) return i;
    }
    return -1;
  }

  /** Where the value behind `start` begins. */
  private valueAt(text: string, start: number): number {
    let at = blanks(text, start);
    if (!this.begun && text.charCodeAt(at) === OPEN) at = blanks(text, at + 1);
    else if (this.begun && text.charCodeAt(at) === COMMA) at = blanks(text, at + 1);
    return at;
  }

  cells(text: string, start: number, end: number, out: unknown[]): string | undefined {
    if (this.ended) return text.slice(start, end).trim() === '' ? '' : 'it stands behind the end of the array';
    const json = text.slice(this.valueAt(text, start), end);
    this.begun = true;
    if (json === ']') {
      this.ended = true;
      return '';
    }
    return cellsOf(json, this.getters, out);
  }

  unfinished(): string | undefined {
    return this.begun && !this.ended ? 'the array has no end' : undefined;
  }
}

function blanks(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code === 32 || (code >= 9 && code <= 13); code = text.charCodeAt(++at));
  return at;
}

/** Behind the bracket that closes the one at `start`; −1 where that is not in sight. */
function closing(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === LEFT || code === OPEN) depth++;
    else if ((code === RIGHT || code === CLOSE) && --depth === 0) return at + 1;
  }
  return -1;
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8(json));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Rows that tell which columns a file has. */
const LOOKED_AT = 200;

/** Whether a text begins an array. */
const isArray = (text: string) => /^\s*\[/.test(text);

/** The first rows of a text, as JSON; the last one may be cut off. */
function firstRows(text: string): string[] {
  if (!isArray(text)) return text.split('\n', LOOKED_AT);
  const rows: string[] = [];
  let at = text.indexOf('[') + 1;
  for (let end = 0; rows.length < LOOKED_AT; at = end) {
    at = text.indexOf('{', at);
    end = at < 0 ? -1 : closing(text, at);
    if (end < 0) break;
    rows.push(text.slice(at, end));
  }
  return rows;
}

/** The paths in the first rows, of those that are asked for. */
export async function jsonHead(file: Named, mapper: Mapper): Promise<Head> {
  const getters = mapper.wanted.map(getter);
  const found = new Set<string>();
  for (const row of firstRows(await firstBlock(file))) {
    const record = parsed(row);
    if (record && mapper.admits(getters.map((get) => get(record)))) pathsOf(record, found);
  }
  return { columns: [...found], open: found.size === 0 };
}

export const jsonReader: OpenReader = async (file, from, host, limit) => {
  const { wanted } = host.mapper;
  const format = isArray(await firstBlock(file)) ? new JsonArray(wanted, from.at > 0) : new JsonLines(wanted);
  return new TextReader(file, from, format, host, limit);
};

/** An object a line, of a file that is followed. */
export const jsonLinesReader: OpenReader = async (file, from, host, limit) =>
  new TextReader(file, from, new JsonLines(host.mapper.wanted), host, limit);
