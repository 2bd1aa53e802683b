/** A frame whose number is this little behind the last one's came late, or twice. */
const LATE = 16;
/** After a longer silence (ms) more than 255 frames may be missing, and eight bits cannot say how many. */
export const COUNTABLE = 2_000;

/** What a sequence number says: so many frames are missing before it; or one of these. */
export const ON_TIME = 0;
export const OUT_OF_ORDER = -1;
export const UNCOUNTABLE = -2;

/** The sequence numbers of one sender, modulo 256. */
export class SequenceNumbers {
  last: number;
  /** The stamp of its last frame, ms. */
  heard: number;

  constructor(last = -1, heard = Number.NaN) {
    this.last = last;
    this.heard = heard;
  }

  /** Takes the number of a frame in. @returns how many are missing before it, or why that cannot be said */
  take(sequence: number, stamp: number): number {
    const silence = stamp - this.heard;
    const missing = (sequence - this.last - 1) & 0xff;
    const first = this.last < 0;
    this.heard = stamp;
    if (!first && missing >= 256 - LATE && silence <= COUNTABLE) return OUT_OF_ORDER;
    this.last = sequence;
    if (first || missing === 0) return ON_TIME;
    return silence > COUNTABLE ? UNCOUNTABLE : missing;
  }
}
