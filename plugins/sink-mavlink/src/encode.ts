// Makes the few frames that a ground station is told by.

import type { Severity } from '@quantstream/engine';
import { common, MavLinkProtocolV2, minimal } from 'node-mavlink';

/** MAV_SEVERITY by how bad an episode is. */
const SEVERITY: Readonly<Record<Severity, number>> = { critical: 2, warning: 4, info: 6 };
const CHUNK = 50;
/** A ground station shows no more than a few lines of one text. */
const MOST_CHUNKS = 4;

/** Makes the frames of one system: STATUSTEXT, NAMED_VALUE_FLOAT and HEARTBEAT, and nothing else. */
export class Encoder {
  private readonly protocol: MavLinkProtocolV2;
  private sequence = 0;
  private texts = 0;

  constructor(system: number, component: number) {
    this.protocol = new MavLinkProtocolV2(system, component);
  }

  /** A text, in chunks of 50 bytes where it is longer; what ASCII lacks is spelled out or left out. */
  statusText(text: string, severity: Severity): Buffer[] {
    const plain = asciiOf(text).slice(0, CHUNK * MOST_CHUNKS);
    const count = Math.max(1, Math.ceil(plain.length / CHUNK));
    // 0 is a text of one chunk.
    this.texts = (this.texts % 65_535) + 1;
    return Array.from({ length: count }, (_, i) => {
      const message = new common.StatusText();
      message.severity = SEVERITY[severity];
      message.text = plain.slice(i * CHUNK, (i + 1) * CHUNK);
      message.id = count === 1 ? 0 : this.texts;
      message.chunkSeq = i;
      return this.frame(message);
    });
  }

  /** @param boot ms of some clock that goes on evenly; 32 bits of it are sent */
  namedValue(name: string, value: number, boot: number): Buffer {
    const message = new common.NamedValueFloat();
    message.timeBootMs = Math.floor(boot) % 4_294_967_296;
    message.name = name;
    message.value = value;
    return this.frame(message);
  }

  heartbeat(): Buffer {
    const message = new minimal.Heartbeat();
    message.type = minimal.MavType.ONBOARD_CONTROLLER;
    message.autopilot = minimal.MavAutopilot.INVALID;
    message.systemStatus = minimal.MavState.ACTIVE;
    return this.frame(message);
  }

  private frame(message: Parameters<MavLinkProtocolV2['serialize']>[0]): Buffer {
    const frame = this.protocol.serialize(message, this.sequence);
    this.sequence = (this.sequence + 1) & 0xff;
    return frame;
  }
}

const SPELLED: readonly (readonly [RegExp, string])[] = [
  [/²/g, '2'],
  [/°/g, ' deg'],
  [/µ/g, 'u'],
  [/Ω/g, 'Ohm'],
  [/×/g, 'x'],
  [/−/g, '-'],
  [/…/g, '..'],
];

/** Text as STATUSTEXT carries it. */
export function asciiOf(text: string): string {
  const spelled = SPELLED.reduce((now, [from, to]) => now.replace(from, to), text);
  return spelled.normalize('NFKD').replace(/[^\x20-\x7e]/g, '');
}
