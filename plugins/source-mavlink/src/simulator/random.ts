/**
 * A seeded generator of numbers: B. Blackman and S. Vigna's xoshiro128++ (2019), its state filled from the text of the seed by
 * splitmix32, so that streams with other names are independent.
 */
export class Random {
  private readonly state = new Uint32Array(4);

  constructor(seed: string) {
    let hash = 0x9e3779b9;
    for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193) >>> 0;
    for (let i = 0; i < 4; i++) {
      hash = (hash + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.state[i] = mixed ^ (mixed >>> 15);
    }
  }

  /** In [0, 1). */
  uniform(): number {
    const s = this.state;
    const sum = (s[0] + s[3]) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + s[0]) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Between `low` and `high`, as likely to be in each doubling. */
  logUniform(low: number, high: number): number {
    return low * (high / low) ** this.uniform();
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

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.uniform() * items.length)];
  }
}
