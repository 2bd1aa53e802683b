import { Deviates, foldText } from '@quantstream/engine';

/** What a generator stands at: four 32-bit integers. */
export type RandomState = [number, number, number, number];

/**
 * A seeded generator whose whole state is four integers: C. Doty-Humphrey's sfc32 (from PractRand), chaotic with a counter that
 * guarantees a period of at least 2³².
 */
export class Random extends Deviates {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  constructor(seed: RandomState | string) {
    super();
    if (typeof seed !== 'string') [this.a, this.b, this.c, this.d] = seed;
    else {
      this.a = foldText(seed, 0x811c9dc5);
      this.b = foldText(seed, 0x1b873593);
      this.c = foldText(seed, 0xcc9e2d51);
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
}
