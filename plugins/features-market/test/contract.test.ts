import { featuresLaws } from '@quantstream/engine/testing';
import plugin from '@quantstream/features-market';
import { jumble, makeTrades } from './trades.js';

const columns = plugin.catalogue!.filter(({ role }) => role === 'feature').map(({ name }) => name.replace(/_N$/, '_5'));
const observations = makeTrades(400);

featuresLaws(plugin, { config: {}, observations });
featuresLaws(plugin, { config: { columns }, observations });
featuresLaws(plugin, { config: { columns, empty: 'carry', carryFor: '2s', bar: '250ms' }, observations });
featuresLaws(plugin, { config: { columns }, observations: jumble(observations, 3_000), lateness: 3_000 });
featuresLaws(plugin, { config: { columns, empty: 'carry' }, observations: jumble(observations, 3_000), lateness: 3_000 });
