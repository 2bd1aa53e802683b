// How the data of a ULog is laid out: its formats, and single columns of them.

/** Reads one number of a message; `at` is the first byte of the data. */
export type Column = (view: DataView, at: number) => number;

const MISSING: Column = () => Number.NaN;

/** Numbers by their type. Source: https://docs.px4.io/main/en/dev_log/ulog_file_format.html */
const NUMBERS: Readonly<Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  int8_t: [1, (view, at) => view.getInt8(at)],
  uint8_t: [1, (view, at) => view.getUint8(at)],
  int16_t: [2, (view, at) => view.getInt16(at, true)],
  uint16_t: [2, (view, at) => view.getUint16(at, true)],
  int32_t: [4, (view, at) => view.getInt32(at, true)],
  uint32_t: [4, (view, at) => view.getUint32(at, true)],
  // As doubles: exact up to 2⁵³, which is 285 years of microseconds.
  int64_t: [8, (view, at) => view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true)],
  uint64_t: [8, (view, at) => view.getUint32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true)],
  float: [4, (view, at) => view.getFloat32(at, true)],
  double: [8, (view, at) => view.getFloat64(at, true)],
  bool: [1, (view, at) => view.getUint8(at)],
  char: [1, (view, at) => view.getUint8(at)],
};

/** Formats within formats, at most. */
const DEEPEST = 8;
/** A message is no longer, bytes. */
const LONGEST = 65_535;
/** Formats of one log at most, and fields of one. */
const MOST_FORMATS = 4_096;
const MOST_FIELDS = 1_024;
/** Topics of one log, each of several of a name counted. */
const MOST_TOPICS = 16_384;

interface Field {
  readonly name: string;
  readonly type: string;
  /** Elements of an array; 0: it is none. */
  readonly count: number;
}

/** A number of a message, by its whole name: `esc[2].esc_rpm`. */
export interface Place {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
}

const FIELD = /^([a-zA-Z_]\w*)(?:\[(\d{1,5})\])? ([a-zA-Z_]\w*)$/;

/** The type, the length and the name that a key of the file says: `char[10] sys_name`. */
export function fieldOf(text: string): Field | undefined {
  const [, type, count, name] = FIELD.exec(text) ?? [];
  return type === undefined || name === undefined ? undefined : { type, name, count: count === undefined ? 0 : Number(count) };
}

const isPadding = ({ name }: Field): boolean => name.startsWith('_padding');

/** The formats of one log. */
export class Formats {
  /** As they are written, `name:type field;…`: what a reader has to know to go on. */
  readonly texts: string[] = [];
  private readonly formats = new Map<string, readonly Field[]>();
  /** Bytes by format, of those that are known as a whole. */
  private readonly lengths = new Map<string, number>();
  private readonly topics = new Map<string, Topic>();

