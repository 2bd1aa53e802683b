// What the stamps of a recorder lack, by the first vehicle that knows the time.

import { FrameParser } from '../wire/frames.js';
import { COMPONENT_AUTOPILOT, ID, SYSTEM_GROUND } from '../wire/ids.js';
import { PayloadReader } from '../wire/payload.js';
import { openLog } from './open-log.js';
import { LATEST, STAMP, stampOf } from './tlog.js';

/** A vehicle that knows the time within so much of its first sight says what the whole recording is stamped by, ms. */
const SOON = 5_000;
/** Less than this is the delay of the link, or a clock that is a little off: not worth moving what others are labelled by, ms. */
const WRONG = 10_000;
/** There was no MAVLink before 2009. */
const EARLIEST = Date.UTC(2009, 0, 1);
/** Frames that are looked at, at most. */
const MOST_FRAMES = 20_000;

/**
 * What the stamps of a telemetry log lack, ms: many a recorder's clock is days off, and without looking ahead the first second of a recording
 * would be days before the rest. 0 where no vehicle says the time soon, or says the same.
 */
export async function correctionOf(path: string): Promise<number> {
  const log = await openLog(path);
  try {
    const parser = new FrameParser(STAMP);
    const reader = new PayloadReader();
    let first = Number.NaN;
    let seen = 0;
    for (let piece = await log.read(); piece; piece = await log.read()) {
      parser.push(piece);
      while (parser.next()) {
        const stamp = stampOf(parser);
        if (stamp > LATEST) continue;
        if (Number.isNaN(first)) first = stamp;
        if (Math.abs(stamp - first) > SOON || ++seen > MOST_FRAMES) return 0;
        if (parser.id !== ID.SYSTEM_TIME || parser.component !== COMPONENT_AUTOPILOT || parser.system === SYSTEM_GROUND) continue;
        const unix = (reader.uint32(parser, 4) * 4_294_967_296 + reader.uint32(parser, 0)) / 1_000;
        if (unix > EARLIEST && unix < LATEST) return Math.abs(unix - stamp) > WRONG ? unix - stamp : 0;
      }
    }
    return 0;
  } finally {
    await log.close();
  }
}
