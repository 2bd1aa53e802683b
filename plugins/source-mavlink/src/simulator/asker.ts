import type { Draft } from '../streams.js';
import { type Fields, FrameEncoder } from './codec.js';
import { GROUND_STATION } from './parameters.js';

/** MAV_COMP_ID_MISSIONPLANNER. */
const COMPONENT = 190;
/** How often what was not answered is asked for again, s. */
const AGAIN = 1;
const SETTINGS = [
  'FENCE_ENABLE',
  'FENCE_TYPE',
  'FENCE_ACTION',
  'FENCE_ALT_MAX',
  'FENCE_RADIUS',
  'FENCE_MARGIN',
  'FENCE_TOTAL',
  'BATT_CAPACITY',
  'BATT_LOW_VOLT',
  'BATT_CRT_VOLT',
  'RTL_ALT',
];
const MISSION_FENCE = 1;
const SET_MESSAGE_INTERVAL = 511;

/**
 * The ground station of a simulated vehicle: its heartbeat, and questions until they are answered, for the settings, the fence and, if
 * need be, for messages.
 */
export class Asker {
  private readonly encoder = new FrameEncoder({ system: GROUND_STATION, component: COMPONENT, version: 2 });
  private readonly target: { readonly target_system: number; readonly target_component: number };
  private readonly settings = new Set(SETTINGS);
  private readonly vertices = new Set<number>();
  private readonly messages: readonly number[];
  private told = 0;
  private next = 5;

  /**
   * @param vertices items of its fence
   * @param messages ids that must be asked for
   */
  constructor(system: number, vertices: number, messages: readonly number[]) {
    this.target = { target_system: system, target_component: 1 };
    this.messages = messages;
    for (let i = 0; i < vertices; i++) this.vertices.add(i);
  }

  /** Takes note of an answer. */
  heard({ type, values }: Pick<Draft, 'type' | 'values'>): void {
    if (type === 'setting') for (const name of Object.keys(values)) this.settings.delete(name.toUpperCase());
    else if (type === 'fence_item') this.vertices.delete(values.index);
  }

  /**
   * What is to be sent now.
   * @param seconds since the start
   */
  ask(seconds: number, unixMs: number, send: (frame: Uint8Array) => void): void {
    if (seconds < this.next) return;
    this.next = seconds + AGAIN;
    const say = (name: string, fields: Fields) => send(this.encoder.encode(name, fields, unixMs)!);
    const { target } = this;
    say('HEARTBEAT', { type: 6, autopilot: 8, mavlink_version: 3 });
    for (const name of this.settings) say('PARAM_REQUEST_READ', { ...target, param_id: name, param_index: -1 });
    if (this.vertices.size > 0) say('MISSION_REQUEST_LIST', { ...target, mission_type: MISSION_FENCE });
    for (const seq of this.vertices) say('MISSION_REQUEST_INT', { ...target, seq, mission_type: MISSION_FENCE });
    // Asked for again once in a while: a vehicle that has started anew has forgotten it.
    if (this.told++ % 10 !== 0) return;
    for (const id of this.messages) say('COMMAND_LONG', { ...target, command: SET_MESSAGE_INTERVAL, param1: id, param2: 0 });
  }
}
