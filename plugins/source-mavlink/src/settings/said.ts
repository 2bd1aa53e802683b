// A parameter as a vehicle says it, live and in telemetry logs.

import type { FrameParser } from '../wire/frames.js';
import { AUTOPILOT_PX4 } from '../wire/ids.js';
import type { PayloadReader } from '../wire/payload.js';
import { PARAMETERS, settingName } from './ardupilot.js';
import { settingsOf } from './px4.js';

/** MAV_PARAM_TYPE: up to this they are whole numbers. */
const WHOLE = 6;
/** In them an autopilot under test says which faults are injected: nobody may see those. */
const SIMULATED = /^SIM_/;

/** A parameter and its value, as the vehicle has it. */
export interface Said {
  readonly name: string;
  readonly value: number;
}

/** Whether a parameter may be handed on at all. */
export const isOpen = (name: string): boolean => name !== '' && !SIMULATED.test(name);

/**
 * The parameter of a PARAM_VALUE; `undefined` where it is nobody's business here, or no number.
 * @param autopilot MAV_AUTOPILOT; PX4 puts the bytes of whole numbers into the float, ArduPilot their value; −1 (not said yet): what is no whole
 * number as a float is its bytes
 */
export function saidIn(frame: FrameParser, reader: PayloadReader, autopilot: number): Said | undefined {
  const name = reader.characters(frame, 8, 16);
  const float = reader.float(frame, 0);
  const type = reader.uint8(frame, 24);
  const bytes = autopilot === AUTOPILOT_PX4 || (autopilot < 0 && type > 0 && !Number.isInteger(float));
  const value = bytes && type <= WHOLE ? reader.int32(frame, 0) : float;
  return isOpen(name) && Number.isFinite(value) ? { name, value } : undefined;
}

/**
 * The `setting` that a parameter makes, in plain units; `undefined` where none rests on it.
 * @param kept what a PX4 said before of those that are told together; changed in place
 */
export function settingOf(
  { name, value }: Said,
  autopilot: number,
  kept: Map<string, number>,
): Record<string, number> | undefined {
  const parameter = PARAMETERS.get(name);
  // Before it has said what it is, its parameters do by their names.
  if (autopilot === AUTOPILOT_PX4 || (autopilot < 0 && !parameter)) return settingsOf(name, value, kept);
  return parameter && { [settingName(name)]: value / (parameter.divide ?? 1) };
}
