/** What a drift watch remembers: plain data, so that a checkpoint holds it. */
export interface DriftState {
  /** Fading counts of p-values by twentieths. */
  histogram: Float64Array;
  /** By column: a short and a long running mean, and the long running variance. */
  short: Float64Array;
  long: Float64Array;
  variance: Float64Array;
  count: number;
  /** Rows until it speaks again. */
  quiet: number;
}

const BINS = 20;
/** p-values further from uniform than this have drifted, and so have columns whose short mean is off by so many deviations. */
const LARGEST_DISTANCE = 0.3;
const LARGEST_SHIFT = 1.5;
/** The long memory, in short ones. */
const LONG = 10;
const CLIP = 5;

export const initialDrift = (columns: number): DriftState => ({
  histogram: new Float64Array(BINS),
  short: new Float64Array(columns),
  long: new Float64Array(columns),
  variance: new Float64Array(columns),
  count: 0,
  quiet: 0,
});

/**
 * Watches whether a stream is still the one that a model was calibrated on: whether its p-values are still uniform, and whether the mean
 * of a column has moved. Both over a fading memory of so many rows; having spoken, it is quiet for as long.
 */
export class DriftWatch {
  private readonly state: DriftState;
  private readonly names: readonly string[];
  private readonly memory: number;

  constructor(state: DriftState, names: readonly string[], memory: number) {
    this.state = state;
    this.names = names;
    this.memory = memory;
  }

  /** @returns what has drifted, once */
  pass(row: Float64Array, p: number): string | undefined {
    const { state, memory } = this;
    state.count++;
    const keep = 1 - 1 / Math.min(memory, state.count);
    for (let i = 0; i < BINS; i++) state.histogram[i]! *= keep;
    state.histogram[Math.min(BINS - 1, Math.floor(p * BINS))]! += 1 - keep;
    this.means(row);
    if (state.quiet > 0) {
      state.quiet--;
      return undefined;
    }
    if (state.count < LONG * memory || state.count % 100 !== 0) return undefined;
    const what = this.look();
    if (what !== undefined) state.quiet = LONG * memory;
    return what;
  }

  private means(row: Float64Array): void {
    const { short, long, variance, count } = this.state;
    const fast = 1 / Math.min(this.memory, count);
    const slow = 1 / Math.min(this.memory * LONG, count);
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (Number.isNaN(value)) continue;
      const bound = CLIP * Math.sqrt(variance[i]!);
      let from = value - long[i]!;
      if (count > 100 && bound > 0) from = Math.max(-bound, Math.min(bound, from));
      short[i]! += fast * (long[i]! + from - short[i]!);
      long[i]! += slow * from;
      variance[i] = (1 - slow) * (variance[i]! + slow * from * from);
    }
  }

  private look(): string | undefined {
    const { histogram, short, long, variance } = this.state;
    let sum = 0;
    let distance = 0;
    for (let i = 0; i < BINS; i++) {
      sum += histogram[i]!;
      distance = Math.max(distance, Math.abs(sum - (i + 1) / BINS));
    }
    if (distance > LARGEST_DISTANCE) return `p-values are ${distance.toFixed(2)} from uniform`;
    for (let i = 0; i < short.length; i++) {
      const shift = (short[i]! - long[i]!) / Math.sqrt(variance[i]!);
      if (Math.abs(shift) > LARGEST_SHIFT) return `column ${this.names[i]} has moved by ${shift.toFixed(1)} deviations`;
    }
    return undefined;
  }
}
