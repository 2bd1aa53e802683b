// Whether two counters under one id are two vehicles: one vehicle on two links has two counters as well.

import type { FrameParser } from '../wire/frames.js';
import { HEARTBEAT_TYPE, ID } from '../wire/ids.js';
import type { PayloadReader } from '../wire/payload.js';
import { BOOT_TIME } from './routes.js';

/** Clocks of one boot agree to so much by the least delays of their links, ms. */
const SAME_BOOT = 2_000;
/** The stamps were set, or it was switched off and on: what was seen before does not count, ms. */
const ANEW = 60_000;
/** No vehicle is at two places that are so far apart, m, within so many ms. */
const SAME_PLACE = 250;
const AT_ONCE = 3_000;
/** Metres of 1e-7 degrees of latitude. */
const METRES = 0.011_12;

/** What the frames of one counter have said of who sends them; null is not said. Angles in 1e-7 degrees. */
export interface Facts {
  /** The stamp less the boot time, the least that was seen, ms. */
  readonly booted: number | null;
  /** Where it was, and when that was heard, ms. */
  readonly latitude: number;
  readonly longitude: number;
  readonly placed: number | null;
  /** MAV_TYPE. */
  readonly kind: number | null;
  /** The end of the link that its frames come from. */
  readonly peer: string | null;
}

export const NO_FACTS: Facts = { booted: null, latitude: 0, longitude: 0, placed: null, kind: null, peer: null };

/** Adds what a frame of the autopilot says. */
export function learned(facts: Facts, frame: FrameParser, reader: PayloadReader, stamp: number, peer: string | null): Facts {
  const { id } = frame;
  const at = BOOT_TIME[id]!;
  let more: Facts = { ...facts, peer };
  if (at >= 0) {
    const booted = stamp - reader.uint32(frame, at);
    const before = facts.booted;
    more = { ...more, booted: before !== null && booted > before && booted - before < ANEW ? before : booted };
  }
  if (id === ID.HEARTBEAT) more = { ...more, kind: reader.uint8(frame, HEARTBEAT_TYPE) };
  if (id !== ID.GLOBAL_POSITION_INT) return more;
  const [latitude, longitude] = [reader.int32(frame, 4), reader.int32(frame, 8)];
  return latitude === 0 && longitude === 0 ? more : { ...more, latitude, longitude, placed: stamp };
}

/** Why two counters cannot be of one vehicle; `undefined` where they can. */
export function contradiction(a: Facts, b: Facts): string | undefined {
  if (a.kind !== null && b.kind !== null && a.kind !== b.kind)
    return `one says that it is of type ${a.kind}, the other of type ${b.kind}`;
  if (a.booted !== null && b.booted !== null) {
    const apart = Math.abs(a.booted - b.booted);
    if (apart > SAME_BOOT) return `their boot clocks are ${Math.round(apart / 1_000)} s apart`;
  }
  if (a.placed === null || b.placed === null || Math.abs(a.placed - b.placed) > AT_ONCE) return undefined;
  const north = (a.latitude - b.latitude) * METRES;
  const east = (a.longitude - b.longitude) * METRES * Math.cos((a.latitude / 1e7) * (Math.PI / 180));
  const apart = Math.hypot(north, east);
  return apart > SAME_PLACE ? `they are ${Math.round(apart)} m apart` : undefined;
}
