// The sequence numbers of one counter, modulo 256: what is late, what came twice, what is lost.

/** So far behind the newest a number may still come. */
const REACH = 127;
/** A number that is further ahead of the next one may be that of another counter. */
const AHEAD = 64;
/** A number that was passed over is lost when it has not come for so long, ms. */
const LATE = 1_000;

/** In place of a checksum: a number that has not come. */
const ABSENT = -1;

/** How a number fits: it is so many numbers ahead of the next one (0: it is the next), or one of these. */
export const AWAITED = -1;
export const REPEATED = -2;
export const STRANGE = -3;

/** What must survive a restart; null is NaN. */
export interface NumbersState {
  readonly last: number;
  readonly heard: number | null;
  /** Checksums of the numbers up to the last one, the oldest first; −1 of those that did not come. */
  readonly marks: readonly number[];
  readonly awaited: readonly (readonly [number: number, since: number])[];
  readonly first: number;
  readonly took: number;
  readonly begun: number;
  readonly at: number;
}

/**
 * One counter of a sender. A number that was passed over is awaited for a while, because links reorder; a number that came before with the same
 * checksum is the same frame again.
 */
export class SequenceNumbers {
  last: number;
  /** The stamp of its last frame, ms. */
  heard = Number.NaN;
  /** Its first number, how many frames it has had, and the places of its first and its last one among all frames of the sender. */
  readonly first: number;
  took = 0;
  readonly begun: number;
  at: number;
  /** By number, as far back as counts: the checksum of its frame. */
  private readonly marks = new Int32Array(256).fill(ABSENT);
  /** Numbers that were passed over and may still come, the oldest first, and since when, ms. */
  private awaited: number[] = [];
  private since: number[] = [];

  constructor(first: number, begun: number, state?: NumbersState) {
    this.first = state?.first ?? first;
    this.begun = state?.begun ?? begun;
    this.last = state?.last ?? (first - 1) & 0xff;
    this.at = state?.at ?? begun;
    if (!state) return;
    this.heard = state.heard ?? Number.NaN;
    this.took = state.took;
    this.awaited = state.awaited.map(([number]) => number);
    this.since = state.awaited.map(([, since]) => since);
    state.marks.forEach((mark, i) => {
      this.marks[(this.last - REACH + i) & 0xff] = mark;
    });
  }

  state(): NumbersState {
    const { last, heard, marks, awaited, since, first, took, begun, at } = this;
    return {
      last,
      heard: Number.isNaN(heard) ? null : heard,
      marks: Array.from({ length: REACH + 1 }, (_, i) => marks[(last - REACH + i) & 0xff]!),
      awaited: awaited.map((number, i) => [number, since[i]!] as const),
      first,
      took,
      begun,
      at,
    };
  }

  /** How a number fits; nothing is changed. */
  fit(sequence: number, mark: number): number {
    const ahead = (sequence - this.last - 1) & 0xff;
    if (ahead < AHEAD) return ahead;
    if (255 - ahead > REACH) return STRANGE;
    const before = this.marks[sequence]!;
    if (before === ABSENT) return AWAITED;
    return before === mark ? REPEATED : STRANGE;
  }

  /**
   * Takes in a number that fits.
   * @param at the place of the frame among all of the sender
   */
  take(sequence: number, mark: number, stamp: number, at: number): void {
    const ahead = (sequence - this.last - 1) & 0xff;
    this.heard = stamp;
    this.took++;
    this.at = at;
    this.marks[sequence] = mark;
    if (ahead >= AHEAD) {
      const place = this.awaited.indexOf(sequence);
      if (place < 0) return;
      this.awaited.splice(place, 1);
      this.since.splice(place, 1);
      return;
    }
    for (let i = 1; i <= ahead; i++) {
      const passed = (this.last + i) & 0xff;
      this.marks[passed] = ABSENT;
      this.awaited.push(passed);
      this.since.push(stamp);
    }
    this.last = sequence;
  }

  /** Gives up what was awaited for too long. @returns how many frames are lost by that */
  settle(stamp: number): number {
    const { awaited, since, last } = this;
    if (awaited.length === 0) return 0;
    let count = 0;
    while (count < awaited.length && (stamp - since[count]! > LATE || ((last - awaited[count]!) & 0xff) > REACH)) count++;
    if (count > 0) this.drop(count);
    return count;
  }

  /** Gives up all that was awaited. @returns how many that were */
  giveUp(): number {
    const count = this.awaited.length;
    this.drop(count);
    return count;
  }

  private drop(count: number): void {
    this.awaited.splice(0, count);
    this.since.splice(0, count);
  }
}
