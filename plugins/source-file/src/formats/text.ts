import { messageOf, sayAny } from '@quantstream/engine';
import { type Content, openContent } from '@quantstream/engine/recordings';
import { CONTENT, type Named, refusal } from '../files.js';
import type { Page, Position, Reader, ReaderHost } from './reader.js';

/** How rows stand in a text. Texts are latin1: a character is a byte, so places in it are places in the file. */
export interface TextFormat {
  /** Whether places are counted by row, as several may stand in a line. */
  readonly byRow?: boolean;
  /** Just behind the row that begins at `start`, its end of line included; −1 where its end is not in sight. */
  end(text: string, start: number): number;
  /** Fills in the cells of the row in `text[start, end)`. @returns what is wrong with it; `''` for what is no row */
  cells(text: string, start: number, end: number, out: unknown[]): string | undefined;
  /** What is missing at the end of the file. */
  unfinished?(): string | undefined;
}

/** A row longer than this is none: a quote that was never closed must not swallow the rest of a file. */
const LONGEST = 1024 * 1024;

/** Reads rows of text. A row that cannot be read costs its first line; reading goes on behind that. */
export class TextReader implements Reader {
  private readonly file: Named;
  private readonly format: TextFormat;
  private readonly host: ReaderHost;
  private readonly limit: number;
  private readonly from: Position;
  private content: Content | undefined;
  private readonly cells: unknown[] = [];
  /** What was read and not taken, and where in the file it begins. */
  private text = '';
  private at: number;
  private line: number;
  /** In a line that is too long to be one, or is left out. */
  private skipping = false;
  /** Behind a row that was taken without its end of line; −1: there is none. */
  private tornAt: number;
  /** Whether the rest of such a row is still to be passed over. */
  private torn: boolean;
  private over = false;
  /** Why nothing more can be read. */
  private lost: string | undefined;

  constructor(file: Named, from: Position, format: TextFormat, host: ReaderHost, limit = Number.POSITIVE_INFINITY) {
    this.file = file;
    this.format = format;
    this.host = host;
    this.limit = limit;
    this.from = from;
    this.at = from.at;
    this.line = from.line;
    this.torn = from.torn ?? false;
    this.tornAt = this.torn ? from.at : -1;
  }

  get position(): Position {
    return { at: this.at, line: this.line };
  }

  mark(at: number, line: number): Position {
    // Before anything is read there is no place but that which it began from.
    const print = this.content ? this.content.print(at) : this.from.print;
    return { at, line, ...(print && { print }), ...(at === this.tornAt && { torn: true }) };
  }

  get consumed(): number {
    return this.content?.consumed ?? 0;
  }

  get size(): number {
    // What was added to a plain file since is not among what was read.
    return this.at === this.consumed ? this.at : this.file.size;
  }

  async read(page: Page): Promise<boolean> {
    if (this.over) return false;
    const more = await this.readOn(page);
    this.over = !more;
    return more;
  }

  private async readOn(page: Page): Promise<boolean> {
    let block: Buffer | undefined;
    try {
      this.content ??= this.file.content ?? (await openContent(this.file, this.at, CONTENT, this.from.print));
      block = await this.content.read();
    } catch (error) {
      // Another file than the one that was begun must not pass for one that is broken.
      if (!this.content && this.from.at > 0) throw error;
      // Why it cannot be opened; which file it is stands in front of that already.
      return this.breakOff(messageOf((error as Error).cause ?? error));
    }
    const room = this.limit - this.at - this.text.length;
    if (block && block.length > room) block = room > 0 ? block.subarray(0, room) : undefined;
    if (block !== undefined) {
      this.text += block.toString('latin1');
      this.take(page, false);
      return this.lost === undefined || this.breakOff(this.lost);
    }
    if (this.file.content?.dry) return true;
    if (this.content.truncated !== undefined && room > 0) return this.breakOff(this.content.truncated);
    // The last line may lack its end.
    if (this.text !== '') this.take(page, true);
    const missing = this.lost ?? (room > 0 ? this.format.unfinished?.() : undefined);
    return missing === undefined ? false : this.breakOff(missing);
  }

  /** Gives up the rest of the file, and what was read of a row. */
  private breakOff(why: string): false {
    this.host.drop('broken_file', `${this.file.name}:${this.line + 1}: nothing can be read from here on: ${why}`);
    return false;
  }

