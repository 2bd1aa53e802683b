import { lowerBound, upperBound } from '../../charts/numbers.js';
import { type Ignored, type Label, type Series, stepOf } from '../series.js';

/** What a row counts as. */
export const ORDINARY = 0;
/** Within a label, or within the grace behind it: an alarm here finds the event. */
export const EVENT = 1;
/** The tail of an event, or a stretch to be ignored: an alarm here is neither true nor false. */
export const NEITHER = 2;

/** A labelled event among the rows. */
export interface FieldEvent {
  readonly label: Label;
  /** Rows that find it: indexes of the first, and one behind the last. Equal where no row lies in it. */
  readonly first: number;
  readonly end: number;
}

/** A stretch of rows under labels (without grace), overlapping labels being one: the first and one behind the last. */
export interface Run {
  /** The key, as an index. */
  readonly k: number;
  readonly first: number;
  readonly end: number;
}

/** The rows of all keys, one key behind the other, and what the labels say of them. The same for every detector. */
export interface Field {
  readonly keys: readonly string[];
  /** Where the rows of each key begin; one more at the end. */
  readonly offsets: readonly number[];
  /** ms since the epoch. */
  readonly times: Float64Array;
  /** The stretch of time that a row stands for, ms: to the next row of its key, at most ten usual gaps. */
  readonly spans: Float64Array;
  readonly marks: Uint8Array;
  /** 1 in stretches to be ignored: as if they had not been judged. */
  readonly ignored: Uint8Array;
  /** 1 where a row is one thing with the row before: the key is still silent. */
  readonly still: Uint8Array;
  /** 1 under a label, without grace. */
  readonly positive: Uint8Array;
  readonly runs: readonly Run[];
  readonly events: readonly FieldEvent[];
  /** By key: the usual gap between rows, ms. */
  readonly steps: readonly number[];
  /** By key: anomalies closer together than this are one episode, ms. */
  readonly cooldowns: readonly number[];
}

export interface FieldOptions {
  readonly graceMs: number;
  readonly cooldownMs: number;
  readonly ignored?: readonly Ignored[];
}

/** A pause longer than this many usual gaps is not time that anybody judged. */
const LONGEST_GAP = 10;

/**
 * Lays labels over rows. A row belongs to a label if the stretch that it may stand for touches it: rows are stamped at their start or
 * at their end, so one that is stamped less than one usual gap before the label may hold its beginning.
 * @param rows times by key; labels name exactly these keys, others are left out
 */
export function layOut(
  rows: readonly Pick<Series, 'key' | 'times' | 'still'>[],
  labels: readonly Label[],
  options: FieldOptions,
): Field {
  const offsets = [0];
  for (const { times } of rows) offsets.push(offsets.at(-1)! + times.length);
  const total = offsets.at(-1)!;
  const field = {
    keys: rows.map(({ key }) => key),
    offsets,
    times: new Float64Array(total),
    spans: new Float64Array(total),
    marks: new Uint8Array(total),
    ignored: new Uint8Array(total),
    still: new Uint8Array(total),
    positive: new Uint8Array(total),
    runs: [] as Run[],
    events: [] as FieldEvent[],
    steps: rows.map(({ times }) => stepOf(times)),
    cooldowns: [] as number[],
  };
  rows.forEach(({ key, times, still }, k) => {
    const from = offsets[k]!;
    field.times.set(times, from);
    if (still) field.still.set(still, from);
    const step = field.steps[k]!;
    field.cooldowns.push(Math.max(options.cooldownMs, step));
    for (let i = 0; i < times.length; i++) {
      const gap = i + 1 < times.length ? times[i + 1]! - times[i]! : step;
      field.spans[from + i] = Math.min(gap, step * LONGEST_GAP);
    }
    mark(
      field,
      k,
      labels.filter((label) => label.key === key),
      options,
    );
  });
  return field;
}

function mark(field: Field & { events: FieldEvent[]; runs: Run[] }, k: number, labels: Label[], options: FieldOptions): void {
  const { times, marks, positive } = field;
  const [begin, end] = [field.offsets[k]!, field.offsets[k + 1]!];
  const [step, cooldown] = [field.steps[k]!, field.cooldowns[k]!];
  const firstOf = (from: number) =>
    step === 0 ? lowerBound(times, from, begin, end) : upperBound(times, from - step, begin, end);
  const fill = (value: number, from: number, to: number) => {
    for (let i = from; i < to; i++) if (marks[i] !== EVENT) marks[i] = value;
  };
  for (const { key, from, to } of options.ignored ?? []) {
    if (key === field.keys[k]) field.ignored.fill(1, lowerBound(times, from, begin, end), upperBound(times, to, begin, end));
  }
  // Tails first: where the tail of one event lies in another, the other counts.
  for (const { from, to } of labels) fill(NEITHER, firstOf(from), lowerBound(times, to + options.graceMs + cooldown, begin, end));
  for (const label of [...labels].sort((a, b) => a.from - b.from)) {
    const first = firstOf(label.from);
    const behind = Math.max(first, upperBound(times, label.to + options.graceMs, begin, end));
    field.events.push({ label, first, end: behind });
    marks.fill(EVENT, first, behind);
    positive.fill(1, first, Math.max(first, upperBound(times, label.to, begin, end)));
    field.ignored.fill(0, first, behind);
  }
  for (let i = begin; i < end; i++) if (field.ignored[i] === 1) marks[i] = NEITHER;
  for (let i = begin; i < end; i++) {
    if (positive[i] === 0) continue;
    const first = i;
    while (i < end && positive[i] === 1) i++;
    field.runs.push({ k, first, end: i });
  }
}

/** How many rows count, and how many of them lie under labels. */
export function counted({ positive, ignored }: Field): { rows: number; positives: number } {
  let [rows, positives] = [0, 0];
  for (let i = 0; i < positive.length; i++) {
    if (ignored[i] === 1) continue;
    rows++;
    positives += positive[i]!;
  }
  return { rows, positives };
}

/** The scores of one detector in the order of the field. @throws if it judged other rows than the field has */
export function scoresOver(field: Field, series: readonly Series[]): Float64Array {
  const scores = new Float64Array(field.times.length).fill(Number.NaN);
  for (const { key, scores: own } of series) {
    const k = field.keys.indexOf(key);
    if (k < 0) continue;
    const rows = field.offsets[k + 1]! - field.offsets[k]!;
    if (own.length !== rows) throw new RangeError(`the key ${key} has ${rows} rows, but ${own.length} scores`);
    scores.set(own, field.offsets[k]!);
  }
  for (let i = 0; i < scores.length; i++) if (field.ignored[i] === 1) scores[i] = Number.NaN;
  return scores;
}
