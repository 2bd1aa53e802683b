import type { Draft } from '@quantstream/engine/recordings';
import { type Mark, toMark, type Whole } from './cursor.js';
import type { Named } from './files.js';
import { BEGINNING, type OpenReader, Page, type Position, type Reader, type ReaderHost } from './formats/reader.js';

/** The observations of one file, one at a time, with the place behind each. */
export class FileStream {
  readonly file: Named;
  /** The observation whose turn it is; none before the first `load` and behind the end. */
  head: Draft | undefined;
  /** Time of the head, or of the first row while the file is not open: where it stands among others. */
  time: number;
  ended = false;
  /** Whether an observation was handed over. */
  handed = false;
  private readonly open: OpenReader;
  private readonly host: ReaderHost;
  private readonly page = new Page();
  private reader: Reader | undefined;
  private next = 0;
  private place: Position;
  private readonly limit: number | undefined;
  /** Once the file has ended: what a cursor says of it. */
  private end: { mark: Mark; whole: Whole } | undefined;

  /** @param limit what lies behind this place of the file is left alone */
  constructor(
    file: Named,
    open: OpenReader,
    host: ReaderHost,
    from: Position = BEGINNING,
    time = Number.NEGATIVE_INFINITY,
    limit?: number,
  ) {
    this.file = file;
    this.open = open;
    this.host = host;
    this.place = from;
    this.time = time;
    this.limit = limit;
  }

  /** Says that the file was read to its end before. */
  finish(end: { mark: Mark; whole: Whole }): void {
    this.end = end;
    this.ended = true;
  }

  /** What a cursor says of the file; `undefined` where it was not begun. */
  state(): { mark: Mark; whole?: Whole } | undefined {
    if (this.end) return this.end;
    const { reader, place } = this;
    if (!reader && place.at === 0) return undefined;
    return { mark: toMark(reader ? reader.mark(place.at, place.line) : place) };
  }

  /** Line of the head, for messages. */
  get line(): number {
    return this.page.first[this.next - 1]!;
  }

  /** Bytes on disk that have been read. */
  get consumed(): number {
    return this.ended ? this.file.size : (this.reader?.consumed ?? 0);
  }

  /** Reads on until there is a head again. @returns false at the end of the file, where there is nothing just now, or when `signal` aborts */
  async load(signal: AbortSignal): Promise<boolean> {
    if (this.ended) return false;
    this.reader ??= await this.open(this.file, this.place, this.host, this.limit);
    this.page.clear();
    this.next = 0;
    this.head = undefined;
    while (!signal.aborted) {
      const more = await this.reader.read(this.page);
      if (this.page.observations.length > 0) {
        this.take();
        return true;
      }
      this.place = this.reader.position;
      if (more && this.file.content?.dry) return false;
      if (more) continue;
      const { at, line } = this.place;
      this.end = { mark: toMark(this.reader.mark(at, line)), whole: [this.reader.size, this.file.changed] };
      this.ended = true;
      await this.close();
      break;
    }
    return false;
  }

  /** Hands over the head. @returns false where `load` must follow */
  advance(): boolean {
    this.handed = true;
    const { page } = this;
    this.place = { at: page.at[this.next - 1]!, line: page.line[this.next - 1]! };
    if (this.next < page.observations.length) {
      this.take();
      return true;
    }
    this.head = undefined;
    return false;
  }

  private take(): void {
    this.head = this.page.observations[this.next++]!;
    this.time = this.head.time;
  }

  async close(): Promise<void> {
    await this.reader?.close();
  }
}
