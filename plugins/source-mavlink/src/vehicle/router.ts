/** Takes frames to their vehicles, and makes observations of those that are wanted. */
import { NOT_OBSERVED } from '@quantstream/engine';
import { type Config, keyOf } from '../config.js';
import type { Introduced } from '../identity/introduction.js';
import { type Said, saidIn, settingOf } from '../settings/said.js';
import type { Decoder } from '../wire/decoder.js';
import type { FrameParser } from '../wire/frames.js';
import {
  COMPONENT_AUTOPILOT,
  COMPONENT_GROUND,
  COMPONENT_RADIO,
  HEARTBEAT_AUTOPILOT,
  HEARTBEAT_TYPE,
  ID,
  SYSTEM_GROUND,
  TYPE_GROUND,
} from '../wire/ids.js';
import { PayloadReader } from '../wire/payload.js';
import { Signatures, type SignaturesState } from '../wire/signing.js';
import type { Recorder, Timing } from './clock.js';
import { fenceCountOf, fenceItemOf } from './heard.js';
import { BOOT_TIME, MEASURED, routesOf, saysAutopilot } from './routes.js';
import type { Sender } from './sender.js';
import type { Draft, Drafts, Stream, Streams } from './streams.js';
import { contradiction, learned } from './twins.js';
import { type SequenceCounts, Vehicle, type VehicleState } from './vehicle.js';

const SYSTEMS = 256;
const IDS = 65_536;
/** A frame of which nothing is known but its number. */
const NO_MARK = 0x1_0000;
/** Why nothing of a vehicle is believed. */
const TWO_VEHICLES = 'two vehicles under one id';
const OWN = { link: 0, setting: 1, fenceItem: 2, parameter: 3, vehicle: 4 };
const OWN_TYPES = ['link', 'setting', 'fence_item', 'parameter', 'vehicle'];

/** The `time_usec` that a payload begins with. */
const microseconds = (frame: FrameParser, reader: PayloadReader): number =>
  reader.uint32(frame, 4) * 4_294_967_296 + reader.uint32(frame, 0);

/** What became of good frames. */
export interface FrameCounts {
  emitted: number;
  /** Of messages that the configuration does not list. */
  unwanted: number;
  /** Sent by a ground station. */
  ground: number;
  /** Of a vehicle's other components, and of radios without a vehicle. */
  component: number;
  /** The same frame again, as two routers bring it. */
  repeated: number;
  /** Of two vehicles that send as one. */
  mixed: number;
}

/** What must survive a restart of the router. */
export interface RouterState {
  readonly vehicles: readonly VehicleState[];
  /** Senders (system × 256 + component) that said in a HEARTBEAT that they are ground stations. */
  readonly ground: readonly number[];
  /** The system that has the connection's name; 0: none yet. */
  readonly named: number;
  /** What the recorder's stamps lack, ms. */
  readonly correction: number;
  /** The system that was heard last on a recording. */
  readonly last: number;
  readonly signatures?: SignaturesState;
}

/** Where frames come from that take one way: a recording, or one end of a link. Telemetry radios speak of the vehicle behind them. */
export interface Way {
  last: Vehicle | undefined;
  /** The end of a link that several may have. */
  readonly peer?: string;
}

export interface RouterSettings extends Pick<Config, 'messages' | 'vehicles' | 'silence' | 'signing'> {
  /** The name of the connection's vehicle, if the configuration gives one. */
  readonly name: string | undefined;
  readonly timing: Timing;
}

interface Route {
  readonly decoder: Decoder;
  readonly type: string;
  /** Place of its stream among a vehicle's. */
  readonly place: number;
}

/**
 * Turns the frames of one connection into observations: who sent them, whether anybody asked, when it was. No input or output.
 *
 * The vehicle of a system is its autopilot; what its other components send is counted and not mixed in.
 */
export class Router {
  readonly counts: FrameCounts = { emitted: 0, unwanted: 0, ground: 0, component: 0, repeated: 0, mixed: 0 };
  readonly sequences: SequenceCounts = { lost: 0, outOfOrder: 0, uncountable: 0 };
  /** Frames that were refused for their signature, by what it says. */
  readonly refused = { bad_signature: 0, replayed: 0, unsigned: 0 };
  /** Whether the last frame was. */
  wasRefused = false;
  reboots = 0;
  /** Which two vehicles send as one, and how that is known. */
  twins = '';
  /** By system id. */
  readonly vehicles: (Vehicle | undefined)[] = new Array(SYSTEMS);
  /** Where a recording's frames come from. */
  readonly way: Way = { last: undefined };
  /** No event time is earlier than this, ms since the epoch: a live source has said so. */
  told = Number.NEGATIVE_INFINITY;
  private readonly settings: RouterSettings;
  private readonly streams: Streams;
  private readonly routes: (Route | undefined)[] = new Array(IDS);
  /** By system id and place of the route. */
  private readonly known: (Stream | undefined)[][] = Array.from({ length: SYSTEMS }, () => []);
  private readonly ground = new Set<number>();
  private readonly reader = new PayloadReader();
  readonly signatures: Signatures | undefined;
  private readonly recorder: Recorder = { correction: 0, vehicles: 0 };
  private named = 0;
  private held = false;

