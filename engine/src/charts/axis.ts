/** A longer time between two rows is a gap, ms. */
const LONG_GAP = 60_000;

/** Steps between marks of time, s. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
/** Marks that fit on an axis, and what a label needs, in the unit of the drawing. */
const MARKS = 9;
const LABEL = 44;
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

  /** @param times of the rows, never falling; one at least */
  constructor(times: Float64Array, left: number, right: number) {
    this.left = left;
    this.right = right;
    const bounds = stretchesOf(times);
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

  /** Times worth a label, at round distances from `origin`. */
  marks(origin: number): { readonly time: number; readonly x: number }[] {
    const step = 1_000 * (STEPS.find((seconds) => this.length / (seconds * 1_000) <= MARKS) ?? STEPS.at(-1)!);
    const marks: { time: number; x: number }[] = [];
    for (const { from, to } of this.stretches) {
      let time = origin + Math.ceil((from - origin) / step) * step;
      for (; time <= to; time += step) {
        const x = this.x(time);
        if (x - (marks.at(-1)?.x ?? -LABEL) >= LABEL) marks.push({ time, x });
      }
    }
    return marks;
  }
}

/** How much time there is without long gaps, ms. */
export function coveredOf(times: Float64Array): number {
  let covered = 0;
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step <= LONG_GAP) covered += step;
  }
  return covered;
}

/** Stretches without a long gap: a minute, or a fiftieth of everything. */
function stretchesOf(times: Float64Array): [number, number][] {
  const most = Math.max(LONG_GAP, coveredOf(times) / 50);
  const bounds: [number, number][] = [[times[0]!, times[0]!]];
  for (let i = 1; i < times.length; i++) {
    if (times[i]! - times[i - 1]! > most) bounds.push([times[i]!, times[i]!]);
    else bounds.at(-1)![1] = times[i]!;
  }
  return bounds;
}
