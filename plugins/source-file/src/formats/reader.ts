import type { Draft, Drop, Mapper, Print } from '@quantstream/engine/recordings';
import type { Named } from '../files.js';

/** A place between two rows of a file. */
export interface Position {
  /** Bytes of text before it (of the uncompressed file), or rows of a Parquet file. */
  readonly at: number;
  /** Lines or rows before it. */
  readonly line: number;
  /** What the file is recognised by when reading goes on there. */
  readonly print?: Print;
  /** The row before it had no end of line yet. */
  readonly torn?: boolean;
}

export const BEGINNING: Position = { at: 0, line: 0 };

/** Observations of a stretch of a file, and the place behind each. */
export class Page {
  readonly observations: Draft[] = [];
  readonly at: number[] = [];
  readonly line: number[] = [];
  /** The line that each begins in, for messages. */
  readonly first: number[] = [];

  push(observation: Draft, at: number, line: number, first: number): void {
    this.first.push(first);
    this.observations.push(observation);
    this.at.push(at);
    this.line.push(line);
  }

  clear(): void {
    this.observations.length = this.at.length = this.line.length = this.first.length = 0;
  }
}

/** What a reader needs to know of its surroundings. */
export interface ReaderHost {
  readonly mapper: Mapper;
  readonly drop: Drop;
  now(): number;
}

/** Reads one file from front to back. */
export interface Reader {
  /** Where it stands: behind the last row that it took. */
  readonly position: Position;
  /** A place, not far behind, with what it takes to go on there. */
  mark(at: number, line: number): Position;
  /** Bytes of the file as it was when its end was reached. */
  readonly size: number;
  /** Bytes of the file on disk that have been read. */
  readonly consumed: number;
  /** Reads on a little and adds what it finds, which may be nothing. @returns false at the end of the file */
  read(page: Page): Promise<boolean>;
  close(): Promise<void>;
}

/** What a file says of its columns: their names, or those of its first rows. */
export interface Head {
  readonly columns: readonly string[];
  /** Whether a column that is not among them may still come. */
  readonly open: boolean;
}

/** @param limit what lies behind this place (as `at`) is not read, as if the file ended there */
export type OpenReader = (file: Named, from: Position, host: ReaderHost, limit?: number) => Promise<Reader>;
