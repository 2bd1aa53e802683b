// Files as a source: merged by time, one after the other, or sorted.

import { setImmediate as turn } from 'node:timers/promises';
import { isNamed, messageOf, nearest, type Source, type SourceBatch, type SourceHost } from '@quantstream/engine';
import { type Draft, Earliest, inOrder, Mapper, openContent, Places, type Rows } from '@quantstream/engine/recordings';
import { type Format, originOf, type Settings } from './config.js';
import { type Cursor, readCursor, toPosition } from './cursor.js';
import { CONTENT, type Named, namedFiles, refusal } from './files.js';
import { csvHead, csvReader } from './formats/csv.js';
import { jsonHead, jsonReader } from './formats/json.js';
import { parquetHead, parquetReader } from './formats/parquet.js';
import { BEGINNING, type Head, type OpenReader, Page, type Position, type ReaderHost } from './formats/reader.js';
import { firstBlock } from './formats/text.js';
import { Begun } from './piped.js';
import { FileStream } from './stream.js';
import { checkRows } from './unreadable.js';

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

/** Finds the files and looks at their columns and first rows. @throws QS_PLAN_DECLARATION with what is wrong */
export async function openFiles(settings: Settings, host: SourceHost): Promise<FileSource> {
  const files = await namedFiles(
    settings.path,
    (path) => host.resolvePath(path),
    (archive, names) => host.log.warn({ archive, files: names }, 'an archive holds files that are no tables; they are left out'),
  );
  const mapper = new Mapper(settings, (reason, detail, count) => host.drop(reason, detail, count), originOf(settings));
  const planned: Planned[] = [];
  // What comes through a pipe is looked at when it is read: it may be long in coming.
  for (const file of files)
    planned.push({ file, open: file.piped ? lookLater(settings, mapper, host.signal) : await planFile(file, settings, mapper) });
  return new FileSource(settings, host, mapper, planned);
}

function lookLater(settings: Settings, mapper: Mapper, signal: AbortSignal): OpenReader {
  return async (file, from, host, limit) => {
    file.content = new Begun(await openContent(file, 0, { ...CONTENT, signal }));
    return (await planFile(file, settings, mapper))(file, from, host, limit);
  };
}

