// Finds MAVLink frames in bytes that come in any pieces.

import { carryOver } from './carry.js';
import { crcOf, crcWith } from './crc.js';
import { type MessageTable, messageTable } from './dialects.js';
import { addLosses, addUnknown, type Losses, noLosses } from './losses.js';

// Source of the layouts: https://mavlink.io/en/guide/serialization.html#packet_format
const MARKER_1 = 0xfe;
const MARKER_2 = 0xfd;
const HEADER_1 = 6;
const HEADER_2 = 10;
const CHECKSUM = 2;
const SIGNATURE = 13;
const SIGNED = 0x01;

const NONE: readonly number[] = [];
/** So many of them are remembered. */
const MOST_BEFORE = 64;

/** The longest frame: a signed one with a full payload. */
export const LONGEST_FRAME = HEADER_2 + 255 + CHECKSUM + SIGNATURE;

/**
 * Finds MAVLink 1 and 2 frames in bytes that come in any pieces. A frame is taken only when its checksum, seeded with the CRC_EXTRA of
 * its message, is right; else the search goes on at the byte after its marker, so a false marker never swallows a good frame. It
 * holds back less than one frame and its prefix, and looks at each byte a bounded number of times, whatever the bytes are.
 *
 * Bytes between two good frames are explained where they can be: if records with a header and a length fill the space exactly, they are
 * frames with a wrong checksum, of an unknown message or with unknown flags; else all of them are garbage. The signature of a signed frame is
 * skipped unchecked.
 *
 * `push` bytes, call `next` until it is false; `finish` after the last ones and call `next` again. The fields describe the last frame
 * and hold until the next `push`; positions are of `bytes`.
 */
export class FrameParser {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** Where the frame begins; its prefix lies before it. */
  start = 0;
  payload = 0;
  payloadLength = 0;
  id = 0;
  system = 0;
  component = 0;
  sequence = 0;
  /** 1 or 2. */
  version = 0;
  signed = false;
  /** Frames with a wrong checksum between the last good frame and this one. */
  damagedBefore = 0;
  /**
   * Frames of unknown messages between the last good frame and this one, as system · 65536 + component · 256 + sequence. Nothing proves
   * them, but that they fit exactly; with them a sender's sequence has no gap.
   */
  unknownBefore: readonly number[] = NONE;
  /** Bytes that were taken into checksums: how much work the input has made. */
  summed = 0;

  private readonly prefix: number;
  private readonly table: MessageTable;
  /** Position in the input of `bytes[0]`. */
  private base: number;
  /** Where a frame is looked for next. */
  private at: number;
  /** Position in the input behind the last good frame. */
  private good: number;
  /** Up to here (in the input) the bytes behind `good` are whole records; −1 once they are not. */
  private explained: number;
  /** Garbage up to here (in the input) is counted. */
  private counted: number;
  private ending = false;
  private losses = noLosses();
  private pending = noLosses();
  private senders: number[] = [];

  /**
   * @param prefix bytes that go before every frame and belong to it: 8 in a tlog, 0 on a link
   * @param offset position in the input of the first byte that will be pushed
   */
  constructor(prefix: number, offset = 0, table: MessageTable = messageTable) {
    this.prefix = prefix;
    this.table = table;
    this.base = offset;
    this.good = offset;
    this.explained = offset;
    this.counted = offset;
    this.at = prefix;
  }

  /** Position in the input behind the last good frame: where a reader may go on. */
  get position(): number {
    return this.good;
  }

  /** Position in the input at which the last good frame begins. */
  get begin(): number {
    return this.base + this.start;
  }

  /** The checksum of the last good frame. */
  get checksum(): number {
    return this.view.getUint16(this.payload + this.payloadLength, true);
  }

  /** Bytes held back. */
  get held(): number {
    return this.bytes.length - Math.min(this.bytes.length, Math.max(0, this.at - this.prefix));
  }

  push(piece: Uint8Array): void {
    const from = Math.min(this.bytes.length, Math.max(0, this.at - this.prefix));
    this.bytes = carryOver(this.bytes, from, piece);
    this.view = new DataView(this.bytes.buffer);
    this.base += from;
    this.at -= from;
  }

  /** No bytes will follow: what is incomplete is no frame. */
  finish(): void {
    this.ending = true;
  }

