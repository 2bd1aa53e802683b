// Parquet: a row group at a time.

import { crc32 } from 'node:zlib';
import { messageOf, QuantStreamError } from '@quantstream/engine';
import { type Getter, getter, Moment, type Print } from '@quantstream/engine/recordings';
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type Named, refusal } from '../files.js';
import type { Head, OpenReader, Page, Position, Reader, ReaderHost } from './reader.js';

// A Date would lose what is finer than a millisecond.
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (ms) => new Moment(Number(ms)),
  timestampFromMicroseconds: (us) => new Moment(Number(us) / 1e3),
  timestampFromNanoseconds: (ns) => new Moment(Number(ns) / 1e6),
  dateFromDays: (days) => new Moment(days * 86_400_000),
};

/** Dotted paths of the leaves of a schema. */
function leaves(node: SchemaTree, prefix: string): string[] {
  return node.children.flatMap((child) => {
    const path = prefix + child.element.name;
    return child.children.length > 0 ? leaves(child, `${path}.`) : [path];
  });
}

interface Opened {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
}

async function open({ path }: Named): Promise<Opened> {
  const buffer = await asyncBufferFromFile(path);
  try {
    return { buffer, metadata: await parquetMetadataAsync(buffer) };
  } catch (error) {
    throw refusal(`${path} cannot be read as Parquet: ${messageOf(error)}`);
  }
}

export async function parquetHead(file: Named): Promise<Head> {
  const { metadata } = await open(file);
  return { columns: leaves(parquetSchema(metadata), ''), open: false };
}

/** Reads a row group at a time. */
class ParquetReader implements Reader {
  private readonly file: Named;
  private readonly host: ReaderHost;
  private readonly opened: Opened;
  private readonly getters: readonly Getter[];
  /** The columns of the outermost level that hold what is wanted. */
  private readonly columns: string[];
  private readonly rows: number;
  private readonly cells: unknown[] = [];
  private row: number;
  /** Of the row group that was read last. */
  private print: Print | undefined;

  constructor(file: Named, from: Position, opened: Opened, host: ReaderHost, limit = Number.POSITIVE_INFINITY) {
    const { wanted } = host.mapper;
    const names = parquetSchema(opened.metadata).children.map((child) => child.element.name);
    const outermost = wanted.map((path) => (names.includes(path) ? path : path.split('.')[0]!));
    this.file = file;
    this.host = host;
    this.opened = opened;
    this.row = from.at;
    this.print = from.print;
    this.rows = Math.min(Number(opened.metadata.num_rows), limit);
    this.getters = wanted.map(getter);
    this.columns = [...new Set(outermost)].filter((name) => names.includes(name));
  }

  get position(): Position {
    return { at: this.row, line: this.row };
  }

  mark(at: number, line: number): Position {
    return this.print ? { at, line, print: this.print } : { at, line };
  }

  get size(): number {
    return this.file.size;
  }

  get consumed(): number {
    return this.rows === 0 ? this.file.size : Math.round((this.file.size * this.row) / this.rows);
  }

  async read(page: Page): Promise<boolean> {
    const { buffer, metadata } = this.opened;
    if (this.row >= this.rows) return false;
    const { end: last, bytes } = groupOf(metadata, this.row);
    const end = Math.min(last, this.rows);
    const rowStart = this.row;
    this.print = await printOf(buffer, bytes);
    let records: Record<string, unknown>[];
    try {
      const range = { rowStart, rowEnd: end, columns: this.columns };
      records = await parquetReadObjects({ file: buffer, metadata, compressors, parsers: PARSERS, ...range });
    } catch (error) {
      // The next group may be whole.
      this.row = end;
      this.host.drop(
        'broken_file',
        `${this.file.name}:${rowStart + 1}: rows up to ${end} cannot be read: ${messageOf(error)}`,
        end - rowStart,
      );
      return true;
    }
    const { mapper } = this.host;
    const received = this.host.now();
    for (const record of records) {
      this.row++;
      for (let i = 0; i < this.getters.length; i++) this.cells[i] = this.getters[i]!(record);
      const observation = mapper.observe(this.cells, this.file.key, this.file.name, this.row, received);
      if (observation) page.push(observation, this.row, this.row, this.row);
    }
    return true;
  }

  async close(): Promise<void> {}
}

/** The row group that a row is in: the row behind its last one, and the byte of the file behind its last one. */
function groupOf({ row_groups }: FileMetaData, row: number): { end: number; bytes: number } {
  let end = 0;
  let bytes = 0;
  for (const { num_rows, columns } of row_groups) {
    end += Number(num_rows);
    for (const { meta_data } of columns) {
      if (!meta_data) continue;
      const begin = meta_data.dictionary_page_offset ?? meta_data.data_page_offset;
      bytes = Math.max(bytes, Number(begin) + Number(meta_data.total_compressed_size));
    }
    if (end > row) break;
  }
  return { end, bytes };
}

const HEAD = 1_024;
const TAIL = 256;

/** What a file is recognised by, whose first row groups end at a byte. */
async function printOf(buffer: AsyncBuffer, bytes: number): Promise<Print> {
  const [head, tail] = [Math.min(HEAD, bytes), Math.min(TAIL, bytes)];
  const [first, last] = [await buffer.slice(0, head), await buffer.slice(bytes - tail, bytes)];
  return [head, crc32(new Uint8Array(first)), tail, crc32(new Uint8Array(last))];
}

/** @throws QS_SOURCE_FAILED where the file is not the one that was begun */
async function checkPrint({ path }: Named, { buffer, metadata }: Opened, { at, print }: Position): Promise<void> {
  if (!print || at === 0) return;
  const { end, bytes } = groupOf(metadata, at - 1);
  if (end >= at && (await printOf(buffer, bytes)).every((value, i) => value === print[i])) return;
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `file: ${path} does not hold the rows that it held before the place where reading stopped: it was cut or replaced. ` +
      'Put it back, give what is new another name, or start afresh with --reset-state',
  );
}

export const parquetReader: OpenReader = async (file, from, host, limit) => {
  const opened = await open(file);
  await checkPrint(file, opened, from);
  return new ParquetReader(file, from, opened, host, limit);
};
