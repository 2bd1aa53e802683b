/** Boot clocks of 32 bits in milliseconds wrap after 49.7 days. */
const WRAP = 4_294_967_296;
/** A step over the end of the 32 bits is a wrap when no more than this has passed, ms. */
const WRAP_STEP = 3_600_000;
/** A boot clock that is back by more was started anew; less is messages that overtook each other, ms. */
const REBOOT_BACK = 2_000;
/** A boot clock that is ahead by more than this and by what has passed by the stamps waits for a second message to say the same, ms. */
const AHEAD = 5_000;
/** So near are two messages in a row that confirm a jump of the boot clock, ms. */
const CONFIRM = 5_000;
/**
 * Messages without a time of their own take that of the last one with one: what comes after a pause of the link was said when it was, not when it
 * came. Only where nothing else came for so long, ms, they have to say by their stamps that time goes on.
 */
const RESTS = 3_000;
/** A stamp moves time on by no more, ms. */
const STEP = 1_000;
/** What a clock of a vehicle that knows Unix time may say: 2009 (before which there was no MAVLink) to 2100, ms since the epoch. */
const UNIX_FROM = Date.UTC(2009, 0, 1);
const UNIX_TO = Date.UTC(2100, 0, 1);
/** In a log: how long after the first sight of a boot its GPS may still replace the recorder's stamp, ms of boot time. */
const CHOICE = 5_000;
/** And how far back that may set the clock, ms: event time stands meanwhile. */
const CHOICE_BACK = 10_000;
/** On a link: how fast an offset may rise, for boot clocks that run slow (100 parts per million). */
const DRIFT = 1e-4;
/** On a link: an offset that is exceeded by so much for so long is void: our own clock was set, or the line has become that slow; ms. */
const SHIFT = 2_000;
const SHIFT_FOR = 5_000;

/**
 * How boot time becomes Unix time. `recorded`: by the vehicle's own GPS time (SYSTEM_TIME) where it comes in time, else by the recorder's
 * stamp at the first sight; then it stays. `live`: by arrival, less the least delay that was seen; so the constant part of the link's
 * delay is in it, and our clock and the vehicles' agree.
 */
export type Timing = 'recorded' | 'live';

/** What the vehicles of one recording have in common: the clock of its recorder. */
export interface Recorder {
  /** What a GPS has shown to be missing from the stamps, ms. */
  correction: number;
  /** Vehicles heard so far. */
  vehicles: number;
}

const FIELDS = [
  'time',
  'offset',
  'boot',
  'raw',
  'base',
  'first',
  'suspect',
  'stamp',
  'timedStamp',
  'untimedSince',
  'gps',
  'above',
  'aboveSince',
] as const;
/** What must survive a restart, in the order of the fields; null is NaN. */
export type ClockState = readonly (number | null)[];

/**
 * The clock of one vehicle: what its messages say of the time since it was switched on, as milliseconds since the Unix epoch. It never
 * goes back, whatever the stamps and the clocks do. Knows no frames; pure.
 */
export class VehicleClock {
  /** Event time of the last message, ms since the epoch; NaN before the first. */
  time = Number.NaN;
  /** Event time before the reboot that the last message confirmed; NaN where it confirmed none. */
  rebootedAt = Number.NaN;
  /** Whether what comes now lay about for an unknown time before it was read. */
  held = false;
  private readonly live: boolean;
  private readonly recorder: Recorder;
  /** Unix time at boot, ms. */
  private offset = Number.NaN;
  /** The greatest boot time since the boot, unwrapped, ms; as it came; and what wrapping has added. */
  private boot = Number.NaN;
  private raw = Number.NaN;
  private base = 0;
  /** Boot time at the first sight of this boot. */
  private first = Number.NaN;
  /** A boot time out of line that the next message has to confirm. */
  private suspect = Number.NaN;
  /** Stamps of the last message and of the last one with a time. */
  private stamp = Number.NaN;
  private timedStamp = Number.NaN;
  /** The stamp of the first message without a time since the last one with one. */
  private untimedSince = Number.NaN;
  /** 1 once the offset is the GPS's, or too late for that. */
  private gps = 0;
  /** The least that lately exceeded the offset by far, and since which boot time. */
  private above = Number.NaN;
  private aboveSince = Number.NaN;

  constructor(timing: Timing, state?: ClockState, recorder: Recorder = { correction: 0, vehicles: 1 }) {
    this.live = timing === 'live';
    this.recorder = recorder;
    FIELDS.forEach((field, i) => {
      if (state) this[field] = state[i] ?? Number.NaN;
    });
  }

  state(): ClockState {
    return FIELDS.map((field) => (Number.isNaN(this[field]) ? null : this[field]));
  }

  /**
   * A message without a time of its own.
   * @param stamp when it was received or recorded, ms since the epoch
   */
  untimed(stamp: number): number {
    this.rebootedAt = Number.NaN;
    return this.pass(this.held ? Math.min(stamp, this.timedStamp) : stamp);
  }