  /** @returns false where it makes no sense, or there are too many */
  add(text: string): boolean {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon);
    if (!/^[a-zA-Z_][\w/-]*$/.test(name) || this.texts.length >= MOST_FORMATS) return false;
    const parts = text
      .slice(colon + 1)
      .split(';')
      .filter((part) => part !== '');
    const fields = parts.flatMap((part) => fieldOf(part) ?? []);
    if (fields.length !== parts.length || fields.length === 0 || fields.length > MOST_FIELDS) return false;
    if (this.formats.has(name)) return true;
    this.formats.set(name, fields);
    this.texts.push(text);
    return true;
  }

  /** The layout of a topic; `undefined` where a format is not known, contains itself, or is longer than a message can be. */
  topic(name: string, instance: number): Topic | undefined {
    const key = `${instance} ${name}`;
    const known = this.topics.get(key);
    if (known || this.topics.size >= MOST_TOPICS) return known;
    const fields = this.formats.get(name);
    const length = this.lengthOf(name, 0);
    if (!fields || !(length <= LONGEST)) return undefined;
    // Padding at the end is not logged.
    let logged = length;
    for (let i = fields.length - 1; i >= 0 && isPadding(fields[i]!); i--) logged -= this.sizeOf(fields[i]!, 0);
    const topic = new Topic(name, instance, logged, this);
    this.topics.set(key, topic);
    return topic;
  }

  /** Where a field lies; `undefined` where there is none that is a number. */
  place(format: string, path: string): Place | undefined {
    let [type, offset] = [format, 0];
    for (const part of path.split('.')) {
      const [, name, index] = /^(\w+)(?:\[(\d+)\])?$/.exec(part) ?? [];
      const fields = this.formats.get(type);
      if (!fields || name === undefined) return undefined;
      let found: Field | undefined;
      for (const field of fields) {
        if (field.name === name) {
          found = field;
          break;
        }
        offset += this.sizeOf(field, 0);
      }
      if (!found || found.count > 0 !== (index !== undefined) || Number(index ?? 0) >= Math.max(1, found.count)) return undefined;
      type = found.type;
      offset += Number(index ?? 0) * this.lengthOf(type, 0);
    }
    return NUMBERS[type] ? { name: path, type, offset } : undefined;
  }

  /** Every number of a format, in order; for tools that compare whole logs. */
  *places(format: string, prefix = '', base = 0): Generator<Place> {
    let offset = base;
    for (const field of this.formats.get(format) ?? []) {
      const size = this.lengthOf(field.type, 0);
      for (let i = 0; i < Math.max(1, field.count); i++) {
        const name = `${prefix}${field.name}${field.count > 0 ? `[${i}]` : ''}`;
        if (NUMBERS[field.type]) yield { name, type: field.type, offset };
        else yield* this.places(field.type, `${name}.`, offset);
        offset += size;
      }
    }
  }

  private sizeOf({ type, count }: Field, depth: number): number {
    return Math.max(1, count) * this.lengthOf(type, depth);
  }

  /** Bytes of a type; NaN where it is not known or contains itself. */
  private lengthOf(type: string, depth: number): number {
    const number = Object.hasOwn(NUMBERS, type) ? NUMBERS[type] : undefined;
    if (number) return number[0];
    const known = this.lengths.get(type);
    if (known !== undefined) return known;
    const fields = this.formats.get(type);
    if (!fields || depth > DEEPEST) return Number.NaN;
    let length = 0;
    for (const field of fields) {
      length += this.sizeOf(field, depth + 1);
      if (!(length <= LONGEST)) return Number.NaN;
    }
    this.lengths.set(type, length);
    return length;
  }
}

/** A topic that is logged, and which of several of its name. */
export class Topic {
  readonly name: string;
  readonly instance: number;
  /** Bytes of its data, the padding at the end left out. */
  readonly length: number;
  private readonly formats: Formats;

  constructor(name: string, instance: number, length: number, formats: Formats) {
    this.name = name;
    this.instance = instance;
    this.length = length;
    this.formats = formats;
  }

  has(path: string): boolean {
    return this.formats.place(this.name, path) !== undefined;
  }

  /** The first of these fields that there is; one of NaN where there is none. */
  number(...paths: readonly string[]): Column {
    for (const path of paths) {
      const place = this.formats.place(this.name, path);
      if (place) return columnOf(place, this.length);
    }
    return MISSING;
  }

  /** So many elements of an array, those that there are. */
  array(path: string, most: number): Column[] {
    const columns: Column[] = [];
    while (columns.length < most && this.has(`${path}[${columns.length}]`))
      columns.push(this.number(`${path}[${columns.length}]`));
    return columns;
  }
}

/** Reads a number at its place. @param length bytes that are there */
export function columnOf({ type, offset }: Place, length: number): Column {
  const [bytes, read] = NUMBERS[type]!;
  return offset + bytes <= length ? (view, at) => read(view, at + offset) : MISSING;
}

/** A number of a type that stands alone, as parameters do; NaN where the type is none, or longer than what is there. */
export function numberOf(type: string, view: DataView, at: number, length: number): number {
  const known = Object.hasOwn(NUMBERS, type) ? NUMBERS[type] : undefined;
  return known && known[0] <= length ? known[1](view, at) : Number.NaN;
}

/** Characters; what a terminal would act on, colours among it, becomes nothing or spaces. */
export function textOf(view: DataView, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length; i++) {
    const code = view.getUint8(i);
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/\x1b\[[0-9;]*m/g, '').replace(/[^\x20-\x7e]/g, ' ');
}
