// How many keys speak, as far as that must be known.

import type { RecentState } from '../../state/saved.js';

/** Beyond so many it does not matter how many more there are. */
export const ENOUGH = 40;

/** Counts the keys that were heard lately, by event time, up to {@link ENOUGH}. */
export class Recent {
  private readonly state: RecentState;
  private present: Set<string>;
  private last = '';

  constructor(state: RecentState) {
    this.state = state;
    this.present = new Set(state.present);
  }

  get count(): number {
    const { present, before } = this.state;
    let count = present.length;
    for (const key of before) if (!this.present.has(key)) count++;
    return Math.min(count, ENOUGH);
  }

  /** @param span how long a stretch is, ms */
  heard(key: string, time: number, span: number): void {
    if (key === this.last && time - this.state.since < span) return;
    this.last = key;
    const { state } = this;
    if (time - state.since >= span) {
      state.before = state.present;
      state.present = [];
      this.present = new Set();
      state.since = time;
    }
    if (state.present.length >= ENOUGH || this.present.has(key)) return;
    this.present.add(key);
    state.present.push(key);
  }
}
