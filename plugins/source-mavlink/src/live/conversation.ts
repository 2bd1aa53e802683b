// The conversation with one vehicle: one question at a time, until it is answered.

import { PARAMETERS } from '../vehicle/own.js';
import type { FrameParser } from '../wire/frames.js';
import { AUTOPILOT_ARDUPILOT, HEARTBEAT_AUTOPILOT, ID } from '../wire/ids.js';
import { PayloadReader } from '../wire/payload.js';
import type { Addressee, Outgoing } from './outbound.js';
import type { Rate } from './rates.js';

/** The ArduPilot parameters that name the ground station whose heartbeats hold its fail-safe back: since 4.7 a range, before one id. */
const GROUND_PARAMETERS = ['SYSID_MYGCS', 'MAV_GCS_SYSID', 'MAV_GCS_SYSID_HI'] as const;

/** How long an answer is waited for at first, and at most, ms. */
const PATIENCE = 1_000;
const MOST_PATIENCE = 4_000;
/** How often something is asked before it is left for later; when it is asked again, doubling, ms. */
const TRIES = 3;
const LATER = 30_000;
const MOST_LATER = 600_000;

/** Streams of messages that ArduPilot knew before single messages could be asked for: sensors, status, channels, position, extras. */
const STREAMS = [1, 2, 3, 6, 10, 11, 12];
const STREAM_HERTZ = 4;

const ACCEPTED = 0;
const TEMPORARILY_REJECTED = 1;
const IN_PROGRESS = 5;
/** So many refusals before anything was accepted, and streams are asked for instead. */
const REFUSALS = 4;
const MOST_ITEMS = 1_024;
/** Settings are asked for in rounds, without much waiting: of many, a vehicle has only some, and does not say which it has not.
 * What never came is asked for again later: on a poor link a question or its answer is easily lost. */
const SETTING_PATIENCE = 300;
const SETTING_ROUNDS = 2;
/** Batteries beyond the second are rare. */
const SETTINGS = [...PARAMETERS.keys()].filter((name) => !/^BATT[3-9]_/.test(name));

/** Something asked: done when it is answered. */
interface Ask {
  readonly outgoing: Outgoing;
  readonly tries: number;
  /** Whether this frame answers it: `done`, or `refused`; `undefined` for a frame that says nothing of it. */
  answer(frame: FrameParser): 'done' | 'refused' | 'wait' | undefined;
  /** Called when it was refused or never answered. */
  failed?(): void;
  /** Worth asking again later. */
  readonly again?: true;
  /** How long its first answer is waited for, ms; and how often it goes to the end of the line when there was none. */
  readonly patience?: number;
  readonly rounds?: number;
}

/**
 * What is said to one vehicle and what it answers, one thing at a time. Pure: `next` gives what to send now. It asks, in this order: whom the
 * vehicle takes for its ground station, for messages at rates, for its home, its fence and its settings.
 */
export class Conversation {
  /** The vehicle takes our system for its ground station. */
  clash = false;
  private readonly to: Addressee;
  private readonly own: number;
  private readonly rates: readonly Rate[];
  private readonly reader = new PayloadReader();
  private readonly ground = new Map<string, number>();
  private autopilot = -1;
  private queue: Ask[] = [];
  private later: Ask[] = [];
  private current: Ask | undefined;
  private tries = 0;
  private due = 0;
  private laterAt = Number.POSITIVE_INFINITY;
  private pause = LATER;
  private accepted = 0;
  private refused = 0;
  private readonly items = new Set<number>();

  /** @param own our own system id */
  constructor(to: Addressee, own: number, rates: readonly Rate[]) {
    this.to = to;
    this.own = own;
    this.rates = rates;
    this.begin();
  }

  /**
   * Whether a heartbeat of ours can do no harm: PX4 and others look at its type, ArduPilot at our system id, and that must not be the
   * one that it waits for.
   */
  get cleared(): boolean {
    if (this.clash || this.autopilot < 0) return false;
    if (this.autopilot !== AUTOPILOT_ARDUPILOT || this.ground.has('SYSID_MYGCS')) return true;
    return this.ground.has('MAV_GCS_SYSID') && this.ground.has('MAV_GCS_SYSID_HI');
  }

  /** Everything anew: it was switched off and on, or was away for long. */
  begin(): void {
    this.ground.clear();
    this.current = undefined;
    this.later = [];
    this.laterAt = Number.POSITIVE_INFINITY;
    this.pause = LATER;
    this.accepted = 0;
    this.refused = 0;
    this.items.clear();
    this.queue = GROUND_PARAMETERS.map((name) => this.parameter(name));
    for (const { id, hertz } of this.rates) this.queue.push(this.interval(id, hertz));
    this.queue.push(this.home(), this.fenceList());
    for (const name of SETTINGS)
      this.queue.push({ ...this.parameter(name), tries: 1, patience: SETTING_PATIENCE, rounds: SETTING_ROUNDS, again: true });
  }

  /** Takes in a frame of the vehicle's autopilot. */
  heard(frame: FrameParser, now: number): void {
    if (frame.id === ID.HEARTBEAT) this.autopilot = this.reader.uint8(frame, HEARTBEAT_AUTOPILOT);
    if (frame.id === ID.PARAM_VALUE) {
      this.noteGround(frame);
      const name = this.reader.characters(frame, 8, 16);
      // A late answer is one as well.
      this.queue = this.queue.filter(
        ({ outgoing, rounds }) => rounds === undefined || outgoing.kind !== 'readParameter' || outgoing.name !== name,
      );
    }
    const { current } = this;
    const answer = current?.answer(frame);
    if (current === undefined || answer === undefined) return;
    if (answer === 'wait') {
      this.due = now + MOST_PATIENCE;
      return;
    }
    this.current = undefined;
    if (answer === 'refused') current.failed?.();
  }

