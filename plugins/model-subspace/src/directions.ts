// Directions in which rows vary most, one row at a time.

/** Variance along a direction that is taken for less counts as this, in squared deviations: what never varied is not beyond all measure. */
const LEAST_VARIANCE = 0.01;

/**
 * Candid covariance-free incremental PCA (J. Weng, Y. Zhang, W. Hwang, IEEE TPAMI 25, 2003). Each direction is as long as the variance along it; it
 * turns towards the row by the part of the row along it, and the next one sees what that leaves.
 */
export class Directions {
  /** What is left of the latest row off all directions; D numbers. */
  readonly left: Float64Array;
  /** By direction: the part of the latest row along it, and the length of it. */
  readonly along: Float64Array;
  readonly lengths: Float64Array;
  private readonly k: number;
  private readonly size: number;

  /** @param k directions @param size numbers of a row */
  constructor(k: number, size: number) {
    this.k = k;
    this.size = size;
    this.left = new Float64Array(size);
    this.along = new Float64Array(k);
    this.lengths = new Float64Array(k);
  }

  /** Takes a row apart. @returns the squared distance off the directions: the rest is in `left`, the parts in `along` */
  split(row: Float64Array, directions: Float64Array): number {
    const { k, size, left, along, lengths } = this;
    left.set(row);
    for (let i = 0; i < k; i++) {
      const at = i * size;
      let square = 0;
      let part = 0;
      for (let j = 0; j < size; j++) {
        const v = directions[at + j]!;
        square += v * v;
        part += v * left[j]!;
      }
      const length = Math.sqrt(square);
      lengths[i] = length;
      along[i] = length > 0 ? part / length : 0;
      if (length === 0) continue;
      const scale = part / square;
      for (let j = 0; j < size; j++) left[j]! -= scale * directions[at + j]!;
    }
    let rest = 0;
    for (let j = 0; j < size; j++) rest += left[j]! * left[j]!;
    return rest;
  }

  /** Squared distance along the directions, each in its variance, of the row that was taken apart. */
  leverage(): number {
    let sum = 0;
    for (let i = 0; i < this.k; i++) sum += (this.along[i]! * this.along[i]!) / this.varianceOf(i);
    return sum;
  }

  varianceOf(i: number): number {
    return Math.max(this.lengths[i]!, LEAST_VARIANCE);
  }

  /** Turns the directions towards a row. @param gain 0 … 1, the weight of the row against all before */
  learn(row: Float64Array, directions: Float64Array, gain: number): void {
    const { k, size, left } = this;
    left.set(row);
    for (let i = 0; i < k; i++) {
      const at = i * size;
      let square = 0;
      let part = 0;
      for (let j = 0; j < size; j++) {
        square += directions[at + j]! * directions[at + j]!;
        part += directions[at + j]! * left[j]!;
      }
      if (square === 0) {
        // A direction that nothing went along yet begins as what the others leave.
        for (let j = 0; j < size; j++) directions[at + j] = left[j]!;
        return;
      }
      const towards = (gain * part) / Math.sqrt(square);
      for (let j = 0; j < size; j++) directions[at + j] = (1 - gain) * directions[at + j]! + towards * left[j]!;
      square = 0;
      part = 0;
      for (let j = 0; j < size; j++) {
        square += directions[at + j]! * directions[at + j]!;
        part += directions[at + j]! * left[j]!;
      }
      if (square === 0) return;
      for (let j = 0; j < size; j++) left[j]! -= (part / square) * directions[at + j]!;
    }
  }
}
