// The vehicle of a ULog, and what turns its topics into observations.

import { Aircraft } from '../vehicle/aircraft.js';
import type { Streams } from '../vehicle/streams.js';
import type { UlogClock } from './clock.js';
import type { Topic } from './layout.js';
import type { Survey } from './survey.js';

/** MAV_AUTOPILOT. */
const PX4 = 12;

/** Takes one message in whose time the craft's clock has; `at` is where its data begins. */
export type Handler = (view: DataView, at: number, craft: Craft) => void;
/** Looks the fields of a topic up, once for all its messages; `undefined` where nothing becomes of this one. */
export type HandlerMaker = (topic: Topic, survey: Survey) => Handler | undefined;

/** The vehicle of a log, and what was seen of the log before. */
export class Craft extends Aircraft<UlogClock> {
  readonly survey: Survey;

  constructor(key: string, survey: Survey, clock: UlogClock, streams: Streams, wanted: ReadonlySet<string>) {
    super(key, { vehicle: survey.vehicle, autopilot: PX4 }, clock, streams, wanted);
    this.survey = survey;
  }
}

/** A number that stands for none where it is below 0, as PX4 has it. */
export const known = (value: number): number => (value >= 0 ? value : Number.NaN);
