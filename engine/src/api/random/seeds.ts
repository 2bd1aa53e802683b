/** What seeded generators are made of: 32-bit words, mixed so that neighbours have nothing in common. */

/** The step of Weyl's sequence, 2³² / φ. */
const GOLDEN = 0x9e3779b9;

/** A well-mixed 32-bit word of another (C. Wellons, "Prospecting for hash functions", 2018). Signed, as all words here. */
export function scramble(word: number): number {
  let z = word ^ (word >>> 16);
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return z ^ (z >>> 15);
}

/** A word of a seed (a whole number up to 2⁵³) and the number of a stream. Not mixed: `scramble` or `wordsFrom` does that. */
export function foldSeed(seed: number, stream = 0): number {
  return Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b) ^ Math.floor(seed / 4_294_967_296);
}

/** A word of a text: FNV-1a over its UTF-16 units, from a starting value. */
export function foldText(text: string, start: number): number {
  let word = start;
  for (let i = 0; i < text.length; i++) word = Math.imul(word ^ text.charCodeAt(i), 0x01000193);
  return word | 0;
}

/** Four words for `stepWords`: splitmix32 from a starting value. */
export function wordsFrom(start: number): Int32Array {
  return Int32Array.from({ length: 4 }, (_, i) => scramble((start + (i + 1) * GOLDEN) | 0));
}

/** Takes four words a step on, in place: the linear engine of xoshiro128 (D. Blackman, S. Vigna 2018). Its users scramble a word of it. */
export function stepWords(words: Int32Array): void {
  const b = words[1]!;
  const c = words[2]! ^ words[0]!;
  const d = words[3]! ^ b;
  words[1] = b ^ c;
  words[0]! ^= d;
  words[2] = c ^ (b << 9);
  words[3] = (d << 11) | (d >>> 21);
}
