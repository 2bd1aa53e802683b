// Which part of an aircraft can make another one look at fault, and how long after: what came first then explains the rest.

import type { Disturbance } from '@quantstream/engine';

/** Seconds, by what disturbs, of what is disturbed. */
const WITHIN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // A false position or velocity pulls the estimate, then the aircraft, then the fence comes.
  gps: { estimator: 60, baro: 60, compass: 60, fence: 120 },
  // A wrong heading turns corrections the wrong way: the estimate and the satellites disagree, the aircraft circles.
  compass: { estimator: 60, gps: 60, fence: 120 },
  // The height of the estimate follows it.
  baro: { estimator: 60 },
  // What is integrated wrongly is wrong in velocity, height and attitude.
  imu: { estimator: 60, gps: 60, baro: 60, motor: 30 },
  // Aliased into the accelerometers: https://ardupilot.org/copter/docs/common-measuring-vibration.html
  vibration: { imu: 30, estimator: 60, baro: 60, gps: 60 },
  // Lost thrust shakes, leans and draws more from the pack.
  motor: { vibration: 30, imu: 30, battery: 120, fence: 60, estimator: 60, baro: 60 },
  // A pack that gives less leaves no thrust to steer with, and at the end no autopilot.
  battery: { motor: 120, propulsion: 120, autopilot: 10 },
  estimator: { motor: 60, fence: 120 },
  airspeed: { estimator: 60, motor: 60 },
  // What cannot hold its height sinks below its speed, and then out of its fence.
  propulsion: { airspeed: 60, motor: 60, fence: 120 },
  // A start in flight begins the estimate anew, and is heard of late.
  autopilot: { estimator: 60, link: 30, gps: 60 },
};

export const DISTURBS: readonly Disturbance[] = Object.entries(WITHIN).flatMap(([from, others]) =>
  Object.entries(others).map(([to, seconds]) => ({ from, to, withinMs: seconds * 1_000 })),
);
