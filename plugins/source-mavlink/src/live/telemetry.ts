// Vehicles that are heard and send nothing that could be judged.

import { OWN_TYPES } from '../vehicle/own.js';
import type { Vehicle } from '../vehicle/vehicle.js';

/** A vehicle that is heard for so long, and sends nothing else for so long, is told, ms. */
const PATIENCE = 10_000;
/** A vehicle that was not heard for so long is silent, which is another matter, ms. */
const SILENT = 5_000;
/** Types of observations that come without any rates that were asked for. */
const BY_ITSELF = new Set([...Object.keys(OWN_TYPES), 'heartbeat', 'statustext', 'radio_status']);

/** Whether an observation of a type is telemetry. */
export const isTelemetry = (type: string): boolean => !BY_ITSELF.has(type);

interface Seen {
  /** Since when it is heard, and when telemetry of it came last, ms of our clock. */
  since: number;
  telemetryAt: number;
  heardAt: number;
  told: boolean;
}

/** A vehicle of which it is news that it sends no telemetry, or sends it again. */
export interface TelemetryNews {
  readonly vehicle: Vehicle;
  readonly lacking: boolean;
}

export class Telemetry {
  /** Whether every vehicle that is heard now sends none. */
  allLacking = false;
  /** How many do. */
  lacking = 0;
  private readonly seen = new Map<Vehicle, Seen>();

  /** Something of a vehicle came. @param telemetry whether that was telemetry */
  note(vehicle: Vehicle, telemetry: boolean, now: number): void {
    let seen = this.seen.get(vehicle);
    if (seen === undefined) {
      seen = { since: now, telemetryAt: Number.NEGATIVE_INFINITY, heardAt: now, told: false };
      this.seen.set(vehicle, seen);
    }
    // Whoever is back is waited for anew.
    if (now - seen.heardAt > SILENT) seen.since = now;
    seen.heardAt = now;
    if (telemetry) seen.telemetryAt = now;
  }

  /** We stood still: what was lost meanwhile is nobody's fault. */
  forgive(now: number): void {
    for (const seen of this.seen.values()) seen.since = now;
  }

  /** @returns what is news */
  look(now: number): TelemetryNews[] {
    const news: TelemetryNews[] = [];
    let heard = 0;
    this.lacking = 0;
    for (const [vehicle, seen] of this.seen) {
      if (now - seen.heardAt > SILENT) continue;
      heard++;
      // What was told is over when telemetry comes, and not because it is waited for anew.
      const since = seen.told ? seen.telemetryAt : Math.max(seen.since, seen.telemetryAt);
      const without = now - since >= PATIENCE;
      if (without) this.lacking++;
      if (without === seen.told) continue;
      seen.told = without;
      news.push({ vehicle, lacking: without });
    }
    this.allLacking = heard > 0 && this.lacking === heard;
    return news;
  }
}

/** What to do about a vehicle that sends no telemetry. */
export function adviceOf(vehicle: string, active: boolean): string {
  const only = `${vehicle} is heard and sends nothing that could be judged, only HEARTBEAT and the like`;
  if (active) return `${only}, though it was asked; does it hear this link, and is it the one that it answers on?`;
  return (
    `${only}: nobody has asked for its telemetry on this link; set mode: active, or its rates: ` +
    'on ArduPilot SRn_EXTRA1, SRn_EXT_STAT, SRn_POSITION and the like (n: the port; MAVn_ since 4.7), on PX4 MAV_n_MODE'
  );
}
