/** Cuts what a file holds into lines, in place: windows of bytes in which every line is complete. */
import { type ContentSettings, type Openable, openContent } from './content.js';
import type { Content, Print } from './prints.js';

/** A longer line is none: it is skipped, in bounded memory. Bytes. */
export const LONGEST_LINE = 1_048_576;
const NEWLINE = 10;
const RETURN = 13;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** What may be wrong with a line: it is too long to be one, or the file ended within it. */
export type LineFault = 'too_long' | 'truncated';

export interface LinesSettings extends ContentSettings {
  /** Told once per fault. @param line its number, from 1 */
  report(fault: LineFault, line: number, problem: string): void;
}

/** A place between two lines, as saved positions have it. */
export interface LinePlace {
  /** Bytes of the decoded content before it. */
  readonly offset: number;
  /** Number, from 1, of the line behind it. */
  readonly line: number;
  /** What the content before it is recognised by. */
  readonly print?: Print;
}

/**
 * The lines of a file. Either take them one by one with `next`, or, where each string counts, read the bytes of `window` from
 * `position` to `limit`, which ends behind a newline, and move `position` and `line` and note where a record begins.
 * Then `fill`. A byte order mark is passed over, a last line without a newline is given one.
 * @example
 * const lines = new Lines(path, settings);
 * while (await lines.fill()) for (let line = lines.next(); line !== undefined; line = lines.next()) take(line, lines.recordLine);
 */
export class Lines {
  window: Buffer = Buffer.alloc(0);
  position = 0;
  limit = 0;
  /** Number, from 1, of the line at `position`. */
  line: number;
  /** Where the record read last begins: in the window, and as a line number. */
  recordStart = 0;
  recordLine: number;
  private readonly file: string | Openable;
  private readonly known: Print | undefined;
  private readonly settings: LinesSettings;
  private content: Content | undefined;
  /** Position in the decoded content of the first byte of the window. */
  private base: number;
  private skipping = false;
  private end = Number.POSITIVE_INFINITY;

  /** Opens nothing yet. */
  constructor(file: string | Openable, settings: LinesSettings, { offset, line, print }: LinePlace = { offset: 0, line: 1 }) {
    this.file = file;
    this.known = print;
    this.settings = settings;
    this.base = offset;
    this.line = line;
    this.recordLine = line;
  }

  /** Where the next record would be read from, in bytes of the decoded content. */
  get offset(): number {
    return Math.min(this.base + this.position, this.end);
  }

  /** Where the record read last begins, in bytes of the decoded content. */
  get recordOffset(): number {
    return this.base + this.recordStart;
  }

  /** What the content before a place, not far behind, is recognised by. */
  print(at: number): Print | undefined {
    return this.content?.print(at);
  }

  /** Bytes of the file itself that were read. */
  get consumed(): number {
    return this.content?.consumed ?? 0;
  }

  /** The next line of the window as text, without its end (`\n` or `\r\n`); `undefined` where the window is used up. */
  next(): string | undefined {
    const { window, position } = this;
    if (position >= this.limit) return undefined;
    const newline = window.indexOf(NEWLINE, position);
    this.position = newline + 1;
    this.recordStart = position;
    this.recordLine = this.line++;
    return window.toString('utf8', position, newline > position && window[newline - 1] === RETURN ? newline - 1 : newline);
  }

  /**
   * Reads on, at first from the place that was given. Call it when the window is used up.
   * @returns false at the end
   * @throws QS_SOURCE_FAILED where the file cannot be opened, or is another one than the place is in
   */
  async fill(): Promise<boolean> {
    if (this.end !== Number.POSITIVE_INFINITY) return false;
    this.content ??= await openContent(this.file, this.base, this.settings, this.known);
    for (;;) {
      let piece = await this.content.read();
      if (!piece) return this.finish(this.content);
      if (this.base === 0 && this.window.length === 0 && piece.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
        this.base = BYTE_ORDER_MARK.length;
        piece = piece.subarray(BYTE_ORDER_MARK.length);
      }
      if (this.take(piece)) return true;
    }
  }

  /** Adds a piece to what is left of the last one. True if there is a whole line now. */
  private take(piece: Buffer): boolean {
    const newline = piece.indexOf(NEWLINE);
    const left = this.window.subarray(this.position);
    if (this.skipping || left.length + (newline < 0 ? piece.length : newline) > LONGEST_LINE) {
      if (!this.skipping) this.settings.report('too_long', this.line, `line of more than ${LONGEST_LINE} bytes`);
      this.skipping = newline < 0;
      const used = newline < 0 ? piece.length : newline + 1;
      this.move(this.base + this.position + left.length + used, piece.subarray(used));
      if (newline >= 0) this.line++;
    } else {
      this.move(this.base + this.position, left.length > 0 ? Buffer.concat([left, piece]) : piece);
    }
    this.limit = this.window.lastIndexOf(NEWLINE) + 1;
    return this.limit > 0;
  }

  private move(base: number, window: Buffer): void {
    this.base = base;
    this.window = window;
    this.position = 0;
    this.limit = 0;
  }

  /** The last line may lack its newline; of a file that was cut off it is a fragment that could pass for a smaller number. */
  private finish({ truncated }: Content): boolean {
    const left = this.window.subarray(this.position);
    this.end = this.base + this.position + left.length;
    if (truncated !== undefined) {
      const fragment = left.length > 0 ? `; a fragment of ${left.length} bytes is left out` : '';
      this.settings.report('truncated', this.line, `the file ends early (${truncated})${fragment}`);
    } else if (left.length > 0 && !this.skipping) {
      this.move(this.base + this.position, Buffer.concat([left, Buffer.from('\n')]));
      this.limit = this.window.length;
      return true;
    }
    this.move(this.end, Buffer.alloc(0));
    return false;
  }

  /** Frees the file. Twice is fine. */
  async close(): Promise<void> {
    const { content } = this;
    this.content = undefined;
    this.end = Math.min(this.end, this.offset);
    await content?.close();
  }
}
