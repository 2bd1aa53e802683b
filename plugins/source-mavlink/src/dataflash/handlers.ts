import type { HandlerMaker } from './handler.js';
import { MOTION } from './motion.js';
import { POWER } from './power.js';
import { SENSORS } from './sensors.js';
import { STATUS } from './status.js';

/** By the name of a record: what becomes of it. All others are passed over. */
export const HANDLERS: ReadonlyMap<string, HandlerMaker> = new Map(
  [MOTION, POWER, SENSORS, STATUS].flatMap((group) => Object.entries(group)),
);
