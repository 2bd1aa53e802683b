// The conversation with one vehicle: what is asked, side by side, and what its answers mean for what may be said.

import { askedOf } from '../settings/asked.js';
import type { FrameParser } from '../wire/frames.js';
import { AUTOPILOT_ARDUPILOT, AUTOPILOT_PX4, HEARTBEAT_AUTOPILOT, HEARTBEAT_MODE, ID, MODE_ARMED } from '../wire/ids.js';
import { PayloadReader } from '../wire/payload.js';
import { FenceDownload } from './fence-download.js';
import { type Ask, Lane } from './lane.js';
import type { Addressee, Outgoing } from './outbound.js';
import { type Company, RateKeeper } from './rate-keeper.js';
import type { Rate } from './rates.js';

/** The ArduPilot parameters that name the ground station whose heartbeats hold its fail-safe back: since 4.7 a range, before one id. */
const OLD_GROUND = 'SYSID_MYGCS';
const GROUND = 'MAV_GCS_SYSID';
const GROUND_HIGH = 'MAV_GCS_SYSID_HI';
/** What was proven is asked again: somebody may change it, ms. */
const PROVE_EVERY = 60_000;

const TRIES = 3;
/** Settings are asked for in rounds, without much waiting: of many, a vehicle has only some, and does not say which it has not.
 * What never came is asked for again later: on a poor link a question or its answer is easily lost. */
const SETTING_PATIENCE = 300;
const SETTING_ROUNDS = 2;
const SETTINGS_AT_ONCE = 4;

/**
 * What is said to one vehicle and what it answers. Pure: `next` gives what to say now. It asks for messages at rates, for its home, its fence and
 * its settings, and an ArduPilot whom it takes for its ground station; each sort of question has a line of its own.
 */
export class Conversation {
  /** The vehicle takes our system for its ground station. */
  clash = false;
  private readonly to: Addressee;
  private readonly own: number;
  private readonly plan: (autopilot: number) => readonly Rate[];
  private readonly reader = new PayloadReader();
  private readonly ground = new Map<string, number>();
  private readonly proof = new Lane(3);
  private readonly single = new Lane(2);
  private readonly settings = new Lane(SETTINGS_AT_ONCE);
  private readonly fence: FenceDownload;
  private readonly rates: RateKeeper;
  private autopilot = -1;
  private armed = false;
  private proveAt = Number.POSITIVE_INFINITY;
  private turn = 0;

  /**
   * @param own our own system id
   * @param plan which messages to ask a vehicle of this autopilot (MAV_AUTOPILOT) for
   */
  constructor(to: Addressee, own: number, plan: (autopilot: number) => readonly Rate[]) {
    this.to = to;
    this.own = own;
    this.plan = plan;
    this.fence = new FenceDownload(to, own);
    this.rates = new RateKeeper(to, own);
  }

  /**
   * Whether a heartbeat of ours can do no harm: PX4 and others look at its type, ArduPilot at our system id, and that must not be the
   * one that it waits for. A range begins at its first id, so an id below that is in none.
   */
  get cleared(): boolean {
    if (this.clash || this.autopilot < 0) return false;
    if (this.autopilot !== AUTOPILOT_ARDUPILOT || this.ground.has(OLD_GROUND)) return true;
    const first = this.ground.get(GROUND);
    return first !== undefined && (this.own < first || this.ground.has(GROUND_HIGH));
  }

  /** Everything anew: it was switched off and on, or was away for long. */
  begin(): void {
    const { autopilot } = this;
    this.ground.clear();
    for (const lane of [this.proof, this.single, this.settings]) lane.clear();
    this.proveAt = Number.POSITIVE_INFINITY;
    // Who it is decides what it knows.
    if (autopilot < 0) return;
    if (autopilot === AUTOPILOT_ARDUPILOT) {
      for (const name of [GROUND, GROUND_HIGH, OLD_GROUND]) this.proof.add({ ...this.parameter(name), again: true });
    }
    this.single.add(this.message(ID.HOME_POSITION), this.message(ID.AUTOPILOT_VERSION));
    // PX4 has all that it is asked for, or is of another age and says in a text that it has not.
    const how = autopilot === AUTOPILOT_PX4 ? { rounds: 1 } : { rounds: SETTING_ROUNDS, again: true as const };
    for (const name of askedOf(autopilot))
      this.settings.add({ ...this.parameter(name), tries: 1, patience: SETTING_PATIENCE, ...how });
    this.fence.begin(autopilot);
    this.rates.begin(this.plan(autopilot));
  }

