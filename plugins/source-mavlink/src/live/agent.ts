// What the source says to vehicles in `mode: active`.

import type { Counter, Gauge, SourceHost } from '@quantstream/engine';
import type { Config } from '../config.js';
import type { Link } from '../links/link.js';
import type { Vehicle } from '../vehicle/vehicle.js';
import type { FrameParser } from '../wire/frames.js';
import { COMPONENT_AUTOPILOT, HEARTBEAT_TYPE, ID, TYPE_GROUND } from '../wire/ids.js';
import type { Signatures } from '../wire/signing.js';
import { Conversation } from './conversation.js';
import type { PeerWay } from './intake.js';
import { Encoder, messageOfKind, type Outgoing } from './outbound.js';
import { ratesOf } from './rates.js';

/** Before anything is said: time to hear whether somebody else speaks, ms. */
const LISTEN_FIRST = 3_000;
const HEARTBEAT_EVERY = 1_000;
/** How often an address of which nobody is heard is spoken to, ms. */
const HELLO_EVERY = 2_000;
/** Of what a link carries, this much is for our own questions; the rates are about what comes. */
const OWN_SHARE = 0.1;

/** Why it says nothing, or that it speaks. */
export type Speaking = 'listening' | 'speaking' | 'yielding' | 'refused';

interface Talk {
  readonly vehicle: Vehicle;
  readonly conversation: Conversation;
  way: PeerWay;
  version: number;
  heard: number;
}

/** One link with whom it leads to. */
export class AgentLine {
  readonly link: Link;
  readonly encoder: Encoder;
  readonly talks = new Map<number, Talk>();
  /** When a vehicle was last heard on it, ms. */
  heardAt = Number.NEGATIVE_INFINITY;
  heartbeatAt = 0;
  helloAt = 0;
  /** Before this nothing fits, ms. */
  freeAt = 0;

  constructor(link: Link, encoder: Encoder) {
    this.link = link;
    this.encoder = encoder;
  }
}

/**
 * What the source says to vehicles, in `mode: active`: its heartbeat, and the questions of {@link Conversation}. It falls silent while a ground
 * station is heard, and for good when a vehicle takes us for its ground station: our heartbeat would hide from it that it has lost its own.
 */
export class Agent {
  readonly lines: readonly AgentLine[];
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly system: number;
  private readonly began: number;
  private readonly sent: Counter;
  private readonly speakingGauge: Gauge;
  private groundAt = Number.NEGATIVE_INFINITY;
  private refused = false;
  private said: Speaking | undefined;

  constructor(config: Config, host: SourceHost, links: readonly Link[], signatures: readonly (Signatures | undefined)[]) {
    this.config = config;
    this.host = host;
    const { system, component } = config.active;
    this.system = system;
    this.began = host.clock.now();
    this.lines = links.map((link, i) => new AgentLine(link, new Encoder(system, component, signatures[i], i & 0xff)));
    this.sent = host.metrics.counter('mavlink_sent_frames_total', 'Frames that were sent to vehicles, by message', ['message']);
    this.speakingGauge = host.metrics.gauge('mavlink_speaking', '1 while the source speaks to vehicles, 0 while it only listens');
  }

  /** Takes in a good frame. */
  frame(line: AgentLine, parser: FrameParser, vehicle: Vehicle | undefined, way: PeerWay, now: number): void {
    if (vehicle === undefined) {
      const { id, system, bytes, payload, payloadLength } = parser;
      const type = id === ID.HEARTBEAT && payloadLength > HEARTBEAT_TYPE ? bytes[payload + HEARTBEAT_TYPE] : -1;
      if (type === TYPE_GROUND && system !== this.system) this.groundAt = now;
      return;
    }
    let talk = line.talks.get(vehicle.system);
    if (talk === undefined) {
      talk = { vehicle, conversation: this.converse(line, vehicle), way, version: parser.version, heard: now };
      line.talks.set(vehicle.system, talk);
    }
    if (now - talk.heard > this.config.silence || !Number.isNaN(vehicle.clock.rebootedAt)) talk.conversation.begin();
    talk.heard = now;
    line.heardAt = now;
    talk.way = way;
    if (parser.version === 2) talk.version = 2;
    talk.conversation.heard(parser, now);
    if (talk.conversation.clash) this.refuse(vehicle);
  }

