/** Numbers that come one at a time, without a boxed array of millions. */
export class Numbers {
  length = 0;
  private buffer = new Float64Array(1024);

  push(value: number): void {
    if (this.length === this.buffer.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer[this.length++] = value;
  }

  last(): number {
    return this.length === 0 ? Number.NaN : this.buffer[this.length - 1]!;
  }

  /** What was pushed: a copy. */
  values(): Float64Array {
    return this.buffer.slice(0, this.length);
  }
}

/** The first index whose value is not below `limit`; `values` ascend from `from` to `to` (not included). */
export function lowerBound(values: Float64Array, limit: number, from = 0, to = values.length): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index whose value is above `limit`. */
export function upperBound(values: Float64Array, limit: number, from = 0, to = values.length): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
