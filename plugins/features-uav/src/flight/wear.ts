// How worn an aircraft is: what one flight is compared in with those before it.

import type { Wear } from '@quantstream/engine';

/** Columns of which the whole flight tells something, and below which difference wind and pilots are as good a reason. */
const WEAR: readonly Wear[] = [
  // Bearings, propellers and mounts. ArduPilot calls 30 m/s² a caution.
  { column: 'vibration', of: 'high', worse: 'up', least: 3 },
  { column: 'accel_disagreement', of: 'high', worse: 'up', least: 1 },
  { column: 'gyro_disagreement', of: 'high', worse: 'up', least: 0.03 },
  // One motor, its propeller or its arm.
  { column: 'motor_imbalance', of: 'median', worse: 'up', least: 3 },
  { column: 'motor_mean', of: 'median', worse: 'up', least: 0.04 },
  { column: 'esc_rpm_spread', of: 'median', worse: 'up', least: 3 },
  { column: 'esc_current_spread', of: 'median', worse: 'up', least: 5 },
  // A pack grows old, and so do its plugs.
  { column: 'resistance', of: 'median', worse: 'up', least: 0.005 },
  { column: 'charge_gap', of: 'median', worse: 'up', least: 0.05 },
  { column: 'cell_spread', of: 'high', worse: 'up', least: 0.03 },
  // Shares of what passes: ArduPilot calls 0.8 bad.
  { column: 'ekf_compass', of: 'high', worse: 'up', least: 0.15 },
  { column: 'ekf_height', of: 'high', worse: 'up', least: 0.15 },
  { column: 'compass_disagreement', of: 'high', worse: 'up', least: 0.05 },
  { column: 'satellites', of: 'median', worse: 'down', least: 3 },
  // The ratio of the airspeed sensor, or its tube.
  { column: 'airspeed_gap', of: 'median', worse: 'up', least: 1.5 },
  { column: 'loss_rate', of: 'median', worse: 'up', least: 3 },
];

/** Those of them that a configuration has. */
export const wearIn = (columns: readonly string[]): readonly Wear[] => WEAR.filter(({ column }) => columns.includes(column));
