import { featuresLaws } from '@quantstream/engine/testing';
import plugin from '../src/index.js';
import { flight, jumble } from './telemetry.js';

// Fields are left out here and there, and messages for seconds.
const patchy = flight(60, (type, second, values) => {
  if (second > 40 && second < 44 && type !== 'heartbeat') return undefined;
  const kept = Object.entries(values).filter(([name], i) => (second * 10 + i + name.length) % 13 > 1);
  return type === 'heartbeat' ? values : Object.fromEntries(kept);
});

// Another message says how the estimate of PX4 is; where no home is told, it is where the aircraft was armed.
const standIns = ['ekf_velocity', 'ekf_position', 'ekf_height', 'ekf_compass', 'fence_distance'];

featuresLaws(plugin, { config: {}, observations: patchy, standIns });
featuresLaws(plugin, {
  config: { every: '1s', staleAfter: '5s', fence: { circle: { radius: 80 }, ceiling: 25 } },
  observations: patchy,
  standIns,
});
featuresLaws(plugin, {
  config: { columns: ['gps_drift', 'sag'], judgedAbove: 1 },
  observations: jumble(patchy, 3_000),
  lateness: 3_000,
});
