/** Rows that wait for earlier ones, in order of time; of equal times by sequence, then as they were read. */
import type { Observation } from '../../api/index.js';

/** What an earlier run did, as JSON. */
export interface WaitingState {
  /** Rows that it has looked at. */
  readonly read: number;
  /** Of these it has handed over all before this one … */
  readonly start: number;
  /** … and, behind it, those up to this one in order: time, sequence, number of the row. */
  readonly last: readonly [number, number, number] | null;
}

/** Rows that were read together, of which some still wait. */
interface Stretch {
  /** Where reading goes on in front of them, and how many rows lie before. */
  readonly from: string | null;
  readonly row: number;
  left: number;
}

export class Waiting {
  /** In order, from `first` on; and the number of each among all rows that were read. */
  private rows: Observation[] = [];
  private numbers: number[] = [];
  private first = 0;
  private readonly stretches: Stretch[];
  private resumable = true;
  /** Number of the next row. */
  private next: number;
  /** Rows before this were looked at by an earlier run. */
  private readonly seen: number;
  private readonly was: WaitingState | undefined;
  /** All rows before this were handed over, and behind it those up to `last`. */
  private start: number;
  /** Time, sequence and number of the row that was given last; of number −1: none. */
  private lastTime: number;
  private lastSequence: number;
  private lastNumber: number;

  constructor(from: string | null, row: number, was: WaitingState | undefined) {
    this.stretches = [{ from, row, left: 0 }];
    this.next = row;
    this.was = was;
    this.seen = was?.read ?? row;
    this.start = was?.start ?? row;
    [this.lastTime, this.lastSequence, this.lastNumber] = was?.last ?? [0, 0, -1];
  }

  get size(): number {
    return this.rows.length - this.first;
  }

  /** Time of the first in order; there must be one. */
  get time(): number {
    return this.rows[this.first]!.time;
  }

  /** Whether the next row is new. One that an earlier run has looked at goes to `again`. */
  read(): boolean {
    return this.next >= this.seen;
  }

  /** A row that an earlier run has looked at: it waits on, or was handed over. */
  again(row: Observation): void {
    const { start, last } = this.was!;
    const number = this.next;
    const given = number < start || (last !== null && !after(row, number, last));
    if (given) this.next++;
    else this.push(row);
  }

  /** A row that is to wait. */
  push(row: Observation): void {
    const { rows, numbers, first } = this;
    const number = this.next++;
    let at = rows.length;
    while (at > first && isBefore(row, rows[at - 1]!)) at--;
    if (at === rows.length) {
      rows.push(row);
      numbers.push(number);
    } else {
      rows.splice(at, 0, row);
      numbers.splice(at, 0, number);
    }
    this.stretches.at(-1)!.left++;
  }

  /** The first in order, which is to be handed over. */
  give(): Observation {
    const row = this.rows[this.first]!;
    const number = this.numbers[this.first]!;
    this.first++;
    this.lastTime = row.time;
    this.lastSequence = row.sequence;
    this.lastNumber = number;
    const { stretches } = this;
    let i = 0;
    while (i + 1 < stretches.length && stretches[i + 1]!.row <= number) i++;
    stretches[i]!.left--;
    if (this.first > 4_096 && this.first > this.rows.length / 2) {
      this.rows = this.rows.slice(this.first);
      this.numbers = this.numbers.slice(this.first);
      this.first = 0;
    }
    return row;
  }

  /** Where reading goes on behind the rows that were read last. */
  behind(cursor: string | null): void {
    if (cursor === null) this.resumable = false;
    this.stretches.push({ from: cursor, row: this.next, left: 0 });
  }

  /** Nothing waits any more, and what is read later is an order of its own. */
  end(): void {
    this.start = this.next;
    this.lastNumber = -1;
  }

  /** Where to read on, so that no row that waits is missed; `null` where that cannot be. */
  place(): { from: string | null; row: number } | null {
    const { stretches } = this;
    while (stretches.length > 1 && stretches[0]!.left === 0) stretches.shift();
    return this.resumable ? stretches[0]! : null;
  }

  /** `undefined` where all that was read lies before `place`. */
  state(): WaitingState | undefined {
    if (this.stretches[0]!.row === this.next) return undefined;
    const { next: read, start, lastNumber } = this;
    return { read, start, last: lastNumber < 0 ? null : [this.lastTime, this.lastSequence, lastNumber] };
  }
}

function isBefore(a: Observation, b: Observation): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

function after(row: Observation, number: number, [time, sequence, last]: readonly [number, number, number]): boolean {
  if (row.time !== time) return row.time > time;
  return row.sequence === sequence ? number > last : row.sequence > sequence;
}
