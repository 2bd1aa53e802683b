// The latest rows of all keys, in bounded memory.

import type { KeptRow, Stretch, Verdict } from '@quantstream/engine';
import { Block, bytesOf, MOST, oddOf, type Shape } from './block.js';

/** Reasons for not being judged that are told apart. */
const REASONS = 1_000;

/** The highest score beside its threshold, how many rows, how many that were judged, and those beyond the budget beside those that it allows. */
interface Fresh {
  odd: number;
  count: number;
  judged: number;
  raised: number;
  allowed: number;
}

export const nothingFresh = (): Fresh => ({ odd: Number.NaN, count: 0, judged: 0, raised: 0, allowed: 0 });

/** Why a row was not judged, while it is still learned what is ordinary. */
const LEARNING = /^(learning$|uncalibrated)/;

/** The rows of a key, in order of time. */
export interface KeyRows {
  readonly key: string;
  blocks: Block[];
  /** When rows were last added: a count of all that happened. */
  changed: number;
  /** By model, the version that judged the last row. */
  readonly versions: Map<string, string>;
  /** What came since somebody looked last. */
  fresh: Fresh;
  /** Whether the last row came while it was still learned what is ordinary. */
  learning: boolean;
  /** Event time of the first row behind that; NaN where nobody saw it. */
  ruledSince: number;
  /** Whether the last row was ruled on by what other keys have shown. */
  borrows: boolean;
  /** Whether the last row could be ruled on, and if not, why. */
  unjudged: string | undefined;
}

/** Keeps as many of the latest rows as there is room for. */
export class Ring {
  readonly shape: Shape;
  readonly keys = new Map<string, KeyRows>();
  rows = 0;
  bytes = 0;
  /** Rows that had to go. */
  gone = 0;
  /** Counts what happens. */
  now = 0;
  private readonly most: number;
  private readonly reasons: string[];
  private readonly numbers: Map<string, number>;

  /** @param most bytes, @param reasons why rows were not judged, and @param numbers theirs: those of another ring, to share its blocks */
  constructor(shape: Shape, most: number, reasons = [''], numbers = new Map<string, number>()) {
    this.shape = shape;
    this.most = most;
    this.reasons = reasons;
    this.numbers = numbers;
  }

  /** Takes in a row; one of before the last takes the place of what came from its time on. */
  add(verdict: Verdict): KeyRows {
    const rows = this.of(verdict.key);
    const reason = verdict.anomalous ? undefined : verdict.reason;
    if (rows.blocks.length > 0 && verdict.time < lastOf(rows)) this.cut(rows, verdict.time);
    const block = this.blockOf(rows);
    const before = block.bytes;
    block.add(verdict, this.numberOf(reason));
    this.bytes += block.bytes - before;
    this.rows++;
    rows.changed = ++this.now;
    rows.unjudged = reason;
    rows.borrows = verdict.borrowed === true;
    const { fresh } = rows;
    const odd = oddOf(verdict.score, verdict.threshold);
    if (!(odd <= fresh.odd) && !Number.isNaN(odd)) fresh.odd = odd;
    fresh.count++;
    if (reason === undefined) fresh.judged++;
    const allowed = block.allows(block.count - 1);
    fresh.allowed += allowed;
    if (verdict.pValue < allowed) fresh.raised++;
    grow(rows, verdict.time, reason, verdict.calibrated && !rows.borrows);
    if (this.bytes > this.most) this.makeRoom();
    return rows;
  }

  /** Puts rows of before in front of those that a key has: as many of the latest as there is room for. */
  put(key: string, before: readonly KeptRow[]): void {
    const rows = this.of(key);
    const limit = rows.blocks.length > 0 ? firstOf(rows) : Number.POSITIVE_INFINITY;
    const blocks: Block[] = [];
    const { ruledSince, learning } = rows;
    const earlier = before.filter(({ time }) => time < limit);
    for (const [i, row] of earlier.entries()) {
      // They take what they need and no more: what has room to grow is not counted as room for others.
      if (i % MOST === 0) blocks.push(new Block(this.shape, Math.min(MOST, earlier.length - i)));
      blocks.at(-1)!.take(row, this.numberOf(row.anomalous ? undefined : row.reason));
      this.rows++;
      grow(rows, row.time, row.reason, row.calibrated);
    }
    // Rows that are there already are later.
    if (rows.blocks.length > 0) {
      if (!Number.isNaN(ruledSince)) rows.ruledSince = ruledSince;
      else if (rows.learning && !learning) rows.ruledSince = limit;
      rows.learning = learning;
    }
    for (const { bytes } of blocks) this.bytes += bytes;
    rows.blocks = [...blocks, ...rows.blocks];
    rows.changed = ++this.now;
    if (this.bytes > this.most) this.makeRoom();
  }

  /** The same rows, and older ones of a key in front of its own; this stays as it is. */
  besides(key: string, before: readonly KeptRow[]): Ring {
    const ring = new Ring(this.shape, Number.POSITIVE_INFINITY, this.reasons, this.numbers);
    for (const rows of this.keys.values()) ring.keys.set(rows.key, { ...rows });
    ring.put(key, before);
    return ring;
  }

