import type { Battery } from './body/battery.js';
import type { Body } from './body/body.js';
import type { Estimator } from './body/estimator.js';
import type { Home } from './body/geo.js';
import type { Sensors } from './body/sensors.js';
import type { Wind, WindSettings } from './body/wind.js';
import type { Autopilot } from './pilot/autopilot.js';
import type { FenceMonitor, FenceSettings } from './pilot/fence.js';
import type { Random } from './random.js';

/** All that a message may tell of a vehicle. */
export interface Parts {
  readonly settings: { readonly system: number; readonly wind: WindSettings; readonly fence: FenceSettings };
  readonly home: Home;
  readonly body: Body;
  readonly battery: Battery;
  readonly sensors: Sensors;
  readonly estimate: Estimator;
  readonly autopilot: Autopilot;
  readonly fence: FenceMonitor;
  /** Whether there is one. */
  readonly fenced: boolean;
  readonly wind: Wind;
  /** What the filter makes of the wind: where it comes from (degrees), m/s. */
  readonly windNow: { readonly direction: number; readonly speed: number };
  readonly random: Random;
  /** Since the simulation began, s. */
  readonly seconds: number;
  /** Since the vehicle's last boot, ms. */
  readonly bootMs: number;
  readonly unixMs: number;
}
