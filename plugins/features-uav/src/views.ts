// How people look at a flight: where it was, what it was doing, and each subsystem by what tells most of it.

import type { View } from '@quantstream/engine';
import { BAND_NAMES, bandLabel } from './shaking/bands.js';

const AXES = ['roll', 'pitch', 'yaw'];

const VIEWS: readonly View[] = [
  {
    title: 'Track',
    kind: 'map',
    columns: ['latitude', 'longitude', 'altitude', 'ground_speed'],
    about: 'Where it was, seen from above.',
  },
  {
    title: 'Phase',
    kind: 'states',
    columns: ['phase', 'mode'],
    about: 'On the ground, taking off, flying, landing; the flight mode by its number.',
  },
  { title: 'Flight', kind: 'lines', columns: ['altitude', 'ground_speed'] },
  {
    title: 'Battery',
    kind: 'lines',
    columns: ['voltage', 'current', 'sag', 'resting_voltage', 'remaining', 'charge_gap', 'endurance_margin'],
  },
  { title: 'Vibration', kind: 'lines', columns: ['vibration', 'clip_rate', 'accel_disagreement'] },
  { title: 'Peaks', kind: 'lines', columns: ['gyro_peak_frequency', 'accel_peak_frequency', 'notch_miss', 'gyro_peak_level'] },
  {
    title: 'Spectrum',
    kind: 'heatmap',
    columns: BAND_NAMES,
    about: 'How much the gyroscope shakes at each frequency: propellers follow the motors, what stands still is the frame.',
  },
  { title: 'Estimator', kind: 'lines', columns: ['ekf_velocity', 'ekf_position', 'ekf_height', 'ekf_compass'] },
  {
    title: 'Position',
    kind: 'lines',
    columns: ['satellites', 'gps_offset', 'gps_drift', 'baro_gap', 'heights_apart', 'heading_gap'],
  },
  {
    title: 'Control',
    kind: 'lines',
    columns: ['attitude_error', 'motor_imbalance', 'motor_weakness', 'airspeed_gap', 'energy_rate'],
  },
  {
    title: 'Rate control',
    kind: 'lines',
    columns: AXES.flatMap((axis) => [`${axis}_step_delay`, `${axis}_step_overshoot`]),
    about: 'How late the rates follow what is wanted, and how far they go beyond.',
  },
  { title: 'Link', kind: 'lines', columns: ['link_age', 'loss_rate'] },
  { title: 'Fence', kind: 'lines', columns: ['fence_distance', 'time_to_breach'] },
];

/** The views of a row that has these columns. */
export function viewsOf(names: readonly string[]): readonly View[] {
  const known = new Set(names);
  return VIEWS.map((view) => {
    const columns = view.columns.filter((name) => known.has(name));
    return view.kind === 'heatmap' ? { ...view, columns, labels: columns.map(bandLabel) } : { ...view, columns };
  }).filter(({ columns }) => columns.length > 0);
}
