/** A well-mixed 32-bit word of three others (after C. Wellons, "Prospecting for hash functions", 2018). */
export function mix(seed: number, stream: number, index: number): number {
  let z = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b) ^ Math.floor(seed / 4_294_967_296)) | 0;
  z = scramble(z);
  return scramble(z ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
}

function scramble(x: number): number {
  let z = x ^ (x >>> 16);
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return z ^ (z >>> 15);
}
