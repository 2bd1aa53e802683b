/** Reads one column of a record; `record` is the position of the record's first byte behind its head. */
export type Column = (view: DataView, record: number) => number;

/** Bytes before the fields of a record: two of the marker, and its type. */
export const HEAD = 3;
/** The type of the records that describe all types, their own included, and their length. */
export const FMT = { type: 128, length: 89 } as const;

const MISSING: Column = () => Number.NaN;

const INTEGERS: Readonly<Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  b: [1, (view, at) => view.getInt8(at)],
  B: [1, (view, at) => view.getUint8(at)],
  M: [1, (view, at) => view.getUint8(at)],
  h: [2, (view, at) => view.getInt16(at, true)],
  H: [2, (view, at) => view.getUint16(at, true)],
  i: [4, (view, at) => view.getInt32(at, true)],
  I: [4, (view, at) => view.getUint32(at, true)],
  // As doubles: exact up to 2⁵³, which is 285 years of microseconds.
  q: [8, (view, at) => view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true)],
  Q: [8, (view, at) => view.getUint32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true)],
};

/** Integers that stand for fractions: the integer that they are, and what divides it. */
const FRACTIONS: Readonly<Record<string, readonly [integer: string, divide: number]>> = {
  c: ['h', 100],
  C: ['H', 100],
  e: ['i', 100],
  E: ['I', 100],
  L: ['i', 1e7],
};

/** Floats of two, four and eight bytes. */
const FLOATS: Readonly<Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  g: [2, (view, at) => halfOf(view.getUint16(at, true))],
  f: [4, (view, at) => view.getFloat32(at, true)],
  d: [8, (view, at) => view.getFloat64(at, true)],
};

/** Texts, ended by a NUL where they are shorter; and `a`, thirty-two numbers of two bytes, which is no single number. */
const OTHERS: Readonly<Record<string, number>> = { n: 4, N: 16, Z: 64, a: 64 };

/** IEEE 754 half precision. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1_024) * 2 ** (exponent - 15);
}

const sizeOf = (character: string): number => {
  const [integer = character] = FRACTIONS[character] ?? [];
  return INTEGERS[integer]?.[0] ?? FLOATS[character]?.[0] ?? OTHERS[character] ?? Number.NaN;
};

function columnOf(character: string, offset: number): Column | undefined {
  const fraction = FRACTIONS[character];
  if (fraction) {
    const [integer, divide] = fraction;
    const [, read] = INTEGERS[integer]!;
    return (view, record) => read(view, record + offset) / divide;
  }
  const number = INTEGERS[character] ?? FLOATS[character];
  if (!number) return undefined;
  const [, read] = number;
  return (view, record) => read(view, record + offset);
}

/** How the records of one type are laid out. */
export interface Layout {
  readonly type: number;
  /** Bytes of a record, head included. */
  readonly length: number;
  /** Up to four letters and digits: `GPS`. */
  readonly name: string;
  /** A character for each column. */
  readonly format: string;
  /** Names, with commas between. */
  readonly columns: string;
}

/**
 * The columns of one type of record, by their names.
 * Source of the characters: `libraries/AP_Logger/LogStructure.h` of ArduPilot. c, C, e, E hold hundredths and L 1e-7 degrees; they come out
 * divided. The multipliers that newer logs hold (MULT) say the same, and of plain integers their names.
 */
export class Format {
  readonly layout: Layout;
  readonly names: readonly string[];
  /** Whether its columns fill the whole record. */
  readonly exact: boolean;
  private readonly places = new Map<string, { readonly character: string; readonly offset: number }>();

  private constructor(layout: Layout, names: readonly string[]) {
    this.layout = layout;
    this.names = names;
    let offset = 0;
    for (const [i, name] of names.entries()) {
      const character = layout.format[i]!;
      this.places.set(name, { character, offset });
      offset += sizeOf(character);
    }
    this.exact = HEAD + offset === layout.length;
  }

  /** `undefined` where the characters, the names and the length do not agree; a record may be longer (BAR3 of 2016 was). */
  static of(layout: Layout): Format | undefined {
    const { name, format, columns, length } = layout;
    const names = columns === '' ? [] : columns.split(',');
    const bytes = [...format].reduce((sum, character) => sum + sizeOf(character), HEAD);
    if (!/^\w{1,4}$/.test(name) || names.length !== format.length || !(bytes <= length)) return undefined;
    return new Format(layout, names);
  }

  /** Whether it says the same as another one. */
  equals({ layout }: Format): boolean {
    const { name, length, format, columns } = this.layout;
    return layout.name === name && layout.length === length && layout.format === format && layout.columns === columns;
  }

  get name(): string {
    return this.layout.name;
  }

  /** The character of a column; empty where there is none. */
  character(name: string): string {
    return this.places.get(name)?.character ?? '';
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /** The first of these columns that there is and that holds numbers; one of NaN where there is none. */
  number(...names: readonly string[]): Column {
    for (const name of names) {
      const place = this.places.get(name);
      const column = place && columnOf(place.character, place.offset);
      if (column) return column;
    }
    return MISSING;
  }

  /** A column of thirty-two numbers of two bytes: reads the i-th; NaN where there is no such column. */
  array(name: string): (view: DataView, record: number, i: number) => number {
    const place = this.places.get(name);
    if (place?.character !== 'a') return () => Number.NaN;
    return (view, record, i) => view.getInt16(record + place.offset + 2 * i, true);
  }

  /** A text column; empty where there is none. */
  text(name: string): (view: DataView, record: number) => string {
    const place = this.places.get(name);
    if (!place || !'nNZ'.includes(place.character)) return () => '';
    const bytes = sizeOf(place.character);
    return (view, record) => textOf(view, record + place.offset, bytes);
  }
}

/** Characters up to a NUL; what a terminal would act on becomes spaces. */
export function textOf(view: DataView, at: number, bytes: number): string {
  let text = '';
  for (let i = at; i < at + bytes; i++) {
    const code = view.getUint8(i);
    if (code === 0) break;
    text += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : ' ';
  }
  return text;
}
