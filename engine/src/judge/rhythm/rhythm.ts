// What is usual at this time of the day and of the week, for one key.

import { type Calendar, dayOf } from './calendar.js';
import { DAYS_ENOUGH } from './evidence.js';
import { FAR, Learning } from './learning.js';
import { type Expected, nothingExpected, type Period, Profile } from './profile.js';
import { CENTRE, COUNTS, DAY, KNOWN, NEAR, NOTHING, ORIGIN, type RhythmState, ROWS, SUMS, WEEK } from './state.js';

/** A model as far as it asks for a profile. */
export interface Asking {
  readonly columns: readonly { readonly role: string }[];
  readonly indexes: readonly number[];
  readonly transform?: { readonly rhythm?: Period | undefined } | undefined;
}

export interface RhythmSettings {
  /** The columns of the row that have a profile. */
  readonly columns: readonly number[];
  /** What of the profile is asked for. */
  readonly periods: readonly Period[];
}

/** What explains a column: the time of the day, that and the hour of the week, or neither. */
export type Explained = 'nothing' | 'day' | 'week';
/** Told when something else explains a column than before, or once that nothing was found: by its place in the row. */
export type Found = (column: number, by: Explained, time: number) => void;
const EXPLAINED: Readonly<Record<number, Explained>> = { [NOTHING]: 'nothing', [DAY]: 'day', [WEEK]: 'week' };

/** The profile that models ask for; `undefined`: none does. What rows are merely seen under has none. */
export function rhythmOf(models: readonly Asking[]): RhythmSettings | undefined {
  const asking = models.filter(({ transform }) => transform?.rhythm !== undefined);
  if (asking.length === 0) return undefined;
  const columns = asking.flatMap((model) => model.indexes.filter((_, i) => model.columns[i]!.role !== 'condition'));
  return {
    columns: [...new Set(columns)].sort((a, b) => a - b),
    periods: [...new Set(asking.map(({ transform }) => transform!.rhythm!))].sort(),
  };
}

/** Level and factor of what is expected now, and in other places: where that is open, and in the cells before and behind. */
const WIDTH = 8;
/** Four fifths of a normal distribution lie within so many deviations. */
const WITHIN = 1.28;
/** What is further than so many spreads is measured against the other place, where there is one. */
const BEYOND = 3.5;
/** What is usual beside a cell is a step away where it leaves no more than this part of the distance. */
const STEP = 0.5;
/** Used within a call. */
const expected = nothingExpected();

/**
 * The profile of a key: level and spread in five minutes of the day and, as distance from the day, in the hours of the week. A row is measured
 * before it is learned: what was met in a cell is taken in as one occasion once time has left it.
 */
export class Rhythm {
  readonly settings: RhythmSettings;
  private readonly state: RhythmState;
  private readonly profile: Profile;
  private readonly learning: Learning;
  /** The cell that the rest is worked out for. */
  private here = Number.NaN;
  private readonly now: Float64Array;
  private readonly shifts: Float64Array;
  private readonly pooled: Float64Array;

  private readonly found: Found | undefined;

  constructor(settings: RhythmSettings, calendar: Calendar, state: RhythmState, found?: Found) {
    const { columns, periods } = settings;
    this.settings = settings;
    this.state = state;
    this.found = settings.periods.includes('auto') ? found : undefined;
    const week = periods.some((period) => period !== 'day');
    this.profile = new Profile(state, week, calendar);
    this.learning = new Learning(this.profile, columns.length);
    this.now = new Float64Array(periods.length * columns.length * WIDTH);
    this.shifts = new Float64Array(columns.length);
    this.pooled = new Float64Array(columns.length);
  }