  constructor(settings: RouterSettings, streams: Streams, state?: RouterState) {
    this.settings = settings;
    this.signatures = settings.signing === undefined ? undefined : new Signatures(settings.signing, state?.signatures);
    this.streams = streams;
    for (const [i, { definition, decoder, type }] of routesOf(settings).entries()) {
      this.routes[definition.MSG_ID] = { decoder, type, place: OWN_TYPES.length + i };
    }
    if (!state) return;
    this.recorder.correction = state.correction;
    this.recorder.vehicles = state.vehicles.length;
    for (const vehicle of state.vehicles) {
      this.vehicles[vehicle.system] = new Vehicle(
        vehicle.system,
        vehicle.key,
        vehicle.autopilot,
        settings.timing,
        this.recorder,
        vehicle,
      );
    }
    for (const sender of state.ground) this.ground.add(sender);
    this.named = state.named;
    this.way.last = this.vehicles[state.last];
  }

  state(): RouterState {
    return {
      vehicles: this.vehicles.flatMap((vehicle) => (vehicle ? [vehicle.state()] : [])),
      ground: [...this.ground],
      named: this.named,
      correction: this.recorder.correction,
      last: this.way.last?.system ?? 0,
      ...(this.signatures ? { signatures: this.signatures.state() } : {}),
    };
  }

  /**
   * Takes in the parser's frame; what it becomes goes to `out`.
   * @param stamp when it was received or recorded, ms since the epoch
   * @param received ms since the epoch
   * @returns the vehicle whose autopilot sent it, if one did
   */
  take(frame: FrameParser, stamp: number, received: number, out: Drafts, way: Way = this.way): Vehicle | undefined {
    const { counts } = this;
    const { system, component, id } = frame;
    if (this.signatures !== undefined) {
      const said = this.signatures.check(frame);
      this.wasRefused = said !== 'good';
      if (said !== 'good') {
        this.refused[said]++;
        return undefined;
      }
    }
    if (frame.unknownBefore.length > 0) this.countUnknown(frame.unknownBefore, stamp);
    if (this.isGround(frame)) {
      counts.ground++;
      return undefined;
    }
    if (component === COMPONENT_RADIO && (id === ID.RADIO_STATUS || id === ID.RADIO)) {
      const vehicle = this.vehicles[system] ?? way.last;
      if (vehicle === undefined) counts.component++;
      else {
        vehicle.clock.untimed(stamp);
        vehicle.clock.notBefore(this.told);
        this.emit(frame, vehicle, received, out);
      }
      return undefined;
    }
    const vehicle = this.vehicleOf(frame);
    if (vehicle === undefined) {
      counts.component++;
      return undefined;
    }
    way.last = vehicle;
    const flies = component === vehicle.autopilot;
    const sender = vehicle.count(component, frame.sequence, frame.checksum, stamp, this.sequences);
    if (sender === undefined) {
      counts.repeated++;
      return undefined;
    }
    if (sender.lines.length > 1 && flies) this.compare(frame, vehicle, sender, stamp, way, out);
    if (stamp <= vehicle.mixed) {
      counts.mixed++;
      return undefined;
    }
    const before = vehicle.clock.time;
    const time = this.timeOf(frame, vehicle, flies, sender, stamp);
    const { unheard } = sender;
    vehicle.damaged += frame.damagedBefore;
    if (!Number.isNaN(vehicle.clock.rebootedAt)) this.rebooted(vehicle, out);
    else if (!Number.isNaN(vehicle.mixed)) {
      vehicle.mixed = Number.NaN;
      out.lose({ key: vehicle.key, from: before, to: time, reason: TWO_VEHICLES });
    } else if (unheard !== 0 || (vehicle.unheard && time - before > this.settings.silence)) {
      out.lose({ key: vehicle.key, from: before, to: time, reason: NOT_OBSERVED, ...(unheard > 0 ? { count: unheard } : {}) });
    } else if (time - before > this.settings.silence) {
      out.lose({ key: vehicle.key, from: before, to: time, reason: 'link lost' });
    }
    // The first frame that did not lie about: from here on it is heard as ever.
    if (!this.held) vehicle.unheard = false;
    if (vehicle.linkDue()) this.tell(vehicle, OWN.link, received, out, vehicle.takeLink());
    vehicle.frames++;
    if (!flies) {
      counts.component++;
      return undefined;
    }
    if (id === ID.HEARTBEAT) vehicle.kind = this.reader.uint8(frame, HEARTBEAT_AUTOPILOT);
    if (id === ID.HEARTBEAT || id === ID.STATUSTEXT || id === ID.AUTOPILOT_VERSION)
      this.introduce(vehicle.introduction.hear(frame, this.reader), vehicle, received, out);
    else if (id === ID.PARAM_VALUE) this.hear(saidIn(frame, this.reader, vehicle.kind), vehicle, received, out);
    else if (id === ID.MISSION_COUNT || id === ID.MISSION_ITEM_INT) this.listen(frame, vehicle, received, out);
    this.emit(frame, vehicle, received, out);
    return vehicle;
  }

