// The rates at which a vehicle sends messages: asked for, looked after, and left alone where a ground station asks for them.

import type { FrameParser } from '../wire/frames.js';
import { ID } from '../wire/ids.js';
import { PayloadReader } from '../wire/payload.js';
import { Arrivals } from './arrivals.js';
import { type Answer, type Ask, Lane } from './lane.js';
import type { Addressee, Outgoing } from './outbound.js';
import type { Rate } from './rates.js';

/**
 * Who else is there. `beside`: a ground station behind the vehicle or a router, whose heartbeats are forwarded. `direct`: one on this very link, so
 * that what comes here is what it has asked for.
 */
export type Company = 'alone' | 'beside' | 'direct';

const SET_MESSAGE_INTERVAL = 511;
const ACCEPTED = 0;
const TEMPORARILY_REJECTED = 1;
const IN_PROGRESS = 5;
/** So many refusals before anything was accepted, and streams are asked for instead. */
const REFUSALS = 4;
/** Streams of messages that ArduPilot knew before single messages could be asked for: sensors, status, channels, position, extras. */
const STREAMS = [1, 2, 3, 6, 10, 11, 12];
const STREAM_HERTZ = 4;
/** How long what comes is watched before anything is missed, ms: a message of a ground station's lowest rate comes within it. */
const WATCH = 5_000;
const WATCH_DIRECT = 10_000;
/** A message that comes less often than this share of its rate does not come as it was asked for. */
const HOLDS = 0.5;
/** When it is asked for again, doubling, ms. */
const AGAIN = 15_000;
const MOST_AGAIN = 600_000;
/** How often what comes is looked at, ms. */
const LOOK = 200;

interface Kept {
  readonly id: number;
  hertz: number;
  asked: boolean;
  /** It was asked for beside a ground station, once. */
  once: boolean;
  refused: boolean;
  dueAt: number;
  pause: number;
}

/** Asks one vehicle for messages at rates. Pure: `next` gives what to say now. Times in ms. */
export class RateKeeper {
  private readonly to: Addressee;
  private readonly reader = new PayloadReader();
  private readonly arrivals = new Arrivals();
  // One at a time: an acknowledgement does not say of which message it is.
  private readonly lane = new Lane(1);
  private kept: Kept[] = [];
  private accepted = 0;
  private refusals = 0;
  private streams: Kept | undefined;
  private company: Company = 'alone';
  private lookAt = 0;
  private readonly own: number;

  /** @param own our own system id */
  constructor(to: Addressee, own: number) {
    this.to = to;
    this.own = own;
  }

  /** Everything anew. */
  begin(rates: readonly Rate[]): void {
    this.lane.clear();
    this.arrivals.clear();
    this.kept = rates.map(({ id, hertz }) => fresh(id, hertz));
    this.accepted = 0;
    this.refusals = 0;
    this.streams = undefined;
  }

  /** The same messages at other rates: the link is shared with more vehicles. */
  change(rates: readonly Rate[]): void {
    for (const { id, hertz } of rates) {
      const kept = this.kept.find((one) => one.id === id);
      if (kept === undefined || kept.hertz === hertz) continue;
      kept.hertz = hertz;
      kept.asked = false;
    }
  }

  heard(frame: FrameParser, now: number): void {
    this.arrivals.note(frame.id, now);
    this.lane.heard(frame, now);
  }

  next(now: number, company: Company): Outgoing | undefined {
    if (company !== this.company) this.turn(company, now);
    if (this.lane.idle) this.ask(now);
    return this.lane.next(now);
  }

  /** Who else is there has changed. */
  private turn(company: Company, now: number): void {
    this.company = company;
    // What was not said yet is thought over.
    if (company !== 'alone') this.lane.drop(() => true);
    for (const kept of this.kept) {
      kept.once = false;
      kept.pause = AGAIN;
      kept.dueAt = Math.min(kept.dueAt, now + AGAIN);
    }
  }

  private ask(now: number): void {
    if (now < this.lookAt) return;
    this.lookAt = now + LOOK;
    const comes = this.kept.some(({ id }) => this.arrivals.rate(id, now) > 0);
    const { streams } = this;
    if (streams !== undefined) {
      if (!this.isDue(streams, now, comes ? Number.POSITIVE_INFINITY : 0, comes)) return;
      const rate = streams.hertz;
      this.lane.add(...STREAMS.map((stream) => told({ kind: 'requestStream', to: this.to, stream, rate })));
      return;
    }
    for (const kept of this.kept) {
      if (!kept.refused && this.isDue(kept, now, this.arrivals.rate(kept.id, now), comes)) this.lane.add(this.interval(kept));
    }
  }

  /**
   * Whether it is to be asked for now; takes down that it is.
   * @param rate how often it comes, Hz
   * @param comes whether anything that was wanted comes
   */
  private isDue(kept: Kept, now: number, rate: number, comes: boolean): boolean {
    const watched = this.arrivals.watched(now);
    if (this.company !== 'alone') {
      // Nobody competes for rates: only what does not come at all, and once.
      if (kept.once || rate > 0 || watched < WATCH) return false;
      if (this.company === 'direct' && (comes || watched < WATCH_DIRECT)) return false;
      kept.once = true;
    } else if (kept.asked) {
      if (now < kept.dueAt || watched < WATCH || rate >= kept.hertz * HOLDS) return false;
      kept.pause = Math.min(MOST_AGAIN, kept.pause * 2);
    }
    kept.asked = true;
    kept.dueAt = now + kept.pause;
    return true;
  }

  private interval(kept: Kept): Ask {
    const { id: message, hertz } = kept;
    return {
      outgoing: { kind: 'setInterval', to: this.to, message, interval: Math.round(1e6 / hertz) },
      tries: 1,
      rounds: 1,
      answer: (frame) => this.acknowledged(frame),
      refused: () => {
        kept.refused = true;
        this.refusals++;
        if (this.accepted === 0 && this.refusals === REFUSALS) this.fallBack();
      },
    };
  }

  /** It does not know single messages: streams of them are asked for, which nobody acknowledges. */
  private fallBack(): void {
    this.lane.drop(() => true);
    const most = Math.max(...this.kept.map(({ hertz }) => hertz));
    this.streams = fresh(-1, Math.max(1, Math.round(STREAM_HERTZ * Math.min(1, most / 10))));
  }

  private acknowledged(frame: FrameParser): Answer {
    const { reader } = this;
    if (frame.id !== ID.COMMAND_ACK || reader.uint16(frame, 0) !== SET_MESSAGE_INTERVAL) return undefined;
    // A router brings answers to others as well; older autopilots do not say whom they answer.
    const target = reader.uint8(frame, 8);
    if (target !== 0 && target !== this.own) return undefined;
    const result = reader.uint8(frame, 2);
    if (result === ACCEPTED) {
      this.accepted++;
      return 'done';
    }
    return result === IN_PROGRESS || result === TEMPORARILY_REJECTED ? 'wait' : 'refused';
  }
}

const fresh = (id: number, hertz: number): Kept => ({
  id,
  hertz,
  asked: false,
  once: false,
  refused: false,
  dueAt: Number.POSITIVE_INFINITY,
  pause: AGAIN,
});

/** Said once, without an answer. */
const told = (outgoing: Outgoing): Ask => ({ outgoing, tries: 0, answer: () => undefined });
