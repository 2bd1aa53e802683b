// One component of one system: its counters, which are several where several send as one.

import { AWAITED, type NumbersState, REPEATED, SequenceNumbers, STRANGE } from '../wire/sequence.js';
import { type Facts, NO_FACTS } from './twins.js';

/** After a longer silence more than 255 frames may be missing, and eight bits cannot say how many, ms. */
const COUNTABLE = 2_000;
/** A counter that is not heard for so long has ended, ms. */
const GONE = 3_000;
/** Counters of one sender that are followed; noise begins some. */
const MOST = 4;
/** A counter with so many frames is no stray frame, and one with so many is a sender. */
const NO_STRAY = 3;
const SENDER = 8;

/** What must survive a restart. */
export interface SenderState {
  readonly lines: readonly (readonly [NumbersState, Facts])[];
  readonly count: number;
  readonly heard: number | null;
  readonly apart: boolean;
}

/** A counter, and what its frames have said of who sends them. */
export interface Line {
  readonly numbers: SequenceNumbers;
  facts: Facts;
}

/**
 * Counts what is missing of a component. A frame that fits none of its counters begins another one: it is the same sender after a long loss if the
 * other one falls silent, and somebody else, or another link of the same sender, if both go on.
 */
export class Sender {
  lines: Line[] = [];
  /** Since they were last taken: frames that are lost, and gaps of which eight bits cannot say how many frames they were. */
  lost = 0;
  uncountable = 0;
  /** Of the last frame: the place of its counter; whether it came behind a later one; how many before it nobody could have heard, NaN: any number. */
  line = 0;
  late = false;
  unheard = 0;
  private count = 0;
  private heard = Number.NaN;
  /** Whether there were several counters at the last frame. */
  private apart = false;

  constructor(state?: SenderState) {
    if (!state) return;
    this.count = state.count;
    this.heard = state.heard ?? Number.NaN;
    this.apart = state.apart;
    this.lines = state.lines.map(([numbers, facts]) => ({ numbers: new SequenceNumbers(0, 0, numbers), facts }));
  }

  state(): SenderState {
    const { lines, count, heard, apart } = this;
    return {
      lines: lines.map(({ numbers, facts }) => [numbers.state(), facts] as const),
      count,
      heard: Number.isNaN(heard) ? null : heard,
      apart,
    };
  }

  /**
   * Takes in the number of a frame.
   * @param mark the checksum of the frame
   * @param away whether we stood still before it: what is missing was lost by us
   * @returns the place of its counter among `lines`, or REPEATED
   */
  take(sequence: number, mark: number, stamp: number, away: boolean): number {
    const at = ++this.count;
    const silence = stamp - this.heard;
    this.heard = stamp;
    this.late = false;
    this.unheard = 0;
    const [main] = this.lines;
    let line = 0;
    if (this.lines.length === 1 && main!.numbers.fit(sequence, mark) === 0) main!.numbers.take(sequence, mark, stamp, at);
    else line = this.place(sequence, mark, stamp, at, silence > COUNTABLE, away);
    if (line === REPEATED) return REPEATED;
    if (this.lines.length > 1) {
      line = this.thin(stamp, this.lines[line]!);
      this.tellApart();
    }
    for (const { numbers } of this.lines) this.lost += numbers.settle(stamp);
    this.line = line;
    return line;
  }

  /** Whether several counters go on beside each other. */
  get several(): boolean {
    const { lines } = this;
    if (lines.length < 2) return false;
    const going = lines.filter(({ numbers }) => numbers.took >= SENDER);
    return going.length > 1 && going.every((one) => going.every((other) => one.numbers.at > other.numbers.begun));
  }

  /** Whether another counter has gone on since that of the last frame began. */
  get hasOther(): boolean {
    const { begun } = this.lines[this.line]!.numbers;
    return this.lines.some(({ numbers }, i) => i !== this.line && numbers.at > begun);
  }

  /** What the one counter seems to have passed over before it was known that there are two was the other's. */
  private tellApart(): void {
    const { several } = this;
    if (several && !this.apart) for (const { numbers } of this.lines) numbers.giveUp();
    this.apart = several;
  }

  /** Finds the counter that a number fits best, or begins one. */
  private place(sequence: number, mark: number, stamp: number, at: number, silent: boolean, away: boolean): number {
    const { lines } = this;
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    for (const [i, { numbers }] of lines.entries()) {
      const fit = numbers.fit(sequence, mark);
      if (fit === REPEATED) return REPEATED;
      if (fit === STRANGE) continue;
      // What is awaited fits well, and the next one better.
      const distance = fit === AWAITED ? 0.5 : fit;
      const better = distance < least || (distance === least && numbers.at > lines[best]!.numbers.at);
      if (better) [best, least] = [i, distance];
    }
    const [main] = lines;
    if (main !== undefined && least >= 1 && (silent || away)) {
      if (away) this.unheard = silent ? Number.NaN : (sequence - main.numbers.last - 1) & 0xff;
      else this.uncountable++;
      for (const { numbers } of lines) {
        const awaited = numbers.giveUp();
        if (!away) this.lost += awaited;
      }
      this.lines = [this.begin(sequence, mark, stamp, at)];
      return 0;
    }
    if (best >= 0) {
      this.late = least === 0.5;
      lines[best]!.numbers.take(sequence, mark, stamp, at);
      return best;
    }
    const line = this.begin(sequence, mark, stamp, at);
    if (lines.length < MOST) return lines.push(line) - 1;
    const silentest = lines.reduce((a, b, i) => (b.numbers.at < lines[a]!.numbers.at ? i : a), 0);
    lines[silentest] = line;
    return silentest;
  }

  private begin(sequence: number, mark: number, stamp: number, at: number): Line {
    const numbers = new SequenceNumbers(sequence, at);
    numbers.take(sequence, mark, stamp, at);
    return { numbers, facts: NO_FACTS };
  }

  /** Ends counters that are not heard any more. @returns the place of the current one */
  private thin(stamp: number, current: Line): number {
    for (const line of [...this.lines]) {
      const { numbers } = line;
      if (line === current || Math.abs(stamp - numbers.heard) <= GONE) continue;
      this.lines.splice(this.lines.indexOf(line), 1);
      this.lost += numbers.settle(Number.POSITIVE_INFINITY);
      // Another one began when it had ended: so many are missing between the two, modulo 256.
      const next = this.lines.find((other) => other.numbers.begun > numbers.at && other.numbers.took >= NO_STRAY);
      if (next && numbers.took >= NO_STRAY) this.lost += (next.numbers.first - numbers.last - 1) & 0xff;
    }
    return this.lines.indexOf(current);
  }
}
