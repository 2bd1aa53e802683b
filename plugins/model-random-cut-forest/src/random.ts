/**
 * A generator whose state is four 32-bit words of the model's own state, so that a restart goes on where it stopped:
 * xoshiro128** (Blackman and Vigna 2018), filled by splitmix32.
 */
export function seedWords(seed: number): Int32Array {
  const words = new Int32Array(4);
  let mix = (Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.floor(seed / 4_294_967_296)) | 0;
  for (let i = 0; i < 4; i++) {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    words[i] = z ^ (z >>> 15);
  }
  return words;
}

/** The next uniform number, strictly between 0 and 1, of 32 random bits. */
export function uniform(words: Int32Array): number {
  const b = words[1];
  const product = Math.imul(b, 5);
  const result = Math.imul((product << 7) | (product >>> 25), 9);
  const c = words[2] ^ words[0];
  const d = words[3] ^ b;
  words[1] = b ^ c;
  words[0] ^= d;
  words[2] = c ^ (b << 9);
  words[3] = (d << 11) | (d >>> 21);
  return ((result >>> 0) + 0.5) / 4_294_967_296;
}
