// The ground station of a simulated vehicle: its heartbeat and its questions.

import { byName } from '../../wire/dialects.js';
import { type Fields, FrameEncoder, readFields } from './codec.js';

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
const MARKER_2 = 0xfd;
const VALUE = byName.get('PARAM_VALUE')!;
const ITEM = byName.get('MISSION_ITEM_INT')!;
const MISSION_FENCE = 1;
const SET_MESSAGE_INTERVAL = 511;

/**
 * The ground station of a simulated vehicle: its heartbeat, and questions until they are answered, for the settings, the fence and, if
 * need be, for messages.
 */
export class Asker {
  private readonly encoder: FrameEncoder;
  private readonly target: { readonly target_system: number; readonly target_component: number };
  private readonly settings = new Set(SETTINGS);
  private readonly vertices = new Set<number>();
  private readonly messages: readonly number[];
  private told = 0;
  private next = 5;

  /**
   * @param own its system id
   * @param system the vehicle's
   * @param vertices items of its fence
   * @param messages ids of messages that must be asked for
   */
  constructor(own: number, system: number, vertices: number, messages: readonly number[]) {
    this.encoder = new FrameEncoder({ system: own, component: COMPONENT, version: 2 });
    this.target = { target_system: system, target_component: 1 };
    this.messages = messages;
    for (let i = 0; i < vertices; i++) this.vertices.add(i);
  }

  /** Takes note of a whole frame that has come through. */
  heard(frame: Uint8Array): void {
    const second = frame[0] === MARKER_2;
    if (second && (frame[8] !== 0 || frame[9] !== 0)) return;
    const id = second ? frame[7] : frame[5];
    const header = second ? 10 : 6;
    if (id === VALUE.MSG_ID) this.settings.delete(String(readFields(VALUE, frame, header, frame[1]).param_id));
    else if (id === ITEM.MSG_ID) this.vertices.delete(Number(readFields(ITEM, frame, header, frame[1]).seq));
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
