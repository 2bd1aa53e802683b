import { Lines, type Print, UNNUMBERED } from '@quantstream/engine/recordings';
import type { RecordReader, RecordSettings } from '../wire/csv.js';
import type { DropReason, Trade } from '../wire/trade.js';
import { linesWith } from './files.js';
import { isNameless, type Recording, readerOf } from './probe.js';

/** Where the reading of one symbol's recordings stands: in which file, at which byte of its decoded content, in which line. */
export interface StreamPosition {
  readonly file: string;
  readonly size: number;
  readonly offset: number;
  readonly line: number;
  /** What the file is recognised by. */
  readonly print?: Print;
  /** How many recordings were read before it. */
  readonly before: number;
  /** Id and time of the last trade of those, where they have ids: what repeats them is passed over. */
  readonly past?: readonly [id: number, time: number];
}

export interface StreamSettings extends Pick<RecordSettings, 'keyOf' | 'market'> {
  drop(reason: DropReason, detail: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** How far ahead of now a stamp is believed, ms. */
  readonly maxAhead: number;
}

const NOTHING = [-1, Number.NEGATIVE_INFINITY] as const;

/** The recordings of one symbol, one after the other, with one trade read ahead so that streams can be merged by time. */
export class RecordingStream {
  /** The next trade; `null` before the first `advance` and at the end. */
  head: Trade | null = null;
  readonly name: string;
  private readonly recordings: readonly Recording[];
  private readonly settings: StreamSettings;
  private index: number;
  private lines: Lines | undefined;
  private reader: RecordReader | undefined;
  private resumeAt: StreamPosition | undefined;
  private consumedBefore = 0;
  /** Whether the recording that is read has no ids. */
  private counts = false;
  private readonly until: StreamPosition | undefined;
  /** Whether that was reached. */
  private over = false;
  /** The last trade of the recordings before this one, id and time; and of all so far. */
  private past: readonly [id: number, time: number] = NOTHING;
  private last: Trade | undefined;

  /** @param until what lies behind this is left alone */
  constructor(
    name: string,
    recordings: readonly Recording[],
    settings: StreamSettings,
    from?: StreamPosition,
    until?: StreamPosition,
  ) {
    this.name = name;
    this.until = until;
    this.recordings = recordings;
    this.settings = settings;
    this.index = from ? recordings.findIndex((recording) => recording.name === from.file) : 0;
    this.resumeAt = from;
    if (from?.past) this.past = from.past;
    for (let i = 0; i < this.index; i++) this.consumedBefore += recordings[i]!.size;
  }

  /** Event time of the next trade; there must be one. */
  get time(): number {
    return this.head!.time;
  }

  /** Reads the next trade within what is in memory. False if more has to be read first. */
  advance(): boolean {
    const { lines, reader } = this;
    let head = lines && reader ? reader.next(lines) : null;
    // A month and one of its days: what the one before has told is not told again.
    while (head !== null && head.sequence <= this.past[0] && head.time <= this.past[1] && !this.counts)
      head = reader!.next(lines!);
    this.head = head;
    if (head === null) return false;
    if (this.counts) head.sequence = UNNUMBERED;
    this.last = head;
    this.over = this.until !== undefined && this.isBeyond(this.until);
    return !this.over;
  }

  /** Where the next trade stands, for messages. */
  get line(): number {
    return this.lines!.recordLine;
  }

  /** The recording that is read. */
  get file(): string {
    return this.recordings[this.index]!.name;
  }

  /** Whether the next trade lies behind a place. */
  private isBeyond({ file, offset, before }: StreamPosition): boolean {
    return this.file === file ? this.lines!.recordOffset >= offset : this.index > before;
  }

  /** Reads on until there is a next trade. False at the end of the last recording. */
  async load(signal: AbortSignal): Promise<boolean> {
    while (!this.advance()) {
      if (signal.aborted || this.over) return false;
      if (this.reader) this.stamp(this.reader);
      if (this.lines && (await this.lines.fill())) continue;
      if (!(await this.openNext())) return false;
    }
    return true;
  }

  private async openNext(): Promise<boolean> {
    if (this.lines) {
      if (this.index + 1 >= this.recordings.length) return false;
      await this.lines.close();
      this.turn();
      this.consumedBefore += this.recordings[this.index++]!.size;
    }
    const recording = this.recordings[this.index];
    if (!recording) return false;
    const report = (reason: DropReason, line: number, problem: string) =>
      this.settings.drop(reason, `${recording.name}:${line}: ${problem}`);
    const from = this.resumeAt;
    this.resumeAt = undefined;
    this.lines = new Lines(recording.file, linesWith(report), from);
    this.reader = undefined;
    // An empty file has no format; its lines end at once.
    if (!recording.format) return true;
    this.reader = readerOf(recording, {
      keyOf: this.settings.keyOf,
      market: this.settings.market,
      fileSymbol: recording.fileSymbol,
      report,
    });
    this.counts = recording.format.kind === 'csv' && recording.format.layout.id < 0;
    this.stamp(this.reader);
    return true;
  }

  /** A recording ends. Ids tell of repeats where all are of one symbol. */
  private turn(): void {
    const { format } = this.recordings[this.index]!;
    const { last } = this;
    if (last && last.sequence > this.past[0] && isNameless(format)) this.past = [last.sequence, last.time];
  }

  /** Trades that are read from now on arrive now. */
  private stamp(reader: RecordReader): void {
    reader.received = this.settings.now();
    reader.latest = reader.received + this.settings.maxAhead;
  }

  /** Where to go on behind everything that was taken: at the record that was read ahead. */
  position(): StreamPosition {
    const { lines, index: before } = this;
    const { name: file, size } = this.recordings[before]!;
    if (!lines) return this.resumeAt ?? { file, size, offset: 0, line: 1, before };
    const offset = this.head ? lines.recordOffset : lines.offset;
    const print = lines.print(offset);
    const past = this.past[0] < 0 ? undefined : this.past;
    const line = this.head ? lines.recordLine : lines.line;
    return { file, size, offset, line, before, ...(print && { print }), ...(past && { past }) };
  }

  /** Bytes of files read so far. */
  get consumed(): number {
    return this.consumedBefore + Math.min(this.lines?.consumed ?? 0, this.recordings[this.index]?.size ?? 0);
  }

  async close(): Promise<void> {
    await this.lines?.close();
  }
}