  /** Frames of messages that nobody here knows were not lost. */
  private countUnknown(senders: readonly number[], stamp: number): void {
    for (const sender of senders) {
      this.vehicles[sender >>> 16]?.count((sender >>> 8) & 0xff, sender & 0xff, NO_MARK, stamp, this.sequences);
    }
  }

  /** Whether the counters of an autopilot are those of two vehicles. */
  private compare(frame: FrameParser, vehicle: Vehicle, sender: Sender, stamp: number, way: Way, out: Drafts): void {
    const current = sender.lines[sender.line]!;
    current.facts = learned(current.facts, frame, this.reader, stamp, way.peer ?? null);
    const others = sender.several ? sender.lines.filter((line) => line !== current) : [];
    for (const other of others) {
      const why = contradiction(current.facts, other.facts);
      if (why === undefined) continue;
      const [one, two] = [current.facts.peer, other.facts.peer];
      const peers = one !== null && two !== null && one !== two ? `, at ${[one, two].sort().join(' and ')}` : '';
      this.twins = `two vehicles send as system ${vehicle.system}${peers}: ${why}`;
      const { key, clock } = vehicle;
      if (vehicle.doubt(true, stamp)) out.lose({ key, from: clock.time, to: clock.time, reason: TWO_VEHICLES, count: 0 });
      return;
    }
    vehicle.doubt(false, stamp);
  }

  /** The vehicle of the frame's system, made when its autopilot is heard first. */
  private vehicleOf(frame: FrameParser): Vehicle | undefined {
    const { system, component } = frame;
    const known = this.vehicles[system];
    const isHeartbeat = frame.id === ID.HEARTBEAT;
    if (known !== undefined) {
      // What was taken for the autopilot gives way to component 1.
      if (component === COMPONENT_AUTOPILOT && known.autopilot !== COMPONENT_AUTOPILOT && saysAutopilot(frame)) {
        known.autopilot = COMPONENT_AUTOPILOT;
      }
      return known;
    }
    if (system === 0 || (component !== COMPONENT_AUTOPILOT && !(isHeartbeat && saysAutopilot(frame)))) return undefined;
    const vehicle = new Vehicle(system, this.keyOf(system), component, this.settings.timing, this.recorder);
    vehicle.clock.held = this.held;
    this.recorder.vehicles++;
    this.vehicles[system] = vehicle;
    return vehicle;
  }

  /** We stood still: what is read until `caughtUp` was sent meanwhile, and what is missing was lost by us. */
  stoodStill(): void {
    this.hold(true);
    for (const vehicle of this.vehicles) if (vehicle) vehicle.unheard = true;
  }

  /** All that was sent meanwhile is read. */
  caughtUp(): void {
    this.hold(false);
  }

  /**
   * Of vehicles of which nothing came since we stood still: nobody knows whether they were silent until then.
   * @param until when we went on, ms since the epoch
   */
  forgive(until: number, out: Drafts): void {
    for (const vehicle of this.vehicles) {
      if (!vehicle?.unheard) continue;
      vehicle.unheard = false;
      const from = vehicle.clock.time;
      if (from < until) out.lose({ key: vehicle.key, from, to: until, reason: NOT_OBSERVED });
    }
  }

  private hold(held: boolean): void {
    this.held = held;
    for (const vehicle of this.vehicles) if (vehicle) vehicle.clock.held = held;
  }

  private keyOf(system: number): string {
    const { name } = this.settings;
    if (name === undefined) return keyOf(this.settings, system);
    if (this.named === 0) this.named = system;
    return this.named === system ? name : `${name}-${system}`;
  }

  /** Before the first frame: what the stamps of this recording are known to lack, ms. */
  correct(milliseconds: number): void {
    this.recorder.correction = milliseconds;
  }