  /**
   * Comes to the time of the row at hand. Times that run back are measured and not learned: an hour that comes twice is one occasion.
   * @returns whether something explains a column from now on that nothing explained before
   */
  at(time: number): boolean {
    const cell = this.profile.calendar.cellOf(time);
    if (cell === this.here) return false;
    const { state } = this;
    let begun = false;
    if (cell > state.cell) {
      if (state.cell !== Number.NEGATIVE_INFINITY) {
        if (this.here !== state.cell) this.shift(state.cell);
        const before = this.explained();
        if (this.found) this.closeAndTell(this.found, cell, time);
        else this.learning.close(cell, time, this.shifts);
        begun = this.explained().some((now, i) => now > before[i]!);
      }
      state.cell = cell;
      state.time = time;
    }
    this.here = cell;
    this.lookAround(cell);
    return begun;
  }

  /** Says what has been found out when a day is over, which is seldom. */
  private closeAndTell(found: Found, cell: number, time: number): void {
    const { columns } = this.settings;
    const overnight = dayOf(cell) !== dayOf(this.state.cell);
    const before = overnight ? columns.map((_, c) => [this.profile.chosen(c), this.profile.days(c)] as const) : [];
    this.learning.close(cell, time, this.shifts);
    before.forEach(([chosen, days], c) => {
      const now = this.profile.chosen(c);
      const nothing = now === NOTHING && days < DAYS_ENOUGH && this.profile.days(c) >= DAYS_ENOUGH;
      if (now !== chosen || nothing) found(columns[c]!, EXPLAINED[now]!, time);
    });
  }

  /** What explains each column by itself so far: by its place in the row. */
  choices(): { readonly column: number; readonly by: Explained }[] {
    return this.settings.columns.map((column, c) => ({ column, by: EXPLAINED[this.profile.chosen(c)]! }));
  }

  /** By period and column, 1 where it is explained. */
  private explained(): Uint8Array {
    const { periods, columns } = this.settings;
    const flags = new Uint8Array(periods.length * columns.length);
    let at = 0;
    for (const period of periods) for (let c = 0; c < columns.length; c++) flags[at++] = Number(this.profile.explains(period, c));
    return flags;
  }

