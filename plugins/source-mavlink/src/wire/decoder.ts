import { compiled, type Field, type ObservationType } from '@quantstream/engine';
import type { Definition } from './dialects.js';
import { invalidOf, type Scale, scaleOf } from './units.js';

/** Arrays up to this long become fields of their own, `voltage_0` …; longer ones are left out. */
export const LONGEST_ARRAY = 10;

/** One number of a message: where it lies and what it means. */
export interface NumberField {
  /** snake_case; with the index for an element of an array. */
  readonly name: string;
  /** The definition's own field, and which element of it (−1: it is no array). */
  readonly source: string;
  readonly element: number;
  /** Bytes from the start of the payload. */
  readonly offset: number;
  /** `uint16_t`, `float` … */
  readonly type: string;
  readonly scale: Scale;
  /** Raw values that mean "not known". */
  readonly invalid: readonly number[];
  /** MAVLink 1 does not send it. */
  readonly extension: boolean;
}

/** One text of a message. */
export interface TextField {
  readonly name: string;
  readonly source: string;
  readonly offset: number;
  /** Bytes at most; a NUL ends it earlier. */
  readonly length: number;
}

/** How one type of message is read. */
export interface Decoder {
  readonly definition: Definition;
  /** Observation type: the message's name in lower case. */
  readonly type: string;
  readonly numbers: readonly NumberField[];
  readonly texts: readonly TextField[];
  /** What the source declares of it. */
  readonly emits: ObservationType;
  /**
   * Reads the numbers of a payload that has all its bytes.
   * @param extended whether extension fields were sent: not by MAVLink 1
   * @returns scaled values; what is not known is absent
   */
  readonly decode: (view: DataView, payload: number, extended: boolean) => Record<string, number>;
}

/** `servo1Raw`, `Vcc`, `EAS2TAS` as people write columns. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** Makes the decoder of a message, once. */
export function makeDecoder(definition: Definition): Decoder {
  const numbers = numbersOf(definition);
  const texts = textsOf(definition);
  return {
    definition,
    type: definition.MSG_NAME.toLowerCase(),
    numbers,
    texts,
    emits: describe(definition, numbers, texts),
    decode: compile(numbers),
  };
}

function numbersOf({ MSG_NAME, FIELDS }: Definition): NumberField[] {
  const numbers: NumberField[] = [];
  for (const field of FIELDS) {
    const type = field.type.replace('[]', '').replace('_mavlink_version', '');
    if (type === 'char' || field.length > LONGEST_ARRAY) continue;
    const name = snakeCase(field.source);
    for (let i = 0; i < Math.max(field.length, 1); i++) {
      numbers.push({
        name: field.length > 0 ? `${name}_${i}` : name,
        source: field.name,
        element: field.length > 0 ? i : -1,
        offset: field.offset + i * field.size,
        type,
        scale: scaleOf(MSG_NAME, field.source, field.units),
        invalid: invalidOf(MSG_NAME, field.source),
        extension: field.extension,
      });
    }
  }
  return numbers;
}

function textsOf({ FIELDS }: Definition): TextField[] {
  return FIELDS.filter(({ type }) => type.startsWith('char')).map(({ source, name, offset, length }) => ({
    name: snakeCase(source),
    source: name,
    offset,
    length: Math.max(length, 1),
  }));
}

const isFloat = (type: string) => type === 'float' || type === 'double';

function isOptional(field: NumberField): boolean {
  return isFloat(field.type) || field.invalid.length > 0 || field.extension;
}

function describe(definition: Definition, numbers: readonly NumberField[], texts: readonly TextField[]): ObservationType {
  const fields: Record<string, Field> = {};
  for (const field of numbers) {
    const element = field.element < 0 ? '' : ` [${field.element}]`;
    const optional = isOptional(field) ? { optional: true } : {};
    fields[field.name] = { unit: field.scale.unit, about: `${definition.MSG_NAME} ${field.source}${element}`, ...optional };
  }
  const about = `MAVLink message ${definition.MSG_NAME} (${definition.MSG_ID})`;
  if (texts.length === 0) return { about, sequence: 'growing', fields };
  const named = Object.fromEntries(texts.map(({ name, source }) => [name, `${definition.MSG_NAME} ${source}`]));
  return { about, sequence: 'growing', fields, text: named };
}

/** How each type is read out of a DataView `v`, at `p`; 64-bit integers as doubles, exact up to 2⁵³. */
const READS: Readonly<Record<string, (at: string) => string>> = {
  int8_t: (at) => `v.getInt8(${at})`,
  uint8_t: (at) => `v.getUint8(${at})`,
  int16_t: (at) => `v.getInt16(${at}, true)`,
  uint16_t: (at) => `v.getUint16(${at}, true)`,
  int32_t: (at) => `v.getInt32(${at}, true)`,
  uint32_t: (at) => `v.getUint32(${at}, true)`,
  int64_t: (at) => `v.getInt32(${at} + 4, true) * 4294967296 + v.getUint32(${at}, true)`,
  uint64_t: (at) => `v.getUint32(${at} + 4, true) * 4294967296 + v.getUint32(${at}, true)`,
  float: (at) => `v.getFloat32(${at}, true)`,
  double: (at) => `v.getFloat64(${at}, true)`,
};

/**
 * Compiles the field table to straight-line code: objects of one message then share a few shapes, and a frame costs only the reads (a
 * loop over the table was several times slower). The text is made of numbers and of names that {@link snakeCase} has left as
 * identifiers, checked again here; nothing of it comes from outside the installed definitions.
 */
function compile(numbers: readonly NumberField[]): Decoder['decode'] {
  const required = numbers.filter((field) => !isOptional(field));
  const optional = numbers.filter(isOptional);
  const lines = [
    `const o = { ${required.map((field) => `${nameOf(field)}: ${scaled(field, `(${read(field)})`)}`).join(', ')} };`,
  ];
  if (optional.length > 0) lines.push('let x = 0;');
  for (const field of optional) {
    const conditions = [
      ...(field.extension ? ['e'] : []),
      ...(isFloat(field.type) ? ['x - x === 0'] : []),
      ...field.invalid.map((value) => `x !== ${value}`),
    ];
    lines.push(`x = ${read(field)}; if (${conditions.join(' && ')}) o.${nameOf(field)} = ${scaled(field, 'x')};`);
  }
  lines.push('return o;');
  return compiled(['v', 'p', 'e'], lines.join('\n'));
}

function nameOf({ name }: NumberField): string {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`mavlink: a definition has a field called ${JSON.stringify(name)}`);
  return name;
}

const read = ({ type, offset }: NumberField): string => READS[type](`p + ${offset}`);

function scaled({ scale }: NumberField, value: string): string {
  const multiplied = scale.multiply === 1 ? value : `${value} * ${scale.multiply}`;
  return scale.divide === 1 ? multiplied : `${multiplied} / ${scale.divide}`;
}