  /** How many more rows would find room. */
  get room(): number {
    return Math.floor(Math.max(0, this.most - this.bytes) / bytesOf(this.shape));
  }

  /** Blocks of a key that touch a stretch, with the numbers of the rows within. */
  *within(key: string, { from, to }: Stretch): Generator<{ block: Block; first: number; last: number }> {
    for (const block of this.keys.get(key)?.blocks ?? []) {
      if (block.count === 0 || block.time(block.count - 1) < from) continue;
      if (block.time(0) > to) return;
      const first = block.time(0) >= from ? 0 : firstAt(block, from);
      const last = block.time(block.count - 1) <= to ? block.count - 1 : firstAt(block, to + 0.5) - 1;
      if (first <= last) yield { block, first, last };
    }
  }

  /** How many rows of a key there are in a stretch. */
  count(key: string, stretch: Stretch): number {
    let count = 0;
    for (const { first, last } of this.within(key, stretch)) count += last - first + 1;
    return count;
  }

  /** Rows of a key in a stretch, as those who ask get them. */
  *rowsOf(key: string, stretch: Stretch): Generator<KeptRow> {
    for (const { block, first, last } of this.within(key, stretch))
      for (let i = first; i <= last; i++) yield block.row(i, this.reasonOf(block, i));
  }

  /** The last rows of a key before a moment, in order. */
  before(key: string, time: number, count: number): { block: Block; i: number }[] {
    const found: { block: Block; i: number }[] = [];
    for (const block of (this.keys.get(key)?.blocks ?? []).toReversed()) {
      for (let i = block.count - 1; i >= 0; i--) {
        if (block.time(i) >= time) continue;
        found.push({ block, i });
        if (found.length === count) return found.reverse();
      }
    }
    return found.reverse();
  }

  /** Why a row was not judged. */
  reasonOf(block: Block, i: number): string | undefined {
    return this.reasons[block.reason(i)] || undefined;
  }

  /** The first and the last moment that is kept. */
  get span(): { first: number; last: number } | undefined {
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const rows of this.keys.values()) {
      if (rows.blocks.length === 0) continue;
      first = Math.min(first, firstOf(rows));
      last = Math.max(last, lastOf(rows));
    }
    return last >= first ? { first, last } : undefined;
  }

  private of(key: string): KeyRows {
    let rows = this.keys.get(key);
    if (!rows) {
      rows = {
        key,
        blocks: [],
        changed: 0,
        versions: new Map(),
        unjudged: undefined,
        fresh: nothingFresh(),
        learning: false,
        borrows: false,
        ruledSince: Number.NaN,
      };
      this.keys.set(key, rows);
    }
    return rows;
  }

  private blockOf(rows: KeyRows): Block {
    const last = rows.blocks.at(-1);
    if (last && !last.full) return last;
    const block = new Block(this.shape);
    this.bytes += block.bytes;
    rows.blocks.push(block);
    return block;
  }

  private cut(rows: KeyRows, time: number): void {
    while (rows.blocks.length > 0 && rows.blocks.at(-1)!.time(0) >= time) this.drop(rows, rows.blocks.length - 1);
    const last = rows.blocks.at(-1);
    if (!last) return;
    const at = firstAt(last, time);
    this.rows -= last.count - at;
    this.bytes -= last.bytes;
    last.cut(at);
    this.bytes += last.bytes;
  }

  private drop(rows: KeyRows, at: number): number {
    const [block] = rows.blocks.splice(at, 1);
    this.bytes -= block!.bytes;
    this.rows -= block!.count;
    return block!.count;
  }

  /** The oldest rows go, whatever key they are of. */
  private makeRoom(): void {
    while (this.bytes > this.most) {
      let oldest: KeyRows | undefined;
      for (const rows of this.keys.values())
        if (rows.blocks.length > 0 && (!oldest || firstOf(rows) < firstOf(oldest))) oldest = rows;
      if (!oldest) return;
      this.gone += this.drop(oldest, 0);
      if (oldest.blocks.length === 0) this.keys.delete(oldest.key);
    }
  }

  private numberOf(reason: string | undefined): number {
    if (reason === undefined) return 0;
    let number = this.numbers.get(reason);
    if (number === undefined) {
      if (this.reasons.length === REASONS) return REASONS - 1;
      number = this.reasons.push(reason) - 1;
      this.numbers.set(reason, number);
    }
    return number;
  }
}

/** Notes when a key has learned what is ordinary. */
function grow(rows: KeyRows, time: number, reason: string | undefined, calibrated: boolean): void {
  if (calibrated) {
    if (rows.learning) rows.ruledSince = time;
    rows.learning = false;
  } else if (rows.borrows || (reason !== undefined && LEARNING.test(reason))) rows.learning = true;
}

export const firstOf = ({ blocks }: KeyRows): number => blocks[0]!.time(0);
export const lastOf = ({ blocks }: KeyRows): number => {
  const last = blocks.at(-1)!;
  return last.time(last.count - 1);
};

/** The number of the first row at or behind a time. */
export function firstAt(block: Block, time: number): number {
  let [low, high] = [0, block.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block.time(middle) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
