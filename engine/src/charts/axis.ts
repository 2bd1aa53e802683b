// Time from left to right, and what of it is cut out.

/** A longer time between two rows is a gap, ms; where rows are rarer, so many of their usual steps. */
const LONG_GAP = 60_000;
const LONG_STEPS = 10;

/** Steps between marks of time, s: up to a minute, an hour, a day, and days. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1_800],
  ...[3_600, 7_200, 10_800, 21_600, 43_200],
  ...[1, 2, 4, 7, 14, 28, 91, 365, 3_650].map((days) => days * 86_400),
];
/** What a mark of time needs, in the unit of the drawing. */
const LABEL = 44;
/** A mark each so many units of the drawing at most. */
const APART = 110;
/** What a cut takes. */
const CUT = 10;

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly width: number;
}

/** Time from left to right, with what lies in long gaps cut out: two flights of one log stay readable. */
export class TimeAxis {
  readonly left: number;
  readonly right: number;
  /** The middles of what was cut out. */
  readonly cuts: readonly number[];
  private readonly stretches: readonly Stretch[];
  private readonly length: number;

  /**
   * @param times of the rows, never falling; one at least
   * @param whole whether gaps stay
   */
  constructor(times: Float64Array, left: number, right: number, whole = false) {
    this.left = left;
    this.right = right;
    const bounds = whole ? [[times[0]!, times.at(-1)!] as const] : stretchesOf(times);
    this.length = bounds.reduce((sum, [from, to]) => sum + to - from, 0);
    const room = right - left - CUT * (bounds.length - 1);
    let at = left;
    this.stretches = bounds.map(([from, to]) => {
      const width = this.length === 0 ? room / bounds.length : ((to - from) / this.length) * room;
      const stretch = { from, to, left: at, width };
      at += width + CUT;
      return stretch;
    });
    this.cuts = this.stretches.slice(1).map((stretch) => stretch.left - CUT / 2);
  }

  /** Where a time stands; one that was cut out, or lies outside, at the edge. */
  x(time: number): number {
    const stretch = this.stretches.find(({ to }) => time <= to) ?? this.stretches.at(-1)!;
    const share = (time - stretch.from) / (stretch.to - stretch.from || 1);
    return stretch.left + Math.max(0, Math.min(1, share)) * stretch.width;
  }

  /** The first and the last time on it, ms since the epoch. */
  get from(): number {
    return this.stretches[0]!.from;
  }
  get to(): number {
    return this.stretches.at(-1)!.to;
  }

  /** Time that one unit of the drawing is wide, ms. */
  get unit(): number {
    return this.length / (this.right - this.left) || 1;
  }

  /** Times worth a label, at round distances from `origin`, and the distance, ms. */
  marks(origin: number): { readonly step: number; readonly at: readonly { readonly time: number; readonly x: number }[] } {
    const most = Math.max(2, (this.right - this.left) / APART);
    const step = 1_000 * (STEPS.find((seconds) => this.length / (seconds * 1_000) <= most) ?? STEPS.at(-1)!);
    const at: { time: number; x: number }[] = [];
    for (const { from, to } of this.stretches) {
      let time = origin + Math.ceil((from - origin) / step) * step;
      for (; time <= to; time += step) {
        const x = this.x(time);
        if (x - (at.at(-1)?.x ?? -LABEL) >= LABEL) at.push({ time, x });
      }
    }
    return { step, at };
  }
}

/** As many steps know the usual one well enough. */
const SAMPLE = 5_000;

/** The usual time between two rows that are not of one time, ms: the median; 0 where there are none. */
export function usualStep(times: Float64Array): number {
  const steps: number[] = [];
  const stride = Math.max(1, Math.floor(times.length / SAMPLE));
  for (let i = 1; i < times.length; i += stride) {
    const step = times[i]! - times[i - 1]!;
    if (step > 0) steps.push(step);
  }
  return steps.sort((x, y) => x - y)[steps.length >> 1] ?? 0;
}

/** From which on a time between two rows is a gap, ms. */
const longGap = (times: Float64Array): number => Math.max(LONG_GAP, LONG_STEPS * usualStep(times));

/** How much time there is without long gaps, ms. @param counts which rows count, each for the time since the one before it */
export function coveredOf(times: Float64Array, counts: (row: number) => boolean = () => true): number {
  return coveredBelow(longGap(times), times, counts);
}

function coveredBelow(long: number, times: Float64Array, counts: (row: number) => boolean): number {
  let covered = 0;
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step <= long && counts(i)) covered += step;
  }
  return covered;
}

/** Stretches without a long gap; none is shorter than a fiftieth of everything. */
function stretchesOf(times: Float64Array): [number, number][] {
  const long = longGap(times);
  const most = Math.max(long, coveredBelow(long, times, () => true) / 50);
  const bounds: [number, number][] = [[times[0]!, times[0]!]];
  for (let i = 1; i < times.length; i++) {
    if (times[i]! - times[i - 1]! > most) bounds.push([times[i]!, times[i]!]);
    else bounds.at(-1)![1] = times[i]!;
  }
  return bounds;
}