  /** What to say now, if anything. */
  next(now: number): Outgoing | undefined {
    if (this.clash) return undefined;
    if (this.current !== undefined) {
      if (now < this.due) return undefined;
      if (this.tries < this.current.tries) return this.say(this.current, now);
      this.giveUp(this.current, now);
    }
    if (this.queue.length === 0 && now >= this.laterAt) {
      this.queue = this.later;
      this.later = [];
      this.laterAt = Number.POSITIVE_INFINITY;
    }
    const ask = this.queue.shift();
    if (ask === undefined) return undefined;
    this.tries = 0;
    if (ask.tries === 0) return ask.outgoing;
    this.current = ask;
    return this.say(ask, now);
  }

  private say(ask: Ask, now: number): Outgoing {
    this.due = now + Math.min(MOST_PATIENCE, (ask.patience ?? PATIENCE) * 2 ** this.tries);
    this.tries++;
    return ask.outgoing;
  }

  private giveUp(ask: Ask, now: number): void {
    this.current = undefined;
    ask.failed?.();
    if (ask.rounds) {
      this.queue.push({ ...ask, rounds: ask.rounds - 1 });
      return;
    }
    if (!ask.again) return;
    this.later.push(ask);
    if (this.laterAt !== Number.POSITIVE_INFINITY) return;
    this.laterAt = now + this.pause;
    this.pause = Math.min(MOST_LATER, this.pause * 2);
  }

  private noteGround(frame: FrameParser): void {
    const name = this.reader.characters(frame, 8, 16);
    if (!(GROUND_PARAMETERS as readonly string[]).includes(name)) return;
    this.ground.set(name, this.reader.float(frame, 0));
    const first = this.ground.get('MAV_GCS_SYSID');
    const last = Math.max(first ?? 0, this.ground.get('MAV_GCS_SYSID_HI') ?? 0);
    const within = first !== undefined && this.own >= first && this.own <= last;
    this.clash = within || this.own === this.ground.get('SYSID_MYGCS');
  }

  private parameter(name: string): Ask {
    return {
      outgoing: { kind: 'readParameter', to: this.to, name },
      tries: TRIES,
      // The ground station's must be known before anything else goes on for long; a parameter that is not there is not answered.
      ...((GROUND_PARAMETERS as readonly string[]).includes(name) ? { again: true } : {}),
      answer: (frame) => (frame.id === ID.PARAM_VALUE && this.reader.characters(frame, 8, 16) === name ? 'done' : undefined),
    };
  }

  private interval(message: number, hertz: number): Ask {
    const count = () => {
      this.refused++;
      if (this.accepted === 0 && this.refused === REFUSALS) this.fallBack();
    };
    return {
      outgoing: { kind: 'setInterval', to: this.to, message, interval: Math.round(1e6 / hertz) },
      tries: TRIES,
      answer: (frame) => {
        const answer = this.acknowledged(frame, 511);
        if (answer === 'done') this.accepted++;
        return answer;
      },
      failed: count,
    };
  }

  /** It does not know single messages: streams of them are asked for, which nobody acknowledges. */
  private fallBack(): void {
    this.queue = this.queue.filter(({ outgoing }) => outgoing.kind !== 'setInterval');
    const slowest = Math.max(1, Math.round(STREAM_HERTZ * Math.min(1, Math.max(...this.rates.map(({ hertz }) => hertz)) / 10)));
    for (const stream of STREAMS) {
      const outgoing: Outgoing = { kind: 'requestStream', to: this.to, stream, rate: slowest };
      this.queue.unshift({ outgoing, tries: 0, answer: () => undefined });
    }
  }

  private home(): Ask {
    return {
      outgoing: { kind: 'requestMessage', to: this.to, message: ID.HOME_POSITION },
      tries: TRIES,
      again: true,
      // An acknowledgement alone says that it may come; it does not before there is a home.
      answer: (frame) => (frame.id === ID.HOME_POSITION ? 'done' : undefined),
    };
  }

  private fenceList(): Ask {
    return {
      outgoing: { kind: 'listFence', to: this.to },
      tries: TRIES,
      again: true,
      answer: (frame) => {
        if (frame.id !== ID.MISSION_COUNT || this.reader.uint8(frame, 4) !== 1) return undefined;
        const count = Math.min(this.reader.uint16(frame, 0), MOST_ITEMS);
        const acknowledge: Ask = { outgoing: { kind: 'acknowledgeFence', to: this.to }, tries: 0, answer: () => undefined };
        const items = Array.from({ length: count }, (_, index) => this.fenceItem(index));
        this.queue.unshift(...items, acknowledge);
        return 'done';
      },
    };
  }

  private fenceItem(index: number): Ask {
    return {
      outgoing: { kind: 'requestFenceItem', to: this.to, index },
      tries: TRIES + 2,
      again: true,
      answer: (frame) => {
        const fence = frame.id === ID.MISSION_ITEM_INT && this.reader.uint8(frame, 37) === 1;
        return fence && this.reader.uint16(frame, 28) === index ? 'done' : undefined;
      },
    };
  }

  private acknowledged(frame: FrameParser, command: number): 'done' | 'refused' | 'wait' | undefined {
    if (frame.id !== ID.COMMAND_ACK || this.reader.uint16(frame, 0) !== command) return undefined;
    const result = this.reader.uint8(frame, 2);
    if (result === ACCEPTED) return 'done';
    return result === IN_PROGRESS || result === TEMPORARILY_REJECTED ? 'wait' : 'refused';
  }
}