  /**
   * Finds the next frame. False when more bytes are needed, or at the end.
   * One function, longer than others: it runs for every byte of a noisy link.
   */
  next(): boolean {
    const { bytes, table } = this;
    const { crcExtra, baseLength, fullLength } = table;
    const limit = bytes.length;
    for (;;) {
      let at = this.at;
      const expected = this.explained + this.prefix - this.base;
      while (at < limit && bytes[at] !== MARKER_2 && bytes[at] !== MARKER_1) {
        if (at === expected) this.explained = -1;
        at++;
      }
      this.at = at;
      if (at >= limit) break;
      const second = bytes[at] === MARKER_2;
      const header = second ? HEADER_2 : HEADER_1;
      if (at + header > limit) {
        if (!this.ending) break;
        this.reject(at, limit + 1, 'cut');
        continue;
      }
      const length = bytes[at + 1];
      const flags = second ? bytes[at + 2] : 0;
      const signed = (flags & SIGNED) !== 0;
      const end = at + header + length + CHECKSUM + (signed ? SIGNATURE : 0);
      const id = second ? bytes[at + 7] | (bytes[at + 8] << 8) | (bytes[at + 9] << 16) : bytes[at + 5];
      const extra = id < crcExtra.length ? crcExtra[id] : -1;
      if ((flags & ~SIGNED) !== 0) {
        this.reject(at, end, 'unsupported');
        continue;
      }
      if (extra < 0) {
        this.reject(at, end, id);
        continue;
      }
      // MAVLink 1 does not cut zeros off, and has nothing behind what is known.
      if (!second && (length < baseLength[id] || length > fullLength[id])) {
        this.reject(at, end, 'checksum');
        continue;
      }
      if (end > limit) {
        if (!this.ending) break;
        this.reject(at, end, 'cut');
        continue;
      }
      const payload = at + header;
      const covered = payload + length;
      this.summed += covered - at;
      if (crcWith(crcOf(bytes, at + 1, covered), extra) !== (bytes[covered] | (bytes[covered + 1] << 8))) {
        this.reject(at, end, 'checksum');
        continue;
      }
      this.settle(this.base + at - this.prefix);
      this.start = at;
      this.payload = payload;
      this.payloadLength = length;
      this.id = id;
      this.version = second ? 2 : 1;
      this.signed = signed;
      const names = second ? at + 4 : at + 2;
      this.sequence = bytes[names];
      this.system = bytes[names + 1];
      this.component = bytes[names + 2];
      this.good = this.base + end;
      this.explained = this.good;
      this.counted = this.good;
      this.at = end + this.prefix;
      return true;
    }
    if (this.ending) this.close();
    else this.countGarbage(this.base + this.at - this.prefix);
    return false;
  }

  /** What was found between frames since the last call. */
  takeLosses(): Losses {
    const { losses } = this;
    this.losses = noLosses();
    return losses;
  }

  /** No frame at `at`: goes on at the next byte. If the record could be the next one, it may explain the space up to `end`. */
  private reject(at: number, end: number, why: 'checksum' | 'unsupported' | 'cut' | number): void {
    this.at = at + 1;
    if (this.explained < 0 || this.base + at !== this.explained + this.prefix) return;
    this.explained = this.base + end;
    const { pending } = this;
    if (why === 'checksum') pending.badChecksum++;
    else if (why === 'unsupported') pending.unsupported++;
    else if (typeof why === 'number') {
      addUnknown(pending.unknown, why, 1);
      const names = this.bytes[at] === MARKER_2 ? at + 4 : at + 2;
      const { bytes, senders } = this;
      if (senders.length < MOST_BEFORE) senders.push(bytes[names + 1] * 65_536 + bytes[names + 2] * 256 + bytes[names]);
    }
  }

  /** A good record begins at `record`: what lies between it and the last one is counted. */
  private settle(record: number): void {
    this.damagedBefore = 0;
    this.unknownBefore = NONE;
    if (record === this.good) return;
    if (record === this.explained) {
      addLosses(this.losses, this.pending);
      this.damagedBefore = this.pending.badChecksum;
      this.unknownBefore = this.senders;
    } else {
      this.explained = -1;
      this.countGarbage(record);
    }
    this.pending = noLosses();
    if (this.senders.length > 0) this.senders = [];
  }

  private countGarbage(to: number): void {
    if (this.explained >= 0 || to <= this.counted) return;
    this.losses.garbage += to - this.counted;
    this.counted = to;
  }

  /** The end of the input: the rest is whole records, one that was cut off, or garbage. */
  private close(): void {
    const end = this.base + this.bytes.length;
    if (this.good === end || this.counted === end) return;
    if (this.explained === end) addLosses(this.losses, this.pending);
    else if (this.explained >= 0) {
      addLosses(this.losses, this.pending);
      this.losses.truncated = true;
    } else this.countGarbage(end);
    this.pending = noLosses();
    this.counted = end;
  }
}
