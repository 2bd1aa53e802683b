/** The fast path of csv: an ordinary line in one pass over its bytes. */
import type { Layout } from './columns.js';
import { epochMilliseconds, POWERS, parseDecimal, parseTime } from './scan.js';

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const LOWER_CASE = 32;

/** What a column means to the kernel: a number that goes into a slot, or one of the others. */
const SKIP = -1;
const SYMBOL = -2;
const FLAG = -3;
const TIME = -4;
const SIDE = -5;

/** Slots of the numbers of a line. */
export const PRICE = 0;
export const QUANTITY = 1;
export const ID = 2;
export const FIRST = 3;
export const LAST = 4;
export const MAKER = 5;
export const MOMENT = 6;

/** As many digits as always fit an exact integer. */
const EXACT_DIGITS = 15;

/**
 * Reads an ordinary line in ONE pass over its bytes: decimals, `true`/`false`/`1`/`0`, the symbol of the line before, no quotes.
 * For whatever is not ordinary it gives up, and the general reader takes the line: a test holds the two to the same answers.
 */
export class Kernel {
  readonly slots = new Float64Array(7);
  /** The symbol that a line must repeat to be ordinary. */
  symbol: Buffer = Buffer.alloc(0);
  private readonly roles: Int8Array;

  constructor(layout: Layout) {
    this.roles = new Int8Array(layout.width).fill(SKIP);
    const set = (column: number, role: number) => {
      if (column >= 0) this.roles[column] = role;
    };
    set(layout.price, PRICE);
    set(layout.quantity, QUANTITY);
    set(layout.id, ID);
    set(layout.first, FIRST);
    set(layout.last, LAST);
    set(layout.maker, FLAG);
    set(layout.side, SIDE);
    set(layout.time, TIME);
    set(layout.symbol, SYMBOL);
  }

  /**
   * @param start first byte of a line that ends with a newline inside `bytes`
   * @returns the byte behind its newline, with `slots` filled; −1 if the line is not an ordinary one
   */
  read(bytes: Buffer, start: number): number {
    const { roles, slots } = this;
    const last = roles.length - 1;
    let p = start;
    for (let column = 0; column <= last; column++) {
      const role = roles[column]!;
      const from = p;
      let byte = bytes[p]!;
      if (role >= 0) {
        let mantissa = 0;
        let digit = byte - ZERO;
        while (digit >= 0 && digit <= 9) {
          mantissa = mantissa * 10 + digit;
          byte = bytes[++p]!;
          digit = byte - ZERO;
        }
        if (byte === POINT) {
          const point = p;
          byte = bytes[++p]!;
          digit = byte - ZERO;
          while (digit >= 0 && digit <= 9) {
            mantissa = mantissa * 10 + digit;
            byte = bytes[++p]!;
            digit = byte - ZERO;
          }
          slots[role] = mantissa / POWERS[p - point - 1]!;
        } else {
          slots[role] = mantissa;
        }
        // A sign, an exponent, blanks or many digits; what is no number at all becomes NaN and is refused behind us.
        if ((byte !== COMMA && byte !== NEWLINE) || p - from > EXACT_DIGITS || p - from < 2) {
          while (byte !== COMMA && byte !== NEWLINE && byte !== RETURN) byte = bytes[++p]!;
          slots[role] = parseDecimal(bytes, from, p);
        }
      } else if (role === TIME) {
        let stamp = 0;
        let digit = byte - ZERO;
        while (digit >= 0 && digit <= 9) {
          stamp = stamp * 10 + digit;
          byte = bytes[++p]!;
          digit = byte - ZERO;
        }
        if (byte === COMMA || byte === NEWLINE) {
          // A stamp in microseconds has sixteen digits, still an exact integer until the year 2255.
          if (p - from > EXACT_DIGITS + 1 || p === from) return -1;
          slots[MOMENT] = epochMilliseconds(stamp);
        } else {
          while (byte !== COMMA && byte !== NEWLINE && byte !== RETURN) byte = bytes[++p]!;
          slots[MOMENT] = parseTime(bytes, from, p);
        }
      } else if (role === FLAG) {
        const first = byte | LOWER_CASE;
        while (byte !== COMMA && byte !== NEWLINE && byte !== RETURN) byte = bytes[++p]!;
        const length = p - from;
        if ((first === 0x74 && length === 4) || (first === 0x31 && length === 1)) slots[MAKER] = 1;
        else if ((first === 0x66 && length === 5) || (first === 0x30 && length === 1)) slots[MAKER] = 0;
        else return -1;
      } else if (role === SIDE) {
        const first = byte | LOWER_CASE;
        while (byte !== COMMA && byte !== NEWLINE && byte !== RETURN) byte = bytes[++p]!;
        const length = p - from;
        // sell and buy; whatever else is there is looked at by the general reader.
        if (first === 0x73 && length === 4) slots[MAKER] = 1;
        else if (first === 0x62 && length === 3) slots[MAKER] = 0;
        else return -1;
      } else if (role === SYMBOL) {
        const { symbol } = this;
        for (let i = 0; i < symbol.length; i++) if (bytes[p++] !== symbol[i]) return -1;
        byte = bytes[p]!;
      } else {
        while (byte !== COMMA && byte !== NEWLINE && byte !== RETURN) byte = bytes[++p]!;
      }
      if (byte === RETURN && column === last) byte = bytes[++p]!;
      if (byte !== (column === last ? NEWLINE : COMMA)) return -1;
      p++;
    }
    return p;
  }
}
