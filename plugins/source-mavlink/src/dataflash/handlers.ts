import type { Craft } from './craft.js';
import type { Format } from './format.js';
import { MOTION } from './motion.js';
import { POWER } from './power.js';
import { SENSORS } from './sensors.js';
import { STATUS } from './status.js';

/** Takes in one record whose time the craft's clock has; `record` is where its fields begin. */
export type Handler = (view: DataView, record: number, craft: Craft) => void;
/** Looks its columns up once, for all records of a type. */
export type HandlerMaker = (format: Format) => Handler;

/** By the name of a record: what becomes of it. All others are passed over. */
export const HANDLERS: ReadonlyMap<string, HandlerMaker> = new Map(
  [MOTION, POWER, SENSORS, STATUS].flatMap((group) => Object.entries(group)),
);
