import { definitions } from '../../wire/dialects.js';
import { FrameParser } from '../../wire/frames.js';
import { type Home, latitudeAt, longitudeAt } from '../body/geo.js';
import type { Autopilot } from '../pilot/autopilot.js';
import type { FenceSettings } from '../pilot/fence.js';
import type { Parameter } from '../pilot/parameters.js';
import { type Fields, readFields } from './codec.js';

// Source: https://mavlink.io/en/services/ (parameter, mission, command)

const RESULT = { accepted: 0, denied: 2, unsupported: 3 } as const;
const COMMAND = { setInterval: 511, requestMessage: 512, messageInterval: 510 } as const;
const MISSION = { flight: 0, fence: 1 } as const;
const INVALID_SEQUENCE = 13;
const DENIED = 14;
const WAYPOINT = 16;
const INCLUSION_VERTEX = 5_001;
const FRAME = { global: 0, relative: 3 } as const;

/** Commands that ask for something and move nothing are known above; of the others these would move it, or change what it does. */
const MOVING: ReadonlySet<number> = new Set([
  16, 17, 19, 20, 21, 22, 82, 84, 85, 112, 113, 114, 115, 176, 178, 179, 183, 184, 185, 192, 195, 201, 203, 205, 207, 209, 246,
  300, 400,
]);
/** Messages that would do the same. */
const OVERRIDES: ReadonlySet<string> = new Set([
  'SET_MODE',
  'MANUAL_CONTROL',
  'RC_CHANNELS_OVERRIDE',
  'SET_ATTITUDE_TARGET',
  'SET_POSITION_TARGET_LOCAL_NED',
  'SET_POSITION_TARGET_GLOBAL_INT',
  'SET_ACTUATOR_CONTROL_TARGET',
  'SET_HOME_POSITION',
  'SET_GPS_GLOBAL_ORIGIN',
  'MISSION_SET_CURRENT',
  'PARAM_SET',
]);
/** Beginnings of a changed mission or fence. */
const UPLOADS: ReadonlySet<string> = new Set(['MISSION_COUNT', 'MISSION_CLEAR_ALL', 'MISSION_WRITE_PARTIAL_LIST']);

/** Parameters of a list are sent one every so many steps, so that they do not crowd out the rest. */
const PARAMETERS_PER_STEP = 1;

export interface ProtocolHost {
  readonly system: number;
  /** The system whose heartbeats hold its fail-safe back. */
  readonly groundSystem: number;
  readonly component: number;
  readonly home: Home;
  readonly fence: FenceSettings;
  readonly autopilot: Autopilot;
  readonly parameters: readonly Parameter[];
  /** Sends one of the vehicle's messages now; false: there is no such message. */
  request(name: string): boolean;
  setInterval(name: string, seconds: number): boolean;
  setGroup(group: number, rate: number): void;
  send(name: string, fields: Fields): void;
  bootMs(): number;
  /** Whether this frame is lost on its way. */
  lost(): boolean;
}

interface Asker {
  readonly system: number;
  readonly component: number;
}

type Raw = Record<string, number | string>;

/** The vehicle's half of the protocols: answers questions, refuses orders. */
export class Protocol {
  /** Orders that were refused: commands, overrides, changes of parameters, of the mission and of the fence. */
  refused = 0;
  /** By name or number of what was refused. */
  readonly refusals: Map<string, number> = new Map();
  /** Questions and orders that were heard, by message name. */
  readonly heard: Map<string, number> = new Map();
  private readonly parser = new FrameParser(0);
  private readonly host: ProtocolHost;
  private listing = Number.POSITIVE_INFINITY;

  constructor(host: ProtocolHost) {
    this.host = host;
  }

  receive(bytes: Uint8Array): void {
    const { parser, host } = this;
    parser.push(bytes);
    while (parser.next()) {
      if (host.lost()) continue;
      const definition = definitions.get(parser.id)!;
      const fields = readFields(definition, parser.bytes, parser.payload, parser.payloadLength);
      const target = Number(fields.target_system ?? 0);
      if (target !== 0 && target !== host.system) continue;
      this.take(definition.MSG_NAME, fields, { system: parser.system, component: parser.component });
    }
  }

  /** What is still to be sent of a list. */
  step(): void {
    const { parameters } = this.host;
    for (let i = 0; i < PARAMETERS_PER_STEP && this.listing < parameters.length; i++) this.sendParameter(this.listing++);
  }

  /** As after a boot. */
  reset(): void {
    this.listing = Number.POSITIVE_INFINITY;
  }

  private take(name: string, fields: Raw, from: Asker): void {
    this.heard.set(name, (this.heard.get(name) ?? 0) + 1);
    if (OVERRIDES.has(name)) this.refuse(name);
    else if (UPLOADS.has(name)) {
      this.refuse(name);
      this.acknowledgeMission(from, Number(fields.mission_type), DENIED);
    } else this.answer(name, fields, from);
  }