/** The format of what comes through a pipe, by its first character, or by what most of its first lines are: programs say something else before. */
async function guessed(file: Named): Promise<Format | undefined> {
  if (!file.piped) return undefined;
  const text = await firstBlock(file);
  if (text.startsWith('PAR1')) return 'parquet';
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const objects = lines.filter((line) => /^\s*\{/.test(line)).length;
  return /^\s*[[{]/.test(text) || 2 * objects > lines.length ? 'jsonl' : 'csv';
}

/** Looks at a file. @throws QS_PLAN_DECLARATION where it lacks a column, or nothing can be read of its first rows */
export async function planFile(file: Named, settings: Settings, mapper: Mapper): Promise<OpenReader> {
  const format = settings.format ?? ENDINGS.find(([ending]) => ending.test(file.name))?.[1] ?? (await guessed(file));
  if (format === undefined)
    throw refusal(`${file.path} does not say by its ending what it is; set format to csv, jsonl or parquet`);
  if (format === 'parquet' && (file.piped || file.entry))
    throw refusal(`${file.name}: Parquet is read from a file of its own: it begins at its end`);
  let head: Head;
  try {
    head = await (format === 'csv' ? csvHead(settings, file) : format === 'jsonl' ? jsonHead(file, mapper) : parquetHead(file));
  } catch (error) {
    if (isNamed(error)) throw error;
    throw refusal(`${file.path} cannot be read: ${messageOf(error)}`);
  }
  checkColumns(file, head, mapper, format, settings.format === undefined && file.piped === true);
  const open = format === 'csv' ? csvReader(settings, head.columns) : format === 'jsonl' ? jsonReader : parquetReader;
  await checkRows(file, open, settings, format !== 'parquet');
  return open;
}

function checkColumns(file: Named, { columns, open }: Head, mapper: Mapper, format: Format, guess: boolean): void {
  if (open) return;
  const has = (name: string) => columns.includes(name) || (format !== 'csv' && columns.some((one) => one.startsWith(`${name}.`)));
  // A JSON row may leave out what another has; a table has all its columns.
  const absent = (format === 'jsonl' ? mapper.required : mapper.wanted).find((name) => !has(name));
  if (absent === undefined) return;
  const near = nearest(absent, columns);
  const where = format === 'jsonl' ? 'the first rows have' : 'it has';
  const taken =
    guess && format === 'csv' ? '; it was taken for csv by how it begins: if it is JSON lines, set format to jsonl' : '';
  throw refusal(
    `${file.path} has no column "${absent}"${near ? `; did you mean "${near}"?` : ''} (${where} ${columns.join(', ')})${taken}`,
  );
}

/** Rows of files, merged by time, one file after the other, or sorted. */
export class FileSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly planned: readonly Planned[];
  private readonly readerHost: ReaderHost;
  private readonly piped: boolean;
  private streams: FileStream[] = [];
  /** What the first in line is loading. */
  private loading: Promise<boolean> | undefined;

  constructor(settings: Settings, host: SourceHost, mapper: Mapper, planned: readonly Planned[]) {
    this.settings = settings;
    this.host = host;
    this.planned = planned;
    this.piped = planned.some(({ file }) => file.piped);
    this.readerHost = {
      mapper,
      drop: (reason, detail, count) => host.drop(reason, detail, count),
      now: () => host.clock.now(),
    };
  }

  read(from: string | null, signal: AbortSignal): AsyncIterable<SourceBatch> {
    const { batch, order } = this.settings;
    const read = this.rows.bind(this);
    return inOrder({ plugin: 'file', time: this.host.time, sort: order === 'sort', batch, numbering: 'all', read }, from, signal);
  }

  /** Rows as they stand in the files, up to where `until` says that they end. */
  private async *rows(from: string | null, signal: AbortSignal, until?: string): AsyncGenerator<Rows> {
    const stop = () => void this.close();
    if (this.piped) signal.addEventListener('abort', stop);
    try {
      yield* this.merge(await this.line(from, signal, until), signal);
    } finally {
      signal.removeEventListener('abort', stop);
      await this.close();
    }
  }

  /** The streams that are not over, in line. */
  private async line(from: string | null, signal: AbortSignal, until?: string): Promise<Earliest<FileStream>> {
    const files = this.planned.map(({ file }) => file);
    const cursor = from === null ? undefined : readCursor(from, files);
    const ends = until === undefined ? undefined : readCursor(until, files);
    for (const [i, { file, open }] of this.planned.entries()) {
      if (signal.aborted) break;
      const state = cursor?.files[file.name];
      const limit = ends ? (ends.files[file.name]?.mark[0] ?? 0) : undefined;
      const position = state ? toPosition(state.mark) : BEGINNING;
      const { whole } = state ?? {};
      const over = whole && whole[0] === (file.entry ? whole[0] : file.size) && whole[1] === file.changed;
      const done = over || (limit !== undefined && position.at >= limit);
      // By name: files stand in line by their number.
      const time = this.byTime && !done ? await this.firstTime(file, open, position) : i;
      const stream = new FileStream(file, open, this.readerHost, position, time, limit);
      if (over) stream.finish({ mark: state!.mark, whole });
      else if (done) stream.ended = true;
      this.streams.push(stream);
    }
    return new Earliest(this.streams.filter((stream) => !stream.ended));
  }

  /** Whether files are merged; otherwise they come one after the other. */
  private get byTime(): boolean {
    return this.settings.order === 'time' && this.planned.length > 1;
  }

  /** Time of the next row of a file, so that it need not be open before its turn. Looks without counting what is dropped. */
  private async firstTime(file: Named, open: OpenReader, from: Position): Promise<number> {
    if (file.piped) return Number.NEGATIVE_INFINITY;
    const quiet = { ...this.readerHost, mapper: new Mapper(this.settings, () => {}, originOf(this.settings)), drop: () => {} };
    const reader = await open(file, from, quiet);
    try {
      const page = new Page();
      await reader.read(page);
      return page.observations[0]?.time ?? Number.NEGATIVE_INFINITY;
    } finally {
      await reader.close();
    }
  }

  private async *merge(order: Earliest<FileStream>, signal: AbortSignal): AsyncGenerator<Rows> {
    const total = this.streams.reduce((sum, { file }) => sum + file.size, 0);
    while (order.size > 0 && !signal.aborted) {
      const batch = new Places<Draft>();
      await this.fill(order, batch, signal);
      const done = this.streams.reduce((sum, stream) => sum + stream.consumed, 0);
      if (total > 0) this.host.progress(order.size > 0 ? done : total, total, 'bytes');
      const { observations } = batch;
      // The last batch may be empty: its cursor says that the files have ended.
      if (observations.length > 0 || (order.size === 0 && !this.piped))
        yield { observations, cursor: this.piped ? null : this.cursor(), where: (index) => batch.where(index) };
    }
  }

  /** Takes observations, always of the stream that is first in line. */
  private async fill(order: Earliest<FileStream>, batch: Places<Draft>, signal: AbortSignal): Promise<void> {
    const { batch: size } = this.settings;
    const { byTime } = this;
    const { observations, lines } = batch;
    while (order.size > 0 && observations.length < size && !signal.aborted) {
      const stream = order.first;
      if (stream.head === undefined) {
        const place = stream.time;
        this.loading ??= stream.load(signal);
        // What has come through a pipe is handed over before more of it is waited for.
        if (this.piped && observations.length > 0 && !(await isThere(this.loading))) return;
        const loaded = await this.loading;
        this.loading = undefined;
        if (!loaded) {
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
      batch.begin(stream.file.name);
      while (more && observations.length < size && (!byTime || order.leads())) {
        observations.push(stream.head!);
        lines.push(stream.line);
        more = stream.advance();
      }
      if (!byTime) stream.time = place;
      else if (more) order.settle();
    }
  }

  private cursor(): string {
    const files: Record<string, Cursor['files'][string]> = {};
    for (const stream of this.streams) {
      const state = stream.state();
      if (state) files[stream.file.name] = state;
    }
    return JSON.stringify({ version: 2, files } satisfies Cursor);
  }

  async close(): Promise<void> {
    const { streams } = this;
    this.streams = [];
    for (const stream of streams) await stream.close();
    for (const { file } of this.planned) await file.content?.close();
  }
}

/** Whether a promise is settled now, or in the next turn. */
function isThere(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), turn(false)]);
}
