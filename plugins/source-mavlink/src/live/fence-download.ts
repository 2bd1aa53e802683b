// The fence of a vehicle, asked for and looked at again.

import type { FrameParser } from '../wire/frames.js';
import { AUTOPILOT_ARDUPILOT, ID } from '../wire/ids.js';
import { PayloadReader } from '../wire/payload.js';
import { type Ask, Lane } from './lane.js';
import type { Addressee, Outgoing } from './outbound.js';

const FENCE = 1;
const ACCEPTED = 0;
const MOST_ITEMS = 1_024;
const TRIES = 3;
/** How often the number of items is asked for, and all of them: a vertex that was moved leaves their number as it was, ms. */
const COUNT_EVERY = 60_000;
const WHOLE_EVERY = 300_000;
/** FENCE_STATUS comes every second or so; after a longer silence it has begun anew, ms. */
const STATUS_GAP = 15_000;
/** When what was never answered is asked for again, doubling, ms. */
const LATER = 30_000;
const MOST_LATER = 600_000;

/**
 * Asks for the fence: its list, each item in order, and says that it has them. Asks again when anything says that it is another one: a count or an
 * id that somebody else was told, FENCE_TOTAL, MISSION_CURRENT, FENCE_STATUS that begins, an upload that was accepted; and once in a while, because most of that goes to others.
 */
export class FenceDownload {
  private readonly to: Addressee;
  private readonly own: number;
  private readonly reader = new PayloadReader();
  private readonly lane = new Lane(1);
  private autopilot = -1;
  /** What is known of the fence that was heard last. */
  private count = Number.NaN;
  private opaque = 0;
  private total = Number.NaN;
  private current = 0;
  private statusAt = Number.NaN;
  private readonly lacking = new Set<number>();
  private answered = false;
  private asked = false;
  /** Whether its items are wanted, not only how many they are. */
  private whole = true;
  private dueAt = 0;
  private wholeAt = Number.POSITIVE_INFINITY;
  private pause = LATER;

  /** @param own our own system id */
  constructor(to: Addressee, own: number) {
    this.to = to;
    this.own = own;
  }

  /** Everything anew. */
  begin(autopilot: number): void {
    this.lane.clear();
    this.autopilot = autopilot;
    this.count = Number.NaN;
    this.lacking.clear();
    this.asked = false;
    this.whole = true;
    this.dueAt = 0;
    this.wholeAt = Number.POSITIVE_INFINITY;
    this.pause = LATER;
  }

  heard(frame: FrameParser, now: number): void {
    if (this.isNews(frame, now)) {
      this.whole = true;
      this.dueAt = now;
    }
    this.lane.heard(frame, now);
  }

  next(now: number): Outgoing | undefined {
    if (this.asked && this.lane.idle) this.conclude(now);
    if (this.lane.idle && now >= this.dueAt) {
      if (now >= this.wholeAt) this.whole = true;
      this.asked = true;
      this.answered = false;
      this.dueAt = Number.POSITIVE_INFINITY;
      this.lane.add(this.list());
    }
    return this.lane.next(now);
  }

  /** When to ask again. */
  private conclude(now: number): void {
    this.asked = false;
    if (!this.answered || this.lacking.size > 0) {
      this.whole = true;
      this.dueAt = Math.min(this.dueAt, now + this.pause);
      this.pause = Math.min(MOST_LATER, this.pause * 2);
      return;
    }
    this.pause = LATER;
    if (this.wholeAt === Number.POSITIVE_INFINITY || now >= this.wholeAt) this.wholeAt = now + WHOLE_EVERY;
    // Others than ArduPilot take a list whose items nobody asks for as a transfer that failed.
    this.dueAt = Math.min(this.dueAt, this.autopilot === AUTOPILOT_ARDUPILOT ? now + COUNT_EVERY : this.wholeAt);
  }

  /** Whether a frame that is no answer to us says that the fence is another one. */
  private isNews(frame: FrameParser, now: number): boolean {
    const { reader, own } = this;
    if (frame.id === ID.MISSION_ACK)
      return reader.uint8(frame, 0) !== own && reader.uint8(frame, 2) === ACCEPTED && reader.uint8(frame, 3) === FENCE;
    if (frame.id === ID.MISSION_COUNT) return reader.uint8(frame, 2) !== own && this.isOther(frame);
    if (frame.id === ID.FENCE_STATUS) {
      // It is sent while there is a fence that is on.
      const began = Number.isNaN(this.statusAt) ? this.count === 0 : now - this.statusAt > STATUS_GAP;
      this.statusAt = now;
      return began;
    }
    if (frame.id === ID.MISSION_CURRENT) {
      const id = reader.uint32(frame, 10);
      const changed = id !== this.current && this.current !== 0;
      this.current = id;
      return changed;
    }
    if (frame.id !== ID.PARAM_VALUE || reader.characters(frame, 8, 16) !== 'FENCE_TOTAL') return false;
    const total = reader.float(frame, 0);
    const changed = total !== this.total && !Number.isNaN(this.total);
    this.total = total;
    return changed;
  }

  /** Whether a MISSION_COUNT is of another fence than the one that was heard. */
  private isOther(frame: FrameParser): boolean {
    const { reader } = this;
    if (reader.uint8(frame, 4) !== FENCE || Number.isNaN(this.count)) return false;
    return reader.uint16(frame, 0) !== this.count || reader.uint32(frame, 5) !== this.opaque;
  }

  /** Whether a MISSION_ACK refuses us something of the fence. */
  private isDenied(frame: FrameParser): boolean {
    const { reader } = this;
    return reader.uint8(frame, 0) === this.own && reader.uint8(frame, 3) === FENCE && reader.uint8(frame, 2) !== ACCEPTED;
  }

  private list(): Ask {
    return {
      outgoing: { kind: 'listFence', to: this.to },
      tries: TRIES,
      answer: (frame) => {
        const { reader } = this;
        if (frame.id === ID.MISSION_ACK) return this.isDenied(frame) ? 'refused' : undefined;
        if (frame.id !== ID.MISSION_COUNT || reader.uint8(frame, 4) !== FENCE) return undefined;
        // PX4 hands items to one at a time: whoever asks for those of a list that another was told is complained of.
        const target = reader.uint8(frame, 2);
        if (target !== 0 && target !== this.own) return undefined;
        this.answered = true;
        this.take(Number.isNaN(this.count) || this.isOther(frame), Math.min(reader.uint16(frame, 0), MOST_ITEMS));
        this.opaque = reader.uint32(frame, 5);
        return 'done';
      },
    };
  }

  private take(other: boolean, count: number): void {
    this.count = count;
    this.lacking.clear();
    if (!other && !this.whole) return;
    this.whole = false;
    const items = Array.from({ length: count }, (_, index) => this.item(index));
    for (let index = 0; index < count; index++) this.lacking.add(index);
    this.lane.addFirst(...items, { outgoing: { kind: 'acknowledgeFence', to: this.to }, tries: 0, answer: () => undefined });
  }

  private item(index: number): Ask {
    return {
      outgoing: { kind: 'requestFenceItem', to: this.to, index },
      tries: TRIES + 2,
      // It has become shorter since it was counted: it is counted again.
      refused: () => this.lane.clear(),
      answer: (frame) => {
        if (frame.id === ID.MISSION_ACK) return this.isDenied(frame) ? 'refused' : undefined;
        const fence = frame.id === ID.MISSION_ITEM_INT && this.reader.uint8(frame, 37) === FENCE;
        if (!fence || this.reader.uint16(frame, 28) !== index) return undefined;
        this.lacking.delete(index);
        return 'done';
      },
    };
  }
}
