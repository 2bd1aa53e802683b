/** What a generator stands at: four 32-bit integers. */
export type RandomState = [number, number, number, number];

/** 32-bit FNV-1a of a text, from a starting value. */
function hash(text: string, start: number): number {
  let value = start;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/**
 * A seeded generator whose whole state is four integers: C. Doty-Humphrey's sfc32 (from PractRand), chaotic with a counter that
 * guarantees a period of at least 2³².
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  constructor(seed: RandomState | string) {
    if (typeof seed !== 'string') [this.a, this.b, this.c, this.d] = seed;
    else {
      this.a = hash(seed, 0x811c9dc5);
      this.b = hash(seed, 0x1b873593);
      this.c = hash(seed, 0xcc9e2d51);
      this.d = 1;
      for (let i = 0; i < 15; i++) this.uniform();
    }
  }

  state(): RandomState {
    return [this.a, this.b, this.c, this.d];
  }

  /** In [0, 1), with 32 random bits. */
  uniform(): number {
    const sum = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  /** Standard normal (Box–Muller; its twin is not kept, so that the state stays four integers). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
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
