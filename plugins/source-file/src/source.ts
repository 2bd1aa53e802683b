// Files as a source: merged by time, or one after the other.

import {
  isNamed,
  messageOf,
  nearest,
  type Observation,
  type Source,
  type SourceBatch,
  type SourceHost,
} from '@quantstream/engine';
import { Earliest } from '@quantstream/engine/recordings';
import type { Format, Settings } from './config.js';
import { type Cursor, DONE, readCursor, toPosition } from './cursor.js';
import { type Named, namedFiles, refusal } from './files.js';
import { csvHead, csvReader } from './formats/csv.js';
import { jsonlHead, jsonlReader } from './formats/jsonl.js';
import { parquetHead, parquetReader } from './formats/parquet.js';
import { BEGINNING, type Head, type OpenReader, Page, type ReaderHost } from './formats/reader.js';
import { Mapper } from './mapper.js';
import { FileStream } from './stream.js';

/** A file, and how it is opened. */
interface Planned {
  readonly file: Named;
  readonly open: OpenReader;
}

const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/\.(csv|tsv|txt)(\.gz)?$/i, 'csv'],
  [/\.(jsonl|ndjson|json)(\.gz)?$/i, 'jsonl'],
  [/\.(parquet|pq)$/i, 'parquet'],
];

/** Finds the files and looks at their columns. @throws QS_PLAN_DECLARATION with what is wrong */
export async function openFiles(settings: Settings, host: SourceHost): Promise<FileSource> {
  const files = await namedFiles(settings.path, (path) => host.resolvePath(path));
  const mapper = new Mapper(settings, (reason, detail, count) => host.drop(reason, detail, count));
  const planned: Planned[] = [];
  for (const file of files) planned.push({ file, open: await planFile(file, settings, mapper) });
  return new FileSource(settings, host, mapper, planned);
}

async function planFile(file: Named, settings: Settings, mapper: Mapper): Promise<OpenReader> {
  const format = settings.format ?? ENDINGS.find(([ending]) => ending.test(file.name))?.[1];
  if (format === undefined)
    throw refusal(`${file.path} does not say by its ending what it is; set format to csv, jsonl or parquet`);
  let head: Head;
  try {
    head = await (format === 'csv' ? csvHead(settings, file) : format === 'jsonl' ? jsonlHead(file, mapper) : parquetHead(file));
  } catch (error) {
    if (isNamed(error)) throw error;
    throw refusal(`${file.path} cannot be read: ${messageOf(error)}`);
  }
  checkColumns(file, head, mapper, format);
  return format === 'csv' ? csvReader(settings, head.columns) : format === 'jsonl' ? jsonlReader : parquetReader;
}

function checkColumns(file: Named, { columns, open }: Head, mapper: Mapper, format: Format): void {
  if (open) return;
  const has = (name: string) => columns.includes(name) || (format !== 'csv' && columns.some((one) => one.startsWith(`${name}.`)));
  // A JSON row may leave out what another has; a table has all its columns.
  const absent = (format === 'jsonl' ? mapper.required : mapper.wanted).find((name) => !has(name));
  if (absent === undefined) return;
  const near = nearest(absent, columns);
  const where = format === 'jsonl' ? 'the first rows have' : 'it has';
  throw refusal(
    `${file.path} has no column "${absent}"${near ? `; did you mean "${near}"?` : ''} (${where} ${columns.join(', ')})`,
  );
}

/** Rows of files, merged by time or one file after the other. */
export class FileSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly mapper: Mapper;
  private readonly planned: readonly Planned[];
  private readonly readerHost: ReaderHost;
  private streams: FileStream[] = [];
  private count = 0;

  constructor(settings: Settings, host: SourceHost, mapper: Mapper, planned: readonly Planned[]) {
    this.settings = settings;
    this.host = host;
    this.mapper = mapper;
    this.planned = planned;
    this.readerHost = {
      mapper,
      drop: (reason, detail, count) => host.drop(reason, detail, count),
      now: () => host.clock.now(),
    };
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    try {
      yield* this.merge(await this.line(from, signal), signal);
    } finally {
      await this.close();
    }
  }

  /** The streams that are not over, in line. */
  private async line(from: string | null, signal: AbortSignal): Promise<Earliest<FileStream>> {
    const cursor =
      from === null
        ? undefined
        : await readCursor(
            from,
            this.planned.map(({ file }) => file),
          );
    this.count = cursor?.count ?? 0;
    const byTime = this.settings.order === 'time' && this.planned.length > 1;
    for (const [i, { file, open }] of this.planned.entries()) {
      const place = cursor?.files[file.name];
      const position = place && place[0] >= 0 ? toPosition(place) : BEGINNING;
      // By name: files stand in line by their number.
      const time = byTime ? await this.firstTime(file, open, position) : i;
      const stream = new FileStream(file, open, this.readerHost, position, time);
      if (place && place[0] < 0) stream.ended = true;
      this.streams.push(stream);
      if (signal.aborted) break;
    }
    return new Earliest(this.streams.filter((stream) => !stream.ended));
  }

  /** Time of the next row of a file, so that it need not be open before its turn. Looks without counting what is dropped. */
  private async firstTime(file: Named, open: OpenReader, from: FileStream['position']): Promise<number> {
    const quiet = { ...this.readerHost, mapper: new Mapper(this.settings, () => {}), drop: () => {} };
    const reader = await open(file, from, quiet);
    try {
      const page = new Page();
      await reader.read(page);
      return page.observations[0]?.time ?? Number.NEGATIVE_INFINITY;
    } finally {
      await reader.close();
    }
  }

  private async *merge(order: Earliest<FileStream>, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const total = this.streams.reduce((sum, { file }) => sum + file.size, 0);
    while (order.size > 0 && !signal.aborted) {
      const observations: Observation[] = [];
      await this.fill(order, observations, signal);
      const done = this.streams.reduce((sum, stream) => sum + stream.consumed, 0);
      this.host.progress(order.size > 0 ? done : total, total, 'bytes');
      if (observations.length > 0) yield { observations, cursor: this.cursor() };
    }
  }

  /** Takes observations, always of the stream that is first in line. */
  private async fill(order: Earliest<FileStream>, batch: Observation[], signal: AbortSignal): Promise<void> {
    const { batch: size, order: by } = this.settings;
    const byTime = by === 'time' && this.planned.length > 1;
    while (order.size > 0 && batch.length < size && !signal.aborted) {
      const stream = order.first;
      if (stream.head === undefined) {
        const place = stream.time;
        if (!(await stream.load(signal))) {
          if (stream.ended) order.remove();
          continue;
        }
        if (!byTime) stream.time = place;
        else if (!order.leads()) order.settle();
        continue;
      }
      // A run of one stream, up to the next one's turn.
      const place = stream.time;
      let more = true;
      while (more && batch.length < size && (!byTime || order.leads())) {
        const observation = stream.head!;
        this.count++;
        if (this.mapper.counts) observation.sequence = this.count;
        batch.push(observation);
        more = stream.advance();
      }
      if (!byTime) stream.time = place;
      else if (more) order.settle();
    }
  }

  private cursor(): string {
    const files: Record<string, readonly [number, number]> = {};
    for (const stream of this.streams) {
      if (stream.ended) files[stream.file.name] = DONE;
      else if (stream.started) files[stream.file.name] = [stream.position.at, stream.position.line];
    }
    return JSON.stringify({ version: 1, count: this.count, files } satisfies Cursor);
  }

  async close(): Promise<void> {
    const { streams } = this;
    this.streams = [];
    for (const stream of streams) await stream.close();
  }
}
