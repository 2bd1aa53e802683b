// Finds the records of an on-board log that was written as text.

import { FMT, HEAD, type Layout } from './format.js';
import { RecordParser } from './record-parser.js';

/** A line is no longer, bytes: what goes on without end is no line. */
const LONGEST_LINE = 4_096;
const NEW_LINE = 0x0a;

/** How a value of a column is written into a record; what is too large for its column is 0. */
type Put = (view: DataView, at: number, value: number) => void;
const whole =
  (least: number, most: number, put: Put): Put =>
  (view, at, value) => {
    const rounded = Math.round(value);
    if (rounded >= least && rounded <= most) put(view, at, rounded);
  };
const put64: Put = (view, at, value) => {
  view.setUint32(at, value % 4_294_967_296, true);
  view.setInt32(at + 4, Math.floor(value / 4_294_967_296), true);
};
const U32 = 4_294_967_295;
const NUMBERS: Readonly<Record<string, readonly [bytes: number, multiply: number, put: Put]>> = {
  b: [1, 1, whole(-128, 127, (view, at, value) => view.setInt8(at, value))],
  B: [1, 1, whole(0, 255, (view, at, value) => view.setUint8(at, value))],
  M: [1, 1, whole(0, 255, (view, at, value) => view.setUint8(at, value))],
  h: [2, 1, whole(-32_768, 32_767, (view, at, value) => view.setInt16(at, value, true))],
  H: [2, 1, whole(0, 65_535, (view, at, value) => view.setUint16(at, value, true))],
  i: [4, 1, whole(-2_147_483_648, 2_147_483_647, (view, at, value) => view.setInt32(at, value, true))],
  I: [4, 1, whole(0, U32, (view, at, value) => view.setUint32(at, value, true))],
  q: [8, 1, whole(-(2 ** 53), 2 ** 53, put64)],
  Q: [8, 1, whole(0, 2 ** 53, put64)],
  c: [2, 100, whole(-32_768, 32_767, (view, at, value) => view.setInt16(at, value, true))],
  C: [2, 100, whole(0, 65_535, (view, at, value) => view.setUint16(at, value, true))],
  e: [4, 100, whole(-2_147_483_648, 2_147_483_647, (view, at, value) => view.setInt32(at, value, true))],
  E: [4, 100, whole(0, U32, (view, at, value) => view.setUint32(at, value, true))],
  L: [4, 1e7, whole(-2_147_483_648, 2_147_483_647, (view, at, value) => view.setInt32(at, value, true))],
  f: [4, 1, (view, at, value) => view.setFloat32(at, value, true)],
  d: [8, 1, (view, at, value) => view.setFloat64(at, value, true)],
};
/** Texts; halves of floats and lists of raw samples, of which nothing becomes, stay 0. */
const TEXTS: Readonly<Record<string, number>> = { n: 4, N: 16, Z: 64 };
const ZEROS: Readonly<Record<string, number>> = { g: 2, a: 64 };

/** Modes of ArduCopter as old logs write them in place of numbers. Source: COPTER_MODE of MAVLink */
const MODES =
  'STABILIZE,ACRO,ALTHOLD,AUTO,GUIDED,LOITER,RTL,CIRCLE,POSITION,LAND,OF_LOITER,DRIFT,,SPORT,FLIP,AUTOTUNE,POSHOLD,BRAKE,THROW,AVOID_ADSB,GUIDED_NOGPS,SMART_RTL'.split(
    ',',
  );

/** What a float may be that is no number. */
const NO_NUMBER = /^[-+]?(?:nan|inf(?:inity)?)$/i;

/** A number as it is written, or the name of a mode; NaN where it is neither. */
function numberIn(text: string, character: string): number {
  const value = Number(text);
  if (text !== '' && !Number.isNaN(value)) return value;
  const mode = character === 'M' ? MODES.indexOf(text.toUpperCase().replace('ALT_HOLD', 'ALTHOLD')) : -1;
  return mode >= 0 ? mode : Number.NaN;
}

function writeText(bytes: Uint8Array, at: number, most: number, text: string): void {
  for (let i = 0; i < Math.min(most, text.length); i++) bytes[at + i] = text.charCodeAt(i) & 0xff;
}

