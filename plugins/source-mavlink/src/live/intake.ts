// What arrives on a link, sender by sender.

import type { Missing, Observation } from '@quantstream/engine';
import type { Router, Way } from '../vehicle/router.js';
import { type Draft, Drafts } from '../vehicle/streams.js';
import type { Vehicle } from '../vehicle/vehicle.js';
import { FrameParser } from '../wire/frames.js';
import { isTelemetry, type Telemetry } from './telemetry.js';

/** Senders of one link that are told apart; of more, the one that was silent for longest is forgotten. */
const MOST_PEERS = 1_024;

/** One end of a link: its bytes are parsed by themselves. */
export class PeerWay implements Way {
  readonly peer: string;
  readonly parser = new FrameParser(0);
  last: Vehicle | undefined;
  heard = Number.NaN;

  constructor(peer: string) {
    this.peer = peer;
  }
}

/** Told of every good frame that a vehicle or a ground station sent. */
export interface Listener {
  /** The parser's fields describe the frame. `vehicle`: whose autopilot sent it, if one did. */
  frame(parser: FrameParser, vehicle: Vehicle | undefined, way: PeerWay, now: number): void;
}

/** The bytes of one link on their way to observations, in a buffer of its own that is bounded. */
export class Intake {
  readonly router: Router;
  readonly ways = new Map<string, PeerWay>();
  /** Observations that were thrown away for want of room since this was last set to 0. */
  overflowed = 0;
  private readonly capacity: number;
  private readonly listener: Listener | undefined;
  private readonly telemetry: Telemetry | undefined;
  private drafts = new Drafts();
  /** By key: the stretch that was thrown away. */
  private readonly shed = new Map<string, { from: number; to: number; count: number }>();

  constructor(router: Router, capacity: number, listener?: Listener, telemetry?: Telemetry) {
    this.router = router;
    this.capacity = capacity;
    this.listener = listener;
    this.telemetry = telemetry;
  }

  get size(): number {
    return this.drafts.observations.length;
  }

  /** Whether there is anything to tell. */
  get waiting(): boolean {
    return this.drafts.observations.length > 0 || this.drafts.missing.length > 0 || this.shed.size > 0;
  }

  received(bytes: Uint8Array, peer: string, now: number): void {
    const way = this.wayOf(peer);
    way.heard = now;
    const { parser } = way;
    const { router, drafts, listener } = this;
    parser.push(bytes);
    while (parser.next()) {
      const before = drafts.observations.length;
      const vehicle = router.take(parser, now, now, drafts, way);
      for (let i = before; i < drafts.observations.length; i++) drafts.observations[i].sender = peer;
      if (vehicle !== undefined) {
        vehicle.arrived = now;
        this.telemetry?.note(vehicle, this.drewTelemetry(before), now);
      }
      if (!router.wasRefused) listener?.frame(parser, vehicle, way, now);
      if (drafts.observations.length > this.capacity) this.overflow();
    }
  }

  /** Hands over what has come: what is missing before the first observation of each piece, and the piece. */
  take(): { missing: Missing[]; observations: Observation[] }[] {
    const { drafts, shed } = this;
    this.drafts = new Drafts();
    for (const [key, { from, to, count }] of shed) this.drafts.lose({ key, from, to, reason: 'buffer full', count });
    shed.clear();
    const pieces: { missing: Missing[]; observations: Observation[] }[] = [];
    const { observations, streams, missing } = drafts;
    let piece = { missing: [] as Missing[], observations: [] as Observation[] };
    let lost = 0;
    for (let i = 0; i <= observations.length; i++) {
      if (lost < missing.length && missing[lost].at <= i) {
        if (piece.observations.length > 0) {
          pieces.push(piece);
          piece = { missing: [], observations: [] };
        }
        while (lost < missing.length && missing[lost].at <= i) piece.missing.push(missing[lost++].missing);
      }
      if (i === observations.length) break;
      observations[i].sequence = ++streams[i].last;
      piece.observations.push(observations[i]);
    }
    if (piece.missing.length > 0 || piece.observations.length > 0) pieces.push(piece);
    return pieces;
  }

  /** Says of vehicles that were not heard since we stood still that nobody looked until then. */
  forgive(until: number): void {
    this.router.forgive(until, this.drafts);
  }

  /** Whether any observation since so many is telemetry. */
  private drewTelemetry(before: number): boolean {
    const { observations } = this.drafts;
    for (let i = before; i < observations.length; i++) if (isTelemetry(observations[i].type)) return true;
    return false;
  }

  private wayOf(peer: string): PeerWay {
    let way = this.ways.get(peer);
    if (way !== undefined) return way;
    if (this.ways.size >= MOST_PEERS) {
      const silent = [...this.ways.values()].reduce((a, b) => (b.heard < a.heard ? b : a));
      this.ways.delete(silent.peer);
    }
    way = new PeerWay(peer);
    this.ways.set(peer, way);
    return way;
  }

  /** The newest go: what was told of time still holds for them. */
  private overflow(): void {
    const { observations, streams } = this.drafts;
    while (observations.length > this.capacity) {
      const { key, time } = observations.pop() as Draft;
      streams.pop();
      this.overflowed++;
      const stretch = this.shed.get(key);
      if (stretch === undefined) this.shed.set(key, { from: time, to: time, count: 1 });
      else {
        stretch.to = time;
        stretch.count++;
      }
    }
  }
}
