import { Deviates, foldText, stepWords, wordsFrom } from '@quantstream/engine';

/** A seeded generator of numbers: D. Blackman and S. Vigna's xoshiro128++ (2019). Streams with other names are independent. */
export class Random extends Deviates {
  private readonly words: Int32Array;

  constructor(seed: string) {
    super();
    this.words = wordsFrom(foldText(seed, 0x9e3779b9));
  }

  /** In [0, 1), with 32 random bits. */
  uniform(): number {
    const { words } = this;
    const sum = (words[0] + words[3]) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + words[0]) >>> 0;
    stepWords(words);
    return result / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /**
   * Nearly standard normal, never beyond ±4.2: the sum of six uniform numbers. Cheap, for the noise of sensors, whose tails
   * must not look like faults.
   */
  noise(): number {
    let sum = this.uniform() + this.uniform() + this.uniform();
    sum += this.uniform() + this.uniform() + this.uniform();
    return (sum - 3) * Math.SQRT2;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.uniform() * items.length)];
  }
}
