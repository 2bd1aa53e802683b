import { expect, it } from 'vitest';
import { plural } from './tables.js';

it('names tables by the plural of what a row is', () => {
  const singular = ['trade', 'bar', 'summary', 'day', 'box', 'batch', 'class', 'telemetry', 'sensor_data'];
  expect(singular.map(plural)).toEqual([
    'trades',
    'bars',
    'summaries',
    'days',
    'boxes',
    'batches',
    'classes',
    'telemetry',
    'sensor_data',
  ]);
});
