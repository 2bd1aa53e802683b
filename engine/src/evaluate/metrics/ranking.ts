/** Bits that one pass sorts by: so few that the places written to stay in the cache. */
const DIGIT = 11;
const BUCKETS = 1 << DIGIT;

/** Rows and the 64 bits that they are sorted by, which travel with them so that every pass reads in order. */
interface Sorted {
  readonly rows: Uint32Array;
  readonly upper: Uint32Array;
  readonly lower: Uint32Array;
}

const room = (count: number): Sorted => ({
  rows: new Uint32Array(count),
  upper: new Uint32Array(count),
  lower: new Uint32Array(count),
});

/**
 * The rows that have a score, the oddest first; equal ones in order. A radix sort of the bits of the scores: of millions of rows a
 * comparing sort takes most of the time of an evaluation.
 */
export function ranking(scores: Float64Array): Uint32Array {
  let count = 0;
  for (let i = 0; i < scores.length; i++) if (!Number.isNaN(scores[i]!)) count++;
  let from = room(count);
  let to = room(count);
  fill(from, scores);
  for (let shift = 0; shift < 64; shift += DIGIT) {
    if (pass(from, to, shift)) [from, to] = [to, from];
  }
  return from.rows;
}

/** Bits that ascend where scores fall: of a positive number all inverted but the sign, of a negative one as they are. */
function fill({ rows, upper, lower }: Sorted, scores: Float64Array): void {
  const bits = new Float64Array(1);
  const words = new Uint32Array(bits.buffer);
  let place = 0;
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i]!)) continue;
    // −0 and 0 are equal scores.
    bits[0] = scores[i]! + 0;
    const [low, high] = LITTLE_ENDIAN ? [words[0]!, words[1]!] : [words[1]!, words[0]!];
    const negative = high >>> 31 === 1;
    rows[place] = i;
    upper[place] = negative ? high : ~high & 0x7fff_ffff;
    lower[place++] = negative ? low : ~low;
  }
}

/** Moves everything to where one digit says. @returns false where the digit is the same everywhere: nothing was moved */
function pass(from: Sorted, to: Sorted, shift: number): boolean {
  const { rows, upper, lower } = from;
  const { length } = rows;
  const starts = new Uint32Array(BUCKETS);
  const digits = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    // The digit may lie across both words; shifts count modulo 32.
    const word =
      shift >= 32
        ? upper[i]! >>> (shift - 32)
        : shift > 32 - DIGIT
          ? (lower[i]! >>> shift) | (upper[i]! << (32 - shift))
          : lower[i]! >>> shift;
    digits[i] = word & (BUCKETS - 1);
    starts[digits[i]!]!++;
  }
  if (length === 0 || starts[digits[0]!] === length) return false;
  let sum = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const size = starts[bucket]!;
    starts[bucket] = sum;
    sum += size;
  }
  for (let i = 0; i < length; i++) {
    const place = starts[digits[i]!]!++;
    to.rows[place] = rows[i]!;
    to.upper[place] = upper[i]!;
    to.lower[place] = lower[i]!;
  }
  return true;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
