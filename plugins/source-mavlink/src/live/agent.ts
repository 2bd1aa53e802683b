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
import type { Company } from './rate-keeper.js';
import { ratesOf } from './rates.js';

/** Before anything is said, and to each vehicle: time to hear whether somebody else speaks, ms. */
const LISTEN_FIRST = 3_000;
const HEARTBEAT_EVERY = 1_000;
/** Between two frames of ours on a link that carries any number, ms: a vehicle queues few questions. */
const BREATH = 5;
/** How often an address of which nobody is heard is spoken to, ms. */
const HELLO_EVERY = 2_000;
/** Of what a link carries, this much is for our own questions; the rates are about what comes. */
const OWN_SHARE = 0.1;

/** Ends that ground stations were heard from that are remembered. */
const MOST_GROUNDS = 64;

/** Why it says nothing, or that it speaks. */
export type Speaking = 'listening' | 'speaking' | 'yielding' | 'refused';

interface Talk {
  readonly vehicle: Vehicle;
  readonly conversation: Conversation;
  way: PeerWay;
  version: number;
  heard: number;
  /** Since when it is heard without a long silence, ms: who else is there shows only then. */
  since: number;
  /** Whether it was said that nothing is said to it any more. */
  refused: boolean;
}

/** One link with whom it leads to. */
export class AgentLine {
  readonly link: Link;
  readonly encoder: Encoder;
  readonly talks = new Map<number, Talk>();
  /** When a ground station was last heard from each end, ms. */
  readonly grounds = new Map<string, number>();
  /** Who else was there when that was last told. */
  company: Company = 'alone';
  /** Whose turn it is. */
  turn = 0;
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

  /** A ground station was heard. */
  hearGround(peer: string, now: number): void {
    this.grounds.delete(peer);
    this.grounds.set(peer, now);
    if (this.grounds.size <= MOST_GROUNDS) return;
    const [oldest] = this.grounds.keys();
    this.grounds.delete(oldest!);
  }
}

/**
 * What the source says to vehicles, in `mode: active`: its heartbeat, and the questions of {@link Conversation}. A ground station that is heard keeps
 * its rates, and our heartbeat is left out; what else is needed is still asked for. A vehicle that takes us for its ground station is told nothing any
 * more, and no end that it is heard from gets a heartbeat: that would hide from it that it has lost its own.
 */
export class Agent {
  readonly lines: readonly AgentLine[];
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly system: number;
  private readonly began: number;
  private readonly sent: Counter;
  private readonly speakingGauge: Gauge;

  constructor(config: Config, host: SourceHost, links: readonly Link[], signatures: readonly (Signatures | undefined)[]) {
    this.config = config;
    this.host = host;
    const { system, component } = config.active;
    this.system = system;
    this.began = host.clock.now();
    this.lines = links.map((link, i) => new AgentLine(link, new Encoder(system, component, signatures[i], i & 0xff)));
    this.sent = host.metrics.counter('mavlink_sent_frames_total', 'Frames that were sent to vehicles, by message', ['message']);
    this.speakingGauge = host.metrics.gauge(
      'mavlink_speaking',
      '1 while the source speaks to vehicles as it likes, 0 while it only listens or leaves the rates to a ground station',
    );
  }

  /** Takes in a good frame. */
  frame(line: AgentLine, parser: FrameParser, vehicle: Vehicle | undefined, way: PeerWay, now: number): void {
    if (vehicle === undefined) {
      const { id, system, bytes, payload, payloadLength } = parser;
      const type = id === ID.HEARTBEAT && payloadLength > HEARTBEAT_TYPE ? bytes[payload + HEARTBEAT_TYPE] : -1;
      if (type === TYPE_GROUND && system !== this.system) line.hearGround(way.peer, now);
      return;
    }
    let talk = line.talks.get(vehicle.system);
    if (talk === undefined) {
      const { version } = parser;
      talk = { vehicle, conversation: this.converse(line, vehicle), way, version, heard: now, since: now, refused: false };
      line.talks.set(vehicle.system, talk);
      for (const { conversation } of line.talks.values()) conversation.share();
    }
    if (now - talk.heard > this.config.silence || !Number.isNaN(vehicle.clock.rebootedAt)) {
      talk.conversation.begin();
      talk.since = now;
    }
    talk.heard = now;
    line.heardAt = now;
    talk.way = way;
    if (parser.version === 2) talk.version = 2;
    talk.conversation.heard(parser, now);
    if (talk.conversation.clash && !talk.refused) this.refuse(talk);
  }

  /** Says what is due. To be called often. @returns the most that is said to anybody */
  tick(now: number): Speaking {
    const speaking = this.speaking(now);
    this.speakingGauge.set(speaking === 'speaking' ? 1 : 0);
    if (speaking !== 'listening') for (const line of this.lines) this.speak(line, now);
    return speaking;
  }

