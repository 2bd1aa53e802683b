/** Finds the records of an on-board log in pieces of bytes. */
import { carryOver } from '../wire/carry.js';
import { FMT, Format, HEAD, type Layout, textOf } from './format.js';

const MARKER_1 = 0xa3;
const MARKER_2 = 0x95;
const TYPES = 256;

/** What lay between records. */
export interface RecordLosses {
  /** Bytes that belong to no record. */
  garbage: number;
  /** Descriptions of types that contradict themselves. */
  badFormats: number;
  /** The log ends within a record. */
  truncated: boolean;
  /** Types that two names are described under: `ATT and PRXR`. */
  collisions: string[];
}

const noLosses = (): RecordLosses => ({ garbage: 0, badFormats: 0, truncated: false, collisions: [] });

/**
 * Finds the records of an on-board log in bytes that come in any pieces: the marker 0xA3 0x95, a type, and as many bytes as the FMT record
 * of that type has said. Where that fails, the search goes on byte by byte, and the first record behind a gap must be followed by another
 * marker or by the end. It holds back less than one record and a head.
 *
 * `push` bytes, call `next` until it is false; `finish` after the last ones and call `next` again. The fields describe the last record and
 * hold until the next `push`.
 */
export class RecordParser {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  type = 0;
  /** Where the fields of the record begin. */
  fields = 0;
  /** By type: how its records are laid out, where that is known and makes sense. */
  readonly formats: (Format | undefined)[] = new Array(TYPES);
  /** By type: a second description of it within one table. */
  readonly rivals: (Format | undefined)[] = new Array(TYPES);
  /** How the last record is laid out; `undefined` where that makes no sense. */
  format: Format | undefined;
  private readonly lengths = new Uint16Array(TYPES);
  /** Types that the current table has described; an FMT of FMT begins another one. */
  private readonly described = new Set<number>();
  /** Position in the input of `bytes[0]`, and behind the last record. */
  private base: number;
  private good: number;
  /** Where a record is looked for next. */
  private at = 0;
  /** Whether the last bytes were no record. */
  private astray = false;
  private ending = false;
  protected losses = noLosses();

  constructor(offset = 0, layouts: readonly Layout[] = []) {
    this.base = offset;
    this.good = offset;
    this.lengths[FMT.type] = FMT.length;
    for (const layout of layouts) this.describe(layout);
  }

  /** Position in the input behind the last record: where a reader may go on. */
  get position(): number {
    return this.good;
  }

  /** Bytes held back. */
  get held(): number {
    return this.bytes.length - Math.min(this.at, this.bytes.length);
  }

  push(piece: Uint8Array): void {
    const from = Math.min(this.at, this.bytes.length);
    this.bytes = carryOver(this.bytes, from, piece);
    this.view = new DataView(this.bytes.buffer);
    this.base += from;
    this.at -= from;
  }

  /** No bytes will follow. */
  finish(): void {
    this.ending = true;
  }

  /** Finds the next record. False when more bytes are needed, or at the end. */
  next(): boolean {
    const { bytes, lengths } = this;
    const limit = bytes.length;
    for (;;) {
      const { at } = this;
      if (at + HEAD > limit) break;
      if (bytes[at] !== MARKER_1 || bytes[at + 1] !== MARKER_2 || lengths[bytes[at + 2]!] === 0) {
        this.stray();
        continue;
      }
      const type = bytes[at + 2]!;
      let format = this.formats[type];
      const rival = this.rivals[type];
      if (rival !== undefined && format !== undefined) {
        const longest = at + Math.max(format.layout.length, rival.layout.length) + 2;
        if (longest > limit && !this.ending) break;
        if (this.fitsBetter(rival, format, at)) format = rival;
      }
      const end = at + (rival === undefined ? lengths[type]! : (format?.layout.length ?? lengths[type]!));
      if (end > limit) {
        if (!this.ending || !this.astray) break;
        this.stray();
        continue;
      }
      if (this.astray) {
        if (end + 2 > limit && !this.ending) break;
        const followed = bytes[end] === MARKER_1 && bytes[end + 1] === MARKER_2;
        if (!followed && !(this.ending && end === limit)) {
          this.stray();
          continue;
        }
        this.astray = false;
      }
      this.type = type;
      this.format = format;
      this.fields = at + HEAD;
      this.at = end;
      this.good = this.base + end;
      if (this.type === FMT.type) this.learn();
      return true;
    }
    if (this.ending) this.close();
    return false;
  }

  /** What was found between records since the last call. */
  takeLosses(): RecordLosses {
    const { losses } = this;
    this.losses = noLosses();
    return losses;
  }

  /** Passes over bytes up to the next marker. */
  private stray(): void {
    this.astray = true;
    const found = this.bytes.indexOf(MARKER_1, this.at + 1);
    const to = found < 0 ? this.bytes.length : found;
    this.losses.garbage += to - this.at;
    this.at = to;
  }

  private learn(): void {
    const { view, fields } = this;
    const layout: Layout = {
      type: view.getUint8(fields),
      length: view.getUint8(fields + 1),
      name: textOf(view, fields + 2, 4),
      format: textOf(view, fields + 6, 16),
      columns: textOf(view, fields + 22, 64),
    };
    if (layout.type === FMT.type) this.described.clear();
    else if (!this.describe(layout)) this.losses.badFormats++;
  }

  /** @returns false where the description makes no sense; its records are passed over then, if they have a length */
  private describe(layout: Layout): boolean {
    const format = Format.of(layout);
    const known = this.described.has(layout.type) ? this.formats[layout.type] : undefined;
    this.described.add(layout.type);
    if (known && format && !known.equals(format)) {
      // Both may come: each record is read by the one that fits.
      if (!this.rivals[layout.type]?.equals(format)) this.losses.collisions.push(`${known.name} and ${format.name}`);
      this.rivals[layout.type] = format;
      return true;
    }
    if (known && format) return true;
    this.rivals[layout.type] = undefined;
    this.formats[layout.type] = format;
    this.lengths[layout.type] = layout.length > HEAD ? layout.length : 0;
    return format !== undefined;
  }

  /** Whether a record at `at` is rather of the second description: by what follows it, or by what fills it. */
  private fitsBetter(rival: Format, format: Format, at: number): boolean {
    if (rival.layout.length === format.layout.length) return rival.exact && !format.exact;
    return this.followed(at + rival.layout.length) && !this.followed(at + format.layout.length);
  }

  private followed(end: number): boolean {
    const { bytes } = this;
    return end === bytes.length || (bytes[end] === MARKER_1 && bytes[end + 1] === MARKER_2);
  }

  private close(): void {
    const left = this.bytes.length - this.at;
    if (left > 0 && !this.astray) this.losses.truncated = true;
    else this.losses.garbage += left;
    this.at = this.bytes.length;
  }
}