  /** The link is shared with more vehicles. */
  share(): void {
    if (this.autopilot >= 0) this.rates.change(this.plan(this.autopilot));
  }

  /** Takes in a frame of the vehicle's autopilot. */
  heard(frame: FrameParser, now: number): void {
    if (frame.id === ID.HEARTBEAT) this.beat(frame);
    if (this.autopilot < 0) return;
    this.rates.heard(frame, now);
    if (frame.id === ID.PARAM_VALUE) this.parameterHeard(frame, now);
    this.proof.heard(frame, now);
    this.single.heard(frame, now);
    this.settings.heard(frame, now);
    this.fence.heard(frame, now);
  }

  /** What to say now, if anything. @param company who else speaks to it */
  next(now: number, company: Company): Outgoing | undefined {
    if (this.clash || this.autopilot < 0) return undefined;
    if (now >= this.proveAt && this.proof.idle) {
      this.proveAt = now + PROVE_EVERY;
      for (const name of this.ground.keys()) this.proof.add(this.parameter(name));
    }
    // What holds back a heartbeat first; of the others each has its turn.
    const first = this.proof.next(now);
    if (first !== undefined) return first;
    for (let i = 0; i < 4; i++) {
      const one = this.nextOf((this.turn + i) % 4, now, company);
      if (one === undefined) continue;
      this.turn = (this.turn + i + 1) % 4;
      return one;
    }
    return undefined;
  }

  private nextOf(line: number, now: number, company: Company): Outgoing | undefined {
    if (line === 0) return this.rates.next(now, company);
    if (line === 1) return this.single.next(now);
    return line === 2 ? this.fence.next(now) : this.settings.next(now);
  }

  private beat(frame: FrameParser): void {
    const { reader } = this;
    const autopilot = reader.uint8(frame, HEARTBEAT_AUTOPILOT);
    const armed = (reader.uint8(frame, HEARTBEAT_MODE) & MODE_ARMED) !== 0;
    if (autopilot !== this.autopilot) {
      this.autopilot = autopilot;
      this.begin();
    } else if (armed && !this.armed && this.single.idle) {
      // Home is where it was armed.
      this.single.add(this.message(ID.HOME_POSITION));
    }
    this.armed = armed;
  }

  private parameterHeard(frame: FrameParser, now: number): void {
    const name = this.reader.characters(frame, 8, 16);
    const isIt = (outgoing: Outgoing) => outgoing.kind === 'readParameter' && outgoing.name === name;
    // A late answer is one as well.
    this.settings.drop(isIt);
    if (name !== OLD_GROUND && name !== GROUND && name !== GROUND_HIGH) return;
    if (this.ground.size === 0) this.proveAt = now + PROVE_EVERY;
    this.ground.set(name, this.reader.float(frame, 0));
    // A vehicle has the old or the new ones.
    if (name === GROUND) this.proof.drop((outgoing) => outgoing.kind === 'readParameter' && outgoing.name === OLD_GROUND);
    const first = this.ground.get(GROUND);
    const last = Math.max(first ?? 0, this.ground.get(GROUND_HIGH) ?? 0);
    const within = first !== undefined && this.own >= first && this.own <= last;
    if (within || this.own === this.ground.get(OLD_GROUND)) this.clash = true;
  }

  private parameter(name: string): Ask {
    return {
      outgoing: { kind: 'readParameter', to: this.to, name },
      tries: TRIES,
      answer: (frame) => (frame.id === ID.PARAM_VALUE && this.reader.characters(frame, 8, 16) === name ? 'done' : undefined),
    };
  }

  /** An acknowledgement alone says that it may come; home does not before there is one. */
  private message(message: number): Ask {
    return {
      outgoing: { kind: 'requestMessage', to: this.to, message },
      tries: TRIES,
      ...(message === ID.HOME_POSITION ? { again: true } : {}),
      answer: (frame) => (frame.id === message ? 'done' : undefined),
    };
  }
}