  /** Takes the rows in the text. */
  private take(page: Page, last: boolean): void {
    const { text, format } = this;
    const received = this.host.now();
    let start = this.begin(last);
    // A last line without its end that cannot be read is read again when there is more of it.
    let held: Position | undefined;
    while (start >= 0 && start < text.length) {
      const found = format.end(text, start);
      const open = found < 0 && last;
      const end = open ? text.length : found;
      if (end < 0 || end - start > LONGEST) {
        if (end < 0 && text.length - start <= LONGEST) break;
        if (format.byRow) {
          // Nothing tells where the next one begins.
          this.lost = 'the row has no end';
          break;
        }
        start = this.refuse(start, 'the row has no end');
        continue;
      }
      const before = { at: this.at + start, line: this.line };
      const wrong = format.cells(text, start, end, this.cells);
      if (wrong !== undefined && wrong !== '') {
        if (open) held ??= before;
        start = this.refuse(start, wrong);
        continue;
      }
      const line = this.count(start, end, wrong === '');
      start = end;
      if (wrong === '') continue;
      const observation = this.host.mapper.observe(this.cells, this.file.key, this.file.name, line, received);
      if (observation) {
        page.push(observation, this.at + start, this.line, line);
        if (open) this.tornAt = this.at + start;
        held = undefined;
      } else if (open) held ??= before;
    }
    const taken = start < 0 ? text.length : start;
    this.text = text.slice(taken);
    this.at = held?.at ?? this.at + taken;
    this.line = held?.line ?? this.line;
  }

  /** Where the first row of the text begins; −1 where that is not in sight. */
  private begin(last: boolean): number {
    const { text } = this;
    if (this.skipping) return this.skip(0);
    if (this.at === 0 && text.startsWith(MARK)) return MARK.length;
    if (!this.torn || (text === '\r' && !last)) return this.torn ? text.length : 0;
    this.torn = false;
    const newline = /^\r?\n/.exec(text);
    if (newline) return newline[0].length;
    const more = JSON.stringify(utf8(text.slice(0, 40).split(/\r?\n/, 1)[0]!));
    this.host.drop(
      'bad_line',
      `${this.file.name}:${this.line}: the line had no end when it was taken, and has gone on since: ${more} is left out`,
    );
    this.tornAt = -1;
    return this.skip(0);
  }

  /** Counts the lines of a row. @returns that of its beginning */
  private count(start: number, end: number, blank: boolean): number {
    const { text, format } = this;
    if (format.byRow) return blank ? this.line : ++this.line;
    const line = ++this.line;
    for (let i = text.indexOf('\n', start); i >= 0 && i < end - 1; i = text.indexOf('\n', i + 1)) this.line++;
    return line;
  }

  /** Gives up the line that begins at `start`. @returns where the next begins; −1 where that is not in sight */
  private refuse(start: number, why: string): number {
    this.line++;
    const { file, host, text, line } = this;
    const [first] = text.slice(start, start + 40).split(/\r?\n/, 1);
    host.drop('bad_line', `${file.name}:${line}: ${why}: ${sayAny(utf8(first!))}`);
    return this.skip(start);
  }

  private skip(start: number): number {
    if (this.format.byRow) return this.format.end(this.text, start);
    const end = this.text.indexOf('\n', start);
    this.skipping = end < 0;
    return end < 0 ? -1 : end + 1;
  }

  async close(): Promise<void> {
    await this.content?.close();
  }
}

/** Bytes as characters, as the characters that they mean. */
export function utf8(bytes: string): string {
  for (let i = 0; i < bytes.length; i++) if (bytes.charCodeAt(i) > 0x7f) return Buffer.from(bytes, 'latin1').toString('utf8');
  return bytes;
}

/** Where a line's characters end, without \n or \r\n. */
export function contentEnd(text: string, start: number, end: number): number {
  let to = end;
  if (to > start && text.charCodeAt(to - 1) === 10) to--;
  if (to > start && text.charCodeAt(to - 1) === 13) to--;
  return to;
}

/** A byte order mark, as latin1: some programs begin a text with it. */
const MARK = '\u00EF\u00BB\u00BF';

/** The rows at the beginning of a text file, as far as the first block goes, unread. */
export async function firstBlock(file: Named): Promise<string> {
  const text = (await firstBytes(file)).toString('latin1');
  return text.startsWith(MARK) ? text.slice(MARK.length) : text;
}

export async function firstBytes(file: Named): Promise<Buffer> {
  if (file.content) return file.content.begin();
  const content = await openContent(file, 0, CONTENT);
  try {
    const block = await content.read();
    if (!block && content.truncated !== undefined) throw refusal(`${file.path} cannot be read: ${content.truncated}`);
    return block ?? Buffer.alloc(0);
  } finally {
    await content.close();
  }
}
