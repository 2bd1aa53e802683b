import { featuresLaws } from '@quantstream/engine/testing';
import plugin from '../src/index.js';
import { jumble, makeFlight } from './telemetry.js';

const observations = makeFlight(600);

featuresLaws(plugin, { config: {}, observations });
featuresLaws(plugin, { config: { every: '200ms', staleAfter: '5s' }, observations });
featuresLaws(plugin, {
  config: { columns: ['altitude', 'voltage'] },
  observations: jumble(observations, 3_000),
  lateness: 3_000,
});
