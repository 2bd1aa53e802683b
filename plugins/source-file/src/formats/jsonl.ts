// JSON Lines: an object a line.

import type { Named } from '../files.js';
import type { Mapper } from '../mapper.js';
import { type Getter, getter, isRecord, pathsOf } from './objects.js';
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
    const line = text.slice(start, contentEnd(text, start, end));
    if (line.trim() === '') return '';
    const record = parsed(line);
    if (record === undefined) return 'not a JSON object';
    for (let i = 0; i < this.getters.length; i++) out[i] = this.getters[i]!(record);
    return undefined;
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(utf8(line));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Rows that tell which columns a file has. */
const LOOKED_AT = 200;

/** The paths in the first rows, of those that are asked for. */
export async function jsonlHead(file: Named, mapper: Mapper): Promise<Head> {
  const text = await firstBlock(file);
  const getters = mapper.wanted.map(getter);
  const found = new Set<string>();
  // The last line may be cut off.
  for (const line of text.split('\n', LOOKED_AT)) {
    const record = parsed(line);
    if (record && mapper.admits(getters.map((get) => get(record)))) pathsOf(record, found);
  }
  return { columns: [...found], open: found.size === 0 };
}

export const jsonlReader: OpenReader = async (file, from, host) =>
  new TextReader(file, from, new JsonLines(host.mapper.wanted), host);
