// Where a moment stands in the day and in the week of a time zone.

const CELL = 300_000;
const WEEK = 7 * 86_400_000;
/** Cells of five minutes in a day, and in an hour; hours of a week. */
export const CELLS = 288;
const CELLS_OF_HOUR = 12;
export const HOURS = 168;
/** Weeks begin with Monday. */
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const SUNDAY = 6;
/** What `Date` can hold, ms. */
const FURTHEST = 8.64e15 - WEEK;
/** Weeks whose offsets are remembered. */
const MOST = 1_000;

export interface CalendarSettings {
  /** A time zone of the IANA database. */
  readonly zone: string;
  /** Local dates that count as Sundays, `2026-12-25`. */
  readonly holidays: readonly string[];
  /** More of them by year. */
  readonly ofYear?: (year: number) => readonly string[];
}

/** A stretch in which the local clock was not changed. */
interface Span {
  readonly from: number;
  readonly until: number;
  /** What is added to event time, ms. */
  readonly offset: number;
}

const NOWHERE: Span = { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY, offset: 0 };
const ALWAYS: Span = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY, offset: 0 };

/**
 * The local day in cells of five minutes, and the local week in hours. All keys share one: the offset of a zone is asked for twice a week
 * of event time, and looked for where it changes.
 */
export class Calendar {
  private readonly format: Intl.DateTimeFormat | undefined;
  private readonly holidays: Set<number>;
  private readonly ofYear: CalendarSettings['ofYear'];
  private readonly years = new Set<number>();
  private readonly known = new Map<number, readonly Span[]>();
  private span: Span;
  /** The last cell that was asked for, and its hour of the week. */
  private cell = Number.NaN;
  private hour = 0;

  constructor({ zone, holidays, ofYear }: CalendarSettings) {
    this.format = zone === 'UTC' ? undefined : localClock(zone);
    this.span = this.format ? NOWHERE : ALWAYS;
    this.ofYear = ofYear;
    this.holidays = new Set(holidays.map(dayOfDate));
  }

  /** The cell of a moment: cells since 1970 on the local clock, which may run back. */
  cellOf(time: number): number {
    const { span } = this;
    const { offset } = time >= span.from && time < span.until ? span : this.look(time);
    return Math.floor((time + offset) / CELL);
  }

  /** The hour of the week that a cell lies in, from Monday 0:00 on; holidays are Sundays. */
  hourOf(cell: number): number {
    if (cell !== this.cell) {
      const day = dayOf(cell);
      const weekday = this.isHoliday(day) ? SUNDAY : (((day + 3) % 7) + 7) % 7;
      this.cell = cell;
      this.hour = weekday * 24 + Math.floor((cell - day * CELLS) / CELLS_OF_HOUR);
    }
    return this.hour;
  }

  private isHoliday(day: number): boolean {
    if (this.ofYear) {
      const year = new Date(day * 86_400_000).getUTCFullYear();
      if (!this.years.has(year)) {
        this.years.add(year);
        // A time that no calendar has is no holiday.
        if (!Number.isNaN(year)) for (const date of this.ofYear(year)) this.holidays.add(dayOfDate(date));
      }
    }
    return this.holidays.has(day);
  }

  /** The day of the week of a moment; holidays are Sundays. */
  weekdayOf(time: number): string {
    return WEEKDAYS[Math.floor(this.hourOf(this.cellOf(time)) / 24)]!;
  }

  private look(time: number): Span {
    const week = Math.floor(Math.max(-FURTHEST, Math.min(FURTHEST, time)) / WEEK);
    let spans = this.known.get(week);
    if (!spans) {
      if (this.known.size >= MOST) this.known.clear();
      spans = this.spansOf(week * WEEK, (week + 1) * WEEK);
      this.known.set(week, spans);
    }
    this.span = spans.find(({ until }) => time < until) ?? spans.at(-1)!;
    return this.span;
  }

  /** Clocks are changed once in a week at most. */
  private spansOf(from: number, until: number): Span[] {
    const before = this.offsetAt(from);
    const after = this.offsetAt(until);
    if (before === after) return [{ from, until, offset: before }];
    let [low, high] = [from, until];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return [
      { from, until: high, offset: before },
      { from: high, until, offset: after },
    ];
  }

  private offsetAt(time: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.format!.formatToParts(time)) parts[type] = Number(value);
    const { year, month, day, hour, minute, second } = parts as Record<string, number>;
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(time / 1_000) * 1_000;
  }
}

export const dayOf = (cell: number): number => Math.floor(cell / CELLS);
/** The cell within its day. */
const dayOfDate = (date: string): number => Math.floor(Date.parse(`${date}T00:00:00Z`) / 86_400_000);
export const withinDay = (cell: number): number => cell - dayOf(cell) * CELLS;
export const sameDay = (one: number, other: number): boolean => dayOf(one) === dayOf(other);
export const sameHour = (one: number, other: number): boolean =>
  Math.floor(one / CELLS_OF_HOUR) === Math.floor(other / CELLS_OF_HOUR);

/** @throws {RangeError} where the zone is not known */
function localClock(timeZone: string): Intl.DateTimeFormat {
  const [numeric, digits] = ['numeric', '2-digit'] as const;
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: numeric,
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
  });
}