/** The record that a line stands for; `undefined` where its columns are not those of the layout, or hold no numbers where they should. */
function recordOf({ type, length, format }: Layout, parts: readonly string[]): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set([0xa3, 0x95, type]);
  // A text may hold commas: what is too much belongs to the last column.
  const last = format.length - 1;
  const given =
    parts.length > format.length && format[last]! in TEXTS ? [...parts.slice(0, last), parts.slice(last).join(', ')] : parts;
  if (given.length !== format.length && !format.includes('a')) return undefined;
  let at = HEAD;
  for (const [i, character] of [...format].entries()) {
    const text = given[i] ?? '';
    const number = NUMBERS[character];
    if (number) {
      const [size, multiply, put] = number;
      const value = numberIn(text, character);
      // A float may be none; anything else that is none is damage.
      if (Number.isNaN(value) && !('fd'.includes(character) && NO_NUMBER.test(text))) return undefined;
      put(view, at, value * multiply);
      at += size;
    } else {
      const size = TEXTS[character];
      if (size !== undefined) writeText(bytes, at, size, text);
      at += size ?? ZEROS[character]!;
    }
  }
  return bytes;
}

/**
 * Finds the records of an on-board log of ArduPilot that a ground station has written as text: a line each, its name and the values of its columns
 * with commas between, after FMT lines that describe them as FMT records do. Each line becomes the bytes of its record. Lines that are none are
 * counted by their bytes.
 */
export class TextParser extends RecordParser {
  /** What was read and not taken yet, from `next` on. */
  private text: Uint8Array = new Uint8Array(0);
  private from = 0;
  /** Position in the input behind the last line taken. */
  private taken: number;
  private over = false;
  private begun: boolean;
  /** By name: the type that was described last under it. */
  private readonly named = new Map<string, number>();

  constructor(offset = 0, layouts: readonly Layout[] = []) {
    super(0, layouts);
    this.taken = offset;
    this.begun = layouts.length > 0;
    for (const { name, type } of layouts) this.named.set(name, type);
  }

  override get position(): number {
    return this.taken;
  }

  override get held(): number {
    return this.text.length - this.from;
  }

  override push(piece: Uint8Array): void {
    const rest = this.text.subarray(this.from);
    const joined = new Uint8Array(rest.length + piece.length);
    joined.set(rest);
    joined.set(piece, rest.length);
    this.text = joined;
    this.from = 0;
  }

  override finish(): void {
    this.over = true;
  }

  override next(): boolean {
    for (;;) {
      if (super.next()) return true;
      const { text, from } = this;
      const found = text.indexOf(NEW_LINE, from);
      const end = found < 0 ? text.length : found + 1;
      if (end === from || (found < 0 && !this.over && end - from <= LONGEST_LINE)) return false;
      this.from = end;
      this.taken += end - from;
      const line = Buffer.from(text.buffer, text.byteOffset + from, end - from)
        .toString('latin1')
        .trim();
      const record = line === '' || end - from > LONGEST_LINE ? undefined : this.encode(line);
      if (record) super.push(record);
      else if (line !== '') this.refuse(end - from, found < 0);
    }
  }

  /** A line that is no record. @param last nothing came behind it */
  private refuse(bytes: number, last: boolean): void {
    if (last && this.begun) this.losses.truncated = true;
    // Before the first description stand the name of the firmware and the like.
    else if (this.begun) this.losses.garbage += bytes;
  }

  private encode(line: string): Uint8Array | undefined {
    const [name = '', ...parts] = line.split(/\s*,\s*/);
    if (name === 'FMT') {
      const [type, length, described = '', format = '', ...columns] = parts;
      const said: Layout = { type: FMT.type, length: FMT.length, name: 'FMT', format: 'BBnNZ', columns: '' };
      const record = recordOf(said, [type ?? '', length ?? '', described, format, columns.join(',')]);
      this.begun ||= record !== undefined && Number(type) === FMT.type;
      if (this.begun) this.named.set(described, Number(type));
      return this.begun ? record : undefined;
    }
    const layout = this.layoutOf(name);
    return layout && recordOf(layout, parts);
  }

  private layoutOf(name: string): Layout | undefined {
    const format = this.formats[this.named.get(name) ?? -1];
    return format?.name === name ? format.layout : undefined;
  }
}
