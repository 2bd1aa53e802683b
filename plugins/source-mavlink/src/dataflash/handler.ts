import type { Craft } from './craft.js';
import type { Format } from './format.js';

/** Takes in one record whose time the craft's clock has; `record` is where its fields begin. */
export type Handler = (view: DataView, record: number, craft: Craft) => void;
/** Looks its columns up once, for all records of a type. */
export type HandlerMaker = (format: Format) => Handler;
