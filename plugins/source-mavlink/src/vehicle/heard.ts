import type { FrameParser } from '../wire/frames.js';
import type { PayloadReader } from '../wire/payload.js';
import { FENCE_COMMANDS } from './own.js';

// The fence, out of what a vehicle says to whomever.

/** How many items the fence has, by a MISSION_COUNT; `undefined` where that is of something else. */
export function fenceCountOf(frame: FrameParser, reader: PayloadReader): number | undefined {
  return isFence(frame, reader, 4) ? reader.uint16(frame, 0) : undefined;
}

/**
 * The `fence_item` of a MISSION_ITEM_INT; `undefined` where that is of something else or makes no sense.
 * @param count items of the fence; NaN where that is not known
 */
export function fenceItemOf(frame: FrameParser, count: number, reader: PayloadReader): Record<string, number> | undefined {
  const command = reader.uint16(frame, 30);
  const param1 = reader.float(frame, 0);
  if (!isFence(frame, reader, 37) || !Number.isFinite(param1)) return undefined;
  if (command < FENCE_COMMANDS.first || command > FENCE_COMMANDS.last) return undefined;
  const values: Record<string, number> = { index: reader.uint16(frame, 28) };
  if (!Number.isNaN(count)) values.count = count;
  values.command = command;
  values.param1 = param1;
  values.latitude = reader.int32(frame, 16) / 1e7;
  values.longitude = reader.int32(frame, 20) / 1e7;
  return values;
}

/** MAV_MISSION_TYPE_FENCE, which MAVLink 1 cannot say. */
const isFence = (frame: FrameParser, reader: PayloadReader, at: number): boolean =>
  frame.version === 2 && reader.uint8(frame, at) === 1;
