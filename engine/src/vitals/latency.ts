/** Percentiles of positive times in milliseconds, to 2 %, in constant memory: counts in buckets that grow by 2 % from 10 µs. */
export class LatencyHistogram {
  private readonly counts = new Float64Array(1_200);
  private total = 0;

  add(ms: number, times = 1): void {
    const bucket = ms <= SMALLEST ? 0 : Math.ceil(Math.log(ms / SMALLEST) / STEP);
    this.counts[Math.min(bucket, this.counts.length - 1)]! += times;
    this.total += times;
  }

  /** @returns the time that a share `q` stays below; `null` when nothing was measured */
  quantile(q: number): number | null {
    if (this.total === 0) return null;
    let rest = q * this.total;
    for (let i = 0; i < this.counts.length; i++) {
      rest -= this.counts[i]!;
      if (rest <= 0) return SMALLEST * Math.exp(i * STEP);
    }
    return null;
  }
}

const SMALLEST = 0.01;
const STEP = Math.log(1.02);
