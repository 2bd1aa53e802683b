import type { Field } from './field.js';

/** The events of one kind, and how many were found. */
export interface KindRecall {
  readonly kind: string;
  readonly events: number;
  /** By rate. */
  readonly recall: readonly number[];
}

/** Of each found event the seconds from its start, or from its first judged row where that is later, to its first alarm. */
export function delays({ events, times }: Field, scores: Float64Array, alarm: (row: number) => boolean): number[] {
  const found: number[] = [];
  for (const { label, first, end } of events) {
    let from = Number.NaN;
    for (let i = first; i < end; i++) {
      if (Number.isNaN(scores[i]!)) continue;
      if (Number.isNaN(from)) from = Math.max(label.from, times[i]!);
      if (!alarm(i)) continue;
      // A row that is stamped at its start may be stamped before the event.
      found.push(Math.max(0, times[i]! - from) / 1_000);
      break;
    }
  }
  return found;
}

/** In the order of how often they come. */
export function byKind(outcomes: readonly { kind: string; found: readonly boolean[] }[], rates: number): KindRecall[] {
  const kinds = new Map<string, (readonly boolean[])[]>();
  for (const { kind, found } of outcomes) kinds.set(kind, [...(kinds.get(kind) ?? []), found]);
  return [...kinds]
    .map(([kind, all]) => ({
      kind,
      events: all.length,
      recall: Array.from({ length: rates }, (_, i) => all.filter((found) => found[i]).length / all.length),
    }))
    .sort((a, b) => b.events - a.events || (a.kind < b.kind ? -1 : 1));
}
