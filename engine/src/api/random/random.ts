import { foldSeed, stepWords, wordsFrom } from './seeds.js';

// Seeded numbers, so that every run can be had again. Streams never change: saved states and results rest on them.

/** A generator of uniform numbers in [0, 1) with 32 random bits: mulberry32. Its period is 2³²: for tests, benches and small samples. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A generator of standard normal numbers, from `random`. */
export function gaussian(seed: number): () => number {
  const uniform = random(seed);
  return () => normalOf(uniform(), uniform());
}

/**
 * A generator of uniform numbers in [0, 1) with 53 random bits: xoshiro128** (D. Blackman, S. Vigna 2018). Two streams of one seed are
 * independent for our purposes.
 * @example const uniform = generator(42, 1); uniform();
 */
export function generator(seed: number, stream: number): () => number {
  const words = seedWords(seed, stream);
  return () => ((nextWord(words) >>> 5) * 67_108_864 + (nextWord(words) >>> 6)) / 9_007_199_254_740_992;
}

/** The state of a generator as four words, to be kept in the state of a plugin: a restart then goes on where it stopped. */
export function seedWords(seed: number, stream = 0): Int32Array {
  return wordsFrom(foldSeed(seed, stream));
}

/** The next uniform number of `seedWords`, strictly between 0 and 1, of 32 random bits. Changes the words. */
export function uniform(words: Int32Array): number {
  return (nextWord(words) + 0.5) / 4_294_967_296;
}

/** The next 32 random bits, from 0 to 2³² − 1. */
function nextWord(words: Int32Array): number {
  const product = Math.imul(words[1]!, 5);
  const result = Math.imul((product << 7) | (product >>> 25), 9);
  stepWords(words);
  return result >>> 0;
}

/** A standard normal number of two uniform ones in [0, 1) (Box–Muller; its twin is not used, so that there is nothing to keep). */
function normalOf(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

/** What is drawn from uniform numbers, whatever makes them. */
export abstract class Deviates {
  /** In [0, 1). */
  abstract uniform(): number;

  /** Standard normal, from two uniform numbers. */
  normal(): number {
    return normalOf(this.uniform(), this.uniform());
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Between `low` and `high`, as likely to be in each doubling. */
  logUniform(low: number, high: number): number {
    return low * (high / low) ** this.uniform();
  }
}