  private speaking(now: number): Speaking {
    if (now - this.began < LISTEN_FIRST) return 'listening';
    const talks = this.lines.flatMap((line) => [...line.talks.values()].map((talk) => [line, talk] as const));
    if (talks.length > 0 && talks.every(([, { refused }]) => refused)) return 'refused';
    const alone = ([line, { way, refused }]: (typeof talks)[number]) =>
      !refused && this.companyOf(line, way.peer, now) === 'alone';
    return talks.length === 0 || talks.some(alone) ? 'speaking' : 'yielding';
  }

  /** Who else speaks to the vehicles that are heard from an end of a link. */
  private companyOf(line: AgentLine, peer: string, now: number): Company {
    let company: Company = 'alone';
    for (const [end, at] of line.grounds) {
      if (now - at >= this.config.active.ground) continue;
      if (end === peer) company = 'beside';
      else if (![...line.talks.values()].some(({ way }) => way.peer === end)) return 'direct';
    }
    return company;
  }

  private announce(line: AgentLine, company: Company): void {
    if (company === line.company) return;
    line.company = company;
    const { log } = this.host;
    const link = line.link.name;
    if (company === 'alone') log.info({ link }, 'mavlink: no ground station is heard any more: speaking again');
    else {
      const where = company === 'direct' ? 'on this link' : 'behind the vehicle or a router';
      log.info(
        { link },
        `mavlink: a ground station is heard ${where}: it keeps its rates, and no heartbeat of ours is sent while it is`,
      );
    }
  }

  private refuse(talk: Talk): void {
    talk.refused = true;
    this.host.log.error(
      { vehicle: talk.vehicle.key, system: this.system },
      'mavlink: the vehicle takes our system id for that of its ground station, so our heartbeat would hide a lost link from it: nothing is sent to it any more; choose another `active.system`',
    );
    this.host.metrics
      .counter('mavlink_refused_total', 'Vehicles to which sending was given up because they take us for their ground station')
      .add();
  }

  private converse(line: AgentLine, vehicle: Vehicle): Conversation {
    const { messages, active, signing } = this.config;
    const plan = (autopilot: number) => {
      const budget = (line.link.bytesPerSecond * active.bandwidth) / Math.max(1, line.talks.size);
      return ratesOf(autopilot, messages, active.rates, budget, signing !== undefined);
    };
    return new Conversation({ system: vehicle.system, component: vehicle.autopilot }, this.system, plan);
  }

  private speak(line: AgentLine, now: number): void {
    if (now - line.heardAt > this.config.silence) {
      if (line.link.speaksFirst && now >= line.helloAt) {
        line.helloAt = now + HELLO_EVERY;
        // To whoever is there: a question that every autopilot knows, and no heartbeat yet.
        const to = { system: 0, component: COMPONENT_AUTOPILOT };
        this.send(line, { kind: 'requestMessage', to, message: ID.AUTOPILOT_VERSION }, '', 2, now);
      }
      return;
    }
    this.heartbeats(line, now);
    const talks = [...line.talks.values()];
    const { turn } = line;
    let most: Company = 'alone';
    for (let i = 0; i < talks.length; i++) {
      const { conversation, way, version, heard, since } = talks[(turn + i) % talks.length];
      if (now - heard > this.config.silence || now - since < LISTEN_FIRST) continue;
      const company = this.companyOf(line, way.peer, now);
      if (company !== 'alone' && most !== 'direct') most = company;
      if (now < line.freeAt) continue;
      const outgoing = conversation.next(now, company);
      if (outgoing === undefined) continue;
      this.send(line, outgoing, way.peer, version, now);
      line.turn = (turn + i + 1) % talks.length;
    }
    this.announce(line, most);
  }

  /** To each end whose vehicles have all cleared it, also those that are not heard just now: they may hear us. */
  private heartbeats(line: AgentLine, now: number): void {
    if (now < line.heartbeatAt) return;
    line.heartbeatAt = now + HEARTBEAT_EVERY;
    const peers = new Map<string, number>();
    const held = new Set<string>();
    for (const { conversation, way, version, heard, since } of line.talks.values()) {
      const { peer } = way;
      if (!conversation.cleared || now - since < LISTEN_FIRST || this.companyOf(line, peer, now) !== 'alone') held.add(peer);
      if (now - heard <= this.config.silence) peers.set(peer, Math.max(version, peers.get(peer) ?? 0));
    }
    for (const [peer, version] of peers) if (!held.has(peer)) this.send(line, { kind: 'heartbeat' }, peer, version, now);
  }

  private send(line: AgentLine, outgoing: Outgoing, peer: string, version: number, now: number): void {
    const frame = line.encoder.frame(outgoing, version, now);
    if (frame === undefined || !line.link.send(frame, peer)) return;
    line.freeAt = now + Math.max(BREATH, (frame.length / (line.link.bytesPerSecond * OWN_SHARE)) * 1_000);
    this.sent.add(1, { message: messageOfKind(outgoing.kind) });
  }
}
