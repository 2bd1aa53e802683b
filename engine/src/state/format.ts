// The bytes of an encoded state: four of magic and version, then one value, each beginning with its kind.

export const HEADER = Uint8Array.of(0x51, 0x53, 0x53, 3);

/** Kinds of values. Whole numbers below 2³² and their negatives are varints; text is one byte a letter where that is enough, else two. */
export const UNDEFINED = 0;
export const NULL = 1;
export const FALSE = 2;
export const TRUE = 3;
export const NOT_A_NUMBER = 4;
export const INFINITY = 5;
export const MINUS_INFINITY = 6;
export const WHOLE = 7;
export const NEGATIVE = 8;
export const DOUBLE = 9;
export const TEXT = 10;
export const WIDE_TEXT = 11;
export const ARRAY = 12;
/** With the names of its fields, or with the number of its shape. */
export const OBJECT = 13;
export const SHAPED = 14;
export const NUMBERS = 15;
/** Whatever else there is (maps, dates, big numbers), as `v8.serialize` writes it. */
export const OTHER = 16;
/** From here on: a whole number below 239 as one byte. */
export const SMALL = 17;
