// Where a time axis has its marks, and what stands beside them.

import type { Span } from '../state/range.js';
import { dayOf, minuteOf, secondOf } from '../state/words.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 365].map((n) => n * DAY),
];

export interface Tick {
  readonly time: number;
  readonly text: string;
}

/** Round moments of the local clock, at most `most` of them. */
export function ticksOf({ from, to }: Span, most: number): Tick[] {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  const ticks: Tick[] = [];
  for (let local = Math.ceil((from - shift) / step) * step; local + shift <= to; local += step) {
    const time = local + shift;
    const midnight = minuteOf(time) === '00:00' && time % MINUTE === 0;
    const text = midnight || step >= DAY ? dayOf(time).slice(5) : step < MINUTE ? secondOf(time) : minuteOf(time);
    ticks.push({ time, text });
  }
  return ticks;
}
