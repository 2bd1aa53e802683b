import type { Observation } from '@quantstream/engine';
import { type Config, keyOf } from './config.js';
import { type Decoder, makeDecoder } from './decoder.js';
import { byName } from './dialects.js';
import type { FrameParser } from './frames.js';
import { PayloadReader } from './payload.js';

const HEARTBEAT = 0;
/** Where the type stands in the payload of a HEARTBEAT, and what a ground station says there (MAV_TYPE_GCS). */
const HEARTBEAT_TYPE = 4;
const TYPE_GROUND = 6;
/** System ids 0 (broadcast) … 254 are vehicles; ground stations call themselves 255 by convention. */
const SYSTEM_GROUND = 255;
/** MAV_COMP_ID_MISSIONPLANNER, which other ground stations use as well. */
const COMPONENT_GROUND = 190;
const SYSTEMS = 256;

/** What became of good frames. */
export interface FrameCounts {
  emitted: number;
  /** Of messages that the configuration does not list. */
  unwanted: number;
  /** Sent by a ground station. */
  ground: number;
}

/** What must survive a restart of the router. */
export interface RouterState {
  /** By observation type and system id: the last sequence. */
  readonly sequences: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Senders (system × 256 + component) that said in a HEARTBEAT that they are ground stations. */
  readonly ground: readonly number[];
}

interface Route {
  readonly decoder: Decoder;
  /** By system id. */
  readonly sequences: Float64Array;
}

/** Turns frames into observations: who sent them, whether anybody asked, which number they get. No input or output. */
export class Router {
  readonly counts: FrameCounts = { emitted: 0, unwanted: 0, ground: 0 };
  private readonly routes = new Map<number, Route>();
  private readonly ground = new Set<number>();
  private readonly keys: readonly string[];
  private readonly reader = new PayloadReader();

  constructor(config: Pick<Config, 'messages' | 'vehicles'>, state?: RouterState) {
    this.keys = Array.from({ length: SYSTEMS }, (_, system) => keyOf(config, system));
    for (const decoder of decodersOf(config)) {
      const sequences = new Float64Array(SYSTEMS);
      for (const [system, last] of Object.entries(state?.sequences[decoder.type] ?? {})) sequences[Number(system)] = last;
      this.routes.set(decoder.definition.MSG_ID, { decoder, sequences });
    }
    for (const sender of state?.ground ?? []) this.ground.add(sender);
  }

  /**
   * The observation of the parser's frame, or `undefined` where it is none.
   * @param time event time, ms since the epoch
   * @param received ms since the epoch
   */
  take(frame: FrameParser, time: number, received: number): Observation | undefined {
    const { counts } = this;
    if (this.isGround(frame)) {
      counts.ground++;
      return undefined;
    }
    const route = this.routes.get(frame.id);
    if (route === undefined) {
      counts.unwanted++;
      return undefined;
    }
    counts.emitted++;
    const { decoder } = route;
    const { system } = frame;
    const sequence = ++route.sequences[system];
    const values = this.reader.numbers(frame, decoder);
    const key = this.keys[system];
    if (decoder.texts.length === 0) return { key, type: decoder.type, sequence, time, received, values };
    return { key, type: decoder.type, sequence, time, received, values, text: this.reader.texts(frame, decoder) };
  }

  state(): RouterState {
    const sequences: Record<string, Record<string, number>> = {};
    for (const { decoder, sequences: counts } of this.routes.values()) {
      const used = [...counts.entries()].filter(([, last]) => last > 0);
      if (used.length > 0) sequences[decoder.type] = Object.fromEntries(used);
    }
    return { sequences, ground: [...this.ground] };
  }

  private isGround(frame: FrameParser): boolean {
    const { system, component } = frame;
    if (system === SYSTEM_GROUND || component === COMPONENT_GROUND) return true;
    const sender = system * SYSTEMS + component;
    if (frame.id === HEARTBEAT && frame.payloadLength > HEARTBEAT_TYPE) {
      if (frame.bytes[frame.payload + HEARTBEAT_TYPE] === TYPE_GROUND) this.ground.add(sender);
      else this.ground.delete(sender);
    }
    return this.ground.size > 0 && this.ground.has(sender);
  }
}

/** The decoders of the messages that a configuration lists. */
export function decodersOf({ messages }: Pick<Config, 'messages'>): Decoder[] {
  return messages.map((name) => makeDecoder(byName.get(name)!));
}