  /** Sets the vehicle's clock. @returns its time before a GPS has corrected it: no silence is longer for that */
  private timeOf(frame: FrameParser, vehicle: Vehicle, flies: boolean, sender: Sender, stamp: number): number {
    const { reader } = this;
    const { clock } = vehicle;
    const at = flies ? BOOT_TIME[frame.id] : -1;
    const boot = at < 0 ? Number.NaN : reader.uint32(frame, at);
    // A second counter that says another time may be that of another vehicle.
    const doubtful = sender.lines.length > 1 && clock.contradicts(boot) && sender.hasOther;
    if (flies && MEASURED[frame.id] === 1) clock.measured(microseconds(frame, reader) / 1_000, stamp);
    else if (at < 0 || doubtful) clock.untimed(stamp);
    else clock.timed(boot, stamp);
    clock.notBefore(this.told);
    const { time } = clock;
    if (flies && frame.id === ID.SYSTEM_TIME) {
      clock.unix(microseconds(frame, reader) / 1_000, reader.uint32(frame, at));
    }
    return time;
  }

  private rebooted(vehicle: Vehicle, out: Drafts): void {
    this.reboots++;
    vehicle.rebooted();
    out.lose({ key: vehicle.key, from: vehicle.clock.rebootedAt, to: vehicle.clock.time, reason: 'vehicle rebooted' });
  }

  private emit(frame: FrameParser, vehicle: Vehicle, received: number, out: Drafts): void {
    const route = this.routes[frame.id];
    if (route === undefined) {
      this.counts.unwanted++;
      return;
    }
    this.counts.emitted++;
    const { decoder, type } = route;
    const { time } = vehicle.clock;
    const values = this.reader.numbers(frame, decoder);
    const draft: Draft = { key: vehicle.key, type, sequence: 0, time, received, values };
    if (decoder.texts.length > 0) draft.text = this.reader.texts(frame, decoder);
    out.add(draft, this.streamOf(vehicle, type, route.place));
  }

  /** An observation of the source's own. */
  private tell(
    vehicle: Vehicle,
    own: number,
    received: number,
    out: Drafts,
    values: Record<string, number>,
    text?: Readonly<Record<string, string>>,
  ): void {
    const type = OWN_TYPES[own];
    const draft: Draft = { key: vehicle.key, type, sequence: 0, time: vehicle.clock.time, received, values };
    if (text) draft.text = text;
    out.add(draft, this.streamOf(vehicle, type, own));
  }

  private streamOf(vehicle: Vehicle, type: string, place: number): Stream {
    const streams = this.known[vehicle.system];
    let stream = streams[place];
    if (stream === undefined) {
      stream = this.streams.of(vehicle.key, type);
      streams[place] = stream;
    }
    return stream;
  }

  /** A parameter, out of what the vehicle says to whomever, and the setting that it makes. */
  private hear(said: Said | undefined, vehicle: Vehicle, received: number, out: Drafts): void {
    if (said === undefined) return;
    const setting = settingOf(said, vehicle.kind, vehicle.kept);
    if (setting) this.tell(vehicle, OWN.setting, received, out, setting);
    this.tell(vehicle, OWN.parameter, received, out, { value: said.value }, { name: said.name });
    this.introduce(vehicle.introduction.parameter(said.name, said.value), vehicle, received, out);
  }

  /** What flies, where that is news. */
  private introduce(news: Introduced | undefined, vehicle: Vehicle, received: number, out: Drafts): void {
    if (news) this.tell(vehicle, OWN.vehicle, received, out, { type: news.type }, news.text);
  }

  /** The same of the fence. */
  private listen(frame: FrameParser, vehicle: Vehicle, received: number, out: Drafts): void {
    const { reader } = this;
    if (frame.id === ID.MISSION_COUNT) {
      const count = fenceCountOf(frame, reader);
      if (count === undefined) return;
      vehicle.fenceCount = count;
      // No item will say that there is none.
      if (count === 0) this.tell(vehicle, OWN.setting, received, out, { fence_total: 0 });
      return;
    }
    const item = fenceItemOf(frame, vehicle.fenceCount, reader);
    if (item) this.tell(vehicle, OWN.fenceItem, received, out, item);
  }

  private isGround(frame: FrameParser): boolean {
    const { system, component } = frame;
    if (system === SYSTEM_GROUND || component === COMPONENT_GROUND) return true;
    const sender = system * SYSTEMS + component;
    if (frame.id === ID.HEARTBEAT && frame.payloadLength > HEARTBEAT_TYPE) {
      if (frame.bytes[frame.payload + HEARTBEAT_TYPE] === TYPE_GROUND) this.ground.add(sender);
      else this.ground.delete(sender);
    }
    return this.ground.size > 0 && this.ground.has(sender);
  }
}
