import { MavLinkProtocolV1, MavLinkProtocolV2 } from 'node-mavlink';
import { byName } from '../wire/dialects.js';
import { AUTOPILOT_INVALID } from '../wire/ids.js';
import type { Signatures } from '../wire/signing.js';

/** To whom something is said. */
export interface Addressee {
  readonly system: number;
  readonly component: number;
}

/** All that can be said. */
export type Outgoing =
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'readParameter'; readonly to: Addressee; readonly name: string }
  | { readonly kind: 'setInterval'; readonly to: Addressee; readonly message: number; readonly interval: number }
  | { readonly kind: 'requestMessage'; readonly to: Addressee; readonly message: number }
  | { readonly kind: 'requestStream'; readonly to: Addressee; readonly stream: number; readonly rate: number }
  | { readonly kind: 'listFence'; readonly to: Addressee }
  | { readonly kind: 'requestFenceItem'; readonly to: Addressee; readonly index: number }
  | { readonly kind: 'acknowledgeFence'; readonly to: Addressee };

const ONBOARD_CONTROLLER = 18;
const STATE_ACTIVE = 4;
const MISSION_FENCE = 1;
/** The two commands, of all that COMMAND_LONG can carry. */
const SET_MESSAGE_INTERVAL = 511;
const REQUEST_MESSAGE = 512;

type Fields = Readonly<Record<string, number | string>>;
const at = ({ system, component }: Addressee): Fields => ({ targetSystem: system, targetComponent: component });
const command = (to: Addressee, number: number, _param1: number, _param2 = 0): Fields => ({
  ...at(to),
  command: number,
  _param1,
  _param2,
});

/**
 * The closed list of what this source can ever send, by message. Nothing in it moves a vehicle, arms it, writes a parameter or a mission; what
 * is not in it cannot be encoded. The heartbeat is that of an on-board controller without an autopilot, never of a ground station.
 * Source: https://mavlink.io/en/messages/common.html
 */
const SENDABLE: {
  readonly [K in Outgoing['kind']]: {
    readonly message: string;
    /** In MAVLink 2 only. */
    readonly second?: true;
    readonly fields: (outgoing: Extract<Outgoing, { kind: K }>) => Fields;
  };
} = {
  heartbeat: {
    message: 'HEARTBEAT',
    fields: () => ({ type: ONBOARD_CONTROLLER, autopilot: AUTOPILOT_INVALID, systemStatus: STATE_ACTIVE, mavlinkVersion: 3 }),
  },
  readParameter: {
    message: 'PARAM_REQUEST_READ',
    fields: ({ to, name }) => ({ ...at(to), paramIndex: -1, paramId: name }),
  },
  setInterval: { message: 'COMMAND_LONG', fields: (o) => command(o.to, SET_MESSAGE_INTERVAL, o.message, o.interval) },
  requestMessage: { message: 'COMMAND_LONG', fields: (o) => command(o.to, REQUEST_MESSAGE, o.message) },
  requestStream: {
    message: 'REQUEST_DATA_STREAM',
    fields: ({ to, stream, rate }) => ({ ...at(to), reqStreamId: stream, reqMessageRate: rate, startStop: 1 }),
  },
  listFence: { message: 'MISSION_REQUEST_LIST', second: true, fields: ({ to }) => ({ ...at(to), missionType: MISSION_FENCE }) },
  requestFenceItem: {
    message: 'MISSION_REQUEST_INT',
    second: true,
    fields: ({ to, index }) => ({ ...at(to), seq: index, missionType: MISSION_FENCE }),
  },
  acknowledgeFence: {
    message: 'MISSION_ACK',
    second: true,
    fields: ({ to }) => ({ ...at(to), type: 0, missionType: MISSION_FENCE }),
  },
};

/** Kinds that can be sent. */
export const KINDS = Object.keys(SENDABLE) as readonly Outgoing['kind'][];

/** The message of a kind, for metrics. */
export const messageOfKind = (kind: Outgoing['kind']): string => SENDABLE[kind].message;

/** Makes the frames of one system and component on one link, and numbers them. */
export class Encoder {
  private readonly first: MavLinkProtocolV1;
  private readonly second: MavLinkProtocolV2;
  private readonly signatures: Signatures | undefined;
  private readonly link: number;
  private sequence = 0;

  constructor(system: number, component: number, signatures?: Signatures, link = 0) {
    this.first = new MavLinkProtocolV1(system, component);
    this.second = new MavLinkProtocolV2(system, component, signatures ? MavLinkProtocolV2.IFLAG_SIGNED : 0);
    this.signatures = signatures;
    this.link = link;
  }

  /**
   * The frame of what is to be said.
   * @param version 1 for those that speak no MAVLink 2; signed frames are always of version 2
   * @param now ms since the epoch, for the signature
   * @returns `undefined` where MAVLink 1 cannot say it
   * @throws what is not in the list
   */
  frame(outgoing: Outgoing, version: number, now: number): Buffer | undefined {
    if (!Object.hasOwn(SENDABLE, outgoing.kind))
      throw new Error(`mavlink: ${String(outgoing.kind)} is nothing that is ever sent`);
    const { message, fields, second } = SENDABLE[outgoing.kind];
    const old = version === 1 && this.signatures === undefined;
    if (old && second) return undefined;
    const definition = byName.get(message)!;
    const content = Object.assign(new definition(), fields(outgoing as never));
    const sequence = this.sequence;
    this.sequence = (sequence + 1) & 0xff;
    if (old) return this.first.serialize(content, sequence);
    const frame = this.second.serialize(content, sequence);
    return this.signatures ? this.signatures.sign(frame, this.link, now) : frame;
  }
}
