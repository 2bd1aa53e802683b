// The stretch of time that is shown: it follows what comes, or stands still.

import { computed, signal } from '@preact/signals';
import { at, go } from './place.js';

export interface Span {
  readonly from: number;
  readonly to: number;
}

const MINUTE = 60_000;
export const RANGES: readonly { readonly name: string; readonly title: string }[] = [
  { name: '15m', title: '15m' },
  { name: '1h', title: '1h' },
  { name: '6h', title: '6h' },
  { name: '24h', title: '24h' },
  { name: '7d', title: '7d' },
  { name: 'all', title: 'All' },
];

/** The first and the last moment that the server has, ms since the epoch; 0 while it has none. */
export const first = signal(0);
export const last = signal(0);

export function spanOf(text: string): Span | undefined {
  const [from, to] = text.split('-').map(Number);
  return from !== undefined && to !== undefined && to > from ? { from, to } : undefined;
}
export const textOf = ({ from, to }: Span) => `${Math.round(from)}-${Math.round(to)}`;

/** Whether something is known of what is to come: then there is room for it, this part of what is shown and a day at most. */
export const ahead = signal(false);
const AHEAD = { part: 0.2, most: 86_400_000 } as const;

/** Whether the picture moves with what comes. */
export const following = computed(() => !at.range.value.includes('-'));

const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: 60 * MINUTE, d: 1_440 * MINUTE };
const lengthOf = (range: string): number => (UNITS[range.at(-1)!] ?? MINUTE) * Number.parseInt(range, 10);

/** What is shown. While it follows, it moves in steps that are about a pixel wide. */
export const range = computed<Span>(() => {
  const text = at.range.value;
  const fixed = text.includes('-') ? spanOf(text) : undefined;
  if (fixed) return fixed;
  const end = last.value || Date.now();
  // Of a pipeline that has just begun, all there is: an empty picture tells nothing.
  const kept = Math.max(2 * MINUTE, end - (first.value || end - 60 * MINUTE));
  const length = text === 'all' ? kept : Math.min(kept, lengthOf(text) || 60 * MINUTE);
  const step = Math.max(1_000, length / 1_000);
  const to = Math.ceil(end / step) * step;
  return { from: to - length, to: to + (ahead.value ? Math.min(AHEAD.most, length * AHEAD.part) : 0) };
});

let followed = '1h';
export function pause(): void {
  if (!following.value) return;
  followed = at.range.value;
  go({ range: textOf(range.value) });
}
export function follow(): void {
  if (!following.value) go({ range: followed });
}

export function show(span: Span, how: 'step' | 'replace' = 'step'): void {
  if (following.value) followed = at.range.value;
  const length = Math.max(2_000, span.to - span.from);
  const middle = (span.from + span.to) / 2;
  go({ range: textOf({ from: middle - length / 2, to: middle + length / 2 }) }, how);
}
/** Shows less or more around a moment. */
export function zoom(factor: number, around = (range.value.from + range.value.to) / 2): void {
  const { from, to } = range.value;
  show({ from: around - (around - from) * factor, to: around + (to - around) * factor }, 'replace');
}
/** Moves by a part of what is shown. */
export function pan(part: number): void {
  const by = (range.value.to - range.value.from) * part;
  show({ from: range.value.from + by, to: range.value.to + by }, 'replace');
}
