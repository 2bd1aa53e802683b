import { createHash } from 'node:crypto';
import { crcOf, crcWith } from '../../wire/crc.js';
import { baseLengthOf, byName, type Definition } from '../../wire/dialects.js';

// Source of the layouts: https://mavlink.io/en/guide/serialization.html and https://mavlink.io/en/guide/message_signing.html

/** What a message says, by the field names of its definition, in raw units. What is not named is zero. */
export type Fields = Readonly<Record<string, number | string | readonly number[]>>;

interface Slot {
  readonly source: string;
  readonly offset: number;
  readonly size: number;
  /** Elements of an array or characters; 0: a single number. */
  readonly length: number;
  readonly type: string;
  readonly write: (view: DataView, at: number, value: number) => void;
  /** Of a whole number; equal: it is none. */
  readonly low: number;
  readonly high: number;
}

interface Layout {
  readonly definition: Definition;
  readonly slots: readonly Slot[];
  readonly baseLength: number;
}

const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  int8_t: [-128, 127],
  uint8_t: [0, 255],
  char: [0, 255],
  int16_t: [-32_768, 32_767],
  uint16_t: [0, 65_535],
  int32_t: [-2_147_483_648, 2_147_483_647],
  uint32_t: [0, 4_294_967_295],
  int64_t: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64_t: [0, Number.MAX_SAFE_INTEGER],
};

const layouts = new Map<string, Layout>();

function layoutOf(name: string): Layout {
  const known = layouts.get(name);
  if (known) return known;
  const definition = byName.get(name);
  if (!definition) throw new Error(`mavlink: no message is called ${name}`);
  const slots = definition.FIELDS.map(({ source, offset, size, length, type }): Slot => {
    const plain = type.replace('[]', '').replace('_mavlink_version', '');
    const [low, high] = LIMITS[plain] ?? [0, 0];
    return { source, offset, size, length, type: plain, write: WRITES[plain], low, high };
  });
  const layout = { definition, slots, baseLength: baseLengthOf(definition) };
  layouts.set(name, layout);
  return layout;
}

const WRITES: Readonly<Record<string, (view: DataView, at: number, value: number) => void>> = {
  int8_t: (view, at, value) => view.setInt8(at, value),
  uint8_t: (view, at, value) => view.setUint8(at, value),
  char: (view, at, value) => view.setUint8(at, value),
  int16_t: (view, at, value) => view.setInt16(at, value, true),
  uint16_t: (view, at, value) => view.setUint16(at, value, true),
  int32_t: (view, at, value) => view.setInt32(at, value, true),
  uint32_t: (view, at, value) => view.setUint32(at, value, true),
  int64_t: writeLong,
  uint64_t: writeLong,
  float: (view, at, value) => view.setFloat32(at, value, true),
  double: (view, at, value) => view.setFloat64(at, value, true),
};

function writeLong(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 4_294_967_296, true);
  view.setInt32(at + 4, Math.floor(value / 4_294_967_296), true);
}

/** Whole numbers are rounded, and stop at the ends of their type. */
function writeNumber(view: DataView, at: number, { write, low, high }: Slot, value: number): void {
  write(view, at, low === high ? value : Math.min(high, Math.max(low, Math.round(value))));
}

function readNumber(view: DataView, at: number, type: string): number {
  switch (type) {
    case 'float':
      return view.getFloat32(at, true);
    case 'double':
      return view.getFloat64(at, true);
    case 'int8_t':
      return view.getInt8(at);
    case 'int16_t':
      return view.getInt16(at, true);
    case 'uint16_t':
      return view.getUint16(at, true);
    case 'int32_t':
      return view.getInt32(at, true);
    case 'uint32_t':
      return view.getUint32(at, true);
    case 'int64_t':
    case 'uint64_t':
      return view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);
    default:
      return view.getUint8(at);
  }
}

const FULL = 255;
const scratch = new Uint8Array(FULL);
const scratchView = new DataView(scratch.buffer);

/** Reads a payload, zeros put back where they were cut off, as raw numbers and texts. */
export function readFields(
  definition: Definition,
  bytes: Uint8Array,
  payload: number,
  length: number,
): Record<string, number | string> {
  const taken = Math.min(length, definition.PAYLOAD_LENGTH);
  scratch.set(bytes.subarray(payload, payload + taken));
  scratch.fill(0, taken, FULL);
  const fields: Record<string, number | string> = {};
  for (const slot of layoutOf(definition.MSG_NAME).slots) {
    if (slot.type === 'char') {
      let text = '';
      for (let i = slot.offset; i < slot.offset + Math.max(1, slot.length) && scratch[i] !== 0; i++) {
        text += String.fromCharCode(scratch[i]);
      }
      fields[slot.source] = text;
    } else fields[slot.source] = readNumber(scratchView, slot.offset, slot.type);
  }
  return fields;
}