  private answer(name: string, fields: Raw, from: Asker): void {
    const { host } = this;
    const type = Number(fields.mission_type);
    if (name === 'HEARTBEAT') {
      if (from.system === host.groundSystem) host.autopilot.groundSilence = 0;
    } else if (name === 'PARAM_REQUEST_LIST') this.listing = 0;
    else if (name === 'PARAM_REQUEST_READ') this.readParameter(Number(fields.param_index), String(fields.param_id));
    else if (name === 'MISSION_REQUEST_LIST') this.countMission(from, type);
    else if (name === 'MISSION_REQUEST_INT' || name === 'MISSION_REQUEST') this.sendItem(from, type, Number(fields.seq));
    else if (name === 'COMMAND_LONG' || name === 'COMMAND_INT') this.command(fields, from);
    else if (name === 'REQUEST_DATA_STREAM') {
      host.setGroup(Number(fields.req_stream_id), fields.start_stop ? Number(fields.req_message_rate) : 0);
    } else if (name === 'TIMESYNC' && Number(fields.tc1) === 0) {
      host.send('TIMESYNC', { tc1: host.bootMs() * 1e6, ts1: fields.ts1 });
    }
  }

  private refuse(what: string): void {
    this.refused++;
    this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1);
  }

  private command(fields: Raw, from: Asker): void {
    const { host } = this;
    const command = Number(fields.command);
    const name = definitions.get(Number(fields.param1))?.MSG_NAME ?? '';
    let result: number = RESULT.unsupported;
    if (command === COMMAND.setInterval) {
      const interval = Number(fields.param2);
      result = host.setInterval(name, interval > 0 ? interval / 1e6 : interval) ? RESULT.accepted : RESULT.denied;
    } else if (command === COMMAND.requestMessage) result = host.request(name) ? RESULT.accepted : RESULT.denied;
    else if (MOVING.has(command)) {
      this.refuse(String(command));
      result = RESULT.denied;
    }
    host.send('COMMAND_ACK', { command, result, target_system: from.system, target_component: from.component });
  }

  private readParameter(index: number, name: string): void {
    const found = index >= 0 ? index : this.host.parameters.findIndex((parameter) => parameter.name === name);
    if (found >= 0 && found < this.host.parameters.length) this.sendParameter(found);
  }

  private sendParameter(index: number): void {
    const { parameters } = this.host;
    const { name, value, type } = parameters[index];
    const fields = { param_id: name, param_value: value, param_type: type, param_count: parameters.length, param_index: index };
    this.host.send('PARAM_VALUE', fields);
  }

  private countMission(from: Asker, type: number): void {
    this.host.send('MISSION_COUNT', {
      target_system: from.system,
      target_component: from.component,
      count: this.items(type),
      mission_type: type,
    });
  }

  private items(type: number): number {
    const { fence, autopilot } = this.host;
    if (type === MISSION.fence) return fence.polygon.length;
    return type === MISSION.flight ? autopilot.waypoints.length + 1 : 0;
  }

  private acknowledgeMission(from: Asker, type: number, result: number): void {
    this.host.send('MISSION_ACK', {
      target_system: from.system,
      target_component: from.component,
      type: result,
      mission_type: type,
    });
  }

  /** Answers as often as it is asked, so that a lost item is simply asked for again. */
  private sendItem(from: Asker, type: number, seq: number): void {
    const { host } = this;
    if (!(seq < this.items(type))) {
      this.acknowledgeMission(from, type, INVALID_SEQUENCE);
      return;
    }
    const shared = { target_system: from.system, target_component: from.component, seq, autocontinue: 1, mission_type: type };
    if (type === MISSION.fence) {
      const [north, east] = host.fence.polygon[seq];
      const place = { x: latitudeAt(host.home, north) * 1e7, y: longitudeAt(host.home, east) * 1e7 };
      const vertices = host.fence.polygon.length;
      host.send('MISSION_ITEM_INT', { ...shared, ...place, command: INCLUSION_VERTEX, param1: vertices, frame: FRAME.global });
      return;
    }
    const at = seq === 0 ? { north: 0, east: 0, up: host.home.altitude, hold: 0 } : host.autopilot.waypoints[seq - 1];
    const place = { x: latitudeAt(host.home, at.north) * 1e7, y: longitudeAt(host.home, at.east) * 1e7, z: at.up };
    const frame = seq === 0 ? FRAME.global : FRAME.relative;
    host.send('MISSION_ITEM_INT', { ...shared, ...place, command: WAYPOINT, param1: at.hold, frame, current: seq === 0 ? 1 : 0 });
  }
}