  /**
   * A message that says how long the vehicle has been on.
   * @param raw ms since boot, as the 32 bits say it
   * @param at when it was received or recorded, ms since the epoch
   */
  timed(raw: number, at: number): number {
    this.rebootedAt = Number.NaN;
    if (Number.isNaN(this.boot)) return this.start(raw, at);
    if (raw < this.raw && raw + WRAP - this.raw < WRAP_STEP) this.base += WRAP;
    const boot = raw + this.base;
    const ahead = boot - this.boot;
    // What lay in a socket arrived some time before it was read: at the pace of the vehicle's own clock.
    const stamp = this.held ? Math.min(at, this.timedStamp + Math.max(0, ahead)) : at;
    const passed = Math.max(0, stamp - this.timedStamp) || 0;
    if (ahead < -REBOOT_BACK || ahead > AHEAD + passed) {
      if (!(Math.abs(boot - this.suspect) <= CONFIRM)) {
        this.suspect = boot;
        return this.time;
      }
      if (ahead < 0) {
        this.rebootedAt = this.time;
        return this.start(raw, stamp);
      }
    }
    this.suspect = Number.NaN;
    if (ahead > 0) {
      this.boot = boot;
      this.raw = raw;
    }
    if (this.live) this.follow(boot, stamp);
    this.stamp = stamp;
    this.timedStamp = stamp;
    this.untimedSince = Number.NaN;
    return this.reach(boot + this.offset);
  }

  /**
   * A message that is stamped by a clock of the vehicle which may be its boot clock or any other: it is where it agrees with that.
   * @param milliseconds by that clock
   * @param stamp when it was received or recorded, ms since the epoch
   */
  measured(milliseconds: number, stamp: number): number {
    const raw = Math.floor(milliseconds) - this.base;
    const passed = Math.max(0, stamp - this.timedStamp) || 0;
    const ahead = raw - this.raw;
    const agrees = raw < WRAP && ahead >= -REBOOT_BACK && ahead <= AHEAD + passed;
    return agrees ? this.timed(raw, stamp) : this.untimed(stamp);
  }

  /** Whether a boot time would have to be that of another boot, or of much later. */
  contradicts(raw: number): boolean {
    return raw - this.raw < -REBOOT_BACK || raw - this.raw > AHEAD;
  }

  /** What a vehicle with GPS says in SYSTEM_TIME; to be called after `timed` with the same message. */
  unix(unix: number, raw: number): void {
    if (this.live || this.gps !== 0 || Number.isNaN(this.boot) || !(unix > UNIX_FROM && unix < UNIX_TO)) return;
    this.gps = 1;
    const { recorder } = this;
    const offset = unix - (raw + this.base);
    const ahead = offset - this.offset;
    if (this.boot - this.first > CHOICE || ahead < -CHOICE_BACK) return;
    // Beside others it must not run away from them: what they say would be late by as much.
    if (recorder.vehicles > 1 && ahead > CHOICE_BACK) return;
    this.offset = offset;
    recorder.correction = unix - this.timedStamp;
    this.reach(this.boot + offset);
  }

  /** Event time has been told to have come this far: it goes on from there. */
  notBefore(time: number): void {
    if (!(this.time >= time)) this.time = time;
  }

  private start(raw: number, stamp: number): number {
    this.boot = raw;
    this.raw = raw;
    this.base = 0;
    this.first = raw;
    this.suspect = Number.NaN;
    this.gps = 0;
    this.above = Number.NaN;
    this.stamp = stamp;
    this.timedStamp = stamp;
    this.untimedSince = Number.NaN;
    this.offset = stamp + this.recorder.correction - raw;
    // A recorder whose clock was set back must not hold all that follows the reboot at one moment.
    if (this.time > this.offset + raw && !this.live) this.offset = this.time - raw;
    return this.reach(raw + this.offset);
  }

  /** The least delay, that may rise slowly, is the offset. */
  private follow(boot: number, stamp: number): void {
    const seen = stamp - boot;
    const offset = this.offset + DRIFT * Math.max(0, stamp - this.timedStamp);
    if (seen <= offset + SHIFT) {
      this.offset = Math.min(offset, seen);
      this.above = Number.NaN;
      return;
    }
    this.offset = offset;
    if (Number.isNaN(this.above)) {
      this.above = seen;
      this.aboveSince = boot;
    } else if (seen < this.above) this.above = seen;
    if (boot - this.aboveSince < SHIFT_FOR) return;
    this.offset = this.above;
    this.above = Number.NaN;
  }

  private pass(stamp: number): number {
    const before = this.stamp;
    this.stamp = stamp;
    if (Number.isNaN(this.time)) return this.reach(stamp + this.recorder.correction);
    if (Number.isNaN(this.untimedSince)) this.untimedSince = stamp;
    const rests = !Number.isNaN(this.boot) && stamp - this.untimedSince <= RESTS;
    if (rests) return this.time;
    if (this.live) return this.reach(this.recent(stamp));
    // Stamps of recorders jump: each message moves time on by little, and the next one with a time of its own sets it right.
    const step = stamp - before;
    if (step > 0) this.time += Math.min(step, STEP);
    return this.time;
  }

  /** Live: what the time is by arrival. */
  private recent(stamp: number): number {
    return Number.isNaN(this.timedStamp) ? stamp : this.boot + this.offset + (stamp - this.timedStamp);
  }

  private reach(time: number): number {
    if (time > this.time || Number.isNaN(this.time)) this.time = time;
    return this.time;
  }
}
