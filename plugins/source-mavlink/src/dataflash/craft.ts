// The vehicle of an on-board log of ArduPilot.

import { Aircraft } from '../vehicle/aircraft.js';
import type { Streams } from '../vehicle/streams.js';
import type { Format } from './format.js';
import type { LogClock } from './log-clock.js';
import type { Survey } from './survey.js';

/** MAV_AUTOPILOT. */
const ARDUPILOT = 3;

/** Takes one record in whose time the craft's clock has; `record` is where its fields begin. */
export type Handler = (view: DataView, record: number, craft: Craft) => void;
/** Looks its columns up once, for all records of a type. */
export type HandlerMaker = (format: Format) => Handler;

/** The vehicle of a log, and what was seen of the log before. */
export class Craft extends Aircraft<LogClock> {
  readonly survey: Survey;

  constructor(key: string, survey: Survey, clock: LogClock, streams: Streams, wanted: ReadonlySet<string>) {
    super(key, { vehicle: survey.vehicle, autopilot: ARDUPILOT }, clock, streams, wanted);
    this.survey = survey;
  }
}
