// One key over a stretch: its columns with what is usual for them, and its scores, in as many parts as a picture has room for.

import type { Hindsight, KeptParts, KeptRow, PipelineSchema, Usual } from '@quantstream/engine';
import type { Block } from '../kept/block.js';
import type { Past } from '../kept/past.js';
import type { Ring } from '../kept/ring.js';
import type { KeyHistory, Maybe } from '../wire.js';
import { barOf, type Labels, maybe } from './bars.js';
import type { Expected } from './expected.js';

/** Rows that are looked at for what is usual before the first that is shown. */
export const BEFORE = 4_000;
/** Four fifths of a normal distribution lie within so many mean distances. */
const WITHIN = 1.6;

type State = KeyHistory['state'][number];

/** What is asked of a key. */
export interface KeyAsked {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /** Parts at most. */
  readonly points: number;
}

/** Learns what is usual for a key from the rows before a moment. */
export function usualBefore(ring: Ring, hindsight: Hindsight, key: string, time: number): Usual {
  const usual = hindsight.usual();
  for (const { block, i } of ring.before(key, time, BEFORE)) if (!block.anomalous(i)) usual.learn(block.values(i));
  return usual;
}

/** The same from rows that were kept elsewhere. */
export function usualOf(rows: readonly KeptRow[], hindsight: Hindsight): Usual {
  const usual = hindsight.usual();
  for (const row of rows) if (!row.anomalous) usual.learn(row.values);
  return usual;
}

/** Length of a part of a picture, ms; 0 where every row is one. @param older whether there are rows besides those in memory */
export function stepOf(past: Past, { key, from, to, points }: KeyAsked, older: boolean): number {
  return past.ring.count(key, { from, to }) <= points && !older ? 0 : Math.max(1, to - from) / points;
}

/** One part of a picture while it is filled. */
class Part {
  readonly last: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  time = Number.NaN;
  score = Number.NaN;
  threshold = Number.NaN;
  state: State = 'judged';

  constructor(width: number) {
    this.last = new Float64Array(width).fill(Number.NaN);
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  }

  static of(parts: KeptParts, i: number): Part {
    const part = new Part(parts.last.length);
    part.time = parts.time[i]!;
    for (let c = 0; c < parts.last.length; c++) {
      part.last[c] = parts.last[c]![i]!;
      part.min[c] = parts.min[c]![i]!;
      part.max[c] = parts.max[c]![i]!;
    }
    part.score = parts.score[i]!;
    part.threshold = parts.threshold[i]!;
    part.state = parts.state[i]!;
    return part;
  }

  add(block: Block, i: number): void {
    this.time = block.time(i);
    const values = block.values(i);
    for (let c = 0; c < values.length; c++) {
      const value = values[c]!;
      if (Number.isNaN(value)) continue;
      this.last[c] = value;
      if (value < this.min[c]!) this.min[c] = value;
      if (value > this.max[c]!) this.max[c] = value;
    }
    const score = block.score(i);
    if (!(score <= this.score) && !Number.isNaN(score)) this.score = score;
    this.threshold = block.threshold(i);
    if (block.anomalous(i)) this.state = 'anomalous';
    else if (block.reason(i) !== 0 && this.state === 'judged') this.state = 'unjudged';
  }
}

/** @param usual what was usual before the stretch; it learns what is in it, @param expected what is at each hour, where that explains a column, @param older what memory does not have of it */
export function keyOf(
  past: Past,
  schema: PipelineSchema,
  labels: Labels,
  asked: KeyAsked,
  usual: Usual,
  expected?: Expected,
  older?: KeptParts,
): KeyHistory {
  const { key, from, to } = asked;
  const columns = schema.row.columns;
  const step = stepOf(past, asked, older !== undefined);
  const time: number[] = [];
  const made: Record<string, { last: Maybe[]; min: Maybe[]; max: Maybe[] }> = {};
  const bands: Record<string, { low: Maybe[]; high: Maybe[] }> = {};
  for (const { name, role } of columns) {
    made[name] = { last: [], min: [], max: [] };
    if (role === 'feature') bands[name] = { low: [], high: [] };
  }
  const [score, threshold, state]: [Maybe[], Maybe[], State[]] = [[], [], []];
  const close = (part: Part) => {
    time.push(part.time);
    columns.forEach(({ name }, c) => {
      const { last, min, max } = made[name]!;
      last.push(maybe(part.last[c]!));
      min.push(maybe(part.min[c]!));
      max.push(maybe(part.max[c]!));
      const band = bands[name];
      if (!band) return;
      const hour = expected?.at(name, part.time);
      if (hour) {
        band.low.push(maybe(hour.low));
        band.high.push(maybe(hour.high));
        return;
      }
      const [middle, spread] = [usual.mean[c]!, usual.distance[c]!];
      const known = spread > 0;
      band.low.push(known ? maybe(middle - WITHIN * spread) : null);
      band.high.push(known ? maybe(middle + WITHIN * spread) : null);
    });
    score.push(maybe(part.score));
    threshold.push(maybe(part.threshold));
    state.push(part.state);
  };
  for (let i = 0; i < (older?.time.length ?? 0); i++) {
    const whole = Part.of(older!, i);
    if (whole.state !== 'anomalous') usual.learn(whole.last);
    close(whole);
  }
  let part: Part | undefined;
  let until = Number.NEGATIVE_INFINITY;
  for (const { block, first, last } of past.ring.within(key, { from, to }))
    for (let i = first; i <= last; i++) {
      const at = block.time(i);
      if (part && (step === 0 || at >= until)) close(part);
      if (!part || step === 0 || at >= until) {
        part = new Part(columns.length);
        until = from + (Math.floor((at - from) / (step || 1)) + 1) * step;
      }
      part.add(block, i);
      if (!block.anomalous(i)) usual.learn(block.values(i));
    }
  if (part) close(part);
  const said = [...labels.values()]
    .filter((label) => label.key === key && label.from <= to && label.to >= from)
    .map(({ from: at, label, by, note }) => ({
      time: at,
      kind: 'label' as const,
      text: `${label}${by === undefined ? '' : `, says ${by}`}${note === undefined ? '' : `: ${note}`}`,
    }));
  return {
    key,
    from,
    to,
    step,
    time,
    columns: made,
    usual: bands,
    score,
    threshold,
    state,
    episodes: past.episodesWithin(from, to, key).map((episode) => barOf(episode, labels)),
    missing: past.gapsWithin(from, to, key),
    outlines: [],
    notes: [...past.notesWithin(from, to, key), ...said].sort((a, b) => a.time - b.time),
  };
}
