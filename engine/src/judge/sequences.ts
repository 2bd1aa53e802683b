// Which ids of a series have come.

import type { Observation } from '../api/index.js';

/** How far one type of observation of one key has come, and which ids below that are still out. */
export interface SequenceState {
  last: number;
  /** Ranges [from, to) that were jumped over, oldest first; at most {@link GAPS_KEPT}. */
  gaps: [number, number][];
}

/** How many gaps are remembered per key and type: a straggler into an older one counts as a repeat. */
export const GAPS_KEPT = 32;

/** What an id is: the next one, a repeat, or the next one after `gap` missing ids; 0: a straggler that fills a gap. */
export const REPEAT = -1;

/**
 * Takes in an id.
 * @returns {@link REPEAT}, or how many ids were jumped over (0 for the expected one, a straggler, or a growing sequence)
 */
export function advanceSequence(state: SequenceState, id: number, contiguous: boolean): number {
  if (id > state.last) {
    const gap = contiguous ? id - state.last - 1 : 0;
    if (gap > 0) {
      if (state.gaps.length === GAPS_KEPT) state.gaps.shift();
      state.gaps.push([state.last + 1, id]);
    }
    state.last = id;
    return gap;
  }
  return fillGap(state.gaps, id) ? 0 : REPEAT;
}

/** Takes in an id of a series of a key; the first one is the first that is known. @returns as {@link advanceSequence} */
export function advanceSeries(sequences: Record<string, SequenceState>, series: string, id: number, contiguous: boolean): number {
  const known = sequences[series];
  if (known === undefined) sequences[series] = { last: id, gaps: [] };
  else if (id === known.last + 1) known.last++;
  else return advanceSequence(known, id, contiguous);
  return 0;
}

/** The series that an observation belongs to: the ids of each key of a group grow by themselves. */
export function seriesOf(groups: ReadonlyMap<string, string>, { key, type }: Observation): string {
  return groups.size > 0 && groups.has(key) ? `${key}/${type}` : type;
}

/** Whether an id was there before. Changes nothing. */
export function isRepeat({ last, gaps }: SequenceState, id: number): boolean {
  return id <= last && !gaps.some(([from, to]) => id >= from && id < to);
}

function fillGap(gaps: [number, number][], id: number): boolean {
  const index = gaps.findIndex(([from, to]) => id >= from && id < to);
  if (index < 0) return false;
  const [from, to] = gaps[index]!;
  const left: [number, number][] = [];
  if (id > from) left.push([from, id]);
  if (id + 1 < to) left.push([id + 1, to]);
  gaps.splice(index, 1, ...left);
  return true;
}
