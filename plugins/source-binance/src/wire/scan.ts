/** Reads numbers and times straight from bytes: no string, no regular expression, no allocation on the fast paths. */

/** Powers of ten that a double holds exactly. */
export const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** Beyond this another digit could leave the exact integers (2⁵³). */
const LAST_EXACT = 900_719_925_474_098;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const ZERO = 48;
const POINT = 46;
const MINUS = 45;
const PLUS = 43;
const COLON = 58;
const LETTER_E = 0x65;
const LOWER_CASE = 0x20;

/** The whole number of at most two digits that ends an exponent, or `NaN`. */
function exponentAt(bytes: Buffer, start: number, end: number): number {
  const sign = bytes[start]!;
  const from = sign === MINUS || sign === PLUS ? start + 1 : start;
  if (end - from < 1 || end - from > 2) return Number.NaN;
  let value = 0;
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return sign === MINUS ? -value : value;
}

/** Anything unusual (long mantissas, exponents, blanks): by way of a string. Still nothing but a decimal number passes. */
function parseSlowly(bytes: Buffer, start: number, end: number): number {
  const text = bytes.toString('latin1', start, end).trim();
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/**
 * The decimal number in `bytes[start, end)`, equal to what `Number` makes of its text, or `NaN` if it is none.
 * A mantissa below 2⁵³ and a power of ten up to 10²² are both exact doubles, so that their one division is correctly rounded
 * (W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990).
 */
export function parseDecimal(bytes: Buffer, start: number, end: number): number {
  let i = start;
  const first = bytes[i]!;
  if (first === MINUS || first === PLUS) i++;
  const digitsFrom = i;
  let mantissa = 0;
  for (; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) break;
    if (mantissa > LAST_EXACT) return parseSlowly(bytes, start, end);
    mantissa = mantissa * 10 + digit;
  }
  let digits = i - digitsFrom;
  let scale = 0;
  if (i < end && bytes[i] === POINT) {
    const fractionFrom = ++i;
    for (; i < end; i++) {
      const digit = bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) break;
      if (mantissa > LAST_EXACT) return parseSlowly(bytes, start, end);
      mantissa = mantissa * 10 + digit;
    }
    scale = i - fractionFrom;
    digits += scale;
  }
  if (i < end) {
    // `5e-05` is how Python's tables write small quantities.
    const exponent = (bytes[i]! | LOWER_CASE) === LETTER_E ? exponentAt(bytes, i + 1, end) : Number.NaN;
    scale = Number.isNaN(exponent) ? Number.POSITIVE_INFINITY : scale - exponent;
  }
  if (digits === 0 || scale > 22 || scale < -22) return parseSlowly(bytes, start, end);
  const value = scale < 0 ? mantissa * POWERS[-scale]! : mantissa / POWERS[scale]!;
  return first === MINUS ? -value : value;
}

/**
 * An epoch stamp as milliseconds, its unit told by its size: Binance's archives went from milliseconds to microseconds
 * in January 2025, and tools around it write seconds or nanoseconds. From 1973 (ms) or 2001 (the others) on it is unambiguous.
 */
export function epochMilliseconds(stamp: number): number {
  if (stamp >= 1e18) return stamp / 1e6;
  if (stamp >= 1e15) return stamp / 1e3;
  return stamp < 1e11 ? stamp * 1e3 : stamp;
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Days since 1970-01-01 of a Gregorian date, by counting years that begin in March so that the leap day comes last. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = month <= 2 ? month + 9 : month - 3;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((153 * m + 2) / 5) + day - 1 - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Minutes east of Greenwich in `bytes[start, end)`: nothing or `Z` or `UTC`, `+HH`, `+HHMM` or `+HH:MM`. */
function zoneMinutes(bytes: Buffer, start: number, end: number): number {
  if (start === end) return 0;
  const named = bytes[start] === 32 ? start + 1 : start;
  if (end - named === 3 && bytes.toString('latin1', named, end).toUpperCase() === 'UTC') return 0;
  const sign = bytes[start]!;
  if (sign === 0x5a || sign === 0x7a) return end === start + 1 ? 0 : Number.NaN;
  if (sign !== PLUS && sign !== MINUS) return Number.NaN;
  const hours = twoDigits(bytes, start + 1);
  const minutesAt = bytes[start + 3] === COLON && end > start + 3 ? start + 4 : start + 3;
  if (end !== start + 3 && end !== minutesAt + 2) return Number.NaN;
  const minutes = end === start + 3 ? 0 : twoDigits(bytes, minutesAt);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return sign === MINUS ? -(hours * 60 + minutes) : hours * 60 + minutes;
}

/** `2026-01-12 12:50:21.702566+00:00`, `T` and `Z` allowed, seconds and zone optional (UTC); `NaN` if it is none. */
function parseIso(bytes: Buffer, start: number, end: number): number {
  if (end - start < 16) return Number.NaN;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const gap = bytes[start + 10]!;
  if (bytes[start + 7] !== MINUS || bytes[start + 13] !== COLON || (gap !== 32 && gap !== 84 && gap !== 116)) return Number.NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month) && hour <= 23 && minute <= 59))
    return Number.NaN;
  let i = start + 16;
  let second = 0;
  let fraction = 0;
  let digits = 0;
  if (i < end && bytes[i] === COLON) {
    if (end - i < 3) return Number.NaN;
    second = twoDigits(bytes, i + 1);
    if (!(second <= 59)) return Number.NaN;
    i += 3;
    if (i < end && bytes[i] === POINT) {
      for (i++; i < end; i++) {
        const digit = bytes[i]! - ZERO;
        if (digit < 0 || digit > 9) break;
        // A double of today's milliseconds resolves a quarter of a microsecond: further digits would change nothing.
        if (digits < 9) {
          fraction = fraction * 10 + digit;
          digits++;
        }
      }
      if (digits === 0) return Number.NaN;
    }
  }
  const zone = zoneMinutes(bytes, i, end);
  const seconds = daysOf(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - zone * 60;
  // Whole microseconds are exact integers, so that one division gives the nearest double.
  if (digits <= 6) return (seconds * 1e6 + fraction * POWERS[6 - digits]!) / 1e3;
  return seconds * 1e3 + (fraction * POWERS[9 - digits]!) / 1e6;
}

/**
 * The moment in `bytes[start, end)` in milliseconds since the epoch (fractions kept): an epoch stamp of any unit or an ISO time.
 * `NaN` if it is neither.
 */
export function parseTime(bytes: Buffer, start: number, end: number): number {
  if (end - start >= 10 && bytes[start + 4] === MINUS) return parseIso(bytes, start, end);
  const stamp = parseDecimal(bytes, start, end);
  return stamp > 0 ? epochMilliseconds(stamp) : Number.NaN;
}