  /**
   * A value as it would be if every hour were alike: as far from the centre of its column as it is from what is expected now, in usual spreads.
   * What no period explains stays as it is.
   * @param period its place in the settings; @param column its place among the columns that have a profile
   */
  level(period: number, column: number, value: number): number {
    const { now } = this;
    const k = (period * this.settings.columns.length + column) * WIDTH;
    const level = now[k]!;
    if (Number.isNaN(level)) return value;
    let nearer = (value - level) * now[k + 1]!;
    if (Math.abs(nearer) > BEYOND * this.pooled[column]!) {
      const off = Math.abs(value - level);
      for (let i = k + 2; i < k + WIDTH; i += 2) {
        const from = value - now[i]!;
        const other = from * now[i + 1]!;
        // Beside this cell only a step counts: jobs begin and end by the minute, not by the cell. A wider spread there is no reason.
        if (Math.abs(other) < Math.abs(nearer) && (i === k + 2 || Math.abs(from) < off * STEP)) nearer = other;
      }
    }
    return this.state.sums[column * SUMS + CENTRE]! + Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, nearer));
  }

  /** What {@link level} measures from; NaN where it leaves a value as it is. */
  centre(period: number, column: number): number {
    const k = (period * this.settings.columns.length + column) * WIDTH;
    return Number.isNaN(this.now[k]!) ? Number.NaN : this.state.sums[column * SUMS + CENTRE]!;
  }

  /** Takes in the row at hand, of the time that was come to. */
  learn(row: ArrayLike<number>): void {
    const { state, shifts } = this;
    if (this.here !== state.cell) return;
    const { columns } = this.settings;
    const { sums } = state;
    for (let c = 0; c < columns.length; c++) {
      const value = row[columns[c]!]!;
      if (Number.isNaN(value)) continue;
      const s = c * SUMS;
      if (sums[s + ROWS] === 0 && state.counts[c * COUNTS + KNOWN] === 0) {
        sums[s + ORIGIN] = sums[s + CENTRE] = sums[s + NEAR] = shifts[c] = Math.max(-FAR, Math.min(FAR, value));
      }
      const from = Math.max(-FAR, Math.min(FAR, value - shifts[c]!));
      sums[s + ROWS]!++;
      sums[s + ROWS + 1]! += from;
      sums[s + ROWS + 2]! += from * from;
    }
  }

  /**
   * What is expected of a column at any time, as known now: of the row at hand, or ahead. Changes nothing.
   * @returns false where nothing can be said
   */
  expect(period: Period, column: number, time: number, out: Expected): boolean {
    return this.profile.expect(period, column, this.profile.calendar.cellOf(time), out);
  }

  /**
   * What is usual for a column of the row at any time; also ahead. Four fifths of the rows lie within it.
   * @returns undefined where the hour explains nothing
   */
  usual(index: number, time: number): { low: number; high: number; weekday: string | undefined } | undefined {
    const { periods, columns } = this.settings;
    const column = columns.indexOf(index);
    const period = periods.includes('auto') ? 'auto' : periods.at(-1)!;
    if (column < 0 || !this.expect(period, column, time, expected)) return undefined;
    const { level, spread, byWeek } = expected;
    const { otherLevel: other, otherSpread } = expected;
    const single = Number.isNaN(other);
    return {
      low: Math.min(level - WITHIN * spread, single ? Number.POSITIVE_INFINITY : other - WITHIN * otherSpread),
      high: Math.max(level + WITHIN * spread, single ? Number.NEGATIVE_INFINITY : other + WITHIN * otherSpread),
      weekday: byWeek ? this.profile.calendar.weekdayOf(time) : undefined,
    };
  }

  /** What the sums of a cell count from: nothing of the state that it depends on changes while the cell is open. */
  private shift(cell: number): void {
    for (let c = 0; c < this.shifts.length; c++) this.shifts[c] = this.profile.levelOf(c, cell);
  }

  /** Works out what is expected in a cell; it holds until time leaves it. */
  private lookAround(cell: number): void {
    const { now } = this;
    const { columns, periods } = this.settings;
    this.shift(cell);
    let k = 0;
    for (const period of periods)
      for (let c = 0; c < columns.length; c++, k += WIDTH) {
        if (!this.profile.expect(period, c, cell, expected)) {
          now[k] = Number.NaN;
          continue;
        }
        const pooled = this.profile.pooled(c);
        this.pooled[c] = pooled;
        now[k] = expected.level;
        now[k + 1] = expected.spread > 0 ? pooled / expected.spread : 1;
        now[k + 2] = expected.otherLevel;
        now[k + 3] = expected.otherSpread > 0 ? pooled / expected.otherSpread : 1;
        for (const beside of [-1, 1]) {
          this.profile.expect(period, c, cell + beside, expected);
          now[k + 5 + beside] = expected.level;
          now[k + 6 + beside] = expected.spread > 0 ? pooled / expected.spread : 1;
        }
      }
  }
}

/** The columns of one model as if every hour were alike. */
export class Levelled {
  private readonly rhythm: Rhythm;
  private readonly period: number;
  /** Where each column of the model has its profile; −1: it has none. */
  private readonly places: readonly number[];

  constructor(rhythm: Rhythm, { transform, indexes, columns }: Asking) {
    this.rhythm = rhythm;
    this.period = rhythm.settings.periods.indexOf(transform!.rhythm!);
    this.places = indexes.map((index, i) => (columns[i]!.role === 'condition' ? -1 : rhythm.settings.columns.indexOf(index)));
  }

  /** The middle of what {@link value} gives; NaN where it leaves the column as it is. */
  centre(column: number): number {
    const place = this.places[column]!;
    return place < 0 ? Number.NaN : this.rhythm.centre(this.period, place);
  }

  value(column: number, value: number): number {
    const place = this.places[column]!;
    return place < 0 ? value : this.rhythm.level(this.period, place, value);
  }
}
