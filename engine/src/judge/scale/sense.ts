// Which side of a column is judged, and which differences are too small to be.

import type { Side } from '../../api/index.js';
import type { Levelled } from '../rhythm/rhythm.js';
import type { UsualState } from '../usual.js';

/** What of a column's distance from its usual is judged. */
export interface Sense {
  readonly side: Side;
  /** Differences up to this are none, in the unit of the column; and up to this part of what is usual. */
  readonly absolute: number;
  readonly relative: number;
}

/** Rows before anything is called usual. */
const FEW = 30;

/**
 * The columns of one model and key as they are judged, those of which not all is: how far they are from their usual. What is on the other
 * side of it, or too near to it, is not away at all.
 */
export class Sensed {
  private readonly senses: readonly (Sense | undefined)[];
  private readonly indexes: readonly number[];
  private readonly middle: UsualState;
  private readonly levelled: Levelled | undefined;

  /** @param senses by column of the model; @param indexes where those stand in the row */
  constructor(
    senses: readonly (Sense | undefined)[],
    indexes: readonly number[],
    middle: UsualState,
    levelled: Levelled | undefined,
  ) {
    this.senses = senses;
    this.indexes = indexes;
    this.middle = middle;
    this.levelled = levelled;
  }

  /** @param value of the column, levelled where the hour explains it @returns how far it is from its usual, as far as that is judged */
  value(column: number, value: number): number {
    const sense = this.senses[column];
    if (!sense || Number.isNaN(value)) return value;
    const { mean, count } = this.middle;
    const index = this.indexes[column]!;
    if (count[index]! < FEW) return 0;
    const level = this.levelled?.centre(column) ?? Number.NaN;
    // Where the hour explains it, the usual is that of the hour.
    const centre = Number.isNaN(level) ? mean[index]! : level;
    const from = value - centre;
    if (from > 0 ? sense.side === 'down' : sense.side === 'up') return 0;
    const least = Math.max(sense.absolute, sense.relative * Math.abs(centre));
    // Beyond the least difference it begins at nothing, so that what is just beyond it is not far out at once.
    return Math.abs(from) <= least ? 0 : from - Math.sign(from) * least;
  }
}
