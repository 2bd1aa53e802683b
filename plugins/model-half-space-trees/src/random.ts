import { foldSeed, scramble } from '@quantstream/engine';

/** A well-mixed 32-bit word of three others. */
export function mix(seed: number, stream: number, index: number): number {
  return scramble(scramble(foldSeed(seed, stream + 1)) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
}
