/** Rows as a source of recordings finds them. */
import type { Observation } from '../../api/index.js';

/** Sequence of a row that has no number of its own: it is given one when it is handed over. */
export const UNNUMBERED = Number.MIN_SAFE_INTEGER;

/** Rows as they stand in recordings. */
export interface Rows {
  readonly observations: Observation[];
  /** Where reading goes on behind them; `null`: it cannot. */
  readonly cursor: string | null;
  /** The place of a row, for messages: `levels.csv:17`. */
  where(index: number): string;
}

/** Rows that are gathered for a batch, with their places. */
export class Places<Row extends Observation> {
  readonly observations: Row[] = [];
  /** The line of each. */
  readonly lines: number[] = [];
  private readonly runs: (readonly [from: number, file: string])[] = [];

  /** The rows that follow are of this file. */
  begin(file: string): void {
    if (this.runs.at(-1)?.[1] !== file) this.runs.push([this.observations.length, file]);
  }

  /** `levels.csv:17` */
  where(index: number): string {
    const run = this.runs.findLast(([from]) => from <= index);
    return `${run![1]}:${this.lines[index]}`;
  }
}
