import type { Observation } from '@quantstream/engine';
import { featuresLaws, gaussian, random } from '@quantstream/engine/testing';
import plugin from '../src/index.js';

/** Readings some seconds apart: a counter that falls back, a value that stands still, one that is missing now and then, a wild one. */
function readings(count: number, seed = 1): Observation[] {
  const uniform = random(seed);
  const normal = gaussian(seed);
  let time = Date.UTC(2026, 0, 1);
  let counter = 0;
  return Array.from({ length: count }, (_, i) => {
    time += Math.round(uniform() * 4_000) + (i % 90 === 89 ? 60_000 : 0);
    counter = i % 70 === 69 ? 0 : counter + uniform() * 10;
    const values: Record<string, number> = { cpu: i === 200 ? 1e250 : 40 + normal(), counter, still: Math.floor(i / 25) };
    if (i % 6) values.memory = 100 * uniform();
    return { key: 'web-1', type: 'reading', sequence: i + 1, time, received: time + 9, values };
  });
}

const columns = [
  'cpu',
  'memory',
  'counter_rate',
  'still_since_change',
  ...['mean', 'deviation', 'slope', 'min', 'max', 'range', 'z', 'change', 'lag', 'missing_share'].flatMap((family) => [
    `memory_${family}_8`,
    `cpu_${family}_30s`,
  ]),
  'hour_sin',
  'hour_cos',
  'weekday_sin',
  'weekday_cos',
];
const observations = readings(400);

/** The same, some of them late. */
function jumbled(lateness: number): Observation[] {
  const uniform = random(7);
  return observations
    .map((o) => ({ o, at: o.time + uniform() * lateness }))
    .sort((a, b) => a.at - b.at)
    .map(({ o }) => o);
}

featuresLaws(plugin, { config: { columns }, observations });
featuresLaws(plugin, { config: { columns }, observations: jumbled(10_000), lateness: 10_000 });
featuresLaws(plugin, { config: { columns, every: '5s', silence: '30s' }, observations });
featuresLaws(plugin, { config: { columns, every: '2s', take: 'last' }, observations: jumbled(10_000), lateness: 10_000 });
