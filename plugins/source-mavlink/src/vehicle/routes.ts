/** Which messages are wanted, and what is known of them by id. */
import type { Config } from '../config.js';
import { type Decoder, makeDecoder } from '../wire/decoder.js';
import { byName } from '../wire/dialects.js';
import type { FrameParser } from '../wire/frames.js';
import { AUTOPILOT_INVALID, HEARTBEAT_AUTOPILOT, ID } from '../wire/ids.js';

const IDS = 65_536;

/** Whether a frame is the HEARTBEAT of an autopilot. */
export function saysAutopilot(frame: FrameParser): boolean {
  if (frame.id !== ID.HEARTBEAT) return false;
  const autopilot = frame.payloadLength > HEARTBEAT_AUTOPILOT ? frame.bytes[frame.payload + HEARTBEAT_AUTOPILOT] : 0;
  return autopilot !== AUTOPILOT_INVALID;
}

/** By message id, 1: messages that begin with `time_usec`: by the boot clock (ArduPilot, PX4) or by any other. That of a GPS says when its fix was. */
export const MEASURED = new Uint8Array(IDS);
for (const id of [ID.GPS_RAW_INT, ID.RAW_IMU, ID.VIBRATION, ID.ESTIMATOR_STATUS]) MEASURED[id] = 1;

/**
 * By message id: where `time_boot_ms` stands in its payload, −1 where a message has none or none to go by. Only messages that ArduPilot
 * and PX4 stamp when they send or measure.
 */
export const BOOT_TIME = new Int16Array(IDS).fill(-1);
for (const id of [26, 29, 30, 31, 32, 33, 65, 83, 116, 129]) BOOT_TIME[id] = 0;
BOOT_TIME[ID.SYSTEM_TIME] = 8;

/** The messages that a configuration lists, how they are read, and the type of what they become. */
export function routesOf({
  messages,
}: Pick<Config, 'messages'>): { definition: Decoder['definition']; decoder: Decoder; type: string }[] {
  const routes = messages.map((name) => {
    const decoder = makeDecoder(byName.get(name)!);
    return { definition: decoder.definition, decoder, type: decoder.type };
  });
  // Radios of before 2013 say the same under another id.
  const status = routes.find(({ type }) => type === 'radio_status');
  if (!status || messages.includes('RADIO')) return routes;
  return [...routes, { ...status, definition: byName.get('RADIO')! }];
}
