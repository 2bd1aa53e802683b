// Recall against false episodes a day, over all thresholds.

import { type Field, ORDINARY } from './field.js';

const DAY = 86_400_000;
/** A false episode may last ten cool-downs; what lasts longer counts as several, or one alarm that never ends would be a single one. */
const LONGEST = 10;

/** Judged time outside of everything labelled, in days. */
export function ordinaryDays({ marks, spans }: Field, scores: Float64Array): number {
  let ms = 0;
  for (let i = 0; i < scores.length; i++) if (marks[i] === ORDINARY && !Number.isNaN(scores[i]!)) ms += spans[i]!;
  return ms / DAY;
}

/** The share of the time of the recording, ignored stretches left out, that a detector judged, 0 … 1. */
export function judgedShare({ spans, ignored }: Field, scores: Float64Array): number {
  let all = 0;
  let judged = 0;
  for (let i = 0; i < scores.length; i++) {
    if (ignored[i] === 1) continue;
    all += spans[i]!;
    if (!Number.isNaN(scores[i]!)) judged += spans[i]!;
  }
  return all === 0 ? 0 : judged / all;
}

/**
 * The lowest threshold for each rate of false episodes a day that keeps to it, all at once, in O(n) behind the sort: rows are taken
 * away one by one, the most ordinary first, from a list of all that may be alarms, which says how many episodes any threshold gives.
 * @param order the judged rows, the oddest first
 * @returns by rate: a row is an alarm if its score is above; −∞ where every row may be one
 */
export function thresholdsFor(
  field: Field,
  scores: Float64Array,
  order: Uint32Array,
  days: number,
  rates: readonly number[],
): number[] {
  const ascending = rates.map((perDay, place) => ({ allowed: perDay * days, place })).sort((a, b) => a.allowed - b.allowed);
  const { rows, lasting } = candidates(field, scores, order, ascending.at(-1)?.allowed ?? 0);
  const counts = episodeCounts(field, scores, rows);
  const thresholds = new Array<number>(rates.length).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  for (let i = 0; i < rows.length && next < ascending.length; i++) {
    // Equal scores exceed a threshold together.
    if (i + 1 < rows.length && scores[rows[i + 1]!] === scores[rows[i]!]) continue;
    const count = Math.max(counts[i]!, lasting[i]!);
    while (next < ascending.length && count > ascending[next]!.allowed) thresholds[ascending[next++]!.place] = scores[rows[i]!]!;
  }
  return thresholds;
}

/** The oddest ordinary rows, down to where they last longer than so many episodes may; and by row the episodes that they last for. */
function candidates(
  { marks, spans, still, keys, offsets, cooldowns }: Field,
  scores: Float64Array,
  order: Uint32Array,
  most: number,
): { rows: Uint32Array; lasting: Float64Array } {
  const episodeOf = new Float64Array(scores.length);
  for (let k = 0; k < keys.length; k++) episodeOf.fill(LONGEST * Math.max(1, cooldowns[k]!), offsets[k]!, offsets[k + 1]!);
  const rows = new Uint32Array(order.length);
  const lasting = new Float64Array(order.length);
  let count = 0;
  let sum = 0;
  for (const row of order) {
    if (marks[row] !== ORDINARY) continue;
    // Not within equal scores.
    if (sum > most && scores[row] !== scores[rows[count - 1]!]) break;
    if (still[row] === 0) sum += spans[row]! / episodeOf[row]!;
    rows[count] = row;
    lasting[count++] = sum;
  }
  return { rows: rows.subarray(0, count), lasting: lasting.subarray(0, count) };
}

/** By place in `rows`, the oddest first: the episodes if it and all that are odder are alarms. */
function episodeCounts({ times, still, offsets, cooldowns }: Field, scores: Float64Array, rows: Uint32Array): Uint32Array {
  const { length } = scores;
  const candidate = new Uint8Array(length);
  for (const row of rows) candidate[row] = 1;
  // Each row's neighbours in time among those that are left, of the same key; `length` for none.
  const before = new Uint32Array(length);
  const after = new Uint32Array(length);
  const cooldownOf = new Float64Array(length);
  let count = 0;
  for (let k = 0; k < cooldowns.length; k++) {
    let last = length;
    for (let i = offsets[k]!; i < offsets[k + 1]!; i++) {
      if (candidate[i] === 0) continue;
      cooldownOf[i] = cooldowns[k]!;
      before[i] = last;
      after[i] = length;
      if (last < length) after[last] = i;
      if (last === length || !isOne(times, still, last, i, cooldowns[k]!)) count++;
      last = i;
    }
  }
  const counts = new Uint32Array(rows.length);
  for (let place = rows.length - 1; place >= 0; place--) {
    counts[place] = count;
    const row = rows[place]!;
    const [previous, next, cooldown] = [before[row]!, after[row]!, cooldownOf[row]!];
    const joins = (a: number, b: number) => a < length && b < length && isOne(times, still, a, b, cooldown);
    count += -1 + Number(joins(previous, row)) + Number(joins(row, next)) - Number(joins(previous, next));
    if (previous < length) after[previous] = next;
    if (next < length) before[next] = previous;
  }
  return counts;
}

/** Whether two alarms of a key, neighbours among all alarms, are one episode. */
const isOne = (times: Float64Array, still: Uint8Array, a: number, b: number, cooldown: number): boolean =>
  times[b]! - times[a]! <= cooldown || (still[b] === 1 && a === b - 1);

/** Exceedances that a cool-down or less separates. Times in ms since the epoch. */
export interface FalseEpisode {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly peakScore: number;
}

/** The false episodes that a threshold gives, in order of key and time. */
export function falseEpisodes(field: Field, scores: Float64Array, threshold: number): FalseEpisode[] {
  const { marks, times, still, offsets, cooldowns, keys } = field;
  const found: FalseEpisode[] = [];
  for (let k = 0; k < keys.length; k++) {
    let open: { key: string; start: number; end: number; peakScore: number } | undefined;
    let last = -1;
    for (let i = offsets[k]!; i < offsets[k + 1]!; i++) {
      if (marks[i] !== ORDINARY || !(scores[i]! > threshold)) continue;
      const [time, score] = [times[i]!, scores[i]!];
      const goesOn = open && isOne(times, still, last, i, cooldowns[k]!);
      last = i;
      if (open && goesOn) {
        open.end = time;
        open.peakScore = Math.max(open.peakScore, score);
      } else {
        open = { key: keys[k]!, start: time, end: time, peakScore: score };
        found.push(open);
      }
    }
  }
  return found;
}
