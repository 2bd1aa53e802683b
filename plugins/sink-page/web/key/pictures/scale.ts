// The scale of a picture from below to above: round numbers around what is to be seen.

import type { Maybe } from '../../../src/wire.js';

export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const ROUND = [1, 2, 2.5, 5, 10];

export class Extent {
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  see(values: readonly Maybe[]): this {
    for (const value of values) this.one(value);
    return this;
  }
  one(value: Maybe | undefined): void {
    if (value === null || value === undefined || Number.isNaN(value)) return;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
  /** Takes in what is near: at most so many times as far as all of it is wide. */
  near(values: readonly Maybe[], times: number): this {
    const reach = (this.max - this.min || Math.abs(this.max) || 1) * times;
    const [low, high] = [this.min - reach, this.max + reach];
    for (const value of values) if (value !== null && value >= low && value <= high) this.one(value);
    return this;
  }
  get none(): boolean {
    return this.min > this.max;
  }
}

/** Round limits around an extent, and the step of their marks. */
export function scaleOf(extent: Extent, marks = 3): Scale {
  if (extent.none) return { min: 0, max: 1, step: 1 };
  let { min, max } = extent;
  if (min === max) {
    const half = Math.abs(min) * 0.01 || 0.5;
    [min, max] = [min - half, max + half];
  }
  const rough = (max - min) / marks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (ROUND.find((one) => one * power >= rough) ?? 10) * power;
  // A little air above and below, then marks where they are round; the picture need not end at a mark.
  const air = (max - min) * 0.06;
  return { min: min - air, max: max + air, step };
}

export const marksOf = ({ min, max, step }: Scale): number[] => {
  const marks: number[] = [];
  for (let at = Math.ceil(min / step) * step; at <= max + step * 1e-9; at += step) marks.push(Number(at.toPrecision(12)));
  return marks;
};
