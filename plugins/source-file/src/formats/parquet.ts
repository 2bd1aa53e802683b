// Parquet: a row group at a time.

import { messageOf } from '@quantstream/engine';
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
import { Moment } from '../time.js';
import { type Getter, getter } from './objects.js';
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

  constructor(file: Named, from: Position, opened: Opened, host: ReaderHost) {
    const { wanted } = host.mapper;
    const names = parquetSchema(opened.metadata).children.map((child) => child.element.name);
    const outermost = wanted.map((path) => (names.includes(path) ? path : path.split('.')[0]!));
    this.file = file;
    this.host = host;
    this.opened = opened;
    this.row = from.at;
    this.rows = Number(opened.metadata.num_rows);
    this.getters = wanted.map(getter);
    this.columns = [...new Set(outermost)].filter((name) => names.includes(name));
  }

  get position(): Position {
    return { at: this.row, line: this.row };
  }

  get consumed(): number {
    return this.rows === 0 ? this.file.size : Math.round((this.file.size * this.row) / this.rows);
  }

  async read(page: Page): Promise<boolean> {
    const { buffer, metadata } = this.opened;
    let end = 0;
    for (const group of metadata.row_groups) {
      end += Number(group.num_rows);
      if (end > this.row) break;
    }
    if (this.row >= end) return false;
    const rowStart = this.row;
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
      if (observation) page.push(observation, this.row, this.row);
    }
    return true;
  }

  async close(): Promise<void> {}
}

export const parquetReader: OpenReader = async (file, from, host) => new ParquetReader(file, from, await open(file), host);
