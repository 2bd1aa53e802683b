// Finds the messages of a ULog in pieces of bytes.

import { carryOver } from '../wire/carry.js';
import { Formats, type Topic, textOf } from './layout.js';

/** Bytes of the header of the file, and of that of a message: its length and its type. */
const FILE_HEADER = 16;
const HEADER = 3;
/** `ULog`, 0x01 0x12 0x35; the version and the time of the first message follow. */
export const MAGIC = [0x55, 0x4c, 0x6f, 0x67, 0x01, 0x12, 0x35] as const;
const SYNC = [0x2f, 0x73, 0x13, 0x20, 0x25, 0x0c, 0xbb, 0x12] as const;
/** The one incompatibility that is known: data was appended, and the message before it may be cut. */
const APPENDED = 1;
const FLAGS = { incompatible: 8, length: 8, offsets: 16, count: 3, least: 40 } as const;

/** The least bytes of a message by its type; others are none. Source: https://docs.px4.io/main/en/dev_log/ulog_file_format.html */
const LEAST = new Uint16Array(256);
for (const [type, bytes] of Object.entries({ B: 40, F: 4, I: 3, M: 4, P: 6, Q: 5, A: 4, R: 2, D: 10, L: 9, C: 11, S: 8, O: 2 }))
  LEAST[type.charCodeAt(0)] = bytes;
const FIXED = new Set(['S', 'O', 'R'].map((type) => type.charCodeAt(0)));
const code = (type: string) => type.charCodeAt(0);
const [FLAG, FORMAT, ADD, REMOVE, DATA, IN_SYNC] = ['B', 'F', 'A', 'R', 'D', 'S'].map(code) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** What a reader has to know to go on. */
export interface UlogKnown {
  readonly formats: readonly string[];
  readonly logged: readonly (readonly [id: number, name: string, instance: number])[];
  readonly start: number;
  readonly appended: readonly number[];
}

/** What lay between messages. */
export interface UlogLosses {
  /** Bytes that belong to no message, and messages of topics that nobody described. */
  garbage: number;
  /** Formats that contradict themselves, and topics without one. */
  badFormats: number;
  /** The log ends within a message. */
  truncated: boolean;
}

const noLosses = (): UlogLosses => ({ garbage: 0, badFormats: 0, truncated: false });

/**
 * Finds the messages of a ULog in bytes that come in any pieces: two bytes of length, a type, and so many bytes. Where that fails, the search goes
 * on byte by byte, and the first message behind a gap must be followed by another one or by the end. Where data was appended after a crash, the
 * message before it may be cut. It holds back less than one message and a header.
 *
 * `push` bytes, call `next` until it is false; `finish` after the last ones and call `next` again. The fields describe the last message and hold
 * until the next `push`.
 */
export class UlogParser {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** What kind of message it is, a character's code. */
  type = 0;
  /** Where what it holds begins (of data: behind the id of its topic), and how long that is. */
  at = 0;
  length = 0;
  /** Of data: its topic. */
  topic: Topic | undefined;
  /** The id of that topic. */
  id = 0;
  /** When the log began by its own clock, µs; NaN before the header. */
  start = Number.NaN;
  /** Features that a reader must know and this one does not. */
  incompatible = false;
  readonly formats = new Formats();
  readonly logged: (Topic | undefined)[] = [];
  /** Where data was appended, positions in the input. */
  private appended: number[] = [];
  /** Position in the input of `bytes[0]`, and behind the last message. */
  private base: number;
  private good: number;
  private place = 0;
  private astray = false;
  private ending = false;
  private losses = noLosses();

  constructor(offset = 0, known?: UlogKnown) {
    this.base = offset;
    this.good = offset;
    if (!known) return;
    for (const text of known.formats) this.formats.add(text);
    for (const [id, name, instance] of known.logged) this.logged[id] = this.formats.topic(name, instance);
    this.start = known.start;
    this.appended = [...known.appended];
  }

  get known(): UlogKnown {
    const { logged, start, appended } = this;
    const topics = logged.flatMap((topic, id) => (topic ? [[id, topic.name, topic.instance] as const] : []));
    return { formats: [...this.formats.texts], logged: topics, start, appended };
  }

  /** Position in the input behind the last message: where a reader may go on. */
  get position(): number {
    return this.good;
  }

  /** Bytes held back. */
  get held(): number {
    return this.bytes.length - Math.min(this.place, this.bytes.length);
  }

  push(piece: Uint8Array): void {
    const from = Math.min(this.place, this.bytes.length);
    this.bytes = carryOver(this.bytes, from, piece);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.base += from;
    this.place -= from;
  }

  /** No bytes will follow. */
  finish(): void {
    this.ending = true;
  }

