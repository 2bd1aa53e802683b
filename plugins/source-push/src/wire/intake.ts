// What the formats give: samples of series, as far as anybody wants them.

/** Labels of a series, its metric's name not among them. */
export type Labels = ReadonlyMap<string, string>;

/** Who knows which series are wanted. What a format finds is looked up here, so that each series is read once. */
export interface Directory<Series> {
  /** Whether a metric of this name may be a column. */
  wants(metric: string): boolean;
  /** The series of an identity that was seen before; `null`: it is known not to be wanted; `undefined`: it was not seen yet. */
  find(identity: string): Series | null | undefined;
  /** @returns `null` where it is not wanted; `undefined` where it has no key, which is told already */
  make(identity: string, metric: string, labels: Labels): Series | null | undefined;
}

/** The samples of one body, of wanted series only, in the order in which they stand there. */
export class Samples<Series> {
  readonly series: Series[] = [];
  /** ms since the epoch */
  readonly times: number[] = [];
  /** `NaN`: the series has no value from this time on. */
  readonly values: number[] = [];
  /** Samples of metrics that are no column. */
  unnamed = 0;
  /** A few of their names, for whoever wonders why nothing comes. */
  readonly names = new Set<string>();
  /** What cannot be taken in, by reason; detail of the first. */
  readonly refused = new Map<string, { count: number; detail: string }>();
  /** Histograms and exemplars, which are not taken. */
  histograms = 0;
  exemplars = 0;

  add(series: Series, time: number, value: number): void {
    this.series.push(series);
    this.times.push(time);
    this.values.push(value);
  }

  leaveOut(metric: string, count = 1): void {
    this.unnamed += count;
    if (this.names.size < MOST_NAMES) this.names.add(metric.slice(0, LONGEST));
  }

  refuse(reason: string, detail: string, count = 1): void {
    const known = this.refused.get(reason);
    if (known) known.count += count;
    else this.refused.set(reason, { count, detail });
  }
}

const MOST_NAMES = 20;
const LONGEST = 200;

/** A body that is not what it says that it is: who sent it is told 400. */
export class BadBody extends Error {}
