// What is to be known of the recording of a flight before anything that was found in it.

import type { Remark } from '@quantstream/engine';
import { type Flight, isAirborne, PHASE } from './flight.js';

/** Below this a vehicle in the air is about to land or has only just left the ground, m. */
const LOW = 3;
const BADNESS = { info: 0, warning: 1, critical: 2 };
const metres = (height: number) => `${height.toFixed(height < 10 ? 1 : 0)} m`;

/**
 * Whether two vehicles were mixed up in it, and whether it begins or ends in the air, or holds no flight.
 * @param settings what is to be said of how the vehicle was set
 */
export function remarksOf(flight: Flight, settings: readonly Remark[] = []): Remark[] {
  const { height, north, east, mixed, began, flown, known, about } = flight;
  const remarks: Remark[] = [];
  if (mixed) {
    remarks.push({
      severity: 'critical',
      text: 'two vehicles under one id: what both have sent is not judged; give each its own (SYSID_THISMAV, since 4.7 MAV_SYSID)',
    });
  }
  if (isAirborne(flight) && !(height < LOW)) {
    const speed = Math.hypot(north, east);
    const at = Number.isNaN(height) ? '' : `, at ${metres(height)}`;
    const going = speed > 1 ? ` and ${speed.toFixed(1)} m/s` : '';
    remarks.push({
      severity: 'critical',
      text: `the recording ends in flight${at}${going}: the vehicle lost its power or crashed, or the recorder or the link stopped; look at the last seconds`,
    });
  }
  if (began >= LOW) {
    remarks.push({
      severity: 'info',
      text: `the recording begins in flight, at ${metres(began)}: what was before is not in it, and where home is only if the vehicle says so`,
    });
  }
  if (known && !flown && flight.phase !== PHASE.unknown) {
    remarks.push({
      severity: 'info',
      text: 'no flight is in it: the vehicle was never armed and above the height from which flights are judged, so what is judged in the air was not',
    });
  }
  remarks.push(...settings);
  if (about !== '') remarks.push({ severity: 'info', text: about, describes: true });
  return remarks.sort((a, b) => BADNESS[b.severity] - BADNESS[a.severity]);
}