export interface Sender {
  readonly system: number;
  readonly component: number;
  readonly version: 1 | 2;
  /** Frames are signed with the SHA-256 of this; MAVLink 2 only. */
  readonly signingKey?: string | undefined;
}

/** Signatures count units of 10 µs from here. */
const SIGNING_EPOCH = Date.UTC(2015, 0, 1);
const SIGNATURE = 13;

/** Makes the frames of one sender, each with the next sequence number. Far cheaper than building message objects first. */
export class FrameEncoder {
  sequence = 0;
  private readonly sender: Sender;
  private readonly key: Buffer | undefined;
  private readonly bytes = new Uint8Array(300);
  private readonly view = new DataView(this.bytes.buffer);
  private lastStamp = 0;

  constructor(sender: Sender) {
    this.sender = sender;
    const { signingKey, version } = sender;
    this.key = signingKey !== undefined && version === 2 ? createHash('sha256').update(signingKey).digest() : undefined;
  }

  /**
   * A whole frame of its own bytes; `undefined` for a message that MAVLink 1 cannot carry.
   * @param unixMs when it is signed
   */
  encode(name: string, fields: Fields, unixMs: number): Uint8Array | undefined {
    const layout = layoutOf(name);
    const { version } = this.sender;
    if (version === 1 && layout.definition.MSG_ID > 255) return undefined;
    const header = version === 2 ? 10 : 6;
    this.fill(layout, fields, header);
    const { bytes, view } = this;
    let length = layout.baseLength;
    if (version === 2) {
      length = layout.definition.PAYLOAD_LENGTH;
      while (length > 1 && bytes[header + length - 1] === 0) length--;
    }
    this.writeHeader(layout.definition.MSG_ID, length);
    const end = header + length;
    view.setUint16(end, crcWith(crcOf(bytes, 1, end), layout.definition.MAGIC_NUMBER), true);
    return bytes.slice(0, this.key === undefined ? end + 2 : this.sign(end + 2, unixMs));
  }

  private fill({ definition, slots }: Layout, fields: Fields, header: number): void {
    const { bytes, view } = this;
    bytes.fill(0, header, header + definition.PAYLOAD_LENGTH);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      const value = fields[slot.source];
      if (value === undefined) continue;
      const at = header + slot.offset;
      if (typeof value === 'number') writeNumber(view, at, slot, value);
      else if (typeof value === 'string') {
        for (let k = 0; k < Math.min(value.length, slot.length); k++) bytes[at + k] = value.charCodeAt(k);
      } else for (let k = 0; k < Math.min(value.length, slot.length); k++) writeNumber(view, at + k * slot.size, slot, value[k]);
    }
  }

  private writeHeader(id: number, length: number): void {
    const { bytes, sender } = this;
    const { sequence } = this;
    this.sequence = (sequence + 1) & 0xff;
    bytes[1] = length;
    if (sender.version === 1) {
      bytes[0] = 0xfe;
      bytes.set([sequence, sender.system, sender.component, id], 2);
      return;
    }
    bytes[0] = 0xfd;
    bytes[2] = this.key === undefined ? 0 : 1;
    bytes[3] = 0;
    bytes[4] = sequence;
    bytes[5] = sender.system;
    bytes[6] = sender.component;
    bytes[7] = id & 0xff;
    bytes[8] = (id >> 8) & 0xff;
    bytes[9] = id >> 16;
  }

  /** Link id, a stamp that always grows, and the first six bytes of the hash. */
  private sign(end: number, unixMs: number): number {
    const { bytes, view } = this;
    const stamp = Math.max(this.lastStamp + 1, Math.floor((unixMs - SIGNING_EPOCH) * 100));
    this.lastStamp = stamp;
    bytes[end] = 0;
    view.setUint32(end + 1, stamp % 4_294_967_296, true);
    view.setUint16(end + 5, Math.floor(stamp / 4_294_967_296), true);
    const hash = createHash('sha256')
      .update(this.key!)
      .update(bytes.subarray(0, end + 7))
      .digest();
    bytes.set(hash.subarray(0, 6), end + 7);
    return end + SIGNATURE;
  }
}
