/** GPS time began on 1980-01-06, ms since the Unix epoch; it has no leap seconds. */
const GPS_EPOCH = Date.UTC(1980, 0, 6);
const WEEK = 7 * 86_400_000;
/**
 * When GPS − UTC became 1, 2 … seconds.
 * Source: https://hpiers.obspm.fr/iers/bul/bulc/bulletinc.dat and its predecessors.
 */
const LEAPS = [
  [1981, 6],
  [1982, 6],
  [1983, 6],
  [1985, 6],
  [1988, 0],
  [1990, 0],
  [1991, 0],
  [1992, 6],
  [1993, 6],
  [1994, 6],
  [1996, 0],
  [1997, 6],
  [1999, 0],
  [2006, 0],
  [2009, 0],
  [2012, 6],
  [2015, 6],
  [2017, 0],
].map(([year, month]) => Date.UTC(year!, month!, 1));

/** Where logs without a GPS begin to count, ms since the Unix epoch: no flight of ArduPilot was then, so nobody takes it for a date. */
export const NO_DATE = Date.UTC(2000, 0, 1);

/** A boot clock that is back by more was started anew; less is records that were written late, ms. */
const REBOOT_BACK = 2_000;
/** A boot clock that is ahead by more waits for a second record to say the same, ms. */
const AHEAD = 60_000;
/** So near are two records in a row that confirm a jump, ms. */
const CONFIRM = 5_000;

/** Unix time of a GPS week and the milliseconds in it. */
export function unixOfGps(week: number, milliseconds: number): number {
  const gps = GPS_EPOCH + week * WEEK + milliseconds;
  let seconds = LEAPS.length;
  while (seconds > 0 && gps - seconds * 1_000 < LEAPS[seconds - 1]!) seconds--;
  return gps - seconds * 1_000;
}

/** What must survive a restart; null is NaN. */
export type LogClockState = readonly [offset: number, time: number, boot: number, suspect: number | null];

/** Boot time of a log as event time, which never goes back. */
export class LogClock {
  /** Event time of the last record, ms since the epoch. */
  time: number;
  /** Boot time of the last record that said one, ms. */
  boot: number;
  /** Event time before the reboot that the last record confirmed; NaN where it confirmed none. */
  rebootedAt = Number.NaN;
  /** Unix time at boot, ms. */
  private offset: number;
  private suspect = Number.NaN;

  /** @param first boot time of the first record that says one, ms */
  constructor(offset: number, first: number) {
    this.offset = offset;
    this.time = offset + first;
    // What the first record says is held against it as well.
    this.boot = first;
  }

  state(): LogClockState {
    return [this.offset, this.time, this.boot, Number.isNaN(this.suspect) ? null : this.suspect];
  }

  restore([offset, time, boot, suspect]: LogClockState): void {
    this.offset = offset;
    this.time = time;
    this.boot = boot;
    this.suspect = suspect ?? Number.NaN;
  }

  /** Takes in the boot time of a record, ms. @returns its event time */
  at(boot: number): number {
    this.rebootedAt = Number.NaN;
    if (!(boot >= 0)) return this.time;
    const ahead = boot - this.boot;
    if (ahead < -REBOOT_BACK || ahead > AHEAD) {
      if (!(Math.abs(boot - this.suspect) <= CONFIRM)) {
        this.suspect = boot;
        return this.time;
      }
      this.boot = boot;
      // Logs of two flights in one file: when the second was, nothing says in time.
      if (ahead < 0) {
        this.rebootedAt = this.time;
        this.offset = this.time - boot;
      }
    }
    this.suspect = Number.NaN;
    if (!(boot <= this.boot)) this.boot = boot;
    this.time = Math.max(this.time, boot + this.offset);
    return this.time;
  }
}
