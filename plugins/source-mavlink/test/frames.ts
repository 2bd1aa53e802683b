import { MavLinkProtocolV1, MavLinkProtocolV2 } from 'node-mavlink';
import { byName, type Definition } from '../src/wire/dialects.js';

/** A message of a definition with some fields set, and zeros elsewhere. */
export function message(name: string, fields: Readonly<Record<string, unknown>> = {}) {
  const definition = byName.get(name)!;
  return Object.assign(fromPayload(definition, Buffer.alloc(255)), fields);
}

/** What node-mavlink reads out of a payload. */
export function fromPayload(definition: Definition, payload: Buffer) {
  return new MavLinkProtocolV2().data(payload, definition);
}

type Message = ReturnType<typeof fromPayload>;

const counters = new Map<number, number>();

/** The next number of a sender, as autopilots count their frames. */
function next(system: number, component: number): number {
  const sender = system * 256 + component;
  const sequence = counters.get(sender) ?? 0;
  counters.set(sender, (sequence + 1) & 0xff);
  return sequence;
}

/** Without a sequence it is the next of its sender. */
export interface Sender {
  readonly system?: number;
  readonly component?: number;
  readonly sequence?: number;
}

/** A frame as node-mavlink serialises it. */
export function frame1(content: Message, { system = 1, component = 1, sequence = next(system, component) }: Sender = {}): Buffer {
  return new MavLinkProtocolV1(system, component).serialize(content, sequence);
}

export function frame2(content: Message, { system = 1, component = 1, sequence = next(system, component) }: Sender = {}): Buffer {
  return new MavLinkProtocolV2(system, component).serialize(content, sequence);
}

export function signedFrame(
  content: Message,
  { system = 1, component = 1, sequence = next(system, component) }: Sender = {},
): Buffer {
  const protocol = new MavLinkProtocolV2(system, component, MavLinkProtocolV2.IFLAG_SIGNED);
  return protocol.sign(protocol.serialize(content, sequence), 1, Buffer.alloc(32, 7), Date.UTC(2026, 0, 1));
}

/** A record of a telemetry log; `time` in ms since the epoch. */
export function record(time: number, frame: Uint8Array): Buffer {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(Math.round(time * 1_000)));
  return Buffer.concat([stamp, frame]);
}
