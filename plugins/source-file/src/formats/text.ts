import { messageOf } from '@quantstream/engine';
import { type Content, openContent } from '@quantstream/engine/recordings';
import { CONTENT, type Named, refusal } from '../files.js';
import type { Page, Position, Reader, ReaderHost } from './reader.js';

/** How rows stand in a text. Texts are latin1: a character is a byte, so places in it are places in the file. */
export interface TextFormat {
  /** Just behind the row that begins at `start`, its end of line included; −1 where its end is not in sight. */
  end(text: string, start: number): number;
  /** Fills in the cells of the row in `text[start, end)`. @returns what is wrong with it; `''` for a line that is no row */
  cells(text: string, start: number, end: number, out: unknown[]): string | undefined;
}

/** A row longer than this is none: a quote that was never closed must not swallow the rest of a file. */
const LONGEST = 1024 * 1024;

/** Reads rows of text. A row that cannot be read costs its first line; reading goes on behind that. */
export class TextReader implements Reader {
  private readonly file: Named;
  private readonly format: TextFormat;
  private readonly host: ReaderHost;
  private content: Content | undefined;
  private readonly cells: unknown[] = [];
  /** What was read and not taken, and where in the file it begins. */
  private text = '';
  private at: number;
  private line: number;
  /** In a line that is too long to be one. */
  private skipping = false;

  constructor(file: Named, from: Position, format: TextFormat, host: ReaderHost) {
    this.file = file;
    this.format = format;
    this.host = host;
    this.at = from.at;
    this.line = from.line;
  }

  get position(): Position {
    return { at: this.at, line: this.line };
  }

  get consumed(): number {
    return this.content?.consumed ?? 0;
  }

  async read(page: Page): Promise<boolean> {
    let block: Buffer | undefined;
    try {
      this.content ??= await openContent(this.file.path, this.at, CONTENT);
      block = await this.content.read();
    } catch (error) {
      // Why it cannot be opened; which file it is stands in front of that already.
      return this.breakOff(messageOf((error as Error).cause ?? error));
    }
    if (block === undefined) {
      if (this.content.truncated !== undefined) return this.breakOff(this.content.truncated);
      // The last line may lack its end.
      if (this.text !== '') this.take(page, true);
      return false;
    }
    this.text += block.toString('latin1');
    this.take(page, false);
    return true;
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
    let start = this.skipping ? this.skip(0) : this.at === 0 && text.startsWith(MARK) ? MARK.length : 0;
    while (start >= 0 && start < text.length) {
      let end = format.end(text, start);
      if (end < 0 && last) end = text.length;
      if (end < 0 || end - start > LONGEST) {
        if (end < 0 && text.length - start <= LONGEST) break;
        start = this.refuse(start, 'the row has no end');
        continue;
      }
      const wrong = format.cells(text, start, end, this.cells);
      if (wrong !== undefined && wrong !== '') {
        start = this.refuse(start, wrong);
        continue;
      }
      this.line++;
      const line = this.line;
      for (let i = text.indexOf('\n', start); i >= 0 && i < end - 1; i = text.indexOf('\n', i + 1)) this.line++;
      start = end;
      if (wrong === '') continue;
      const observation = this.host.mapper.observe(this.cells, this.file.key, this.file.name, line, received);
      if (observation) page.push(observation, this.at + start, this.line);
    }
    const taken = start < 0 ? text.length : start;
    this.text = text.slice(taken);
    this.at += taken;
  }

  /** Gives up the line that begins at `start`. @returns where the next begins; −1 where that is not in sight */
  private refuse(start: number, why: string): number {
    this.line++;
    const { file, host, text, line } = this;
    const [first] = text.slice(start, start + 40).split(/\r?\n/, 1);
    host.drop('bad_line', `${file.name}:${line}: ${why}: ${JSON.stringify(utf8(first!))}`);
    return this.skip(start);
  }

  private skip(start: number): number {
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
  const content = await openContent(file.path, 0, CONTENT);
  try {
    const block = await content.read();
    if (!block && content.truncated !== undefined) throw refusal(`${file.path} cannot be read: ${content.truncated}`);
    const text = block?.toString('latin1') ?? '';
    return text.startsWith(MARK) ? text.slice(MARK.length) : text;
  } finally {
    await content.close();
  }
}
