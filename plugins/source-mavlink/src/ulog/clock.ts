// The clock of a ULog: microseconds since boot, as each topic says them.

/** What is older than the clock by more was logged again when the log began, ms; less is a topic that was written later than others. */
const AGAIN = 2_000;
/** What is ahead by more waits for another message to say about the same, ms. */
const AHEAD = 60_000;
const CONFIRM = 5_000;

/** What must survive a restart; null is NaN. */
export type UlogClockState = readonly [offset: number, time: number, boot: number, suspect: number | null];

/** Boot time of a log as event time, which never goes back. A boot has a log of its own, so nothing in it is a reboot. */
export class UlogClock {
  /** Event time of the last message, ms since the epoch. */
  time: number;
  /** Boot time that goes with it, ms. */
  boot: number;
  private offset: number;
  private suspect = Number.NaN;

  /**
   * @param offset Unix time at boot, ms
   * @param first boot time when the log began, ms
   */
  constructor(offset: number, first: number) {
    this.offset = offset;
    this.boot = first;
    this.time = offset + first;
  }

  state(): UlogClockState {
    return [this.offset, this.time, this.boot, Number.isNaN(this.suspect) ? null : this.suspect];
  }

  restore([offset, time, boot, suspect]: UlogClockState): void {
    this.offset = offset;
    this.time = time;
    this.boot = boot;
    this.suspect = suspect ?? Number.NaN;
  }

  /** Takes in the time of a message, ms since boot. @returns whether it is of now: what was said long before is not */
  at(boot: number): boolean {
    const ahead = boot - this.boot;
    if (!(ahead >= -AGAIN)) return false;
    if (ahead > AHEAD) {
      const confirmed = Math.abs(boot - this.suspect) <= CONFIRM;
      this.suspect = boot;
      if (!confirmed) return false;
    }
    this.suspect = Number.NaN;
    if (ahead > 0) {
      this.boot = boot;
      this.time = Math.max(this.time, boot + this.offset);
    }
    return true;
  }
}