  /** Finds the next message that says something. False when more bytes are needed, or at the end. */
  next(): boolean {
    if (Number.isNaN(this.start) && !this.begin()) return false;
    const { bytes } = this;
    for (;;) {
      const at = this.place;
      if (at + HEADER > bytes.length) break;
      const length = bytes[at]! | (bytes[at + 1]! << 8);
      const cut = this.cutAt(at, at + HEADER + length);
      if (cut > at) {
        this.losses.garbage += cut - at;
        this.place = cut;
        this.astray = false;
        continue;
      }
      const end = at + HEADER + length;
      if (!this.isMessage(at, length)) {
        this.stray();
        continue;
      }
      if (end > bytes.length) {
        if (!this.ending || !this.astray) break;
        this.stray();
        continue;
      }
      if (this.astray) {
        if (end + HEADER > bytes.length && !this.ending) break;
        if (end + HEADER <= bytes.length && !this.isMessage(end, bytes[end]! | (bytes[end + 1]! << 8))) {
          this.stray();
          continue;
        }
        this.astray = false;
      }
      this.place = end;
      this.good = this.base + end;
      if (this.take(bytes[at + 2]!, at + HEADER, length)) return true;
    }
    if (this.ending) this.close();
    return false;
  }

  /** What was found between messages since the last call. */
  takeLosses(): UlogLosses {
    const { losses } = this;
    this.losses = noLosses();
    return losses;
  }

  /** The header of the file. @returns whether it is there; what begins otherwise is no ULog, and nothing of it is one */
  private begin(): boolean {
    const { bytes } = this;
    if (bytes.length < FILE_HEADER) {
      if (this.ending) this.close();
      return false;
    }
    if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
      this.losses.garbage += bytes.length;
      this.place = bytes.length;
      return false;
    }
    this.start = this.view.getUint32(12, true) * 4_294_967_296 + this.view.getUint32(8, true);
    this.place = FILE_HEADER;
    this.good = this.base + FILE_HEADER;
    return true;
  }

  /** Where appended data begins within a message, in `bytes`; −1 where none does. */
  private cutAt(at: number, end: number): number {
    for (const offset of this.appended) {
      const place = offset - this.base;
      if (place > at && place < end) return place;
    }
    return -1;
  }

  /** Whether a message may begin there. */
  private isMessage(at: number, length: number): boolean {
    const { bytes } = this;
    const type = bytes[at + 2]!;
    const least = LEAST[type]!;
    if (least === 0 || length < least || (length !== least && FIXED.has(type))) return false;
    const body = at + HEADER;
    if (type === IN_SYNC) {
      const there = Math.min(SYNC.length, bytes.length - body);
      for (let i = 0; i < there; i++) if (bytes[body + i] !== SYNC[i]) return false;
    }
    if (type !== DATA || body + 2 > bytes.length) return true;
    const topic = this.logged[bytes[body]! | (bytes[body + 1]! << 8)];
    // Of a topic that was never described nothing is known, so a search does not believe it.
    return topic === undefined ? !this.astray : length - 2 >= topic.length;
  }

  /** Takes in a message. @returns whether it says something to others */
  private take(type: number, at: number, length: number): boolean {
    const { view } = this;
    this.type = type;
    this.at = at;
    this.length = length;
    switch (type) {
      case DATA:
        this.id = view.getUint16(at, true);
        this.topic = this.logged[this.id];
        this.at = at + 2;
        this.length = length - 2;
        if (!this.topic) this.losses.garbage += HEADER + length;
        return this.topic !== undefined;
      case FORMAT:
        if (!this.formats.add(textOf(view, at, length))) this.losses.badFormats++;
        return false;
      case ADD:
        this.add(view.getUint16(at + 1, true), textOf(view, at + 3, length - 3), view.getUint8(at));
        return false;
      case REMOVE:
        this.logged[view.getUint16(at, true)] = undefined;
        return false;
      case FLAG:
        this.flags(at);
        return false;
      default:
        return type !== IN_SYNC;
    }
  }

  private add(id: number, name: string, instance: number): void {
    const topic = this.formats.topic(name, instance);
    if (!topic) this.losses.badFormats++;
    this.logged[id] = topic;
  }

  private flags(at: number): void {
    const { view } = this;
    for (let i = 0; i < FLAGS.length; i++) {
      const bits = view.getUint8(at + FLAGS.incompatible + i);
      if ((i === 0 ? bits & ~APPENDED : bits) !== 0) this.incompatible = true;
    }
    for (let i = 0; i < FLAGS.count; i++) {
      const place = at + FLAGS.offsets + 8 * i;
      const offset = view.getUint32(place + 4, true) * 4_294_967_296 + view.getUint32(place, true);
      if (offset > 0) this.appended.push(offset);
    }
  }

  /** Passes over one byte. */
  private stray(): void {
    this.astray = true;
    this.losses.garbage++;
    this.place++;
  }

  private close(): void {
    const left = this.bytes.length - this.place;
    if (left > 0 && !this.astray) this.losses.truncated = true;
    else this.losses.garbage = Math.max(0, this.losses.garbage + left);
    this.place = this.bytes.length;
  }
}
