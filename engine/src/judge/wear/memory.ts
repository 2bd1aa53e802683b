// What an entity was like each time that it worked, and whether it has become worse.

import type { Column, Operating, Wear, Words } from '../../api/index.js';
import { countIn, initialSketch, quantileIn, type Sketch } from '../alarms/sketch.js';
import { changeOf, levelOf, sayChange } from './change.js';

export interface WearSettings {
  readonly wear: readonly Wear[];
  readonly operating: Operating;
  readonly columns: readonly Column[];
  /** What the entity is known by, of the state of its features; empty: nobody knows. */
  identity(state: unknown): string;
}

/** Plain data, so that a checkpoint holds it. */
export interface WearState {
  /** While it works: the time of the latest row, and by column the values so far, as counts. */
  open: { last: number; values: (Sketch | null)[] } | null;
  /** The latest times that it worked, in order: which entity that was, and by column one number; NaN without enough values. */
  past: { identity: string; values: Float64Array }[];
  /** The columns that all of that is of. */
  columns: string[];
}

/** It works no more once it has not for so long, ms; a row behind a gap of so long begins another time. */
const STILL = 10_000;
const GAP = 600_000;
/** Values before they say anything of one time. */
const ENOUGH = 60;
/** Times that are remembered. */
const REMEMBERED = 10;

export const initialWear = (): WearState => ({ open: null, past: [], columns: [] });

/**
 * Compares each time that an entity works with those before: once it has stopped, what has become worse is said, with the row that shows
 * it. Times that are too short to say anything count for nothing. What one entity was like is nothing to another one under the same key.
 */
export class WearMemory {
  private readonly settings: WearSettings;
  private readonly state: WearState;
  private readonly at: number;
  private readonly places: readonly number[];

  constructor(settings: WearSettings, state: WearState) {
    this.settings = settings;
    this.state = state;
    const { columns, operating, wear } = settings;
    const placeOf = (name: string) => columns.findIndex((column) => column.name === name);
    this.at = placeOf(operating.column);
    this.places = wear.map(({ column }) => placeOf(column));
    const names = wear.map(({ column, of }) => `${of} ${column}`);
    if (names.join() !== state.columns.join()) Object.assign(state, initialWear(), { columns: names });
  }

  /** @param features the state of its features @returns what is to be said with this row */
  take(row: Float64Array, time: number, features: unknown): Words[] {
    const { state, settings } = this;
    const { open } = state;
    const phase = row[this.at]!;
    const works = settings.operating.values.includes(phase);
    let said: Words[] = [];
    if (open && (works ? time - open.last > GAP : time - open.last >= STILL && !Number.isNaN(phase)))
      said = this.close(open, features);
    if (works) this.add(row, time);
    return said;
  }

  private add(row: Float64Array, time: number): void {
    const { state, places } = this;
    state.open ??= { last: time, values: places.map(() => null) };
    const { open } = state;
    open.last = time;
    for (const [i, place] of places.entries()) {
      const value = row[place]!;
      if (!Number.isFinite(value)) continue;
      const sketch = open.values[i] ?? initialSketch();
      countIn(sketch, value);
      open.values[i] = sketch;
    }
  }

  private close({ values }: NonNullable<WearState['open']>, features: unknown): Words[] {
    const { state, settings } = this;
    const { wear, operating, columns } = settings;
    state.open = null;
    const now = Float64Array.from(values, (sketch, i) =>
      sketch && sketch.total >= ENOUGH ? quantileIn(sketch, levelOf(wear[i]!.of)) : Number.NaN,
    );
    if (now.every(Number.isNaN)) return [];
    const identity = settings.identity(features);
    const past = state.past.filter((one) => one.identity === identity);
    state.past.push({ identity, values: now });
    if (state.past.length > REMEMBERED) state.past.shift();
    const changes = wear.flatMap((one, i) => {
      const { unit } = columns[this.places[i]!]!;
      const before = past.flatMap((time) => (Number.isNaN(time.values[i]!) ? [] : [time.values[i]!]));
      return changeOf({ ...one, unit, value: now[i]! }, before) ?? [];
    });
    return changes
      .sort((a, b) => b.times - a.times)
      .map((change) => ({
        name: `wear ${change.column}`,
        severity: 'warning',
        reason: sayChange(change, operating.once ?? 'time'),
      }));
  }
}
