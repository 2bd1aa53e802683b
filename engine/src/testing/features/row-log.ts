// Where an extractor under test puts its rows.

import type { Rows, Words } from '../../api/index.js';

export interface EmittedRow {
  readonly time: number;
  readonly values: readonly number[];
  /** What the entity says of itself with it. */
  readonly words: readonly Words[];
  /** How far time had come when it was emitted; `undefined`: in `update`. */
  readonly watermark: number | undefined;
  /** The number of the moment, of all those at which it could have been emitted. */
  readonly moment: number;
}

/** A value that no extractor computes: a column that still holds it was not written. */
export const UNWRITTEN = -1.2345678e301;

export class RowLog implements Rows {
  readonly rows: EmittedRow[] = [];
  readonly arrays: Float64Array[] = [];
  watermark: number | undefined;
  moment = 0;
  private readonly width: number;
  private pending: { time: number; array: Float64Array; words: Words[] } | undefined;

  constructor(width: number) {
    this.width = width;
  }

  next(time: number): Float64Array {
    this.settle();
    const array = new Float64Array(this.width).fill(UNWRITTEN);
    this.pending = { time, array, words: [] };
    return array;
  }

  say(words: Words): void {
    if (!this.pending) throw new Error('rows.say() before rows.next(): words belong to a row');
    this.pending.words.push(words);
  }

  /** Takes the row that was being filled, as the engine does when the call returns. */
  settle(): void {
    if (!this.pending) return;
    const { time, array, words } = this.pending;
    this.rows.push({ time, values: [...array], words, watermark: this.watermark, moment: this.moment });
    // Whoever writes into it now writes over somebody else's row.
    this.arrays.push(array);
    this.pending = undefined;
  }
}
