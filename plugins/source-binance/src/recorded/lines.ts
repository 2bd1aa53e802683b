import type { DropReason } from '../wire/trade.js';
import { type Bytes, openBytes } from './bytes.js';

/** A longer line is no trade and no frame: it is skipped in bounded memory. */
export const MAX_LINE = 1_048_576;
const NEWLINE = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A recording cut into lines: a window of bytes in which every line from `position` to `limit` is complete.
 * Whoever reads moves `position` and `line` and notes where the record that it returns begins.
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
  private bytes: Bytes | undefined;
  /** Position in the decoded content of the first byte of the window. */
  private base: number;
  private first: Buffer | undefined;
  private skipping = false;
  private end = Number.POSITIVE_INFINITY;
  readonly path: string;
  private readonly report: (reason: DropReason, line: number, problem: string) => void;

  constructor(path: string, offset: number, line: number, report: (reason: DropReason, line: number, problem: string) => void) {
    this.path = path;
    this.base = offset;
    this.line = line;
    this.recordLine = line;
    this.report = report;
  }

  /** Where the next record would be read from, in bytes of the decoded content. */
  get offset(): number {
    return Math.min(this.base + this.position, this.end);
  }

  get recordOffset(): number {
    return this.base + this.recordStart;
  }

  get consumed(): number {
    return this.bytes?.consumed ?? 0;
  }

  /** Reads on. False at the end. Call it when the window is used up. */
  async fill(): Promise<boolean> {
    if (this.end !== Number.POSITIVE_INFINITY) return false;
    if (!this.bytes) ({ bytes: this.bytes, first: this.first } = await openBytes(this.path, this.base));
    for (;;) {
      let piece = this.first ?? (await this.bytes.read());
      this.first = undefined;
      if (!piece) return this.finish(this.bytes);
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
    if (this.skipping || left.length + (newline < 0 ? piece.length : newline) > MAX_LINE) {
      if (!this.skipping) this.report('frame_too_large', this.line, `line of more than ${MAX_LINE} bytes`);
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
  private finish(bytes: Bytes): boolean {
    const left = this.window.subarray(this.position);
    this.end = this.base + this.position + left.length;
    if (bytes.truncated !== undefined) {
      const fragment = left.length > 0 ? `; a fragment of ${left.length} bytes is left out` : '';
      this.report('truncated_file', this.line, `the file ends early (${bytes.truncated})${fragment}`);
    } else if (left.length > 0 && !this.skipping) {
      this.move(this.base + this.position, Buffer.concat([left, Buffer.from('\n')]));
      this.limit = this.window.length;
      return true;
    }
    this.move(this.end, Buffer.alloc(0));
    return false;
  }

  async close(): Promise<void> {
    const { bytes } = this;
    this.bytes = undefined;
    this.end = Math.min(this.end, this.offset);
    await bytes?.close();
  }
}