  /** Says what is due. To be called often. */
  tick(now: number): Speaking {
    const speaking = this.speaking(now);
    if (speaking !== this.said) this.announce(speaking);
    if (speaking !== 'speaking') return speaking;
    for (const line of this.lines) this.speak(line, now);
    return speaking;
  }

  private speaking(now: number): Speaking {
    if (this.refused) return 'refused';
    if (now - this.groundAt < this.config.active.ground) return 'yielding';
    return now - this.began < LISTEN_FIRST ? 'listening' : 'speaking';
  }

  private announce(speaking: Speaking): void {
    const { log } = this.host;
    const before = this.said;
    this.said = speaking;
    this.speakingGauge.set(speaking === 'speaking' ? 1 : 0);
    if (speaking === 'yielding') log.info({}, 'mavlink: a ground station is heard: nothing is sent while it is');
    if (speaking === 'speaking' && before === 'yielding')
      log.info({}, 'mavlink: no ground station is heard any more: speaking again');
  }

  private refuse(vehicle: Vehicle): void {
    if (this.refused) return;
    this.refused = true;
    this.host.log.error(
      { vehicle: vehicle.key, system: this.system },
      'mavlink: the vehicle takes our system id for that of its ground station, so our heartbeat would hide a lost link from it: nothing is sent any more; choose another `active.system`',
    );
    this.host.metrics
      .counter('mavlink_refused_total', 'Times that sending was given up because a vehicle takes us for its ground station')
      .add();
  }

  private converse(line: AgentLine, vehicle: Vehicle): Conversation {
    const { messages, active, signing } = this.config;
    const budget = (line.link.bytesPerSecond * active.bandwidth) / Math.max(1, line.talks.size + 1);
    const rates = ratesOf(messages, active.rates, budget, signing !== undefined);
    return new Conversation({ system: vehicle.system, component: vehicle.autopilot }, this.system, rates);
  }

  private speak(line: AgentLine, now: number): void {
    if (now - line.heardAt > this.config.silence) {
      if (line.link.speaksFirst && now >= line.helloAt) {
        line.helloAt = now + HELLO_EVERY;
        // To whoever is there: a question that we have anyway, and no heartbeat yet.
        const to = { system: 0, component: COMPONENT_AUTOPILOT };
        this.send(line, { kind: 'readParameter', to, name: 'MAV_GCS_SYSID' }, '', 2, now);
        this.send(line, { kind: 'readParameter', to, name: 'SYSID_MYGCS' }, '', 2, now);
      }
      return;
    }
    this.heartbeats(line, now);
    for (const { conversation, way, version, heard } of line.talks.values()) {
      if (now < line.freeAt) return;
      if (now - heard > this.config.silence) continue;
      const outgoing = conversation.next(now);
      if (outgoing !== undefined) this.send(line, outgoing, way.peer, version, now);
    }
  }

  /** To each peer whose vehicles have all cleared it. */
  private heartbeats(line: AgentLine, now: number): void {
    if (now < line.heartbeatAt) return;
    line.heartbeatAt = now + HEARTBEAT_EVERY;
    const peers = new Map<string, number>();
    const held = new Set<string>();
    for (const { conversation, way, version, heard } of line.talks.values()) {
      if (now - heard > this.config.silence) continue;
      if (!conversation.cleared) held.add(way.peer);
      peers.set(way.peer, Math.max(version, peers.get(way.peer) ?? 0));
    }
    for (const [peer, version] of peers) if (!held.has(peer)) this.send(line, { kind: 'heartbeat' }, peer, version, now);
  }

  private send(line: AgentLine, outgoing: Outgoing, peer: string, version: number, now: number): void {
    const frame = line.encoder.frame(outgoing, version, now);
    if (frame === undefined || !line.link.send(frame, peer)) return;
    line.freeAt = now + (frame.length / (line.link.bytesPerSecond * OWN_SHARE)) * 1_000;
    this.sent.add(1, { message: messageOfKind(outgoing.kind) });
  }
}
