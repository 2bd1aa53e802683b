// How many rows of a key are judged a day, and which share of them a budget is.

/** Judged rows and the event time that they took, pauses left out, ms: plain data, so that a checkpoint holds it. */
export interface Pace {
  rows: number;
  spanMs: number;
  time: number;
}

/** Never more than this share of the rows, however few there are a day. */
export const LARGEST_SHARE = 0.05;
const DAY = 86_400_000;

/** Counts a row and the time since the last; of a pause no more than is usual between rows. */
export function pass(pace: Pace, time: number, bandMs: number): void {
  if (pace.rows > 0) {
    const passed = Math.max(0, time - pace.time);
    const usual = pace.rows > 1 ? pace.spanMs / (pace.rows - 1) : passed;
    pace.spanMs += Math.min(passed, Math.max(bandMs, 3 * usual));
  }
  pace.rows++;
  pace.time = time;
}

/** Judged rows a day; NaN before that is known. */
export const rowsPerDay = ({ rows, spanMs }: Pace): number => (spanMs > 0 ? ((rows - 1) * DAY) / spanMs : Number.NaN);

/** A budget as a share of the rows; NaN before their rate is known. */
export const shareOf = (perDay: number, rate: number): number => Math.min(LARGEST_SHARE, perDay / rate);
